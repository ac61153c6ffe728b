"""Paths with a day in them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portability.day_pattern import DayPattern

DAY = date(2026, 1, 5)
DEFAULT = "%Y.%m.%d/Numbers*-%Y%m%d.xml"


@pytest.mark.parametrize(
    ("text", "directory", "taken", "left"),
    [
        (
            DEFAULT,
            "2026.01.05",
            ["NumbersPorted-20260105.xml", "Numbers-20260105.xml"],
            ["NumbersPorted-20260106.xml", "NumbersPorted-20260105.xml.tmp", "Numbers/x-20260105.xml", "..", ""],
        ),
        ("ported/%d%m%Y.*", "ported", ["05012026.xml", "05012026."], ["05012026", "05012026xml", "5012026.xml"]),
        ("%Y/%m%d", "2026", ["0105"], ["0106", "0105x", "\u0660\u0661\u0660\u0665"]),
        ("100%Y%m%d", "", ["10020260105"], ["20260105"]),
    ],
)
def test_pattern_tells_a_days_files(text: str, directory: str, taken: list[str], left: list[str]) -> None:
    pattern = DayPattern(text)

    assert pattern.directory(DAY) == directory
    assert [name for name in taken + left if pattern.matches(name, DAY)] == taken


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no path"),
        ("/%Y%m%d", "is no path"),
        ("../%Y%m%d", "is no path"),
        ("a//%Y%m%d", "is no path"),
        ("%Y%m%d/", "is no path"),
        ("*/%Y%m%d", r"has a \* in a directory"),
        ("%Y%m%d-%H", "has %H"),
        ("%Y%m%d%", "has %,"),
        ("%Y%m*", "has no %d"),
    ],
)
def test_text_that_is_no_pattern_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        DayPattern(text)


@pytest.mark.parametrize(
    "path", ["2026.01.05/NumbersPorted-20260106.xml", "2026.02.30/NumbersPorted-20260230.xml", "2026.01.05"]
)
def test_path_whose_day_is_none_or_two_has_none(path: str) -> None:
    assert DayPattern(DEFAULT).day(path) is None


@given(st.dates(), st.from_regex(r"[A-Za-z(.+]{0,8}", fullmatch=True))
def test_day_is_read_back_from_any_path_made_of_it(day: date, kind: str) -> None:
    pattern = DayPattern(DEFAULT)
    name = f"Numbers{kind}-{day.year:04}{day.month:02}{day.day:02}.xml"

    assert pattern.matches(name, day)
    assert pattern.day(f"{pattern.directory(day)}/{name}") == day


def test_patterns_compare_by_their_text() -> None:
    assert DayPattern(DEFAULT) == DayPattern(DEFAULT) != DayPattern("%Y%m%d")
    assert (str(DayPattern(DEFAULT)), len({DayPattern(DEFAULT), DayPattern(DEFAULT)})) == (DEFAULT, 1)
