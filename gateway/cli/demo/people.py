"""The subscribers of the demo: whose range a number lies in, whose it is today, and which carrier must get it.

Read from the files of conf/sample with nothing of the gateway's own code, because the gateway is judged by it.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

NAMES = {"telcel": "Telcel", "att": "AT&T", "movistar": "Movistar", "weex": "Weex"}
CODES = {"188": "telcel", "156": "att", "166": "movistar", "901": "weex"}
HOSTS = {"weex": "movistar"}
"""Networks that are reached by another one's carrier."""

_HOLDERS = {"RADIOM": "telcel", "AT&T": "att", "PEGASO": "movistar"}
_SHARES = {"telcel": 50, "att": 30, "movistar": 20}
_TWO_DIGIT_AREAS = ("55", "56", "33", "81")


class Person(NamedTuple):
    """`number` is E.164 digits. `holder` is whom the range was given to, a network or else a company's name."""

    number: str
    holder: str
    network: str

    @property
    def ported(self) -> bool:
        """Whether another network than the range's serves the number now."""
        return self.holder != self.network

    @property
    def carrier(self) -> str:
        """Which carrier reaches it."""
        return HOSTS.get(self.network, self.network)

    @property
    def national(self) -> str:
        """The number as Mexico writes it."""
        digits = self.number[-10:]
        area = 2 if digits.startswith(_TWO_DIGIT_AREAS) else 3
        return f"{digits[:area]} {digits[area:6]} {digits[6:]}"


class Range(NamedTuple):
    """A mobile range of the plan: national numbers, both included."""

    first: int
    last: int
    holder: str


class Population:
    """Who may be written to. Nobody is drawn twice."""

    def __init__(self, ranges: list[Range], ported: list[Person]) -> None:
        self._ranges = ranges
        self._ported = ported
        self._used = {person.number for person in ported}

    def draw(self, random: Random, count: int) -> list[Person]:
        """People whose number was never ported, spread over the networks as subscribers are."""
        own: dict[str, list[Range]] = {network: [] for network in _SHARES}
        for one in self._ranges:
            if one.holder in own:
                own[one.holder].append(one)
        networks = random.choices(list(_SHARES), list(_SHARES.values()), k=count)
        return [self._draw_from(random, own[network]) for network in networks]

    def draw_ported(self, random: Random, count: int) -> list[Person]:
        """People who took their number along; fewer where there are no more."""
        random.shuffle(self._ported)
        drawn, self._ported = self._ported[:count], self._ported[count:]
        return drawn

    def _draw_from(self, random: Random, ranges: list[Range]) -> Person:
        while True:
            one = random.choice(ranges)
            number = f"52{random.randint(one.first, one.last)}"
            if number not in self._used:
                self._used.add(number)
                return Person(number, one.holder, one.holder)


def read_population(plan: Path, ported: Path) -> Population:
    """The mobile ranges and the ported numbers in them. Raises OSError, KeyError where a file is not what it was."""
    with plan.open(encoding="utf-8", newline="") as rows:
        ranges = [_range(row) for row in csv.DictReader(rows) if row["MODALIDAD"] != "FIJO"]
    by_thousand = _by_thousand(ranges)
    people = []
    with ported.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            holder = _holder_of(int(row["number"][-10:]), by_thousand)
            if holder is not None:
                people.append(Person(row["number"], holder, CODES[row["rida"]]))
    return Population(ranges, [person for person in people if person.ported])


def _range(row: Mapping[str, str]) -> Range:
    name = row["RAZON_SOCIAL"]
    holder = next((network for word, network in _HOLDERS.items() if word in name), name.split(",")[0].title())
    return Range(int(row["NUMERACION_INICIAL"]), int(row["NUMERACION_FINAL"]), holder)


def _by_thousand(ranges: list[Range]) -> dict[int, list[Range]]:
    """Ranges by the thousands they touch, so that a number's is found among very few."""
    index: dict[int, list[Range]] = {}
    for one in ranges:
        for thousand in range(one.first // 1000, one.last // 1000 + 1):
            index.setdefault(thousand, []).append(one)
    return index


def _holder_of(number: int, index: Mapping[int, list[Range]]) -> str | None:
    near = index.get(number // 1000, [])
    return next((one.holder for one in near if one.first <= number <= one.last), None)
