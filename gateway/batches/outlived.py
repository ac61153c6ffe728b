"""Messages of paused batches whose time to live passes: they end as expired while the batch is still paused.

What waits in a lane is looked at before it is sent; what a pause holds on disk nobody looks at, and its app would wait
for a receipt until somebody resumes. A batch is walked a minute after its pause, slice by slice with rests in between;
the walk finds when the next of its messages will have outlived itself, and nothing is read before that.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import structlog

from gateway.errors import StoreError
from gateway.message import WAITING, Message
from gateway.store.batch import Batch

log = structlog.get_logger()

EVERY_S = 60.0
REST_S = 0.05
"""Between two slices of 500: a million messages are walked in two minutes, with a twentieth of the loop."""


class Expiring(Protocol):
    """Messages on their way to carriers, as far as they are ended here."""

    async def expire_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        """End what no carrier has and what has outlived itself of what is read of a held batch."""


class Outlived:
    """One for all batches; `due` says which to walk, `walk` does it."""

    def __init__(
        self,
        ways: Expiring,
        read: Callable[[Batch, str], Awaitable[list[Message]]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`read(batch, after)`: its next messages beyond an id, [] at the end."""
        self._ways = ways
        self._read = read
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._walking: set[str] = set()

    def due(self, batches: list[Batch], now: float) -> list[Batch]:
        """Those of all paused batches that are to be walked at `now`, in epoch seconds."""
        paused = {batch.id for batch in batches}
        self._next = {batch_id: at for batch_id, at in self._next.items() if batch_id in paused}
        for batch_id in paused:
            self._next.setdefault(batch_id, now + EVERY_S)
        return [batch for batch in batches if self._next[batch.id] <= now and batch.id not in self._walking]

    async def walk(self, batch: Batch, now: float) -> None:
        """End what has outlived itself of a paused batch, as long as it is paused. A store that is away ends the walk,
        and the next one begins anew."""
        self._walking.add(batch.id)
        self._next[batch.id] = now + EVERY_S
        try:
            earliest = await self._end_outlived(batch)
        except StoreError as error:
            log.warning("paused_batch_not_walked", batch=batch.id, reason=str(error))
        else:
            self._next[batch.id] = max(now + EVERY_S, earliest)
        finally:
            self._walking.discard(batch.id)

    async def _end_outlived(self, batch: Batch) -> float:
        """Walk it once; when the next of its messages outlives itself, in epoch seconds (inf: none waits)."""
        after, earliest = "", float("inf")
        while batch.state == "paused":
            found = await self._ways.expire_these(partial(self._read, batch, after))
            if not found:
                break
            waiting = (message.expires_at for message in found if message.status in WAITING)
            earliest = min(earliest, min(waiting, default=earliest))
            after = found[-1].id
            await self._sleep(REST_S)
        return earliest
