"""What has outlived the retention leaves the store: in short slices, while nothing waits to be written if possible.

A gateway that is never idle must delete all the same, or its disk fills: after PATIENCE_S a slice goes between two
commits. That is up to ten slices a second, the messages of 10,000 a second; a slice keeps a commit waiting for some ms.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

ROWS = 1_000
PAUSE_S = 0.05
PATIENCE_S = 0.1
ANSWERS_FOR_S = 86_400.0
"""So long the first answer under an idempotency key is given again."""


class Outliving(Protocol):
    """The part of the store that deletes."""

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        """Delete about `limit` rows that have outlived `before` (epoch seconds); how many went."""


class Pruning:
    """Deletes what has outlived the retention."""

    def __init__(
        self,
        store: Outliving,
        busy: Callable[[], bool],
        retention_s: float,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`busy()`: whether anything waits to be written."""
        self._store = store
        self._busy = busy
        self._retention_s = retention_s
        self._sleep = sleep

    async def sweep(self, now: float) -> int:
        """Delete all that has outlived it at `now` (epoch seconds); how many rows. Raises StoreError."""
        before, went = now - self._retention_s, 0
        while True:
            if self._busy():
                await self._sleep(PATIENCE_S)
            rows = await self._store.prune(before, ROWS, answers_before=now - ANSWERS_FOR_S)
            went += rows
            if rows < ROWS:
                return went
            await self._sleep(PAUSE_S)
