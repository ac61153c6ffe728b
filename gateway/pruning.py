"""What has outlived the retention leaves the store, in short slices between the commits of what is being written.

A gateway that is never idle must delete all the same, or its disk fills. A slice of 1,000 rows takes 2.4 ms: with the
pause behind it a commit waits for one seldom and never long, and up to 15,000 messages a second can go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

ROWS = 1_000
PAUSE_S = 0.05
ANSWERS_FOR_S = 86_400.0
"""So long the first answer under an idempotency key is given again."""


class Outliving(Protocol):
    """The part of the store that deletes."""

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        """Delete about `limit` rows that have outlived `before` (epoch seconds); how many went."""


class Pruning:
    """Deletes what has outlived the retention."""

    def __init__(self, store: Outliving, *, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._store = store
        self._sleep = sleep

    async def sweep(self, now: float, retention_s: float) -> int:
        """Delete all that is older than that at `now` (epoch seconds); how many rows. Raises StoreError."""
        before, went = now - retention_s, 0
        while True:
            rows = await self._store.prune(before, ROWS, answers_before=now - ANSWERS_FOR_S)
            went += rows
            if rows < ROWS:
                return went
            await self._sleep(PAUSE_S)
