"""The twin of the store that keeps everything in memory: for tests, and for whoever wants nothing on disk.

It keeps the same rows as the others, so what goes in and out takes the same way and shares nothing with the caller.
Closing it keeps what was committed; only the end of the object loses it.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

from gateway.errors import StoreError
from gateway.message import FINAL, Delivery, Inbound, Message, Status
from gateway.store.batch import Batch, Page, lookup_rows
from gateway.store.ids import first_id
from gateway.store.rows import Row, read_batch, read_delivery, read_inbound, read_message, read_messages
from gateway.store.statements import statements
from gateway.store.store import (
    FAR_S,
    Awaiting,
    Changes,
    IdempotentAnswer,
    InboundPart,
    OptOut,
    ParkedReceipt,
    QueueDepth,
    Unwritable,
)
from gateway.store.table import Table

T = TypeVar("T")


class MemoryStore:
    """A Store in memory."""

    def __init__(self) -> None:
        self._open = False
        self._messages = Table()
        self._schedule = Table()
        self._deliveries = Table()
        self._inbound = Table()
        self._parts = Table()
        self._opt_outs = Table(2)
        self._answers = Table(2)
        self._awaiting = Table(2)
        self._parked = Table(4)
        self._settings = Table()
        self._batches = Table()
        self._lookups = Table(3)
        self._apply = {
            "accept": self._messages.put,
            "update": self._update,
            "schedule": self._schedule.put,
            "unschedule": self._schedule.remove,
            "delivered": self._deliveries.remove,
            "deliver": self._deliveries.put,
            "postpone": self._postpone,
            "inbound": self._inbound.put,
            "join": self._parts.remove,
            "part": self._parts.put,
            "opt_in": self._opt_outs.remove,
            "opt_out": self._opt_outs.put,
            "answer": self._answers.put,
            "awaited": self._awaiting.remove,
            "await_receipt": self._awaiting.put,
            "matched": self._parked.remove,
            "park": self._parked.put,
            "setting": self._settings.put,
            "batch": self._batches.put,
            "lookup": self._lookups.put,
        }

    async def open(self) -> None:
        """Make ready."""
        self._open = True

    async def close(self) -> None:
        """Let go of it; what was committed stays in the object."""
        self._open = False

    async def commit(self, changes: Changes) -> None:
        """All of it; what can fail is tried before anything is changed."""
        self._check()
        todo = statements(changes)
        seen: set[str] = set()
        for message in changes.accepted:
            if message.id in seen or self._messages.get(message.id):
                raise Unwritable(f"a message with id {message.id} is there already")
            seen.add(message.id)
        for _, rows in todo:
            _check_values(rows)
        for name, rows in todo:
            apply = self._apply[name]
            for row in rows:
                apply(row)
        await asyncio.sleep(0)  # as the others: the loop gets a turn

    async def message(self, message_id: str) -> Message | None:
        """One message, whole."""
        self._check()
        row = self._messages.get(message_id)
        return None if row is None else read_message(row)

    async def messages(self, ids: list[str]) -> list[Message]:
        """Those of the ids that are there."""
        self._check()
        return read_messages(row for row in map(self._messages.get, dict.fromkeys(ids)) if row)

    async def waiting(self, carrier: str, lane: str, after: str, limit: int) -> list[Message]:
        """ACCEPTED messages of a carrier's lane beyond `after`, oldest first."""
        self._check()
        return read_messages(_first(limit, (r for r in self._messages.beyond(after) if r[1:4] == (2, lane, carrier))))

    async def depths(self, since: str) -> list[QueueDepth]:
        """ACCEPTED messages from the id `since` on, counted by carrier and lane."""
        self._check()
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self._messages.from_(since):
            if row[1] == Status.ACCEPTED:
                groups.setdefault((row[3], row[2]), []).append(row)
        return [QueueDepth(*key, len(rows), rows[0][0], rows[0][5]) for key, rows in sorted(groups.items())]

    async def unanswered(self, since: str, after: str, limit: int) -> list[Message]:
        """SUBMITTED messages from `since` on and beyond `after`, oldest first."""
        self._check()
        rows = self._messages.from_(since) if since > after else self._messages.beyond(after)
        return read_messages(_first(limit, (row for row in rows if row[1] == Status.SUBMITTED)))

    async def due(self, now: float, limit: int) -> list[Message]:
        """SCHEDULED messages whose send_at is at or before `now`, the earliest first."""
        self._check()
        ids = sorted((row[1], row[0]) for row in self._schedule if row[1] <= now)[:limit]
        return await self.messages([message_id for _, message_id in ids])

    async def next_due(self) -> float | None:
        """The earliest send_at of the schedule."""
        self._check()
        return min((row[1] for row in self._schedule), default=None)

    async def deliveries(self, app: str, now: float, after: str, limit: int, kind: str = "") -> list[Delivery]:
        """Waiting deliveries of an app that are due and beyond `after`, oldest first."""
        self._check()
        due = (
            r
            for r in self._deliveries.beyond(after)
            if r[1] == app and r[7] == "waiting" and not now < r[10] <= now + FAR_S
        )
        found = (row for row in due if kind in {"", row[2]})
        return [read_delivery(row) for row in _first(limit, found)]

    async def owed(self, app: str, now: float, limit: int, urgent: str) -> list[Delivery]:
        """The first waiting deliveries of an app that are due: urgent ones of a kind, or those that are not."""
        found = await self.deliveries(app, now, "", len(self._deliveries), urgent)
        return [delivery for delivery in found if delivery.urgent == bool(urgent)][:limit]

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery, waiting or dead."""
        self._check()
        row = self._deliveries.get(delivery_id)
        return None if row is None else read_delivery(row)

    async def dead_deliveries(self, after: str, limit: int) -> list[Delivery]:
        """Dead deliveries of all apps, oldest first."""
        self._check()
        dead = (row for row in self._deliveries.beyond(after) if row[7] == "dead")
        return [read_delivery(row) for row in _first(limit, dead)]

    async def deliveries_waiting(self) -> dict[str, tuple[int, float]]:
        """By app: how many deliveries wait, and the creation time of the oldest."""
        self._check()
        found: dict[str, tuple[int, float]] = {}
        for row in self._deliveries:
            if row[7] == "waiting":
                number, oldest = found.get(row[1], (0, row[9]))
                found[row[1]] = number + 1, oldest
        return found

    async def inbound(self, inbound_id: str) -> Inbound | None:
        """One inbound message."""
        self._check()
        row = self._inbound.get(inbound_id)
        return None if row is None else read_inbound(row)

    async def inbound_of(self, app: str, since: float, before: str, limit: int) -> list[Inbound]:
        """An app's inbound messages received at or after `since` with an id below `before`, newest first."""
        self._check()
        rows = [r for r in self._inbound if r[1] == app and r[2] >= since and (not before or r[0] < before)]
        return [read_inbound(row) for row in rows[::-1][:limit]]

    async def parts(self) -> list[InboundPart]:
        """All parts of long inbound messages that are still waiting, in the order they came."""
        self._check()
        return [InboundPart(*row) for row in self._parts]

    async def opt_outs(self) -> list[OptOut]:
        """All opt-outs in force."""
        self._check()
        return [OptOut(*row) for row in self._opt_outs]

    async def answer(self, app: str, key: str) -> IdempotentAnswer | None:
        """The first answer under this key, if there was one."""
        self._check()
        row = self._answers.get(app, key)
        return None if row is None else IdempotentAnswer(*row)

    async def awaited(self, carrier: str, carrier_message_ids: list[str]) -> list[Awaiting]:
        """Which of these ids of a carrier were spilled and wait for a receipt."""
        self._check()
        rows = (self._awaiting.get(carrier, name) for name in dict.fromkeys(carrier_message_ids))
        return [Awaiting(*row) for row in rows if row]

    async def parked(self, carrier: str, carrier_message_ids: list[str]) -> list[ParkedReceipt]:
        """Which of these ids of a carrier have a parked receipt, oldest first."""
        self._check()
        rows = [row for name in dict.fromkeys(carrier_message_ids) for row in self._parked.begins(carrier, name)]
        return [ParkedReceipt(*row) for row in sorted(rows, key=_at)]

    async def parked_since(self, since: float) -> list[ParkedReceipt]:
        """All parked receipts that came at or after `since`, oldest first."""
        self._check()
        return [ParkedReceipt(*row) for row in sorted(self._parked, key=_at) if row[2] >= since]

    async def batch(self, batch_id: str) -> Batch | None:
        """One batch."""
        self._check()
        row = self._batches.get(batch_id)
        return None if row is None else read_batch(row)

    async def open_batches(self) -> list[Batch]:
        """Batches that have not ended, oldest first."""
        self._check()
        return [read_batch(row) for row in self._batches if not row[4]]

    async def messages_after(self, after: str, limit: int) -> list[Message]:
        """Messages of all apps with an id beyond `after`, oldest first."""
        self._check()
        return read_messages(_first(limit, self._messages.beyond(after)))

    async def last_id(self) -> str:
        """The highest id of any message, "" where there is none."""
        self._check()
        return max((row[0] for row in self._messages), default="")

    async def found_after(self, app: str, key: str, after: str, limit: int) -> list[Message]:
        """An app's messages that are found by a key, beyond `after`, oldest first."""
        self._check()
        ids = (row[2] for row in self._lookups.begins(app, key) if row[2] > after)
        return read_messages(_first(limit, (row for row in map(self._messages.get, ids) if row)))

    async def statuses_after(self, app: str, key: str, after: str, limit: int) -> list[tuple[str, int]]:
        """Ids and statuses of the same messages."""
        return [(message.id, int(message.status)) for message in await self.found_after(app, key, after, limit)]

    async def page(
        self, app: str, key: str, statuses: Sequence[Status], since: str, before: str, limit: int, walk: int
    ) -> Page:
        """An app's messages, newest first, of the next `walk` rows at most."""
        self._check()
        ids = [row[2] for row in self._lookups.begins(app, key)] if key else [row[0] for row in self._messages]
        walked = [one for one in reversed(ids) if one >= since and (not before or one < before)][:walk]
        rows = (row for row in map(self._messages.get, walked) if row and row[4] == app and row[1] in statuses)
        messages = read_messages(_first(limit, rows))
        if len(messages) == limit:
            return Page(messages, messages[-1].id)
        return Page(messages, walked[-1] if len(walked) == walk else "")

    async def settings(self) -> dict[str, str]:
        """All small named facts."""
        self._check()
        return dict(self._settings)

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        """Delete up to `limit` rows that have outlived `before`."""
        self._check()
        bound = first_id(before)
        answers_end = before if answers_before is None else answers_before
        outlived = (
            (self._messages, [r[:1] for r in self._messages if r[0] < bound and r[1] in FINAL and r[5] < before]),
            (self._deliveries, [row[:1] for row in self._deliveries if row[0] < bound]),
            (self._inbound, [row[:1] for row in self._inbound if row[0] < bound]),
            (self._awaiting, [row[:2] for row in self._awaiting if row[2] < bound]),
            (self._batches, [row[:1] for row in self._batches if row[0] < bound and row[4]]),
            (self._parked, [row[:4] for row in self._parked if row[2] < before]),
            (self._answers, [row[:2] for row in self._answers if row[3] < answers_end]),
        )
        keys = _first(limit, ((table, key) for table, found in outlived for key in found))
        for table, key in keys:
            if table is self._messages and (row := table.get(*key)) is not None:
                for found in lookup_rows(read_message(row)):
                    self._lookups.remove(found)
            table.remove(key)
        return len(keys)

    async def size(self) -> tuple[int, int]:
        """About the octets of the messages' texts, and the octets of memory that are free."""
        self._check()
        taken = sum(len(row[11]) + len(row[12]) for row in self._messages)
        return taken, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    def _check(self) -> None:
        if not self._open:
            raise StoreError("the store is not open")

    def _update(self, row: Row) -> None:
        status, carrier, expires_at, send_at, updated_at, state, message_id = row
        old = self._messages.get(message_id)
        if old is not None:
            new = (message_id, status, old[2], carrier, *old[4:6], expires_at, send_at, updated_at, *old[9:12], state)
            self._messages.put(new)

    def _postpone(self, row: Row) -> None:
        url, state, attempts, next_at, detail, delivery_id = row
        old = self._deliveries.get(delivery_id)
        if old is not None:
            self._deliveries.put((*old[:6], url, state, attempts, old[9], next_at, detail, old[12]))


def _check_values(rows: Iterable[Row]) -> None:
    """What no database takes: text that is no Unicode, integers beyond 64 bits."""
    for row in rows:
        for value in row:
            if isinstance(value, str) and not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError as error:
                    raise Unwritable(f"{type(error).__name__}: {error}") from error
            elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
                raise Unwritable(f"{value} has more than 64 bits")


def _first(limit: int, found: Iterable[T]) -> list[T]:
    return list(islice(found, limit))


def _at(row: Row) -> float:
    at: float = row[2]
    return at
