"""How long a bind waits before it tries again: as `reconnect` says, or slowly where a refusal asks for that."""

from throughput.backoff import Backoff, doubling

SLOW_MIN_S = 60.0
SLOW_JITTER = 0.1


class Pauses:
    """The pauses of one bind. Quick ones and slow ones grow each by themselves; both are forgotten once it has held."""

    __slots__ = ("_quick", "_slow_refusals", "_slow_up_to_s", "_stable_after_s")

    def __init__(self, min_s: float, max_s: float, stable_after_s: float) -> None:
        """The keys of `reconnect`, in seconds."""
        self._quick = Backoff(min_s, max_s, stable_after_s)
        self._stable_after_s = stable_after_s
        self._slow_refusals = 0
        self._slow_up_to_s: float | None = None

    def slow(self, up_to_s: float) -> None:
        """The next pause is a slow one: a minute, doubling up to `up_to_s`."""
        self._slow_up_to_s = up_to_s

    def held(self, duration_s: float) -> None:
        """It was bound for so long; less than `stable_after` changes nothing."""
        self._quick.held(duration_s)
        if duration_s >= self._stable_after_s:
            self._slow_refusals = 0

    def next(self, random: float) -> float:
        """The pause before the next try, in seconds; `random` is in [0, 1).

        Slow ones are longer by up to a tenth, so that binds that were refused together do not come back together.
        """
        up_to_s, self._slow_up_to_s = self._slow_up_to_s, None
        if up_to_s is None:
            return self._quick.next_pause(random)
        pause_s = doubling(self._slow_refusals, SLOW_MIN_S, up_to_s)
        self._slow_refusals += 1
        return min(up_to_s, pause_s * (1 + SLOW_JITTER * random))
