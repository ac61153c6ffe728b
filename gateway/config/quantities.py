"""Kinds of values that measure: rates, durations, sizes, shares, times of day, money."""

from datetime import time
from decimal import Decimal, InvalidOperation

from gateway.config import units
from gateway.config.kinds import ScalarKind
from gateway.config.units import BadValueError


class Rate(ScalarKind[float]):
    """A number above zero, whole or not."""

    bare = True
    most = 1_000_000.0

    def __init__(self, expected: str) -> None:
        self.expected = expected

    def parse(self, text: str) -> float:
        whole, _, fraction = text.partition(".")
        if not (text.isascii() and whole.isdigit() and (fraction or "0").isdigit()):
            raise self.wrong("is not a number above 0")
        if not 0 < float(text) <= self.most:
            raise self.wrong("is out of range, above 0 and up to 1000000")
        return float(text)

    def stand_in(self) -> float:
        return 1.0


class Duration(ScalarKind[float]):
    """Seconds, written with a unit."""

    def __init__(self, least: str, most: str) -> None:
        self.least, self.most = units.parse_duration(least), units.parse_duration(most)
        self.expected = f"{units.DURATION} ({least} to {most})"

    def parse(self, text: str) -> float:
        seconds = units.parse_duration(text)
        if not self.least <= seconds <= self.most:
            raise self.wrong("is out of range")
        return seconds

    def stand_in(self) -> float:
        return self.least


class Size(ScalarKind[int]):
    """Octets, written with a unit."""

    def __init__(self, least: str, most: str) -> None:
        self.least, self.most = units.parse_size(least), units.parse_size(most)
        self.expected = f"{units.SIZE} ({least} to {most})"

    def parse(self, text: str) -> int:
        octets = units.parse_size(text)
        if not self.least <= octets <= self.most:
            raise self.wrong("is out of range")
        return octets

    def stand_in(self) -> int:
        return self.least


class Percent(ScalarKind[float]):
    """A share from 0.0 to 1.0, written in per cent."""

    def __init__(self, most: str = "100%") -> None:
        self.most = units.parse_percent(most)
        self.expected = f"a percentage from 0% to {most}, e.g. 20%"

    def parse(self, text: str) -> float:
        try:
            share = units.parse_percent(text)
        except BadValueError as error:
            raise self.wrong(error.what) from error
        if share > self.most:
            raise self.wrong("is out of range")
        return share

    def stand_in(self) -> float:
        return 0.0


class ClockTime(ScalarKind[time]):
    """A time of day. Quotes are not needed: the text is read as written, not as YAML 1.1's base 60."""

    expected = "a time of day HH:MM from 00:00 to 23:59, e.g. 21:00"

    def parse(self, text: str) -> time:
        hours, colon, minutes = text.partition(":")
        if not (colon and hours.isdigit() and minutes.isdigit() and text.isascii() and len(minutes) == 2):
            raise self.wrong("is not a time of day")
        if len(hours) > 2 or int(hours) > 23 or int(minutes) > 59:
            raise self.wrong("is not a time of day")
        return time(int(hours), int(minutes))

    def stand_in(self) -> time:
        return time()


class Amount(ScalarKind[Decimal]):
    """An amount of money: exact, so never a float."""

    expected = 'an amount of 0 or more, e.g. "0.18"'

    def parse(self, text: str) -> Decimal:
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise self.wrong("is not an amount") from None
        if not amount.is_finite() or amount < 0:
            raise self.wrong("is not an amount of 0 or more")
        return amount

    def stand_in(self) -> Decimal:
        return Decimal(0)
