"""What waits for a moment: messages to be tried again later, and uncertain ones until their hold is over."""

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Delays(Generic[T]):
    """Items by the monotonic second they are due; equal moments keep their order."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, at: float, item: T) -> None:
        """Put an item off until `at`."""
        self._pushed += 1
        heapq.heappush(self._heap, (at, self._pushed, item))

    def next_time(self) -> float | None:
        """When the first is due."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[T]:
        """All that are due, earliest first; they are gone from here."""
        found: list[T] = []
        while self._heap and self._heap[0][0] <= now:
            found.append(heapq.heappop(self._heap)[2])
        return found
