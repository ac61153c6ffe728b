"""Loads a file of ported numbers into the table. Runs in a process of its own: parsing would stall an event loop.

A file with more bad rows than allowed loads nothing. Changes go in with one transaction; a replacement is built beside
the table in use and swapped in, unless it looks like a cut-off file.
"""

import hashlib
import io
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from portability.codes import FIRST_NAME_ID, unpacked
from portability.networks import Networks
from portability.rows import BadRow, Change, HeaderError, PortedRows
from portability.writer import Counts, LoadedFile, LoadError, Writer, loaded_files, writing

_CHUNK = 200_000  # changes sorted and written at once; about 40 MB
_LARGEST_LOSS = 0.05  # of the rows, in a replacement
_LARGE_NETWORK = 0.01  # a network with this share does not vanish in one day

Progress = Callable[[int, int, int], None]
"""Octets read, octets in all, rows read."""


class Loaded(NamedTuple):
    """What a load did. `unchanged`: this very file was the last one loaded, so nothing was to do."""

    file: LoadedFile
    rows: int
    unchanged: bool
    notes: tuple[str, ...]


class TableInfo(NamedTuple):
    """A table in short: numbers in it, age of its newest data (Unix seconds), what was loaded, newest first."""

    rows: int
    as_of: float | None
    files: tuple[LoadedFile, ...]


def load(
    file: Path,
    table: Path,
    networks: Networks,
    *,
    now: float,
    region: str = "MX",
    replace: bool = False,
    force: bool = False,
    max_errors: int = 0,
    on_bad: Callable[[BadRow], None] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Loads CSV `file` into `table`; `now` is Unix seconds. All of it, or nothing and a LoadError.

    `replace`: the file is the whole table, not changes to it; `force` insists on one that loses many rows. `max_errors`
    bad rows are left out, one more and nothing is loaded; `on_bad` hears of each as it is met.
    """
    try:
        source = file.open("rb")
    except OSError as error:
        raise LoadError(f"{file}: {error.strerror}") from error
    with source, writing(table) as writer:
        if not source.seekable():
            raise LoadError(f"{file}: a pipe is read once only; save it to a file first")
        loading = _Loading(
            writer, source, networks, region=region, max_errors=max_errors, on_bad=on_bad, progress=progress
        )
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        last = writer.last_file()
        if last and (last.sha256, last.replaced, last.skipped) == (sha256, replace, 0):
            return Loaded(last, writer.rows, True, ())
        as_of = min(now, file.stat().st_mtime)
        described = LoadedFile(file.name, sha256, replace, now, as_of, 0, 0, 0, 0)
        return loading.replace(described, force) if replace else loading.change(described)


class _Loading:
    """One file on its way into the table."""

    def __init__(
        self,
        writer: Writer,
        source: BinaryIO,
        networks: Networks,
        *,
        region: str,
        max_errors: int,
        on_bad: Callable[[BadRow], None] | None,
        progress: Progress | None,
    ) -> None:
        self._writer = writer
        self._source = source
        self._networks = networks
        self._region = region
        self._max_errors = max_errors
        self._on_bad = on_bad
        self._progress = progress
        self._bad = 0
        self._notes: list[str] = []

    def change(self, file: LoadedFile) -> Loaded:
        counts = Counts()
        with self._writer.transaction():
            for chunk in self._chunks():
                self._writer.apply(chunk, counts)
            self._judge()
            rows = self._writer.rows + counts.inserted - counts.deleted
            file = self._filled(file, counts)
            self._writer.record(file, rows)
        return self._done(file, rows)

    def replace(self, file: LoadedFile, force: bool) -> Loaded:
        self._writer.begin_new()
        try:
            filled = Counts()
            for chunk in self._chunks():
                with self._writer.transaction():
                    self._writer.apply(chunk, filled, "ported_new")
            self._judge()
            if not force:
                self._guard()
            rows = filled.inserted - filled.deleted
            file = self._filled(file, self._writer.compared())
            with self._writer.transaction():
                self._writer.swap()
                self._writer.record(file, rows)
        finally:
            self._writer.drop_new()
        return self._done(file, rows)

    def _chunks(self) -> Iterator[list[Change]]:
        """The good rows; once too many are bad, the rest is read for its bad rows only."""
        total = self._source.seek(0, io.SEEK_END)
        self._source.seek(0)
        # An octet that is no UTF-8 must not end the reading: it makes its own row bad, as an unknown network or number.
        text = io.TextIOWrapper(self._source, "utf-8-sig", errors="replace", newline="")
        try:
            rows = PortedRows(text, self._networks, region=self._region, name_id=self._writer.name_id)
            changes = self._good(rows)
            read = 0
            while chunk := list(islice(changes, _CHUNK)):
                read += len(chunk)
                if self._bad <= self._max_errors:
                    yield chunk
                if self._progress:
                    self._progress(self._source.tell(), total, read)
        except HeaderError as error:
            raise LoadError(str(error)) from error
        finally:
            text.detach()
        self._note_unlisted(rows.unlisted)

    def _good(self, rows: PortedRows) -> Iterator[Change]:
        for row in rows:
            if isinstance(row, BadRow):
                self._bad += 1
                if self._on_bad:
                    self._on_bad(row)
            else:
                yield row

    def _judge(self) -> None:
        if self._bad > self._max_errors:
            allowed = f", {self._max_errors} allowed" if self._max_errors else ""
            raise LoadError(f"{self._bad} bad rows{allowed}; nothing was loaded")

    def _guard(self) -> None:
        """A replacement that forgets much is more likely a cut-off file than the truth."""
        old, new = self._by_network("ported"), self._by_network("ported_new")
        before, after = old.total(), new.total()
        if after < before * (1 - _LARGEST_LOSS):
            raise LoadError(f"the file holds {after} rows, the table {before}: more than 5 % would be lost (--force)")
        for network, rows in old.items():
            if rows > before * _LARGE_NETWORK and not new[network]:
                raise LoadError(f"the file holds no row of {network}, the table {rows} of {before} (--force)")

    def _by_network(self, table: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for value, rows in self._writer.by_network(table).items():
            counted[self._network(value)] += rows
        return counted

    def _network(self, value: int) -> str:
        if value >= FIRST_NAME_ID:
            name = self._writer.name(value) or str(value)
            return self._networks.find(name) or name
        rida, rcr = unpacked(value)
        return self._networks.served_by_codes(rida, rcr).network or f"RIDA {rida:03}"

    def _filled(self, file: LoadedFile, counts: Counts) -> LoadedFile:
        return file._replace(
            inserted=counts.inserted, changed=counts.changed, deleted=counts.deleted, skipped=self._bad
        )

    def _note_unlisted(self, unlisted: Counter[str]) -> None:
        self._notes += [f"{code} is no code of networks; the other code of its rows decides" for code in unlisted]

    def _done(self, file: LoadedFile, rows: int) -> Loaded:
        if not self._writer.checkpoint():
            self._notes.append("a reader held on to the log, which was left to grow: is a query open in a shell?")
        return Loaded(file, rows, False, tuple(self._notes))


def info(table: Path) -> TableInfo:
    """The table in short. Raises LoadError when there is none or it cannot be read."""
    if not table.is_file():
        raise LoadError(f"{table}: no such file; `relevo portability load` makes it")
    try:
        connection = sqlite3.connect(f"{table.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            rows, as_of = connection.execute("SELECT rows, as_of FROM state").fetchone()
            return TableInfo(rows, as_of, tuple(loaded_files(connection)))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise LoadError(f"{table}: {error}") from error
