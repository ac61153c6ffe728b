"""Loads a CSV file of ported numbers into the table. Runs in a process of its own: parsing would stall an event loop.

A file with more bad rows than allowed loads nothing. Changes go in with one transaction; a replacement is built beside
the table in use and swapped in, unless it looks like a cut-off file.
"""

import io
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from portability.abd_moves import quarters
from portability.blocks import BLOCK, Block, PortedBlocks
from portability.filling import Filling
from portability.loading import Loaded, Loading, Options, Progress, described, opened
from portability.moves import forget_moves, moved_since, waiting
from portability.networks import Networks
from portability.rows import BadRow, HeaderError
from portability.writer import Counts, LoadedFile, LoadError, Writer, loaded_files


class TableInfo(NamedTuple):
    """A table in short: numbers in it, age of its newest data (Unix seconds), what was loaded, newest first.

    `pending` moves are dated ahead, the next of them for `next_due` (Unix seconds).
    """

    rows: int
    as_of: float | None
    files: tuple[LoadedFile, ...]
    pending: int = 0
    next_due: float | None = None


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
    """Loads CSV `file` into `table`: all of it, or nothing and a LoadError. The options are those of `Options`."""
    options = Options(now, replace, force, max_errors, on_bad, progress)
    with opened(file, table) as (source, writer):
        loading = _CsvLoading(writer, source, networks, table.parent, options, region)
        entry = described(file, source, options)
        last = writer.last_file()
        if last and (last.sha256, last.replaced, last.skipped) == (entry.sha256, replace, 0):
            return Loaded(last, writer.rows, True, ())
        return loading.replace(entry) if replace else loading.change(entry)


class _CsvLoading(Loading):
    """A CSV file on its way into the table."""

    def __init__(
        self,
        writer: Writer,
        source: BinaryIO,
        networks: Networks,
        directory: Path,
        options: Options,
        region: str,
    ) -> None:
        super().__init__(writer, source, networks, directory, options)
        self._region = region

    def change(self, file: LoadedFile) -> Loaded:
        counts = Counts()
        with self._writer.transaction():
            for block in self._blocks():
                self._writer.apply(zip(block.numbers, block.values, strict=True), counts)
            self._judge()
            rows = self._writer.rows + counts.inserted - counts.deleted
            file = self._filled(file, counts)
            self._writer.record(file, rows)
        return self._done(file, rows)

    def replace(self, file: LoadedFile) -> Loaded:
        self._writer.begin_new()
        filling = Filling(self._writer, self._directory)
        try:
            with self._writer.filling():
                for block in self._blocks():
                    filling.add(block.numbers, block.values)
                self._judge()
                for numbers, values in moved_since(self._writer.connection, quarters(file.as_of)):
                    filling.add(numbers, values)
                rows = filling.finish()
            if not self._options.force:
                self._guard(rows)
            file = self._filled(file, self._writer.compared(rows))
            with self._writer.transaction():
                self._writer.swap()
                forget_moves(self._writer.connection, quarters(file.as_of))
                self._writer.record(file, rows)
        finally:
            filling.close()
            self._writer.drop_new()
        return self._done(file, rows)

    def _blocks(self) -> Iterator[Block]:
        """The good rows; once too many are bad, the rest is read for its bad rows only."""
        total = self._source.seek(0, io.SEEK_END)
        try:
            blocks = PortedBlocks(
                self._source, self._networks, region=self._region, name_id=self._writer.name_id, octets=BLOCK
            )
            read = 0
            for block in blocks:
                self._tell(block.bad)
                read += len(block.numbers)
                if not self._spoilt:
                    yield block
                if self._options.progress:
                    self._options.progress(self._source.tell(), total, read)
        except HeaderError as error:
            raise LoadError(str(error)) from error
        self._note_unlisted(blocks.rows.unlisted)


def info(table: Path) -> TableInfo:
    """The table in short. Raises LoadError when there is none or it cannot be read."""
    if not table.is_file():
        raise LoadError(f"{table}: no such file; `relevo portability load` makes it")
    try:
        connection = sqlite3.connect(f"{table.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            rows, as_of = connection.execute("SELECT rows, as_of FROM state").fetchone()
            return TableInfo(rows, as_of, tuple(loaded_files(connection)), *waiting(connection))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise LoadError(f"{table}: {error}") from error
