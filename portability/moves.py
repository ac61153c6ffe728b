"""Dated moves on their way into the table: what is newest of each number, what must wait, what comes too late.

The administrator's files may come in any order, twice, and days late; of a number the move with the latest date counts,
whichever file it came in. Moves dated ahead wait in `pending`; `recent` keeps what was applied within two weeks, so
that an older one does not undo it. All of it inside the caller's transaction.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from portability.abd_moves import Move

KEPT = 14 * 86_400 * 4  # quarters of a second; a day has 100,000 moves, so this is some 30 MB
_FROM = "moves_from"
_FETCHED = 200_000

Columns = tuple[list[int], list[int | None]]
"""Numbers and the values of their networks, side by side."""


class Moves:
    """The moves of one load. `now` and the like as `at` in moves.sql."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        for statement in ("DROP TABLE IF EXISTS temp.staged", "DROP TABLE IF EXISTS temp.newest"):
            self._db.execute(statement)
        self._db.execute(
            "CREATE TEMP TABLE staged (msisdn INTEGER, at INTEGER, network INTEGER, PRIMARY KEY (msisdn, at))"
            " WITHOUT ROWID"
        )

    def stage(self, moves: Iterable[Move]) -> None:
        """Takes moves of the file; of two at one time the later one counts."""
        self._db.executemany("INSERT OR REPLACE INTO temp.staged VALUES (?, ?, ?)", moves)

    def newest_at(self, now: int) -> int | None:
        """When the newest staged move that is due took effect."""
        at: int | None = self._db.execute("SELECT max(at) FROM temp.staged WHERE at <= ?", (now,)).fetchone()[0]
        return at

    def put_off(self, now: int) -> int:
        """Lets moves dated ahead wait; how many of them were staged."""
        self._db.execute("INSERT OR REPLACE INTO pending SELECT * FROM temp.staged WHERE at > ?", (now,))
        return self._db.execute("DELETE FROM temp.staged WHERE at > ?", (now,)).rowcount

    def take_due(self, now: int) -> None:
        """Stages what waited and is due."""
        self._db.execute("INSERT OR IGNORE INTO temp.staged SELECT * FROM pending WHERE at <= ?", (now,))
        self._db.execute("DELETE FROM pending WHERE at <= ?", (now,))

    def decide(self, now: int, since: int | None = None) -> None:
        """Finds the moves that count: due, newest of their number, not older than what is known.

        `since` is from when on moves count; without it, what the last whole table said.
        """
        known = "coalesce(?, (SELECT value FROM meta WHERE key = ?), 0)"
        self._db.execute(
            "CREATE TEMP TABLE newest AS SELECT s.msisdn AS msisdn, max(s.at) AS at, s.network AS network"  # noqa: S608  own text
            " FROM temp.staged s LEFT JOIN recent r ON r.msisdn = s.msisdn"
            f" WHERE s.at > {known} AND s.at <= ? AND s.at >= coalesce(r.at, 0) GROUP BY s.msisdn",
            (since, _FROM, now),
        )

    def late(self) -> int:
        """Of how many numbers no staged move counts, because they had moved again. After `put_off` and `decide`."""
        (numbers,) = self._db.execute("SELECT count(DISTINCT msisdn) FROM temp.staged").fetchone()
        (deciding,) = self._db.execute("SELECT count(*) FROM temp.newest").fetchone()
        return int(numbers - deciding)

    def decided(self) -> Iterator[Columns]:
        """Numbers in ascending order and where they are now, some at a time. After `decide`."""
        return _fetched(self._db, "SELECT msisdn, network FROM temp.newest ORDER BY msisdn")

    def remember(self, now: int) -> None:
        """Keeps what was decided, so that older moves do not undo it; forgets what is older than two weeks."""
        self._db.execute("INSERT OR REPLACE INTO recent SELECT msisdn, at, network FROM temp.newest")
        self._db.execute("DELETE FROM recent WHERE at < ?", (now - KEPT,))

    def whole(self, at: int) -> Iterator[Columns]:
        """As `decided`, up to `at`, of a file that is the whole table then: nothing known before counts."""
        select = "SELECT msisdn, max(at) AS at, network FROM temp.staged WHERE at <= ? GROUP BY msisdn"
        return _fetched(self._db, f"SELECT msisdn, network FROM ({select})", at)  # noqa: S608  our own text

    def start_again(self, at: int) -> None:
        """The table is that of `at` now: what is older is in it, and counts no more when it comes late."""
        forget_moves(self._db, at)
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_FROM, at))


def moved_since(connection: sqlite3.Connection, at: int) -> Iterator[Columns]:
    """What moved after `at` by files loaded before, in ascending order: a whole table of that time does not have it."""
    return _fetched(connection, "SELECT msisdn, network FROM recent WHERE at > ? ORDER BY msisdn", at)


def forget_moves(connection: sqlite3.Connection, at: int) -> None:
    """Forgets the moves up to `at`, waiting or done, because the table no longer comes from them."""
    connection.execute("DELETE FROM recent WHERE at <= ?", (at,))
    connection.execute("DELETE FROM pending WHERE at <= ?", (at,))
    connection.execute("DELETE FROM meta WHERE key = ?", (_FROM,))


def waiting(connection: sqlite3.Connection) -> tuple[int, float | None]:
    """How many moves wait, and when the next is due in Unix seconds; none in a table that never had any."""
    (there,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'pending'").fetchone()
    if not there:
        return 0, None
    count, first = connection.execute("SELECT count(*), min(at) FROM pending").fetchone()
    return count, None if first is None else float(first // 4)


def _fetched(connection: sqlite3.Connection, select: str, *values: int) -> Iterator[Columns]:
    cursor = connection.execute(select, values)
    while rows := cursor.fetchmany(_FETCHED):
        yield [number for number, _ in rows], [network for _, network in rows]
