"""The seam to what is on disk: one writer's transaction of many changes, and the reads the roads make.

Three ideas. A transaction takes whatever arrived since the last one (`Changes`), so that one fsync serves many
messages. A message is one narrow row without secondary indexes: an index on the carrier's id was measured to cost
three times the whole write. What must be found by something else than its id has a small table of its own.
Every method that changes or reads raises StoreError when the store cannot do it now; nothing is then half done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from gateway.errors import StoreError
from gateway.message import Delivery, Inbound, Message, Status
from gateway.store.batch import Batch, LookupRow, Page

FAR_S = 7_200.0
"""No pause between two tries of a delivery is as long."""


class Unwritable(StoreError):
    """A change that no try will ever write: an id that is there already, a text that is not Unicode."""


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
    """One part of a long inbound message, header off, kept until the others are here (`text.assembly`).

    `to` and `sender` are as the carrier wrote them; `reference`, `bits`, `total`, `number` are the concatenation's.
    """

    id: str
    carrier: str
    sender: str
    to: str
    reference: int
    bits: int
    total: int
    number: int
    data_coding: int
    locking: int
    single: int
    data: bytes
    received_at: float


class QueueDepth(msgspec.Struct, frozen=True):
    """What waits on disk for a carrier's lane: messages, and the oldest one's id and creation time."""

    carrier: str
    lane: str
    messages: int
    oldest_id: str
    oldest_at: float


Key = tuple[str, str]  # (carrier, canonical id) of a receipt, (app, number) of an opt-out


@dataclass(slots=True)
class Changes:
    """What one transaction makes true, all or nothing; what is said later about the same thing wins.

    What is removed is removed before anything is added, so the methods below let a removal take back an addition that
    was said before it. `updated` and `postponed` hold whole values: the newest state is what is kept.
    """

    accepted: list[Message] = field(default_factory=list)
    updated: dict[str, Message] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)  # taken by the app: ids to remove
    deliveries: dict[str, Delivery] = field(default_factory=dict)  # made: to insert
    postponed: dict[str, Delivery] = field(default_factory=dict)  # tried in vain: attempts, next_at, state, detail
    inbound: dict[str, Inbound] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)  # parts that became a message: ids to remove
    parts: dict[str, InboundPart] = field(default_factory=dict)
    opt_outs: dict[Key, OptOut] = field(default_factory=dict)
    answers: dict[Key, IdempotentAnswer] = field(default_factory=dict)  # by app and key
    awaited: set[Key] = field(default_factory=set)  # their receipts came: to remove
    awaiting: dict[Key, Awaiting] = field(default_factory=dict)  # spilled out of memory
    matched: set[Key] = field(default_factory=set)  # parked ones to remove
    parked: dict[Key, list[ParkedReceipt]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)  # small named facts: watermark, learnt id forms
    batches: dict[str, Batch] = field(default_factory=dict)  # by id, whole
    lookups: list[LookupRow] = field(default_factory=list)  # ways to find messages; once more is no harm

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    def __len__(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__slots__)

    def deliver(self, delivery: Delivery) -> None:
        """A delivery to make."""
        self.postponed.pop(delivery.id, None)
        self.deliveries[delivery.id] = delivery

    def take(self, delivery_id: str) -> None:
        """The app took a delivery."""
        self.deliveries.pop(delivery_id, None)
        self.postponed.pop(delivery_id, None)
        self.delivered.add(delivery_id)

    def postpone(self, delivery: Delivery) -> None:
        """A delivery was tried in vain; one that is not on disk any more stays away."""
        if delivery.id in self.deliveries:
            self.deliveries[delivery.id] = delivery
        else:
            self.postponed[delivery.id] = delivery

    def part(self, part: InboundPart) -> None:
        """A part of a long inbound message came."""
        self.parts[part.id] = part

    def join(self, part_id: str) -> None:
        """A part has become part of a message, whole or not."""
        self.parts.pop(part_id, None)
        self.joined.add(part_id)

    def await_receipt(self, row: Awaiting) -> None:
        """A segment that waits for its receipt on disk; an id that the carrier uses again names the newest."""
        self.awaiting[row.carrier, row.carrier_message_id] = row

    def stop_awaiting(self, key: Key) -> None:
        """The receipt of a spilled segment came."""
        self.awaiting.pop(key, None)
        self.awaited.add(key)

    def park(self, receipt: ParkedReceipt) -> None:
        """A receipt that nobody knows yet."""
        self.parked.setdefault((receipt.carrier, receipt.carrier_message_id), []).append(receipt)

    def match(self, key: Key) -> None:
        """What was parked under this key has found its message."""
        self.parked.pop(key, None)
        self.matched.add(key)

    def add(self, later: "Changes") -> None:
        """Take over what was said after this, as if it had been said to this one."""
        self.accepted += later.accepted
        self.lookups += later.lookups
        for delivery_id in later.delivered:
            self.take(delivery_id)
        for part_id in later.joined:
            self.join(part_id)
        for key in later.awaited:
            self.stop_awaiting(key)
        for key in later.matched:
            self.match(key)
        for name in _KEYED:
            getattr(self, name).update(getattr(later, name))
        for delivery in later.deliveries.values():
            self.deliver(delivery)
        for postponed in later.postponed.values():
            self.postpone(postponed)
        for receipts in later.parked.values():
            for receipt in receipts:
                self.park(receipt)


# Fields where a later value simply takes the place of an earlier one.
_KEYED = ("updated", "inbound", "parts", "opt_outs", "answers", "awaiting", "settings", "batches")


class Store(Protocol):
    """What is on disk. One process writes; ids sort by time, so "oldest first" is the order of ids."""

    async def open(self) -> None:
        """Make ready: create or migrate. Raises StoreError with the reason where it cannot."""

    async def close(self) -> None:
        """Let go of it; what was committed stays."""

    async def commit(self, changes: Changes) -> None:
        """Make all of it durable (fsync with sync: full), or raise StoreError and change nothing.

        The values are read before the first await: the caller may go on changing its messages. Of an updated message
        status, carrier, send_at, expires_at, updated_at, segments, events and error are written; the other fields are
        facts since it was accepted. A message stands in the schedule while it is SCHEDULED. Raises Unwritable where
        something in it can never be written; only an accepted message that is there already is that, everything else
        may be said twice.
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

    async def deliveries(self, app: str, now: float, after: str, limit: int, kind: str = "") -> list[Delivery]:
        """Waiting deliveries of an app with next_at at or before `now` and an id beyond `after`, oldest first.

        And those with next_at FAR_S after `now`: no pause is as long, so the clock was set back since it was written.
        Of one `kind` (receipt, inbound), or of any where it is "".
        """

    async def owed(self, app: str, now: float, limit: int, urgent: str) -> list[Delivery]:
        """The first of an app's `deliveries` that are urgent, of the kind `urgent`; of those that are not where ""."""

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery, waiting or dead."""

    async def dead_deliveries(self, after: str, limit: int) -> list[Delivery]:
        """Dead deliveries of all apps, oldest first."""

    async def deliveries_waiting(self) -> dict[str, tuple[int, float]]:
        """By app: how many deliveries wait, and the creation time of the oldest."""

    async def inbound(self, inbound_id: str) -> Inbound | None:
        """One inbound message."""

    async def inbound_of(self, app: str, since: float, before: str, limit: int) -> list[Inbound]:
        """An app's inbound messages received at or after `since` and with an id below `before`, newest first.

        `before` "" is no bound.
        """

    async def parts(self) -> list[InboundPart]:
        """All parts of long inbound messages that are still waiting, in the order they came (by id)."""

    async def opt_outs(self) -> list[OptOut]:
        """All opt-outs in force."""

    async def answer(self, app: str, key: str) -> IdempotentAnswer | None:
        """The first answer under this key, if there was one."""

    async def awaited(self, carrier: str, carrier_message_ids: list[str]) -> list[Awaiting]:
        """Which of these ids of a carrier were spilled and wait for a receipt."""

    async def parked(self, carrier: str, carrier_message_ids: list[str]) -> list[ParkedReceipt]:
        """Which of these ids of a carrier have a parked receipt, oldest first."""

    async def parked_since(self, since: float) -> list[ParkedReceipt]:
        """All parked receipts that came at or after the epoch second, oldest first: what a start reads back."""

    async def settings(self) -> dict[str, str]:
        """All small named facts."""

    async def batch(self, batch_id: str) -> Batch | None:
        """One batch."""

    async def open_batches(self) -> list[Batch]:
        """Batches that have not ended, oldest first: what a start finds."""

    async def messages_after(self, after: str, limit: int) -> list[Message]:
        """Messages of all apps with an id beyond `after`, oldest first."""

    async def last_id(self) -> str:
        """The highest id of any message, "" where there is none."""

    async def found_after(self, app: str, key: str, after: str, limit: int) -> list[Message]:
        """An app's messages that are found by a key (`store.batch`), with an id beyond `after`, oldest first."""

    async def statuses_after(self, app: str, key: str, after: str, limit: int) -> list[tuple[str, int]]:
        """Ids and statuses of the same messages."""

    async def page(
        self, app: str, key: str, statuses: Sequence[Status], since: str, before: str, limit: int, walk: int
    ) -> Page:
        """An app's messages in one of the statuses, newest first.

        Those with ids from `since` on and below `before` ("": no bound). With a `key`, those that are found by it; ""
        is any. Looks at `walk` rows at most.
        """

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        """Delete about `limit` rows that have outlived the epoch second `before`; how many went.

        Ended messages, deliveries, inbound messages, parked receipts and awaiting rows; messages that have not ended
        stay. Idempotent answers go when older than `answers_before` (default: `before`). Each call is a few
        short transactions; call again while it answers `limit` or more.
        """

    async def size(self) -> tuple[int, int]:
        """Octets the store takes, and octets free where it lies."""
