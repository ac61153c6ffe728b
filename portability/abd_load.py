"""Loads a file of the portability administrator (ABD) into the table: a day's moves, or with `replace` all there is.

One transaction; a file that is cut, or that has more bad records than allowed, loads nothing. A move counts by its
date, not by when its file came. What is dated ahead waits, and is applied by the next load or by `apply_due`.
"""

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from portability.abd_moves import AbdMoves, Move, quarters, unix_time
from portability.abd_records import AbdRecords, Head
from portability.filling import Filling
from portability.loading import Loaded, Loading, Options, Progress, described, opened
from portability.moves import Moves, moved_since
from portability.network_values import NetworkValues
from portability.networks import Networks
from portability.plan import Plan
from portability.rows import BadRow, HeaderError
from portability.writer import Counts, LoadedFile, LoadError, Writer, loaded_files, writing

_STAGED = 50_000  # moves written at once
_DATE_IN_NAME = re.compile(r"([0-9]{8})(?![0-9])")


class Applied(NamedTuple):
    """What became due: numbers inserted, changed, deleted; how many the table holds now."""

    inserted: int
    changed: int
    deleted: int
    rows: int


def load_abd(
    file: Path,
    table: Path,
    networks: Networks,
    *,
    now: float,
    plan: Plan | None = None,
    replace: bool = False,
    force: bool = False,
    max_errors: int = 0,
    on_bad: Callable[[BadRow], None] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Loads `file`, XML or CSV: all of it, or nothing and a LoadError. The options are those of `Options`.

    With a `plan`, numbers that it does not have are bad, those of its fixed lines are left out. `force` also takes a
    file whose Timestamp is not of the day in its name.
    """
    options = Options(now, replace, force, max_errors, on_bad, progress)
    with opened(file, table) as (source, writer):
        entry = described(file, source, options)
        for known in _since_whole(writer):
            if (known.sha256, known.replaced, known.skipped) == (entry.sha256, replace, 0):
                return Loaded(known, writer.rows, True, ())
        loading = _AbdLoading(writer, source, networks, table.parent, options, plan)
        return loading.replace(entry) if replace else loading.change(entry)


def apply_due(table: Path, now: float) -> Applied:
    """Applies what waited and is due at `now` (Unix seconds). Raises LoadError."""
    if not table.is_file():
        raise LoadError(f"{table}: no such file; `relevo portability load` makes it")
    counts = Counts()
    with writing(table) as writer:
        with writer.transaction():
            moves = Moves(writer.connection)
            moves.take_due(quarters(now))
            moves.decide(quarters(now))
            for numbers, values in moves.decided():
                writer.apply(zip(numbers, values, strict=True), counts)
            moves.remember(quarters(now))
            rows_now = writer.rows + counts.inserted - counts.deleted
            writer.set_rows(rows_now)
        writer.checkpoint()
    return Applied(counts.inserted, counts.changed, counts.deleted, rows_now)


def _since_whole(writer: Writer) -> Iterator[LoadedFile]:
    """The files loaded since the last that was the whole table, with that one."""
    for file in loaded_files(writer.connection):
        yield file
        if file.replaced:
            return


class _AbdLoading(Loading):
    """A file of the administrator on its way into the table."""

    def __init__(
        self,
        writer: Writer,
        source: BinaryIO,
        networks: Networks,
        directory: Path,
        options: Options,
        plan: Plan | None,
    ) -> None:
        super().__init__(writer, source, networks, directory, options)
        self._plan = plan
        self._now = quarters(options.now)

    def change(self, file: LoadedFile) -> Loaded:
        counts = Counts()
        with self._writer.transaction():
            moves = Moves(self._writer.connection)
            file = self._stage(file, moves)
            self._put_off(moves)
            moves.take_due(self._now)
            moves.decide(self._now)
            if late := moves.late():
                self._notes.append(f"{late} numbers had moved again by what was loaded before, and stay there")
            for numbers, values in moves.decided():
                self._writer.apply(zip(numbers, values, strict=True), counts)
            moves.remember(self._now)
            rows_now = self._writer.rows + counts.inserted - counts.deleted
            file = self._filled(file, counts)
            self._writer.record(file, rows_now)
        return self._done(file, rows_now)

    def replace(self, file: LoadedFile) -> Loaded:
        self._writer.begin_new()
        filling = Filling(self._writer, self._directory)
        try:
            moves = Moves(self._writer.connection)
            with self._writer.transaction():
                file = self._stage(file, moves)
            since = quarters(file.as_of)
            moves.decide(self._now, since)  # what the file dated ahead, and is due by now
            with self._writer.filling():
                for parts in (moves.whole(since), moved_since(self._writer.connection, since), moves.decided()):
                    for numbers, values in parts:
                        filling.add(numbers, values)
                held = filling.finish()
            if not self._options.force:
                self._guard(held)
            file = self._filled(file, self._writer.compared(held))
            with self._writer.transaction():
                self._writer.swap()
                moves.start_again(since)
                self._put_off(moves)
                moves.remember(self._now)
                self._writer.record(file, held)
        finally:
            filling.close()
            self._writer.drop_new()
        return self._done(file, held)

    def _put_off(self, moves: Moves) -> None:
        ahead = moves.put_off(self._now)
        if ahead:
            self._notes.append(f"{ahead} moves are dated ahead and wait until they are due")

    def _stage(self, file: LoadedFile, moves: Moves) -> LoadedFile:
        """Reads the whole file; all its moves are staged then, beside the table. The file with its age."""
        records = AbdRecords(self._source)
        judged = AbdMoves(
            NetworkValues(self._networks, self._writer.name_id),
            self._networks,
            self._plan,
            deleted="numbersdeleted" in file.name.lower(),
            remember_ids=not self._options.replace,
        )
        try:
            read = self._read(records, judged, moves)
        except HeaderError as error:
            raise LoadError(f"{file.name}: {error}") from error
        as_of = self._age(file, records.head, read, moves)
        self._judge()
        self._note(judged)
        return file._replace(as_of=as_of)

    def _read(self, records: AbdRecords, judged: AbdMoves, moves: Moves) -> int:
        """Stages every good record; how many records there are."""
        total = self._source.seek(0, io.SEEK_END)
        staged: list[Move] = []
        read = 0
        for record in records:
            read += 1
            found = record if isinstance(record, BadRow) else judged.of(record)
            if isinstance(found, BadRow):
                self._tell([found])
            elif not self._spoilt:
                staged += found
            if len(staged) >= _STAGED:
                moves.stage(staged)
                staged.clear()
                self._show(total, read)
        moves.stage(staged)
        self._show(total, read)
        return read

    def _show(self, total: int, read: int) -> None:
        if self._options.progress:
            self._options.progress(self._source.tell(), total, read)

    def _age(self, file: LoadedFile, head: Head | None, read: int, moves: Moves) -> float:
        """Of XML its Timestamp; of CSV the newest move. Never later than now."""
        if head is None:
            newest = moves.newest_at(self._now)
            return file.as_of if newest is None else min(file.as_of, newest // 4)
        if head.messages != read:
            self._notes.append(f"NumberOfMessages is {head.messages}, the file holds {read}")
        try:
            made = unix_time(head.timestamp)
        except ValueError as error:
            raise LoadError(f"{file.name}: Timestamp: {error}") from error
        self._check_day(file.name, head.timestamp)
        return min(self._options.now, float(made))

    def _check_day(self, name: str, timestamp: str) -> None:
        """The file of a day is made on that day or the next. Another one was sent by mistake."""
        found = _DATE_IN_NAME.search(name)
        if not found or self._options.force or self._options.replace:
            return
        try:
            day = datetime.strptime(found[1], "%Y%m%d")
        except ValueError:
            return  # eight digits that are no day
        made = datetime.strptime(timestamp[:8], "%Y%m%d")
        if not timedelta() <= made - day <= timedelta(days=1):
            raise LoadError(f"{name}: Timestamp {timestamp} is not of the day in the name (--force)")

    def _note(self, judged: AbdMoves) -> None:
        self._note_unlisted(judged.unlisted)
        if judged.fixed:
            self._notes.append(f"{judged.fixed} numbers of fixed lines were left out")
        for where, numbers in judged.elsewhere.items():
            self._notes.append(f"{numbers} numbers went back to {where}")
