"""Who gets what in the campaign, and what the carriers have to carry for it."""

from random import Random
from typing import NamedTuple

from gateway.cli.demo.campaign import Flyer, flyers
from gateway.cli.demo.carriers import PROFILES
from gateway.cli.demo.people import Person, Population

BULK_S = 9.0
"""So long the campaign is to take at full rate."""
LEAST_TPS, MOST_TPS = 30, 1000


class Cast(NamedTuple):
    """Drawn before the curtain. The people in `ported` are among those the `flyers` are for."""

    population: Population
    flyers: list[Flyer]
    ported: list[Person]

    @property
    def tps(self) -> dict[str, int]:
        """A rate for each carrier, in steps of ten, with which the campaign takes about BULK_S."""
        segments = dict.fromkeys(PROFILES, 0)
        for flyer in self.flyers:
            segments[flyer.person.carrier] += flyer.segments
        return {name: _rate(number) for name, number in segments.items()}


def cast(population: Population, texts: int, random: Random) -> Cast:
    """Draw so many people for the campaign, a tenth of them with ported numbers (as many as there are)."""
    ported = population.draw_ported(random, max(1, texts // 10))
    people = ported + population.draw(random, texts - len(ported))
    random.shuffle(people)
    return Cast(population, list(flyers(people, random)), ported)


def _rate(segments: int) -> int:
    tens = -(-segments // (BULK_S * 10))
    return int(min(max(tens * 10, LEAST_TPS), MOST_TPS))
