"""Growing pauses: until the next try to connect, to send a message again, to post a webhook again.

Pauses double, and are spread at random over their whole length above the minimum, so that what failed together does
not come back together.
"""


def doubling(attempt: int, min_s: float, max_s: float) -> float:
    """The pause after the `attempt`-th failure, counted from 0: `min_s`, doubling up to `max_s`."""
    return min(max_s, min_s * 2.0 ** min(attempt, 64))


def jittered(attempt: int, min_s: float, max_s: float, random: float) -> float:
    """A pause between `min_s` and twice what `doubling` says (at most `max_s`); `random` is in [0, 1)."""
    return min_s + random * (doubling(attempt + 1, min_s, max_s) - min_s)


class Backoff:
    """The pauses of one thing that is tried again and again, and forgets its failures once it has held."""

    __slots__ = ("_attempt", "_max_s", "_min_s", "_stable_after_s")

    def __init__(self, min_s: float, max_s: float, stable_after_s: float) -> None:
        """Raises ValueError for a minimum that is not above 0, or above the maximum."""
        if not 0 < min_s <= max_s:
            raise ValueError(f"pauses from {min_s} s to {max_s} s")
        self._min_s = min_s
        self._max_s = max_s
        self._stable_after_s = stable_after_s
        self._attempt = 0

    @property
    def attempts(self) -> int:
        """How many pauses there have been since it last held."""
        return self._attempt

    def next_pause(self, random: float) -> float:
        """How long to wait before the next try, in seconds; `random` is in [0, 1)."""
        pause_s = jittered(self._attempt, self._min_s, self._max_s, random)
        self._attempt += 1
        return pause_s

    def held(self, duration_s: float) -> None:
        """It worked for so long; less than `stable_after` changes nothing: who drops us again at once is not well."""
        if duration_s >= self._stable_after_s:
            self._attempt = 0
