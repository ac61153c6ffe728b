"""The table after any loads is what the rows say, however they were cut into files."""

import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from portability.load import load
from portability.table import Table
from tests.portability.test_load import held
from tests.support.numbering import changes_csv, invented_days, invented_plan, networks, state_csv

CODES = st.sampled_from([(188, 188), (156, 156), (901, 166), None])
CHANGES = st.lists(st.tuples(st.integers(525512345600, 525512345620), CODES), max_size=30)


def load_all(directory: Path, texts: list[str], *, replace: bool = False, name: str = "t.db") -> dict[int, int]:
    for text in texts:
        (directory / "f.csv").write_text(text)
        load(directory / "f.csv", directory / name, networks(), now=0.0, replace=replace, force=True)
    return held(directory / name)


@settings(max_examples=25, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_table_holds_the_last_change_of_each_number(files: list[list[tuple[int, tuple[int, int] | None]]]) -> None:
    last = {number: codes for changes in files for number, codes in changes}
    with tempfile.TemporaryDirectory() as name:
        found = load_all(Path(name), [changes_csv(changes) for changes in files])

    assert found == {number: codes[0] * 1000 + codes[1] for number, codes in last.items() if codes}


@settings(max_examples=25, deadline=None)
@given(CHANGES)
def test_loading_twice_is_loading_once(changes: list[tuple[int, tuple[int, int] | None]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        once = load_all(Path(name), [changes_csv(changes)])
        other = changes_csv([(525599999999, None)])
        assert load_all(Path(name), [changes_csv(changes), other, changes_csv(changes)]) == once


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_state_after_all_days_is_the_state_of_the_full_file(seed: int) -> None:
    random = Random(seed)
    days = invented_days(random, invented_plan(random, 40), days=4, ports_a_day=30)
    with tempfile.TemporaryDirectory() as name:
        by_days = load_all(Path(name), [changes_csv(day.changes) for day in days])
        at_once = load_all(Path(name), [state_csv(days[-1].state)], replace=True, name="full.db")
        table = Table(Path(name) / "full.db", networks(), monotonic=lambda: 0.0)
        answers = {number: table.lookup(number) for number in days[-1].state}
        table.close()

    assert by_days == at_once
    assert all(answer is not None and answer.ported for answer in answers.values())
