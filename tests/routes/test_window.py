"""Times of day and days of the week as conditions, in their place's time."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routes.window import Minute, Window, window

MEXICO, MADRID = ZoneInfo("America/Mexico_City"), ZoneInfo("Europe/Madrid")
OFFICE = window(time(8), time(21), ["mon", "fri"], MEXICO)
NIGHT = window(time(22), time(6), ["fri"], MEXICO)
WEEKEND = window(None, None, ["sat", "sun"], MEXICO)


def moment(text: str, zone: ZoneInfo = MEXICO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("asked", "at", "holds"),
    [
        (OFFICE, "2026-11-23T08:00", True),  # a Monday
        (OFFICE, "2026-11-23T07:59:59.999", False),
        (OFFICE, "2026-11-23T20:59:59.999", True),
        (OFFICE, "2026-11-23T21:00", False),
        (OFFICE, "2026-11-24T12:00", False),
        (NIGHT, "2026-11-27T22:00", True),  # Friday's night
        (NIGHT, "2026-11-28T05:59", True),
        (NIGHT, "2026-11-28T06:00", False),
        (NIGHT, "2026-11-28T22:00", False),
        (NIGHT, "2026-11-27T05:00", False),  # Thursday's
        (WEEKEND, "2026-11-28T00:00", True),
        (WEEKEND, "2026-11-29T23:59:59", True),
        (WEEKEND, "2026-11-30T00:00", False),
    ],
)
def test_window_holds_from_its_start_until_before_its_end_on_the_days_it_begins(
    asked: Window, at: str, holds: bool
) -> None:
    assert asked.holds(moment(at)) is holds
    assert Minute(asked).holds(moment(at)) is holds


def test_window_goes_by_the_clock_on_the_wall_over_a_change_of_the_hour() -> None:
    early = window(time(2), time(3), [], MADRID)
    last_summer_hour = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    assert [early.holds(last_summer_hour + hour * 3600) for hour in range(3)] == [True, True, False]
    before_the_gap = datetime(2026, 3, 29, 0, 59, tzinfo=UTC).timestamp()
    assert [early.holds(before_the_gap + minute * 60) for minute in range(3)] == [False, False, False]


@given(
    st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
    st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
    st.sets(st.sampled_from(["mon", "wed", "sat", "sun"])),
    st.lists(st.floats(1.0e9, 2.0e9), min_size=1, max_size=20),
)
def test_window_asked_once_a_minute_answers_as_if_asked_each_time(
    start: time, end: time, days: set[str], moments: list[float]
) -> None:
    asked = window(start, end, days, MADRID)
    minute = Minute(asked)
    assert [minute.holds(at) for at in moments] == [asked.holds(at) for at in moments]


def test_window_says_itself_as_it_was_written() -> None:
    assert str(OFFICE) == "08:00 to 21:00, mon fri, America/Mexico_City"
    assert str(WEEKEND) == "sat sun, America/Mexico_City"
    assert str(window(time(8), time(21), [], MEXICO)) == "08:00 to 21:00, America/Mexico_City"
