"""The embedded store: one SQLite file in WAL mode, one writer, and two readers that never wait for it.

A reader looks things up by their keys; a second one runs what walks a table, so that a walk over a million rows
does not hold up a lookup. Each has a thread of its own, and SQLite lets go of the GIL while it works.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.errors import StoreError
from gateway.message import Delivery, Inbound, Message, Status
from gateway.store.batch import Batch, Page
from gateway.store.ids import first_id
from gateway.store.lock import FileLock
from gateway.store.migrate import migrate
from gateway.store.queries import read_migrations, read_queries
from gateway.store.rows import Row, read_batch, read_delivery, read_inbound, read_message, read_messages
from gateway.store.sqlite_connection import SqliteConnection, fetch, transact
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
)

_BEYOND_ALL_IDS = "\U0010ffff"
COUNTED_AT_ONCE = 20_000
"""Messages that `depths` groups at a time: 2 MB of them. A million take as long as in one go."""


class SqliteStore:
    """A Store in the file at `path`; `sync` full survives a power cut, normal only a crash of the process."""

    def __init__(self, path: Path, *, sync: str = "full", busy_timeout_s: float = 1.0) -> None:
        """`busy_timeout_s`: how long a commit waits for another program's lock before it is a StoreError."""
        if sync not in ("full", "normal"):
            raise ValueError(f"sync is full or normal, not {sync!r}")
        self._path = path
        self._queries = read_queries("sqlite")
        self._migrations = read_migrations("sqlite")
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._writer = SqliteConnection(path, _writing(sync), read_only=False, busy_timeout_s=busy_timeout_s)
        self._reader = SqliteConnection(path, _READING, read_only=True, busy_timeout_s=busy_timeout_s)
        self._scanner = SqliteConnection(path, _READING, read_only=True, busy_timeout_s=busy_timeout_s)

    # -- open, close, write -----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Lock the file, make or migrate it. Raises StoreError with the reason where it cannot."""
        self._lock.acquire()
        try:
            _make(self._path)
            await self._writer.open()
            await self._writer.run(_check_mode)
            await self._writer.run(migrate, self._migrations)
            await self._reader.open()
            await self._scanner.open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the file; what was committed stays."""
        await self._scanner.close()
        await self._reader.close()
        await self._writer.close()
        self._lock.release()

    async def commit(self, changes: Changes) -> None:
        """All of it in one transaction: one hop to the writer's thread, one fsync with sync full."""
        todo = [(self._queries[name], rows) for name, rows in statements(changes)]
        if todo:
            await self._writer.run(transact, todo)

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        """Delete about `limit` rows that have outlived `before`: messages by ranges of their ids."""
        bound = first_id(before)
        first, last = (await self._walk("outlived", bound, before, limit))[0]
        went = 0
        if first is not None:
            await self._delete("prune_lookups", first, last, before)
            went = await self._delete("prune_messages", first, last, before)
        for name, end in (
            ("prune_deliveries", bound),
            ("prune_inbound", bound),
            ("prune_awaiting", bound),
            ("prune_batches", bound),
            ("prune_parked", before),
            ("prune_answers", before if answers_before is None else answers_before),
        ):
            if went < limit:
                went += await self._delete(name, end, limit - went)
        return went

    async def size(self) -> tuple[int, int]:
        """Octets of the file and its write-ahead log, and octets free on its file system."""
        return await self._reader.run(_size, self._path)

    # -- lookups by key ---------------------------------------------------------------------------------------------

    async def message(self, message_id: str) -> Message | None:
        """One message, whole."""
        rows = await self._look("messages", json.dumps([message_id]))
        return read_message(rows[0]) if rows else None

    async def messages(self, ids: list[str]) -> list[Message]:
        """Those of the ids that are there, in any order."""
        return read_messages(await self._look("messages", json.dumps(ids)))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """One delivery, waiting or dead."""
        rows = await self._look("delivery", delivery_id)
        return read_delivery(rows[0]) if rows else None

    async def inbound(self, inbound_id: str) -> Inbound | None:
        """One inbound message."""
        rows = await self._look("inbound_by_id", inbound_id)
        return read_inbound(rows[0]) if rows else None

    async def answer(self, app: str, key: str) -> IdempotentAnswer | None:
        """The first answer under this key, if there was one."""
        rows = await self._look("answer_by_key", app, key)
        return IdempotentAnswer(*rows[0]) if rows else None

    async def awaited(self, carrier: str, carrier_message_ids: list[str]) -> list[Awaiting]:
        """Which of these ids of a carrier were spilled and wait for a receipt."""
        return [Awaiting(*row) for row in await self._look("awaited_by_id", carrier, json.dumps(carrier_message_ids))]

    async def parked(self, carrier: str, carrier_message_ids: list[str]) -> list[ParkedReceipt]:
        """Which of these ids of a carrier have a parked receipt, oldest first."""
        rows = await self._look("parked_by_id", carrier, json.dumps(carrier_message_ids))
        return [ParkedReceipt(*row) for row in rows]

    async def settings(self) -> dict[str, str]:
        """All small named facts."""
        return dict(await self._look("settings"))

    async def batch(self, batch_id: str) -> Batch | None:
        """One batch."""
        rows = await self._look("batch_by_id", batch_id)
        return read_batch(rows[0]) if rows else None

    # -- walks over a table -----------------------------------------------------------------------------------------

    async def waiting(self, carrier: str, lane: str, after: str, limit: int) -> list[Message]:
        """ACCEPTED messages of a carrier's lane beyond `after`, oldest first."""
        return read_messages(await self._walk("waiting", after, carrier, lane, limit))

    async def depths(self, since: str) -> list[QueueDepth]:
        """ACCEPTED messages from the id `since` on, counted by carrier and lane."""
        counts: Counter[tuple[str, str]] = Counter()
        oldest: dict[tuple[str, str], str] = {}
        after, size = "", COUNTED_AT_ONCE
        while size == COUNTED_AT_ONCE:
            size = 0
            for carrier, lane, messages, earliest, latest in await self._walk("depths", since, after, COUNTED_AT_ONCE):
                counts[carrier, lane] += messages
                oldest.setdefault((carrier, lane), earliest)
                size += messages
                after = max(after, latest)
        return [
            QueueDepth(*queue, counts[queue], earliest, (await self._walk("created_at", earliest))[0][0])
            for queue, earliest in sorted(oldest.items())
        ]

    async def unanswered(self, since: str, after: str, limit: int) -> list[Message]:
        """SUBMITTED messages from `since` on and beyond `after`, oldest first."""
        return read_messages(await self._walk("unanswered", since, after, limit))

    async def due(self, now: float, limit: int) -> list[Message]:
        """SCHEDULED messages whose send_at is at or before `now`, the earliest first."""
        return read_messages(await self._walk("due", now, limit))

    async def next_due(self) -> float | None:
        """The earliest send_at of the schedule."""
        earliest: float | None = (await self._walk("next_due"))[0][0]
        return earliest

    async def deliveries(self, app: str, now: float, after: str, limit: int, kind: str = "") -> list[Delivery]:
        """Waiting deliveries of an app that are due and beyond `after`, oldest first."""
        rows = await self._walk("deliveries", app, after, now, now + FAR_S, kind, kind, limit)
        return [read_delivery(row) for row in rows]

    async def owed(self, app: str, now: float, limit: int, urgent: str) -> list[Delivery]:
        """The first waiting deliveries of an app that are due: urgent ones of a kind, or those that are not."""
        if urgent:
            rows = await self._look("urgent_deliveries", app, urgent, now, now + FAR_S, limit)
        else:
            rows = await self._walk("bulk_deliveries", app, now, now + FAR_S, limit)
        return [read_delivery(row) for row in rows]

    async def dead_deliveries(self, after: str, limit: int) -> list[Delivery]:
        """Dead deliveries of all apps, oldest first."""
        return [read_delivery(row) for row in await self._walk("dead_deliveries", after, limit)]

    async def deliveries_waiting(self) -> dict[str, tuple[int, float]]:
        """By app: how many deliveries wait, and the creation time of the oldest."""
        return {app: (number, oldest) for app, number, oldest in await self._walk("deliveries_waiting")}

    async def inbound_of(self, app: str, since: float, before: str, limit: int) -> list[Inbound]:
        """An app's inbound messages received at or after `since` with an id below `before`, newest first."""
        rows = await self._walk("inbound_of", app, since, before or _BEYOND_ALL_IDS, limit)
        return [read_inbound(row) for row in rows]

    async def open_batches(self) -> list[Batch]:
        """Batches that have not ended, oldest first."""
        return [read_batch(row) for row in await self._walk("open_batches")]

    async def messages_after(self, after: str, limit: int) -> list[Message]:
        """Messages of all apps with an id beyond `after`, oldest first."""
        return read_messages(await self._walk("messages_after", after, limit))

    async def last_id(self) -> str:
        """The highest id of any message, "" where there is none."""
        return str((await self._walk("last_id"))[0][0])

    async def found_after(self, app: str, key: str, after: str, limit: int) -> list[Message]:
        """An app's messages that are found by a key, beyond `after`, oldest first."""
        return read_messages(await self._walk("found_after", app, key, after, limit))

    async def statuses_after(self, app: str, key: str, after: str, limit: int) -> list[tuple[str, int]]:
        """Ids and statuses of the same messages."""
        return [(row[0], row[1]) for row in await self._walk("statuses_after", app, key, after, limit)]

    async def page(
        self, app: str, key: str, statuses: Sequence[Status], since: str, before: str, limit: int, walk: int
    ) -> Page:
        """An app's messages, newest first, of the next `walk` rows at most."""
        name, what = ("found", (app, key)) if key else ("listed", ())
        end = before or _BEYOND_ALL_IDS
        first, walked = (await self._walk(f"{name}_bound", *what, since, end, walk))[0]
        if first is None:
            return Page([], "")
        wanted = json.dumps([int(status) for status in statuses])
        asked = (*what, first, end, wanted, limit) if key else (first, end, app, wanted, limit)
        messages = read_messages(await self._walk(name, *asked))
        if len(messages) == limit:
            return Page(messages, messages[-1].id)
        return Page(messages, first if walked == walk else "")

    async def parts(self) -> list[InboundPart]:
        """All parts of long inbound messages that are still waiting, in the order they came."""
        return [InboundPart(*row) for row in await self._walk("parts")]

    async def opt_outs(self) -> list[OptOut]:
        """All opt-outs in force."""
        return [OptOut(*row) for row in await self._walk("opt_outs")]

    async def parked_since(self, since: float) -> list[ParkedReceipt]:
        """All parked receipts that came at or after `since`, oldest first."""
        return [ParkedReceipt(*row) for row in await self._walk("parked_since", since)]

    async def _look(self, name: str, *parameters: Any) -> list[Row]:
        return await self._reader.run(fetch, self._queries[name], parameters)

    async def _walk(self, name: str, *parameters: Any) -> list[Row]:
        return await self._scanner.run(fetch, self._queries[name], parameters)

    async def _delete(self, name: str, *parameters: Any) -> int:
        return await self._writer.run(transact, [(self._queries[name], [parameters])])


