"""The table of ported numbers: an SQLite file that another process writes (`writer.py`) and this one only reads.

A lookup is one primary-key SELECT over memory-mapped pages, 7 µs with 50 million rows, and is called straight on the
event loop: a thread would cost twenty times as much. Beside a busy thread of the process it is 20 µs all the same: each
SELECT lets go of the interpreter and has to get it back. So who has many numbers says so before (`look_ahead`): one
SELECT for all. Loads by another process are seen by the next SELECT; what is kept here beside the file (answers by
network, age) is checked once a second.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portability.answer import Answer
from portability.codes import FIRST_NAME_ID, SCHEMA, unpacked
from portability.networks import Networks, Served
from portability.source import SourceUnavailable

_CHECK_EVERY_S = 1.0
_MMAP_BYTES = 2147418112  # the most SQLite maps; what lies beyond is read by system calls
_SELECT = "SELECT network FROM ported WHERE msisdn = ?"
_SELECT_ALL = "SELECT group_concat(msisdn || ' ' || network) FROM json_each(?) JOIN ported ON msisdn = value"
_AHEAD_S = 0.1  # so long a load may go unseen by numbers that were looked up ahead
_NOT_THERE = -1


class Table:
    """Source `table`. `monotonic` tells when to look at the file again; `country` is whose numbers the file covers.

    Opens at the first lookup, or when the file appears later, or when another file stands in its place. A number of
    `country` that the table does not hold is known to be not ported; of others nothing is known.
    """

    name = "table"

    def __init__(self, path: Path, networks: Networks, *, monotonic: Callable[[], float], country: str = "52") -> None:
        self.path = path
        self.unavailable: str | None = None
        self.as_of: float | None = None
        self.rows = 0
        self._networks = networks
        self._monotonic = monotonic
        self._country = country
        self._check_at = float("-inf")
        self._connection: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._identity: tuple[int, int] | None = None
        self._version = -1
        self._answers: dict[int, Answer] = {}
        self._ahead: dict[int, int] = {}  # networks of numbers that were looked up before anybody asked
        self._ahead_until = float("-inf")
        self._not_ported = Answer(None, self.name, ported=False)

    def lookup(self, number: int) -> Answer | None:
        """Where the number was ported to; "not ported" without a network; None of other countries' numbers."""
        now = self._monotonic()
        if now >= self._check_at:
            self.refresh(now)
        if self._cursor is None:
            raise SourceUnavailable(self.unavailable)
        network = self._ahead.get(number) if now < self._ahead_until else None
        try:
            if network is None:
                row = self._cursor.execute(_SELECT, (number,)).fetchone()
                network = _NOT_THERE if row is None else row[0]
            if network != _NOT_THERE:
                return self._answers.get(network) or self._answer(network)
        except sqlite3.Error as error:
            self.unavailable = str(error)
            raise SourceUnavailable(self.unavailable) from error
        return self._not_ported if self.rows and str(number).startswith(self._country) else None

    def look_ahead(self, numbers: list[int]) -> None:
        """Many E.164 numbers will be asked for at once: `lookup` knows them without the file for _AHEAD_S, or until it
        has looked at the file again. Never raises."""
        self.look()
        self._ahead_until = float("-inf")
        if self._cursor is None:
            return
        try:
            (found,) = self._cursor.execute(_SELECT_ALL, (str(numbers),)).fetchone()
        except sqlite3.Error:  # which each lookup will find for itself, and say
            return
        self._ahead = dict.fromkeys(numbers, _NOT_THERE)
        for pair in found.split(",") if found else ():
            number, network = pair.split(" ")
            self._ahead[int(number)] = int(network)
        self._ahead_until = self._monotonic() + _AHEAD_S

    def look(self) -> None:
        """Looks at the file as a lookup would: for who asks how old it is while nobody looks numbers up."""
        now = self._monotonic()
        if now >= self._check_at:
            self.refresh(now)

    def refresh(self, now: float) -> None:
        """Looks at the file: opens it, opens the one in its place, notices a load. Called by `lookup` once a second."""
        self._check_at = now + _CHECK_EVERY_S
        self._ahead_until = float("-inf")
        try:
            self._follow()
        except (OSError, sqlite3.Error) as error:
            self.close()
            self.unavailable = f"{self.path}: {error.strerror if isinstance(error, OSError) else error}"
        else:
            self.unavailable = None

    def close(self) -> None:
        """Lets go of the file; the next lookup opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._cursor = self._identity = None

    def _follow(self) -> None:
        status = self.path.stat()
        identity = (status.st_dev, status.st_ino)
        if self._connection is None or identity != self._identity:
            self.close()
            self._connection = _opened(self.path)
            self._cursor = self._connection.cursor()
            self._identity = identity
            self._version = -1
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._read_state(self._connection)
            self._version = version

    def _read_state(self, connection: sqlite3.Connection) -> None:
        schema, self.rows, self.as_of = connection.execute("SELECT schema, rows, as_of FROM state").fetchone()
        if schema != SCHEMA:
            raise sqlite3.DatabaseError(f"holds schema {schema}, this version reads schema {SCHEMA}")
        self._answers.clear()
        self._not_ported = self._not_ported._replace(as_of=self.as_of)

    def _answer(self, network: int) -> Answer:
        """The answer all numbers of one network share; made once after each load."""
        served, written = self._served(network)
        detail = "" if served.network else f"{written} is no network of the configuration"
        answer = Answer(served.network, self.name, True, self.as_of, None, served.hosts, detail)
        self._answers[network] = answer
        return answer

    def _served(self, network: int) -> tuple[Served, str]:
        (value,) = self._one("SELECT value FROM networks WHERE id = ?", network) or (0,)
        if value < FIRST_NAME_ID:
            rida, rcr = unpacked(value)
            return self._networks.served_by_codes(rida, rcr), f"RIDA {rida:03}, RCR {rcr:03}"
        row = self._one("SELECT name FROM names WHERE id = ?", value)
        name = row[0] if row else f"name {value}"
        return self._networks.served(self._networks.find(name)), name

    def _one(self, select: str, key: int) -> tuple[Any, ...] | None:
        if self._connection is None:
            raise SourceUnavailable(self.unavailable)
        row: tuple[Any, ...] | None = self._connection.execute(select, (key,)).fetchone()
        return row


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that can only read and never waits: a locked file is a source that cannot answer now."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0)
    try:
        connection.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
