"""Guessing passwords made slow: who failed too often is refused for a while, without looking at what it says.

What is refused is an address, never an app as such: else anybody could lock a customer out by its name. And first
only under the name it failed with, because behind one address there may be other apps (a NAT, a proxy, this host);
an address that fails under many names is guessing, and is refused altogether. Tries made while refused do not count.
Each time the door closes again it stays so for twice as long. IPv6 addresses count by their /64.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from gateway.apps.origin import origin
from throughput.backoff import doubling

MOST_FAILURES = 5
"""Failed tries of one address under one name within WITHIN_S that close the door."""
MOST_ANY_NAME = 50
"""The same under whatever names."""
WITHIN_S = 300.0
REFUSED_S = 900.0
MOST_REFUSED_S = 3_600.0
"""The door stays closed so long the first time, and at most: somebody whose old password is replaced waits for it."""
FORGOTTEN_S = 86_400.0
"""After so long without a closed door it is the first time again."""
MOST_REMEMBERED = 10_000
"""Addresses and names remembered; the one that failed longest ago goes first."""

_ANY = ""  # no system_id and no app is called this


@dataclass(slots=True)
class _Record:
    failures: deque[float] = field(default_factory=deque)
    refused_until: float = 0.0
    closed: int = 0


class Lockout:
    """Failed tries by (address, name). `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def refuses(self, address: str, name: str, now: float) -> bool:
        """Whether whatever comes from this address under this name is to be refused unread."""
        address = origin(address)
        return self._refused(address, _ANY, now) or self._refused(address, name, now)

    def failed(self, address: str, name: str, now: float) -> bool:
        """A try failed; True when it was the one that closed the door."""
        address = origin(address)
        closed = self._count(address, name, MOST_FAILURES, now)
        return self._count(address, _ANY, MOST_ANY_NAME, now) or closed

    def succeeded(self, address: str, name: str) -> None:
        """The right secret was given: earlier slips under this name are forgotten."""
        self._records.pop((origin(address), name), None)

    def _refused(self, address: str, name: str, now: float) -> bool:
        record = self._records.get((address, name))
        return record is not None and now < record.refused_until

    def _count(self, address: str, name: str, most: int, now: float) -> bool:
        record = self._records.setdefault((address, name), _Record())
        self._records.move_to_end((address, name))
        if len(self._records) > MOST_REMEMBERED:
            self._records.popitem(last=False)
        failures = record.failures
        failures.append(now)
        while failures[0] <= now - WITHIN_S:
            failures.popleft()
        if len(failures) < most:
            return False
        failures.clear()
        if now > record.refused_until + FORGOTTEN_S:
            record.closed = 0
        record.refused_until = now + doubling(record.closed, REFUSED_S, MOST_REFUSED_S)
        record.closed += 1
        return True
