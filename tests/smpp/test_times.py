"""Times as SMPP writes them, both ways."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.times import format_absolute, format_relative, parse, parse_absolute, parse_relative

HALF_PAST_MIDNIGHT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


def offset(hours: int, minutes: int = 0) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes))


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("261124003000000+", UTC),
        ("261123183000024-", offset(-6)),
        ("261124060000022+", offset(5, 30)),
        ("261124061500023+", offset(5, 45)),
        ("261123210000014-", offset(-3, -30)),
        ("261124123000048+", offset(12)),
    ],
)
def test_absolute_time_is_written_and_read_in_its_own_offset(text: str, zone: timezone) -> None:
    assert format_absolute(HALF_PAST_MIDNIGHT.astimezone(zone)) == text
    moment = parse_absolute(text)
    assert moment == HALF_PAST_MIDNIGHT
    assert moment.utcoffset() == zone.utcoffset(None)


@pytest.mark.parametrize("zone", [offset(13), offset(14), offset(0, 7)])
def test_offset_that_quarters_cannot_say_is_written_in_utc(zone: timezone) -> None:
    assert format_absolute(HALF_PAST_MIDNIGHT.astimezone(zone)) == "261124003000000+"


def test_case_43_tenths_are_always_written_as_zero() -> None:
    for microsecond in (1, 499_999, 900_000, 999_999):
        assert format_absolute(HALF_PAST_MIDNIGHT.replace(microsecond=microsecond)) == "261124003000000+"


def test_tenths_are_read() -> None:
    assert parse_absolute("261124003000900+") == HALF_PAST_MIDNIGHT + timedelta(milliseconds=900)


@pytest.mark.parametrize(("text", "year"), [("00", 2000), ("69", 2069), ("70", 1970), ("99", 1999)])
def test_two_digit_years_turn_at_seventy(text: str, year: int) -> None:
    assert parse_absolute(f"{text}0101000000000+").year == year


def test_twelve_and_ten_characters_are_local_to_the_smsc() -> None:
    local = offset(-6)
    assert parse_absolute("261123183000", local) == HALF_PAST_MIDNIGHT
    assert parse_absolute("2611231830", local) == HALF_PAST_MIDNIGHT
    assert parse_absolute("261124003000") == HALF_PAST_MIDNIGHT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("261124003000000", "15 characters"),
        ("261124003000000R", "ends in 'R'"),
        ("26112400300000x+", "something else than digits"),
        ("2611240030000٣0+", "something else than digits"),
        ("261124003000049+", "49 quarters"),
        ("261324003000000+", "does not exist: month"),
        ("260230003000000+", "does not exist: day"),
        ("261124240000000+", "does not exist: hour"),
        ("261124003060000+", "does not exist: second"),
        ("", "0 characters"),
    ],
)
def test_absolute_time_that_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_absolute(text)


def test_absolute_time_needs_an_offset_and_a_year_of_this_century() -> None:
    with pytest.raises(ValueError, match="offset"):
        format_absolute(datetime(2026, 1, 1))
    for year in (1999, 2070):
        with pytest.raises(ValueError, match=f"year {year}"):
            format_absolute(datetime(year, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("000000000500000R", timedelta(minutes=5)),
        ("000000013000000R", timedelta(minutes=90)),
        ("000001000000000R", timedelta(hours=24)),
        ("000007000000000R", timedelta(days=7)),
        ("000099235959000R", timedelta(days=99, hours=23, minutes=59, seconds=59)),
        ("000000000000000R", timedelta()),
    ],
)
def test_relative_time_is_written_and_read(text: str, duration: timedelta) -> None:
    assert format_relative(duration) == text
    assert parse_relative(text) == duration


def test_relative_time_of_years_and_months_is_read_as_365_and_30_days() -> None:
    assert parse_relative("020610233429000R") == timedelta(days=2 * 365 + 6 * 30 + 10, hours=23, minutes=34, seconds=29)


def test_relative_time_over_its_range_is_taken_as_it_stands() -> None:
    assert parse_relative("000000009000000R") == timedelta(minutes=90)


def test_relative_time_drops_parts_of_a_second() -> None:
    assert format_relative(timedelta(seconds=1, microseconds=999_999)) == "000000000001000R"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("000000000500000", "15 characters"), ("000000000500000+", "ends in '+'"), ("00000000050000 R", "digits")],
)
def test_relative_time_that_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("+", r"\+")):
        parse_relative(text)


@pytest.mark.parametrize(("duration", "reason"), [(timedelta(seconds=-1), "back"), (timedelta(days=100), "100 days")])
def test_duration_that_cannot_be_written_is_refused(duration: timedelta, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        format_relative(duration)


def test_parse_takes_either_form_or_nothing() -> None:
    now = HALF_PAST_MIDNIGHT
    assert parse("", now) is None
    assert parse("000000000500000R", now) == now + timedelta(minutes=5)
    assert parse("261124003000000+", datetime(2030, 1, 1, tzinfo=UTC)) == now
    assert parse("261123183000", now, offset(-6)) == now


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2069, 12, 30)),
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(quarters * timedelta(minutes=15))),
)
def test_absolute_times_are_read_as_they_were_written(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone, microsecond=0)
    assert parse_absolute(format_absolute(aware)) == aware


@given(st.timedeltas(timedelta(), timedelta(days=99)))
def test_relative_times_are_read_as_they_were_written(duration: timedelta) -> None:
    assert parse_relative(format_relative(duration)) == timedelta(days=duration.days, seconds=duration.seconds)


@given(st.text(max_size=18))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        parse(text, HALF_PAST_MIDNIGHT)
    except ValueError as error:
        assert "time" in str(error)
