"""When an app is told again what it did not take: growing pauses for a day, then the delivery is dead.

The day is counted in tries, not by the clock: what waited for a bind for a week, or is replayed by an operator, has all
its tries before it.
"""

import random as _random
from collections.abc import Callable
from itertools import count

from gateway.deliveries import Parcel
from throughput.backoff import doubling

FIRST_S = 5.0
LONGEST_S = 3600.0
DAY_S = 86400.0


def _pauses() -> tuple[float, ...]:
    """Doubling from FIRST_S to LONGEST_S, as many as make a day."""
    pauses: list[float] = []
    for attempt in count():
        pause_s = doubling(attempt, FIRST_S, LONGEST_S)
        if sum(pauses) + pause_s > DAY_S:
            return (*pauses, DAY_S - sum(pauses))
        pauses.append(pause_s)
    raise AssertionError("unreachable")


PAUSES = _pauses()
"""The pause after the first try in vain, after the second, ..., in seconds, before jitter."""


def retry_after_s(parcel: Parcel, random: Callable[[], float] = _random.random) -> float | None:
    """The pause before the next try, a quarter shorter to a quarter longer; None when all tries were in vain.

    `parcel.delivery.attempts` counts the tries so far; `random` gives numbers in [0, 1). What failed together does not
    come back together.
    """
    attempts = parcel.delivery.attempts
    if attempts > len(PAUSES):
        return None
    return PAUSES[max(attempts, 1) - 1] * (0.75 + random() / 2)
