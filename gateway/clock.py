"""Time as an argument: what needs it is handed a Clock, so that a test can move it."""

import time
from collections.abc import Callable
from typing import Protocol

LEAST_STEP_S = 1.0
"""Less is how a clock is kept right all the time."""


class Clock(Protocol):
    """Two times, both in seconds: one that only grows, one that people read."""

    def monotonic(self) -> float:
        """For durations and deadlines; never goes back, means nothing outside this process."""

    def utc(self) -> float:
        """Since 1970-01-01 UTC; for what is stored or shown. May jump when the system's clock is set."""


class SystemClock:
    """The machine's own clocks: asked ten times for a message, so the system's functions themselves."""

    def __init__(self) -> None:
        self.monotonic: Callable[[], float] = time.monotonic
        self.utc: Callable[[], float] = time.time


def steady(clock: Clock) -> Callable[[], float]:
    """UTC as it is now plus what passes from now on, whatever the wall clock is set to: for pauses kept on disk."""
    apart = clock.utc() - clock.monotonic()
    return lambda: clock.monotonic() + apart


class Steps:
    """Sees the wall clock being set, by comparing it with the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._apart = clock.utc() - clock.monotonic()

    def look(self) -> float:
        """By how many seconds it was set since the last look, forwards where positive; 0.0 where it was not."""
        apart = self._clock.utc() - self._clock.monotonic()
        step_s, self._apart = apart - self._apart, apart
        return step_s if abs(step_s) >= LEAST_STEP_S else 0.0
