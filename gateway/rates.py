"""How fast things go: counters sampled once a second, for status and the console."""

from collections import deque
from collections.abc import Mapping

HISTORY_S = 60


class Rates:
    """Segments a second over each bind, for the last minute: counters sampled once a second."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._history: dict[str, deque[float]] = {}

    def sample(self, counters: Mapping[str, float]) -> None:
        """Take the counters as they stand; called once a second."""
        for name, count in counters.items():
            rate = count - self._last.get(name, count)
            self._history.setdefault(name, deque(maxlen=HISTORY_S)).append(rate)
            self._last[name] = count

    def history(self, name: str) -> list[float]:
        """The last minute, oldest first."""
        return list(self._history.get(name, ()))

    def now(self, name: str) -> float:
        """The mean of the last five seconds."""
        recent = list(self._history.get(name, ()))[-5:]
        return round(sum(recent) / len(recent), 1) if recent else 0.0
