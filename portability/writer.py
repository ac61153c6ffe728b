"""The table of ported numbers, from its writer's side: one transaction for changes, one swap for a whole new table.

Readers in other processes go on meanwhile and see either what was or what is. A writer that is killed at any point
leaves what was; what it had put aside is cleared by the next one.
"""

import fcntl
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, TextIO

from portability.codes import FIRST_NAME_ID, SCHEMA

_LOCK_WAIT_S = 10.0
_ROWS = 200  # of one INSERT; more are no quicker
_PAGES, _FILLING_PAGES = 1000, 16_384  # of the log before it is taken into the file: 4 MB and 64 MB
_CHECKPOINT_WAIT_MS = 200  # a lookup takes microseconds; what holds on longer is a query left open


class LoadError(Exception):
    """Nothing was loaded; the text says why."""


class LoadedFile(NamedTuple):
    """A row of `loaded_files`. Times in Unix seconds; `replaced`: the file was the whole table."""

    name: str
    sha256: str
    replaced: bool
    loaded_at: float
    as_of: float
    inserted: int
    changed: int
    deleted: int
    skipped: int


def loaded_files(connection: sqlite3.Connection, limit: int = -1) -> list[LoadedFile]:
    """What was loaded into a table, the newest first, at most `limit` (-1: all)."""
    columns = ", ".join(LoadedFile._fields)
    select = f"SELECT {columns} FROM loaded_files ORDER BY id DESC LIMIT ?"  # noqa: S608  our own field names
    rows = map(LoadedFile._make, connection.execute(select, (limit,)).fetchall())
    return [row._replace(replaced=bool(row.replaced)) for row in rows]


class Counts:
    """What the changes did so far."""

    __slots__ = ("changed", "deleted", "inserted")

    def __init__(self, inserted: int = 0, changed: int = 0, deleted: int = 0) -> None:
        self.inserted = inserted
        self.changed = changed
        self.deleted = deleted


