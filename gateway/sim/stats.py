"""What a simulated SMSC counts."""

from collections import Counter, deque
from dataclasses import dataclass, field


class Second:
    """How many came in the second up to now. Times, in seconds, never go back."""

    def __init__(self, span_s: float = 1.0) -> None:
        self.peak = 0
        self._span_s = span_s
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        """How many of what was added lie less than the span before `now`."""
        times, begin = self._times, now - self._span_s
        while times and times[0] <= begin:
            times.popleft()
        return len(times)

    def add(self, now: float, since: float | None = None) -> None:
        """One more; `since`: it was seen now, and may have come as early as then."""
        self._times.append(now if since is None else since)
        self.peak = max(self.peak, self.count(now))


@dataclass(slots=True)
class Stats:
    """Counts since the start. `refused` by command_status, `deeds` and `mishaps` by the name of the fault.

    `receipts` and `inbound` were made; `delivered` deliver_sm were taken by an app, `redelivered` sent again,
    `dropped` given up (the app refused them for good, or too many waited). `arrivals`: submits of the last second.
    """

    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    submits: int = 0
    accepted: int = 0
    receipts: int = 0
    inbound: int = 0
    delivered: int = 0
    redelivered: int = 0
    dropped: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    mishaps: Counter[str] = field(default_factory=Counter)
    arrivals: Second = field(default_factory=Second)

    def arrive(self, now: float) -> None:
        """A submit came."""
        self.submits += 1
        self.arrivals.add(now)
