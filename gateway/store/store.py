"""The seam to what is on disk: one writer's transaction of many changes, and the reads the roads make.

Three ideas. A transaction takes whatever arrived since the last one (`Changes`), so that one fsync serves many
messages. A message is one narrow row without secondary indexes: an index on the carrier's id was measured to cost
three times the whole write. What must be found by something else than its id has a small table of its own.
Every method that changes or reads raises StoreError when the store cannot do it now; nothing is then half done.
"""

from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from gateway.message import Delivery, Inbound, Message


class IdempotentAnswer(msgspec.Struct, frozen=True):
    """The first answer given under an idempotency key: digest of the body, HTTP status, the message's id or body."""

    app: str
    key: str
    digest: str
    created_at: float
    answer: bytes


class OptOut(msgspec.Struct, frozen=True):
    """A recipient's word to an app. `number` is E.164 digits; `removed` takes the opt-out away again."""

    app: str
    number: str
    at: float
    source: str = ""
    removed: bool = False


class Awaiting(msgspec.Struct, frozen=True):
    """A segment that waits for its receipt: (carrier, canonical carrier id) names it."""

    carrier: str
    carrier_message_id: str
    message_id: str
    segment: int


class ParkedReceipt(msgspec.Struct, frozen=True):
    """A receipt whose message is not known (yet): kept to be matched when the response or its commit comes."""

    carrier: str
    carrier_message_id: str
    at: float
    status: int
    error: str = ""
    detail: str = ""


class InboundPart(msgspec.Struct, frozen=True):
    """One part of a long inbound message, kept until the others are here. `group` names what belongs together."""

    group: str
    number: int
    total: int
    received_at: float
    carrier: str
    to: str
    sender: str
    data_coding: int
    data: bytes


class QueueDepth(msgspec.Struct, frozen=True):
    """What waits on disk for a carrier's lane: messages, and the oldest one's id and creation time."""

    carrier: str
    lane: str
    messages: int
    oldest_id: str
    oldest_at: float


@dataclass(slots=True)
class Changes:
    """What one transaction makes true, all or nothing. `updated` holds whole messages, the last state wins."""

    accepted: list[Message] = field(default_factory=list)
    updated: dict[str, Message] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)  # made: to insert
    delivered: list[str] = field(default_factory=list)  # taken by the app: ids to remove
    postponed: list[Delivery] = field(default_factory=list)  # tried in vain: attempts, next_at, state
    inbound: list[Inbound] = field(default_factory=list)
    parts: list[InboundPart] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)  # groups of parts to remove
    opt_outs: list[OptOut] = field(default_factory=list)
    answers: list[IdempotentAnswer] = field(default_factory=list)
    awaiting: list[Awaiting] = field(default_factory=list)  # spilled out of memory
    awaited: list[tuple[str, str]] = field(default_factory=list)  # (carrier, canonical id) to remove again
    parked: list[ParkedReceipt] = field(default_factory=list)
    matched: list[tuple[str, str]] = field(default_factory=list)  # parked ones to remove
    settings: dict[str, str] = field(default_factory=dict)  # small named facts: watermark, learnt id forms

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


class Store(Protocol):
    """What is on disk. One process writes; ids sort by time, so "oldest first" is the order of ids."""

    async def open(self) -> None:
        """Make ready: create or migrate. Raises StoreError with the reason where it cannot."""

    async def close(self) -> None:
        """Let go of it; what was committed stays."""

    async def commit(self, changes: Changes) -> None:
        """Make all of it durable (fsync with sync: full), or raise StoreError and change nothing.

        Accepted messages with `send_at` in the future (status SCHEDULED) also enter the schedule; an update that
        leaves SCHEDULED or PAUSED takes them out of it.
        """

    async def message(self, message_id: str) -> Message | None:
        """One message, whole."""

    async def messages(self, ids: list[str]) -> list[Message]:
        """Those of the ids that are there, in any order."""

    async def waiting(self, carrier: str, lane: str, after: str, limit: int) -> list[Message]:
        """ACCEPTED messages of a carrier's lane with an id greater than `after`, oldest first."""

    async def depths(self, since: str) -> list[QueueDepth]:
        """ACCEPTED messages from the id `since` on, counted by carrier and lane: what a start finds."""

    async def unanswered(self, since: str, after: str, limit: int) -> list[Message]:
        """SUBMITTED messages from `since` on and beyond `after`, oldest first: what awaits receipts after a start."""

    async def due(self, now: float, limit: int) -> list[Message]:
        """SCHEDULED messages whose send_at is at or before `now`, the earliest first."""

    async def next_due(self) -> float | None:
        """The earliest send_at of the schedule."""

    async def deliveries(self, app: str, now: float, after: str, limit: int) -> list[Delivery]:
        """Waiting deliveries of an app with next_at at or before `now` and an id beyond `after`, oldest first."""

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery, waiting or dead."""

    async def dead_deliveries(self, after: str, limit: int) -> list[Delivery]:
        """Dead deliveries of all apps, oldest first."""

    async def deliveries_waiting(self) -> dict[str, tuple[int, float]]:
        """By app: how many deliveries wait, and the creation time of the oldest."""

    async def inbound(self, inbound_id: str) -> Inbound | None:
        """One inbound message."""

    async def inbound_of(self, app: str, since: float, before: str, limit: int) -> list[Inbound]:
        """An app's inbound messages received at or after `since` and with an id below `before` ("" no bound), newest first."""

    async def parts(self, group: str) -> list[InboundPart]:
        """The parts of a long inbound message that are here."""

    async def stale_parts(self, before: float) -> list[InboundPart]:
        """All parts of groups whose newest part came before `before`."""

    async def opt_outs(self) -> list[OptOut]:
        """All opt-outs in force."""

    async def answer(self, app: str, key: str) -> IdempotentAnswer | None:
        """The first answer under this key, if there was one."""

    async def awaited(self, carrier: str, carrier_message_ids: list[str]) -> list[Awaiting]:
        """Which of these ids of a carrier were spilled and wait for a receipt."""

    async def parked(self, carrier: str, carrier_message_ids: list[str]) -> list[ParkedReceipt]:
        """Which of these ids of a carrier have a parked receipt, oldest first."""

    async def settings(self) -> dict[str, str]:
        """All small named facts."""

    async def prune(self, before: float, limit: int) -> int:
        """Delete up to `limit` ended messages created before the epoch second, and what else has outlived it
        (inbound, answers older than 24 h before now's retention, parked receipts, awaiting rows); how many rows went.
        Call again while it answers `limit`; each call is one short transaction."""

    async def size(self) -> tuple[int, int]:
        """Octets the store takes, and octets free where it lies."""
