"""Any sequence of loads ends where a naive model ends: daily files, whole ones, CSV; twice, late, cut, bad."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portability.abd_load import apply_due, load_abd
from portability.load import info, load
from portability.writer import LoadError
from tests.portability.test_load import held
from tests.support.administrator import ZONE, Port, document, dump, invented_years, record
from tests.support.numbering import changes_csv, networks

START = datetime(2026, 1, 5, tzinfo=ZONE)
NUMBERS = range(5512345670, 5512345673)
Codes = tuple[int, int] | None


class Move(tuple[int, int, Codes]):
    """Number, second of the fortnight, where to."""

    __slots__ = ()


@dataclass
class Model:
    """What the table should hold, by the rules in docs/portability.md and nothing of the code that follows them."""

    state: dict[int, Codes] = field(default_factory=dict)
    newest: dict[int, tuple[int, Codes]] = field(default_factory=dict)  # of each number its latest move that was due
    waiting: dict[tuple[int, int], Codes] = field(default_factory=dict)
    since: int = -1  # moves up to here are in the last whole file, or came too late
    seen: set[str] = field(default_factory=set)  # whole good files since the last one that was the table

    def daily(self, moves: list[Move], now: int) -> None:
        for number, second, codes in moves:
            self.waiting[number, rank(second, codes)] = codes
        self.due(now)

    def due(self, now: int) -> None:
        for number, at in sorted(self.waiting):
            if at <= last_of(now):
                codes = self.waiting.pop((number, at))
                if at > self.since and at >= self.newest.get(number, (-1,))[0]:
                    self.state[number], self.newest[number] = codes, (at, codes)

    def whole(self, base: dict[int, Codes], at: int) -> None:
        """What holds is the moves after `at`, over `base`."""
        self.newest = {number: move for number, move in self.newest.items() if move[0] > at}
        self.state = base | {number: codes for number, (_, codes) in self.newest.items()}
        self.waiting = {key: codes for key, codes in self.waiting.items() if key[1] > at}

    @property
    def table(self) -> dict[int, int]:
        return {52 * 10**10 + number: codes[0] * 1000 + codes[1] for number, codes in self.state.items() if codes}


def rank(second: int, codes: Codes) -> int:
    """In one second a port comes after a deletion."""
    return second * 4 + (2 if codes else 1)


def last_of(second: int) -> int:
    return second * 4 + 3


def stamp(second: int) -> datetime:
    return START + timedelta(seconds=second)


class Loads:
    """The model and the real table, given the same files. `now` in seconds of the fortnight."""

    def __init__(self, directory: Path) -> None:
        self.model = Model()
        self.now = 6
        self.last_csv: tuple[str, bool] | None = None  # if nothing was loaded since
        self._directory = directory
        self.table = directory / "t.db"

    @property
    def _unix(self) -> float:
        return stamp(self.now).timestamp()

    def load(
        self, text: str, *, replace: bool = False, errors: int = 0, name: str = "f.xml", written: int | None = None
    ) -> bool:
        file = self._directory / name
        file.write_text(text)
        if written is not None:
            os.utime(file, (stamp(written).timestamp(),) * 2)
        options = {"now": self._unix, "replace": replace, "force": True, "max_errors": errors}
        try:
            (load_abd if name.endswith("xml") else load)(file, self.table, networks(), **options)  # type: ignore[arg-type]
        except LoadError:
            return False
        return True

    def daily(self, moves: list[Move], errors: int = 0, bad: bool = False, cut: bool = False) -> None:
        records = [as_record(index, move) for index, move in enumerate(moves)]
        text = document([*records, *(["<PortData/>"] if bad else [])], stamp(self.now))
        loaded = self.load(text[:-20] if cut else text, errors=errors)
        self.last_csv = None if loaded else self.last_csv
        assert loaded is not (cut or (bad and not errors))
        if loaded and text not in self.model.seen:
            self.model.daily(moves, self.now)
            if not bad:
                self.model.seen.add(text)

    def dump(self, moves: list[Move], at: int) -> None:
        text = document([as_record(index, move) for index, move in enumerate(moves)], stamp(at))
        assert self.load(text, replace=True)
        self.last_csv = None
        if "whole " + text in self.model.seen:
            return
        in_order = sorted(moves, key=lambda move: rank(*move[1:]))
        base = {number: codes for number, second, codes in in_order if rank(second, codes) <= last_of(at)}
        self.model.whole(base, last_of(at))
        self.model.since = last_of(at)
        self.model.seen = {"whole " + text}
        for number, second, codes in moves:
            if rank(second, codes) > last_of(at):
                self.model.waiting[number, rank(second, codes)] = codes
        self.model.due(self.now)

    def csv(self, rows: list[tuple[int, Codes]], *, replace: bool, at: int) -> None:
        """Written at second `at`, which is how old a CSV is taken for."""
        text = changes_csv((52 * 10**10 + number, codes) for number, codes in rows)
        assert self.load(text, replace=replace, name="f.csv", written=at)
        if self.last_csv == (text, replace):  # the very file that was loaded last
            return
        self.last_csv = (text, replace)
        if replace:
            self.model.whole(dict(rows), last_of(at))
            self.model.since, self.model.seen = -1, set()
        else:
            self.model.state |= dict(rows)

    def check(self) -> None:
        self.model.due(self.now)
        apply_due(self.table, self._unix)
        found = held(self.table)
        assert found == self.model.table
        assert info(self.table).rows == len(found)
        assert info(self.table).pending == len(self.model.waiting)


def as_record(index: int, move: Move) -> str:
    number, second, codes = move
    return record(f"P{index}", Port(number, number, codes, stamp(second), assignee=156))


@contextmanager
def loads() -> Iterator[Loads]:
    with tempfile.TemporaryDirectory() as name:
        yield Loads(Path(name))


CODES = st.sampled_from([(188, 188), (156, 156), (901, 166), None])
SECONDS = st.integers(0, 12)  # few, so that moves meet


@st.composite
def some_moves(draw: st.DrawFn) -> list[Move]:
    """At most one move of a number to each kind of place in one second, as in a file that makes sense."""
    found = st.lists(
        st.tuples(st.sampled_from(NUMBERS), SECONDS, CODES), max_size=8, unique_by=lambda m: (m[0], rank(m[1], m[2]))
    )
    return [Move(move) for move in draw(found)]


Step = Callable[[Loads], None]
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda moves: lambda at: at.daily(moves), some_moves()),
    st.builds(lambda moves: lambda at: (at.daily(moves), at.daily(moves)), some_moves()),
    st.builds(lambda moves: lambda at: at.daily(moves, cut=True), some_moves()),
    st.builds(lambda moves, errors: lambda at: at.daily(moves, errors, bad=True), some_moves(), st.integers(0, 1)),
    st.builds(lambda moves, back: lambda at: at.dump(moves, max(0, at.now - back)), some_moves(), st.integers(0, 6)),
    st.builds(
        lambda rows, replace, back: lambda at: at.csv(list(rows.items()), replace=replace, at=max(0, at.now - back)),
        st.dictionaries(st.sampled_from(NUMBERS), CODES, max_size=3),
        st.booleans(),
        st.integers(0, 6),
    ),
    st.builds(lambda seconds: lambda at: setattr(at, "now", at.now + seconds), st.integers(1, 5)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=10))
def test_table_is_that_of_the_model_after_any_sequence_of_loads(steps: list[Step]) -> None:
    with loads() as both:
        both.daily([])
        for step in steps:
            step(both)
            both.check()


@pytest.mark.parametrize("seed", range(3))
def test_days_in_any_order_end_where_the_full_file_ends(seed: int) -> None:
    random = Random(seed)
    last = date(2026, 1, 10)
    years = invented_years(random, last)
    now = datetime(2026, 1, 12, tzinfo=ZONE).timestamp()
    files = [item for pair in years.pairs for item in pair.files.items()]
    arrived = random.sample(files, len(files)) + random.sample(files, 4)
    with loads() as both:
        directory = both.table.parent
        for name, text in arrived:
            cut = directory / f"cut-{name}"
            cut.write_text(text[: random.randrange(len(text) - 12)])
            with pytest.raises(LoadError):
                load_abd(cut, both.table, networks(), now=now)
            (directory / name).write_text(text)
            load_abd(directory / name, both.table, networks(), now=now)
        by_days = held(both.table)

        file, full = directory / "dump.xml", directory / "full.db"
        file.write_text(dump(years.days[-1].state, datetime(2026, 1, 10, 23, 59, 59, tzinfo=ZONE)))
        load_abd(file, full, networks(), now=now, replace=True)
        load_abd(file, both.table, networks(), now=now, replace=True, force=True)

        assert elsewhere(by_days, years.homes) == held(full) == held(both.table)


def elsewhere(found: dict[int, int], homes: dict[int, int]) -> dict[int, int]:
    """Without those who are back at their range's holder by a port, which a full file does not name."""
    return {number: value for number, value in found.items() if value != homes.get(number, -1) * 1001}


def test_invented_days_have_what_real_ones_have() -> None:
    years = invented_years(Random(7), date(2026, 1, 10), days=8, ports_a_day=60)
    texts = [text for pair in years.pairs for text in pair.files.values()]
    numbers = [[number for number, _ in day.changes] for day in years.days]

    assert any("<RIDA>901</RIDA><RCR>166</RCR>" in text for text in texts)
    assert any("<AssigneeIDA>" in text for text in texts)
    assert any(len(set(day)) < len(day) for day in numbers)  # twice on a day
    assert any(set(one) & set(other) for one, other in pairwise(numbers))