@contextmanager
def writing(path: Path) -> Iterator["Writer"]:
    """The table at `path`, made when it is not there, for this process alone among writers. Raises LoadError."""
    with _locked(path):
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_S)
            try:
                yield Writer(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise LoadError(f"{path}: {error}") from error


def _locked(path: Path) -> TextIO:
    """The lock beside the table, held while it is open; the system lets go of it when its holder dies."""
    try:
        lock = Path(f"{path}.loading").open("a")  # noqa: SIM115  the caller closes it
    except OSError as error:
        raise LoadError(f"{path}.loading: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise LoadError(f"{path}: another load is under way") from error
    return lock


class Writer:
    """An open table. The caller holds the lock of `writing`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._names: dict[str, int] = {}
        self._db.execute("PRAGMA journal_mode = WAL").fetchone()
        self._db.execute("PRAGMA synchronous = FULL")
        self._prepare()
        self._names.update(self._db.execute("SELECT name, id FROM names"))
        self._ids: dict[int | None, int] = dict(self._db.execute("SELECT value, id FROM networks"))

    @property
    def connection(self) -> sqlite3.Connection:
        """The table itself, for what is written besides numbers."""
        return self._db

    @property
    def rows(self) -> int:
        """How many numbers the table holds."""
        return int(self._db.execute("SELECT value FROM meta WHERE key = 'rows'").fetchone()[0])

    def name_id(self, name: str) -> int:
        """The value the network column holds for a network called `name`; kept with the next commit."""
        if name not in self._names:
            self._names[name] = max(self._names.values(), default=FIRST_NAME_ID - 1) + 1
        return self._names[name]

    def name(self, value: int) -> str | None:
        """The name a network value stands for."""
        return next((name for name, known in self._names.items() if known == value), None)

    def last_file(self) -> LoadedFile | None:
        """What was loaded last."""
        return next(iter(loaded_files(self._db, 1)), None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def apply(self, changes: Iterable[tuple[int, int | None]], counts: Counts) -> None:
        """Writes changes in the order of their numbers, which is the order of the pages; a number's last one wins."""
        latest = dict(changes)
        ids = self._numbered(latest.values())
        kept = sorted((number, ids[value]) for number, value in latest.items() if value is not None)
        gone = sorted((number,) for number, value in latest.items() if value is None)
        many = self._db.executemany
        inserted = many("INSERT OR IGNORE INTO ported (msisdn, network) VALUES (?, ?)", kept).rowcount
        counts.inserted += inserted
        if inserted < len(kept):
            moved = [(value, number) for number, value in kept]
            update = "UPDATE ported SET network = ?1 WHERE msisdn = ?2 AND network <> ?1"
            counts.changed += many(update, moved).rowcount
        if gone:
            counts.deleted += many("DELETE FROM ported WHERE msisdn = ?", gone).rowcount

    def record(self, file: LoadedFile, rows: int) -> None:
        """Remembers the file, the new names and the number of rows; inside the transaction they belong to."""
        named = [(value, name) for name, value in self._names.items()]
        self._db.executemany("INSERT OR IGNORE INTO names (id, name) VALUES (?, ?)", named)
        self.set_rows(rows)
        columns, places = ", ".join(LoadedFile._fields), ", ".join("?" * len(file))
        self._db.execute(f"INSERT INTO loaded_files ({columns}) VALUES ({places})", file)  # noqa: S608  our own names

    def _numbered(self, values: Iterable[int | None]) -> dict[int | None, int]:
        """The ids of networks, these among them; new ones are written by `set_rows`."""
        for value in sorted(value for value in set(values) - self._ids.keys() if value is not None):
            self._ids[value] = len(self._ids)
        return self._ids

    def set_rows(self, rows: int) -> None:
        """How many numbers the table holds from now on; and the networks that are new in it."""
        ids = [(number, value) for value, number in self._ids.items()]
        self._db.executemany("INSERT OR IGNORE INTO networks (id, value) VALUES (?, ?)", ids)
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'rows'", (rows,))

    def begin_new(self) -> None:
        """An empty table `ported_new` beside the one in use; what a killed writer left of one is dropped."""
        self.drop_new()
        self._db.execute("CREATE TABLE ported_new (msisdn INTEGER PRIMARY KEY, network INTEGER NOT NULL)")

    def drop_new(self) -> None:
        """Gives up a new table, and lets go of an old one."""
        self._db.execute("DROP TABLE IF EXISTS ported_new")
        self._db.execute("DROP TABLE IF EXISTS ported_old")

    @contextmanager
    def filling(self) -> Iterator[None]:
        """While `ported_new` is filled: fewer waits for the disk. A crash of the machine loses the new table only."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_FILLING_PAGES}").fetchone()
        try:
            yield
        finally:
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_PAGES}").fetchone()

    def insert_new(self, numbers: Sequence[int], values: Sequence[int | None]) -> None:
        """Rows in ascending order, none of them there yet, into `ported_new`."""
        self._many("INSERT INTO ported_new (msisdn, network) VALUES {rows}", numbers, values)

    def upsert_new(self, numbers: Sequence[int], values: Sequence[int | None]) -> None:
        """Rows in ascending order into `ported_new`, over what is there; value None takes the number out."""
        kept = [(number, value) for number, value in zip(numbers, values, strict=True) if value is not None]
        gone = [(number,) for number, value in zip(numbers, values, strict=True) if value is None]
        if kept:
            sql = "INSERT INTO ported_new (msisdn, network) VALUES {rows}"
            sql += " ON CONFLICT (msisdn) DO UPDATE SET network = excluded.network"
            self._many(sql, *zip(*kept, strict=True))
        self._db.executemany("DELETE FROM ported_new WHERE msisdn = ?", gone)

    def count_new(self) -> int:
        """How many numbers `ported_new` holds."""
        return int(self._db.execute("SELECT count(*) FROM ported_new").fetchone()[0])

    def _many(self, sql: str, numbers: Sequence[int], values: Sequence[int | None]) -> None:
        """One statement for many rows: 0.3 µs a row instead of 0.9 with `executemany`."""
        flat: list[int | None] = [None] * (2 * len(numbers))
        flat[0::2], flat[1::2] = numbers, list(map(self._numbered(values).__getitem__, values))
        whole = sql.format(rows=",".join(["(?,?)"] * _ROWS))
        step = 2 * _ROWS
        end = len(flat) // step * step
        for at in range(0, end, step):
            self._db.execute(whole, flat[at : at + step])
        if end < len(flat):
            self._db.execute(sql.format(rows=",".join(["(?,?)"] * (len(flat[end:]) // 2))), flat[end:])

    def swap(self) -> None:
        """Puts `ported_new` in the place of `ported`; inside a transaction. The old one is `ported_old` then."""
        self._db.execute("ALTER TABLE ported RENAME TO ported_old")
        self._db.execute("ALTER TABLE ported_new RENAME TO ported")

    @property
    def values(self) -> list[int]:
        """Every network value that was ever met, in the table or about to be."""
        return [value for value in self._ids if value is not None]

    def new_holds(self, values: Collection[int]) -> bool:
        """Whether `ported_new` has a number of these network values. Ends at the first, so it is quick where one is."""
        ids, places = self._listed(values)
        select = f"SELECT 1 FROM ported_new WHERE network IN ({places}) LIMIT 1"  # noqa: S608  question marks
        return self._db.execute(select, ids).fetchone() is not None

    def rows_of(self, values: Collection[int]) -> int:
        """How many numbers of these network values `ported` has. Looks at every row, 0.03 µs each."""
        ids, places = self._listed(values)
        select = f"SELECT count(*) FROM ported WHERE network IN ({places})"  # noqa: S608  question marks
        return int(self._db.execute(select, ids).fetchone()[0])

    def _listed(self, values: Collection[int]) -> tuple[list[int], str]:
        return [self._ids[value] for value in values], ",".join("?" * len(values))

    def compared(self, new: int) -> Counts:
        """What putting `ported_new`, of `new` rows, in the place of `ported` changes."""
        if not self.rows:
            return Counts(inserted=new)
        known, changed = self._db.execute(
            "SELECT count(*), coalesce(sum(o.network <> n.network), 0)"
            " FROM ported_new n JOIN ported o ON o.msisdn = n.msisdn"
        ).fetchone()
        return Counts(new - known, changed, self.rows - known)

    def checkpoint(self) -> bool:
        """Moves the log into the file; False when a reader held on to it, so that it was left to grow."""
        self._db.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_WAIT_MS}").fetchone()
        busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _prepare(self) -> None:
        """Makes the tables in a new file; both or none of them are there after a kill."""
        with self.transaction():
            for statement in _statements("moves.sql"):
                self._db.execute(statement)
            (made,) = self._db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").fetchone()
            if not made:
                for statement in _statements("table.sql"):
                    self._db.execute(statement)
            (schema,) = self._db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if schema != SCHEMA:
            raise LoadError(f"the table holds schema {schema}, this version writes schema {SCHEMA}")


def _statements(name: str) -> list[str]:
    """The statements of a file; `executescript` would commit before each of them."""
    text = files("portability").joinpath(name).read_text("utf-8")
    bare = "\n".join(line.split("--")[0] for line in text.splitlines())
    return [statement for statement in bare.split(";") if statement.strip()]
