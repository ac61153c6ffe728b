"""A connection to an SQLite file: a thread of its own (aiosqlite's), errors in our words, opened anew when broken."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

import aiosqlite

from gateway.errors import StoreError
from gateway.store.store import Unwritable

P = ParamSpec("P")
T = TypeVar("T")

# Primary result codes (https://sqlite.org/rescode.html) after which a connection may be of no more use: what the
# descriptor leads to has failed, or is not what it was.
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    }
)
# What lies in the values and not in the disk: the same try would fail for ever.
_UNWRITABLE = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)


class SqliteConnection:
    """Runs functions on a connection that lives in a thread of its own, one after the other."""

    def __init__(self, path: Path, pragmas: Sequence[str], *, read_only: bool, busy_timeout_s: float) -> None:
        """`pragmas` are run whenever it is opened; `busy_timeout_s`: how long a locked file is waited for."""
        self._path = path
        self._pragmas = pragmas
        self._read_only = read_only
        self._busy_timeout_s = busy_timeout_s
        self._connection: aiosqlite.Connection | None = None
        self._broken = False
        self._reopening = asyncio.Lock()  # readers come several at a time

    async def open(self) -> None:
        """Connect. Raises StoreError."""
        # No implicit transactions (isolation_level None): BEGIN and COMMIT stand where we write them.
        uri = f"file:{quote(str(self._path))}?mode={'ro' if self._read_only else 'rw'}"
        try:
            self._connection = await aiosqlite.connect(
                uri, uri=True, isolation_level=None, timeout=self._busy_timeout_s
            )
        except sqlite3.Error as error:
            raise self._store_error(error) from error
        self._broken = False
        try:
            await self.run(_prepare, self._pragmas)
        except StoreError:
            await self._drop()
            raise

    async def close(self) -> None:
        """Let go of it. Never raises: what was committed is on disk, the rest was never promised."""
        self._broken = False
        await self._drop()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error, ValueError):
                await connection.close()

    async def run(
        self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the function answers, called on the connection's thread with the connection first.

        Raises StoreError (Unwritable where the values are to blame). Cancelled, it stops waiting; the function goes on.
        """
        if self._broken:
            await self._reopen()
        connection = self._connection
        if connection is None:
            raise StoreError(f"{self._path} is not open")
        # aiosqlite's public calls are a hop to its thread and back each, about 40 µs: BEGIN, three executemany and
        # COMMIT took 61 µs a message in batches of 10, the same as one function 36 µs. Its _execute runs one function.
        execute: Callable[..., Awaitable[Any]] = connection._execute
        try:
            answer: T = await execute(function, connection._conn, *args, **kwargs)
        except sqlite3.Error as error:
            raise self._store_error(error) from error
        except (UnicodeEncodeError, OverflowError) as error:  # lone surrogates, integers beyond 64 bits
            raise Unwritable(f"{type(error).__name__}: {error}") from error
        except ValueError as error:  # aiosqlite's word for a connection that was closed meanwhile
            raise StoreError(f"{self._path}: {error}") from error
        return answer

    async def _reopen(self) -> None:
        async with self._reopening:
            if self._broken:
                await self._drop()
                self._broken = True  # until it is open again
                await self.open()

    def _store_error(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorcode", None)
        name = getattr(error, "sqlite_errorname", None)
        if code is not None and code & 0xFF in _BROKEN:  # the low octet is the primary code
            self._broken = True
        words = f"{self._path}: {error}" + (f" ({name})" if name else "")
        return Unwritable(words) if isinstance(error, _UNWRITABLE) else StoreError(words)


def _prepare(connection: sqlite3.Connection, pragmas: Sequence[str]) -> None:
    for pragma in pragmas:
        connection.execute(pragma).fetchall()


def transact(connection: sqlite3.Connection, statements: Sequence[tuple[str, Sequence[Any]]]) -> int:
    """Run statements with their rows as one transaction, all or nothing; how many rows they changed."""
    before = connection.total_changes
    if connection.in_transaction:  # a ROLLBACK below has failed
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql, rows in statements:
            connection.executemany(sql, rows)
        connection.execute("COMMIT")
    except BaseException:
        # Some errors (a full disk, I/O) have rolled back already; a second ROLLBACK would hide them.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return connection.total_changes - before


def fetch(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(sql, parameters).fetchall()
