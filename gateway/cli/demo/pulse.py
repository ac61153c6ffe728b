"""How closely the demo's loop watched its sockets: a carrier that did not look for a moment sees what came at once."""

import asyncio
from bisect import bisect_left
from collections import deque

from gateway.clock import Clock

BEAT_S = 0.01
_KEPT = 6_000
"""A minute's worth; books are brought up to date many times a second."""


class Pulse:
    """Beats in every turn of the loop that begins BEAT_S or more after the beat before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: deque[float] = deque(maxlen=_KEPT)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat, in the running loop."""
        self._beats.append(self._clock.utc())
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self.start)

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()

    def earliest(self, at: float) -> float:
        """When what was read at `at` may have come, at the earliest; both in epoch seconds.

        A turn calls its timers, looks at its sockets and then reads them. So the last beat before `at` may be of the
        very turn that found it, and the one before that is of an earlier turn, whose look did not. `at` itself where
        there is no such beat any more.
        """
        place = bisect_left(self._beats, at)
        return self._beats[place - 2] if place >= 2 else at
