"""The one timer of a carrier."""

import asyncio
from collections.abc import Callable

SHORTEST_S = 0.001
"""The loop's clock counts whole milliseconds."""


class Alarm:
    """Rings once at the time it was last set to, or before: setting it later leaves an earlier timer, whose owner asks
    anew, because that costs less than another one. Times are monotonic seconds; to be set in a running loop."""

    __slots__ = ("_at", "_monotonic", "_ring", "_timer")

    def __init__(self, ring: Callable[[], None], monotonic: Callable[[], float]) -> None:
        self._ring = ring
        self._monotonic = monotonic
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0

    def set(self, at: float | None) -> None:
        """Ring at `at` at the latest; None: not any more."""
        if self._timer is not None:
            if at is not None and self._at <= at:
                return
            self._timer.cancel()
            self._timer = None
        if at is not None:
            self._at = at
            delay_s = max(SHORTEST_S, at - self._monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._rings)

    def _rings(self) -> None:
        self._timer = None
        self._ring()
