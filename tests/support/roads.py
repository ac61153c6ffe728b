"""A store in memory, its writer and a clock that moves when told: what every road stands on, for their tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.deliveries import Parcel
from gateway.errors import StoreError
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from tests.support.clock import ManualClock
from tests.support.store import turns


class FailingStore(MemoryStore):
    """A store that is away while `away` is set, for writing and reading alike."""

    away = False
    reads_away = False

    async def commit(self, changes: Changes) -> None:
        if self.away:
            raise StoreError("the disk is full")
        await super().commit(changes)

    def _check(self) -> None:
        super()._check()
        if self.reads_away:
            raise StoreError("the disk is gone")


class Ground:
    """Store, writer, clock and ids; `offered` is what was offered to apps."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = FailingStore()
        self.commits = Commits(self.store, gather_s=0)
        self.offered: list[Parcel] = []
        self.answers: list[bool] = []
        self._ids = 0

    def new_id(self) -> str:
        """Ids that grow with each call, and with the clock."""
        self._ids += 1
        return first_id(self.clock.utc())[:-6] + f"{self._ids:06x}"

    def answer(self, stored: bool) -> None:
        """What a carrier is answered."""
        self.answers.append(stored)

    async def settled(self) -> None:
        """Until all that was said is on disk, and all that this brought about as well."""
        for _ in range(3):
            await turns(10)
            await self.commits.drain()
        await turns(10)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Ground"]:
        """The writer at work."""
        await self.store.open()
        writer = asyncio.get_running_loop().create_task(self.commits.run())
        try:
            yield self
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
