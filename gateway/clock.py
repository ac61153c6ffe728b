"""Time as an argument: what needs it is handed a Clock, so that a test can move it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two times, both in seconds: one that only grows, one that people read."""

    def monotonic(self) -> float:
        """For durations and deadlines; never goes back, means nothing outside this process."""

    def utc(self) -> float:
        """Since 1970-01-01 UTC; for what is stored or shown. May jump when the system's clock is set."""


class SystemClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self) -> float:
        return time.time()
