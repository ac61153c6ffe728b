"""When the entries of a lane pass their time, the earliest first.

Most live equally long, so they come in the order of their times and stand in a line; what does not stands in a heap
beside it. Entries that were sent or dropped stand here until somebody meets them; with a ttl of days they would fill
the memory, so they are swept out when they are the larger part.
"""

from collections import deque
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

from throughput.entry import Entry, Place

T = TypeVar("T")
_WAITS: Final = Place.WAITS


class Expiries(Generic[T]):
    """Deadlines of the entries that wait."""

    __slots__ = ("_back", "_front", "_heap", "_line", "_sweep_above")

    def __init__(self) -> None:
        self._line: deque[tuple[float, int, Entry[T]]] = deque()
        self._heap: list[tuple[float, int, Entry[T]]] = []
        self._back = 0
        self._front = 0
        self._sweep_above = 64

    def __len__(self) -> int:
        """How many stand here, also of those that wait no longer."""
        return len(self._line) + len(self._heap)

    def add(self, entry: Entry[T], *, front: bool = False) -> None:
        """An entry waits from now on, behind all others or before them."""
        if front:
            self._front -= 1
            order = self._front
        else:
            self._back += 1
            order = self._back
        line, expires_at = self._line, entry.expires_at
        if not line or expires_at >= line[-1][0]:
            line.append((expires_at, order, entry))
        else:
            heappush(self._heap, (expires_at, order, entry))
        if len(self) > self._sweep_above:
            self._sweep()

    def due(self, now: float) -> Entry[T] | None:
        """Take out one that waits and has passed its time; None when there is no more."""
        line, heap = self._line, self._heap
        while (line and line[0][0] <= now) or (heap and heap[0][0] <= now):
            from_line = bool(line) and (not heap or line[0][:2] <= heap[0][:2])
            entry = (line.popleft() if from_line else heappop(heap))[2]
            if entry.place is _WAITS and entry.expires_at <= now:
                return entry
        return None

    def next_time(self) -> float | None:
        """When the next that waits passes its time."""
        line, heap = self._line, self._heap
        while line and line[0][2].place is not _WAITS:
            line.popleft()
        while heap and heap[0][2].place is not _WAITS:
            heappop(heap)
        if line and heap:
            return min(line[0][0], heap[0][0])
        return line[0][0] if line else heap[0][0] if heap else None

    def waiting(self) -> list[Entry[T]]:
        """All that wait: those that came back to the front, then the others as they came."""
        rows = [*self._line, *self._heap]
        ordered = sorted((order, entry) for _, order, entry in rows if entry.place is _WAITS)
        return list(dict.fromkeys(entry for _, entry in ordered))

    def _sweep(self) -> None:
        self._line = deque([row for row in self._line if row[2].place is _WAITS])
        self._heap = [row for row in self._heap if row[2].place is _WAITS]
        heapify(self._heap)
        self._sweep_above = 2 * len(self) + 64
