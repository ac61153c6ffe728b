"""A carrier's SMSC as the lanes meet it: how late it answers, what it counts, what it refuses, where it queues.

It answers a lognormal time after a submit_sm came, in any order. What it counts is what arrives: a submit_sm is some
hundred microseconds to two milliseconds on its way, and stays behind the one before it.
"""

from array import array
from collections import deque
from collections.abc import Callable
from math import exp
from random import Random
from typing import NamedTuple

ESME_ROK = 0
ESME_RTHROTTLED = 0x58
CLOCK_OFF_S = 0.37
"""By how much its clock's seconds begin before ours."""


class Habits(NamedTuple):
    """What the SMSC does. `response_s` is the median; `takes_per_s`: it refuses what passes that in a second of its
    clock; `works_per_s`: it takes all and answers no more than so many a second, the others wait. 0: no such limit."""

    response_s: float
    takes_per_s: float = 0.0
    works_per_s: float = 0.0
    spread: float = 0.25

    @property
    def mean_response_s(self) -> float:
        """Of a lognormal with that median, where nothing queues."""
        return self.response_s * exp(self.spread**2 / 2)


class Answer(NamedTuple):
    """When it comes back to us, and what it says."""

    at: float
    command_status: int


class Smsc:
    """One, with all its binds. `arrivals` and `refusals` have times of its own clock."""

    def __init__(self, habits: Habits, random: Random) -> None:
        self.habits = habits
        self.arrivals: array[float] = array("d")
        self.refused = 0
        self._random = random
        self._second = -1
        self._in_second = 0
        self._free_at = 0.0

    def submit(self, now: float, factor: float) -> Answer:
        """A submit_sm is written to its socket now; `factor` is its own draw of the response time, 1.0 the median."""
        habits = self.habits
        at = now + 0.0003 + 0.0017 * self._random.random()
        if self.arrivals and at < self.arrivals[-1]:
            at = self.arrivals[-1]
        self.arrivals.append(at)
        if habits.takes_per_s and self._over(at):
            self.refused += 1
            return Answer(at + habits.response_s * factor, ESME_RTHROTTLED)
        begins = at
        if habits.works_per_s:
            begins = max(at, self._free_at)
            self._free_at = begins + 1.0 / habits.works_per_s
        return Answer(begins + habits.response_s * factor, ESME_ROK)

    def _over(self, at: float) -> bool:
        second = int(at + CLOCK_OFF_S)
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second > self.habits.takes_per_s

    def most_in_a_clock_second(self) -> int:
        """The highest count in a second of its clock, refused or not."""
        most = count = 0
        second = -1
        for at in self.arrivals:
            if int(at + CLOCK_OFF_S) != second:
                second, count = int(at + CLOCK_OFF_S), 0
            count += 1
            most = max(most, count)
        return most

    def most_in_any_second(self) -> int:
        """The highest count in any second, wherever it begins."""
        most, recent = 0, deque[float]()
        for at in self.arrivals:
            recent.append(at)
            while recent[0] <= at - 1.0:
                recent.popleft()
            most = max(most, len(recent))
        return most


def response_factors(habits: Habits, random: Random) -> Callable[[], float]:
    """Draws of the response time, as a factor of the median."""
    spread = habits.spread
    return lambda: random.lognormvariate(0.0, spread)
