"""How much of what apps ask for is looked at: whoever asks more is read more slowly, and TCP makes it wait.

A refused request costs us nearly as much as one that is served. So all binds of an app together have PDUS_PER_MESSAGE
for each message of its `tps` and some more for the link; whoever has not bound yet has what a bind takes. Answers to
requests of ours are free: they are as many as we ask. What was spent too much is waited for, each connection in its
turn, a slice of what it has sent at a time; over REST_S a debt is forgiven, for it is not meant to end the link.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

PDUS_PER_MESSAGE = 2.0
FOR_THE_LINK = 100.0
"""PDUs a second for enquire_link, questions and the like, besides."""
BURST_S = 1.0
"""What so long allows may be asked at once."""
REST_S = 1.0
BEFORE_BIND = 20.0
"""PDUs a second, and so many at once, on a connection that is not bound."""
_SHORTEST_S = 0.001


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Do not call."""


Later = Callable[[float, Callable[[], object]], Timer]


def allowed_per_s(tps: float) -> float:
    """PDUs a second for all binds of an app with this `tps`."""
    return PDUS_PER_MESSAGE * tps + FOR_THE_LINK


class Allowance:
    """What connections may ask for together: `gateway.connection.Allowance`. `later` is the loop's call_later."""

    def __init__(self, rate_per_s: float, monotonic: Callable[[], float], later: Later) -> None:
        self.rate_per_s = rate_per_s
        """PDUs a second; may be changed at any time."""
        self._monotonic = monotonic
        self._later = later
        self._due = 0.0  # when all that was spent will have been earned
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer: Timer | None = None

    def spend(self, pdus: int) -> bool:
        """So many were taken; False: it was too much, wait for a turn before the next one is read."""
        now = self._monotonic()
        due = self._due if self._due > now else now
        self._due = min(due + pdus / self.rate_per_s, now + BURST_S + REST_S)
        return not self._waiting and self._due <= now + BURST_S

    def await_turn(self, go_on: Callable[[], None]) -> None:
        """Call once when there is something to spend again, after all that wait already."""
        self._waiting.append(go_on)
        self._rearm()

    def leave(self, go_on: Callable[[], None]) -> None:
        """Do not call it, if it waits."""
        if go_on in self._waiting:
            self._waiting.remove(go_on)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rearm(self) -> None:
        if self._waiting and self._timer is None:
            delay = self._due - BURST_S - self._monotonic()
            self._timer = self._later(max(delay, _SHORTEST_S), self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting and self._due - BURST_S <= self._monotonic():
            self._waiting.popleft()()
        self._rearm()