def _writing(sync: str) -> Sequence[str]:
    """The writer's settings. The page size counts only for a file that is made; WAL stays with the file."""
    return (
        "PRAGMA page_size = 8192",  # without rowids a row must be under a quarter of a page to lie in it whole
        "PRAGMA journal_mode = WAL",
        f"PRAGMA synchronous = {sync.upper()}",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA cache_size = -16384",  # 16 MiB: updates meet the pages that their inserts made
        "PRAGMA wal_autocheckpoint = 1000",  # pages, 8 MiB: four times as many made the slowest commits twice as slow
        "PRAGMA journal_size_limit = 67108864",  # what a long read let the log grow to is given back
    )


_READING = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -4096")


def _make(path: Path) -> None:
    """An empty file that only its owner may read, where there is none: message bodies are in it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"cannot open the store {path}: {error.strerror}") from error


def _check_mode(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"the file system cannot hold a write-ahead log (journal_mode is {mode}, wal is needed)")


def _size(_connection: sqlite3.Connection, path: Path) -> tuple[int, int]:
    """Run on a reader's thread, because a file system that hangs must not hang the loop."""
    log = path.with_name(path.name + "-wal")
    try:
        taken = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
        system = os.statvfs(path)
    except OSError as error:
        raise StoreError(f"cannot tell the size of {path}: {error.strerror}") from error
    return taken, system.f_bavail * system.f_frsize
