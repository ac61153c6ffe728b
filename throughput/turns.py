"""Who is next, by weight: apps of a lane, batches of an app.

Deficit round robin's fairness without its rounds: each who waits carries a tag, the smallest is next, and being served
cost c at weight w moves it on by c / w (start-time fair queueing). Weights may be any numbers above 0 and costs differ
by any factor without a turn that does nothing, and heavy ones are served interleaved, not in runs. O(log n) in those
who wait; with one, nothing is compared.
"""

from heapq import heappop, heappush, heapreplace
from typing import Generic, TypeVar


class Turn:
    """What takes turns. `tag` is kept while it has nothing to do: leaving and coming back is no way to gain."""

    __slots__ = ("step", "tag")

    def __init__(self, weight: float = 1.0) -> None:
        """Raises ValueError for a weight that is not above 0."""
        if not weight > 0:
            raise ValueError(f"weight {weight} is not above 0")
        self.step = 1.0 / weight
        self.tag = 0.0


T = TypeVar("T", bound=Turn)


class Turns(Generic[T]):
    """Those who wait; equal tags go in the order in which they came."""

    __slots__ = ("_heap", "_joined", "served")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, T]] = []
        self._joined = 0
        self.served = 0.0  # the tag of the last that was served: where newcomers begin

    def __len__(self) -> int:
        return len(self._heap)

    def first(self) -> T | None:
        """Whose turn it is."""
        return self._heap[0][2] if self._heap else None

    def join(self, turn: T) -> None:
        """It has something to do from now on; it does not wait already."""
        turn.tag = max(turn.tag, self.served)
        self._joined += 1
        heappush(self._heap, (turn.tag, self._joined, turn))

    def charge(self, cost: float) -> None:
        """The first has been served, and has more to do."""
        turn = self._heap[0][2]
        self.served = turn.tag
        turn.tag += cost * turn.step
        self._joined += 1
        heapreplace(self._heap, (turn.tag, self._joined, turn))

    def leave(self, cost: float = 0.0) -> None:
        """The first has been served, if it cost something, and has nothing more to do."""
        turn = heappop(self._heap)[2]
        if cost:
            self.served = turn.tag
            turn.tag += cost * turn.step
        if not self._heap:  # nobody waited for the last: what was owed before is forgotten
            self.served = max(self.served, turn.tag)
