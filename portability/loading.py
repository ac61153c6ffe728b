"""What loads of all kinds of files share: all or nothing, every bad row named, a look at what a replacement loses."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, NamedTuple

from portability.codes import FIRST_NAME_ID, unpacked
from portability.networks import Networks
from portability.rows import BadRow
from portability.writer import Counts, LoadedFile, LoadError, Writer, writing

_LARGEST_LOSS = 0.05  # of the rows, in a replacement
_LARGE_NETWORK = 0.01  # a network with this share does not vanish in one day

Progress = Callable[[int, int, int], None]
"""Octets read, octets in all, rows read."""


class Loaded(NamedTuple):
    """What a load did. `unchanged`: this very file was loaded already, so nothing was to do."""

    file: LoadedFile
    rows: int
    unchanged: bool
    notes: tuple[str, ...]


class Options(NamedTuple):
    """How to load. `now` is Unix seconds.

    `replace`: the file is the whole table, not changes to it; `force` insists on one that loses many rows. `max_errors`
    bad rows are left out, one more and nothing is loaded; `on_bad` hears of each as it is met.
    """

    now: float
    replace: bool = False
    force: bool = False
    max_errors: int = 0
    on_bad: Callable[[BadRow], None] | None = None
    progress: Progress | None = None


@contextmanager
def opened(file: Path, table: Path) -> Iterator[tuple[BufferedReader, Writer]]:
    """The file and the table, for this process alone among writers. Raises LoadError."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise LoadError(f"{file}: {error.strerror}") from error
    with source, writing(table) as writer:
        if not source.seekable():
            raise LoadError(f"{file}: a pipe is read once only; save it to a file first")
        yield source, writer


def described(file: Path, source: BufferedReader, options: Options) -> LoadedFile:
    """The file as it is remembered, before anything was counted. As old as it was last written."""
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    as_of = min(options.now, file.stat().st_mtime)
    return LoadedFile(file.name, sha256, options.replace, options.now, as_of, 0, 0, 0, 0)


class Loading:
    """One file on its way into the table; `directory` is the table's."""

    def __init__(self, writer: Writer, source: BinaryIO, networks: Networks, directory: Path, options: Options) -> None:
        self._writer = writer
        self._source = source
        self._networks = networks
        self._directory = directory
        self._options = options
        self._bad = 0
        self._notes: list[str] = []

    def _tell(self, bad: list[BadRow]) -> None:
        self._bad += len(bad)
        for row in bad:
            if self._options.on_bad:
                self._options.on_bad(row)

    @property
    def _spoilt(self) -> bool:
        """More rows are bad than may be: the rest is read for its bad rows only."""
        return self._bad > self._options.max_errors

    def _judge(self) -> None:
        if self._spoilt:
            allowed = f", {self._options.max_errors} allowed" if self._options.max_errors else ""
            raise LoadError(f"{self._bad} bad rows{allowed}; nothing was loaded")

    def _guard(self, after: int) -> None:
        """A replacement that forgets much is more likely a cut-off file than the truth. `after`: rows of the new table.

        Rows are counted for networks only that the new table does not have at all: counting 50 million rows of two
        tables by network takes longer than everything else the swap needs.
        """
        before = self._writer.rows
        if after < before * (1 - _LARGEST_LOSS):
            raise LoadError(f"the file holds {after} rows, the table {before}: more than 5 % would be lost (--force)")
        for network, values in self._by_network().items():
            if before and not self._writer.new_holds(values):
                rows = self._writer.rows_of(values)
                if rows > before * _LARGE_NETWORK:
                    raise LoadError(f"the file holds no row of {network}, the table {rows} of {before} (--force)")

    def _by_network(self) -> dict[str, list[int]]:
        """The values that stand for each network."""
        values: dict[str, list[int]] = {}
        for value in self._writer.values:
            values.setdefault(self._network(value), []).append(value)
        return values

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
