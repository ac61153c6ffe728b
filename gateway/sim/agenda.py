"""Calls put off to a time: one heap, one timer of the loop, however many thousand there are."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from gateway.connection import Scheduler

_SHORTEST_S = 0.001  # uvloop counts in whole milliseconds; a timer rounded down to none would ring without end


class Agenda:
    """What is due when, in monotonic seconds of `clock`. Calls due in the same millisecond are made together."""

    def __init__(self, clock: Callable[[], float], loop: Scheduler | None = None) -> None:
        self._clock = clock
        self._loop: Scheduler = loop or asyncio.get_running_loop()
        self._heap: list[tuple[float, int, Callable[[Any], object], object]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when: float, call: Callable[[Any], object], argument: object) -> None:
        """Call `call(argument)` at `when` or as soon as possible; calls for one time in the order they were said."""
        heappush(self._heap, (when, next(self._order), call, argument))
        if self._timer is None or when < self._timer_at - _SHORTEST_S:
            self._arm(when)

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_later(max(when - self._clock(), _SHORTEST_S), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now, heap = self._clock(), self._heap
        try:
            while heap and heap[0][0] <= now:
                _, _, call, argument = heappop(heap)
                call(argument)
        finally:
            if heap and self._timer is None:
                self._arm(heap[0][0])
