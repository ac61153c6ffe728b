"""The store's file as another process reads it while the gateway writes: `relevo export`, `relevo audit`.

It takes no lock and changes nothing. Pages are read in transactions of their own, so that a reader of a million rows
never keeps the write-ahead log from being given back; what is read is then of now, page by page. Whoever compares one
table with another needs all of it as of one moment (`snapshot`): meanwhile the log grows by what the gateway writes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from gateway.errors import StoreError
from gateway.message import Delivery, Message
from gateway.store.batch import Batch
from gateway.store.queries import read_migrations, read_queries
from gateway.store.rows import Row, read_batch, read_delivery, read_message

PAGE = 500
BEYOND_ALL_IDS = "\U0010ffff"


class StoreReader:
    """A context manager around a read-only connection to the SQLite file at `path`. Each method raises StoreError."""

    def __init__(self, path: Path, *, snapshot: bool = False, busy_timeout_s: float = 5.0) -> None:
        """`snapshot`: everything is read as it was at the first read."""
        self._path = path
        self._snapshot = snapshot
        self._busy_timeout_s = busy_timeout_s
        self._queries = read_queries("sqlite")
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> "StoreReader":
        if not self._path.exists():
            raise StoreError(f"there is no store at {self._path}")
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=self._busy_timeout_s, isolation_level=None
            )
        except sqlite3.Error as error:
            raise self._store_error(error) from error
        try:
            self._check_schema()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def messages(self, first: str = "", end: str = BEYOND_ALL_IDS) -> Iterator[Message]:
        """Messages with ids from `first` (as `first_id` makes it) on and below `end`, oldest first; a page at a time
        in memory."""
        for row in self.pages("messages_between", first[:-1], end):
            yield read_message(row)

    def planned_messages(self, first: str = "") -> Iterator[tuple[Message, bool]]:
        """As `messages`, with whether each stands in the schedule."""
        for row in self.pages("messages_planned", first[:-1], BEYOND_ALL_IDS):
            yield read_message(row), bool(row[-1])

    def planned_for_nothing(self) -> Iterator[str]:
        """Ids in the schedule that no message has."""
        return (row[0] for row in self.pages("planned_for_nothing", ""))

    def deliveries(self) -> Iterator[tuple[Delivery, bool]]:
        """Deliveries, waiting and dead, with whether what they tell of is there."""
        for row in self.pages("deliveries_with_subject", ""):
            yield read_delivery(row), bool(row[-1])

    def batches(self, first: str = "") -> Iterator[Batch]:
        """Batches with ids from `first` on, oldest first."""
        return (read_batch(row) for row in self.pages("batches_after", first[:-1]))

    def pages(self, query: str, after: str, *parameters: Any) -> Iterator[Row]:
        """All rows of a named query that takes an exclusive lower bound of its first column, `parameters`, a limit."""
        while True:
            rows = self.rows(query, after, *parameters, PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def rows(self, query: str, *parameters: Any) -> Sequence[Row]:
        """All rows of a named query."""
        assert self._connection is not None  # noqa: S101  # inside `with`
        try:
            with closing(self._connection.execute(self._queries[query], parameters)) as found:
                return found.fetchall()
        except sqlite3.Error as error:
            raise self._store_error(error) from error

    def _check_schema(self) -> None:
        assert self._connection is not None  # noqa: S101  # just opened
        try:
            if self._snapshot:
                self._connection.execute("BEGIN")
            version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.Error as error:
            raise self._store_error(error) from error
        known = len(read_migrations("sqlite"))
        if version == 0:
            raise StoreError(f"{self._path} is no store of this program, or none that a gateway has opened yet")
        if version != known:
            advice = "a newer release wrote it" if version > known else "the gateway's next start brings it up to date"
            raise StoreError(f"{self._path} has schema {version}, this program reads {known}: {advice}")

    def _store_error(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"cannot read the store {self._path}: {error}")
