"""So many calls a second and no more, evenly: whoever has one to make is told how long to wait for its turn."""

from collections.abc import Callable


class Pace:
    """Turns in the order in which they are asked for. A quiet spell saves up nothing."""

    def __init__(self, per_s: float | None, monotonic: Callable[[], float]) -> None:
        """`per_s` None: nobody waits."""
        self._interval_s = 0.0 if per_s is None else 1.0 / per_s
        self._monotonic = monotonic
        self._next = 0.0

    def wait_s(self) -> float:
        """Take the next turn: seconds until it comes, 0 where it has come."""
        if not self._interval_s:
            return 0.0
        now = self._monotonic()
        turn = max(now, self._next)
        self._next = turn + self._interval_s
        return turn - now
