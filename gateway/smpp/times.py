"""Absolute and relative times of SMPP <-> datetime and timedelta (§7.1.1).

Sixteen characters `YYMMDDhhmmsstnnp`: t tenths of a second, nn quarters of an hour from UTC, p one of `+` (ahead of
UTC), `-` (behind) and `R` (relative: the rest is a duration). SMSCs also give 12 characters, local to themselves.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

_QUARTER = timedelta(minutes=15)
_MAX_QUARTERS = 48
_ABSOLUTE_LENGTH, _LOCAL_LENGTH = 16, 12
# A duration's years and months have no length of their own; these are what its sender can only have meant roughly.
_YEAR, _MONTH = timedelta(days=365), timedelta(days=30)
_PIVOT = 70  # 00-69 are 2000-2069


def format_absolute(moment: datetime) -> str:
    """`moment` as 16 characters in its own offset from UTC, or in UTC when nn cannot say that offset.

    nn has quarters of an hour up to 48, which leaves out UTC+13 and +14 and offsets of other minutes. Parts of a
    second are dropped: tenths are always 0. Raises ValueError for a naive datetime or a year beyond two digits.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("an absolute time needs an offset from UTC")
    quarters, odd = divmod(abs(offset), _QUARTER)
    if odd or quarters > _MAX_QUARTERS:
        moment, quarters, offset = moment.astimezone(UTC), 0, timedelta()
    if not 2000 <= moment.year < 2000 + _PIVOT:
        raise ValueError(f"year {moment.year} cannot be said in two digits, which stand for 2000 to 2069")
    sign = "-" if offset < timedelta() else "+"
    return f"{moment:%y%m%d%H%M%S}0{quarters:02d}{sign}"


def parse_absolute(text: str, local: tzinfo = UTC) -> datetime:
    """16 characters as an aware datetime in the offset they name; 12 or 10 characters in `local`.

    Raises ValueError naming what is wrong.
    """
    if len(text) in {_LOCAL_LENGTH, _LOCAL_LENGTH - 2}:
        return _moment(_digits(text, text), local)
    if len(text) != _ABSOLUTE_LENGTH:
        raise ValueError(f"time {text!r} has {len(text)} characters, not 16")
    sign = text[15]
    if sign not in "+-":
        raise ValueError(f"time {text!r} ends in {sign!r}, not + or -")
    digits = _digits(text[:15], text)
    quarters = int(digits[13:15])
    if quarters > _MAX_QUARTERS:
        raise ValueError(f"time {text!r} is {quarters} quarters of an hour from UTC, more than {_MAX_QUARTERS}")
    offset = quarters * _QUARTER
    zone = timezone(-offset if sign == "-" else offset) if quarters else UTC
    return _moment(digits[:12], zone) + timedelta(milliseconds=100 * int(digits[12]))


def format_relative(duration: timedelta) -> str:
    """`duration` as 16 characters, in days, hours, minutes and seconds; parts of a second are dropped.

    Raises ValueError for a negative duration and for one of 100 days or more, whose months and years have no length.
    """
    if duration < timedelta():
        raise ValueError(f"a relative time cannot lie {-duration} back")
    if duration.days > 99:
        raise ValueError(f"{duration.days} days do not fit a relative time's two digits")
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"0000{duration.days:02d}{hours:02d}{minutes:02d}{seconds:02d}000R"


def parse_relative(text: str) -> timedelta:
    """The duration in 16 characters that end in R; a year counts 365 days and a month 30.

    Fields over their range (90 minutes) are taken as they stand; tenths and quarters, which should be zero, are
    ignored. Raises ValueError naming what is wrong.
    """
    if len(text) != _ABSOLUTE_LENGTH:
        raise ValueError(f"time {text!r} has {len(text)} characters, not 16")
    if text[15] != "R":
        raise ValueError(f"time {text!r} ends in {text[15]!r}, not R")
    digits = _digits(text[:15], text)
    years, months, days, hours, minutes, seconds = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    return years * _YEAR + months * _MONTH + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def parse(text: str, now: datetime, local: tzinfo = UTC) -> datetime | None:
    """The moment meant by a schedule_delivery_time, validity_period or final_date; None for the empty string.

    `now`, aware, is what a relative time counts from. Raises ValueError naming what is wrong.
    """
    if not text:
        return None
    return now + parse_relative(text) if text.endswith("R") else parse_absolute(text, local)


def _digits(digits: str, text: str) -> str:
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"time {text!r} has something else than digits")
    return digits


def _moment(digits: str, zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(digits[at : at + 2] or 0) for at in range(0, 12, 2))
    century = 2000 if year < _PIVOT else 1900
    try:
        return datetime(century + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise ValueError(f"time {digits!r} does not exist: {error}") from error
