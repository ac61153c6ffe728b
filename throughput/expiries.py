"""When the entries of a lane pass their time, the earliest first.

Entries that were sent or dropped stand here until somebody meets them; with a ttl of days they would fill the memory,
so they are swept out when they are the larger part.
"""

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from throughput.entry import Entry, Place

T = TypeVar("T")


class Expiries(Generic[T]):
    """A heap of deadlines over the entries that wait."""

    __slots__ = ("_back", "_front", "_rows", "_sweep_above")

    def __init__(self) -> None:
        self._rows: list[tuple[float, int, Entry[T]]] = []
        self._back = 0
        self._front = 0
        self._sweep_above = 64

    def add(self, entry: Entry[T], *, front: bool = False) -> None:
        """An entry waits from now on, behind all others or before them."""
        if front:
            self._front -= 1
            order = self._front
        else:
            self._back += 1
            order = self._back
        heappush(self._rows, (entry.expires_at, order, entry))
        if len(self._rows) > self._sweep_above:
            self._sweep()

    def due(self, now: float) -> Entry[T] | None:
        """Take out one that waits and has passed its time; None when there is no more."""
        rows = self._rows
        while rows and rows[0][0] <= now:
            entry = heappop(rows)[2]
            if entry.place is Place.WAITS and entry.expires_at <= now:
                return entry
        return None

    def next_time(self) -> float | None:
        """When the next that waits passes its time."""
        rows = self._rows
        while rows and rows[0][2].place is not Place.WAITS:
            heappop(rows)
        return rows[0][0] if rows else None

    def waiting(self) -> list[Entry[T]]:
        """All that wait: those that came back to the front, then the others as they came."""
        ordered = sorted((order, entry) for _, order, entry in self._rows if entry.place is Place.WAITS)
        return list(dict.fromkeys(entry for _, entry in ordered))

    def _sweep(self) -> None:
        self._rows = [row for row in self._rows if row[2].place is Place.WAITS]
        heapify(self._rows)
        self._sweep_above = 2 * len(self._rows) + 64
