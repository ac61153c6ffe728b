"""A group commit over a store that ends commits when told, on a loop whose timers ring when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from gateway.errors import StoreError
from gateway.store.commits import Commits
from tests.support.clock import ManualClock, ManualLoop
from tests.support.store import (
    SlowStore,
    a_message,
    submitted,
    turns,
)

FULL = StoreError("disk is full")


class Desk:
    """A Commits over a store that ends commits when told, on a loop whose timers ring when told."""

    def __init__(self, slice_rows: int = 1_000) -> None:
        self.store = SlowStore()
        self.clock = ManualClock()
        self.loop = ManualLoop(self.clock)
        self.called: list[tuple[object, StoreError | None]] = []
        self.commits_seen: list[tuple[float, int]] = []
        self.errors: list[StoreError] = []
        self.commits = Commits(
            self.store,  # type: ignore[arg-type]  # the part of a Store that a Commits uses
            gather_s=0.002,
            slice_rows=slice_rows,
            on_commit=lambda seconds, rows: self.commits_seen.append((seconds, rows)),
            on_error=self.errors.append,
            later=self.loop.call_later,
            monotonic=self.clock.monotonic,
        )

    def done(self, argument: object, error: StoreError | None) -> None:
        self.called.append((argument, error))

    def accept(self, n: int, urgent: bool = False) -> None:
        self.commits.accept(a_message(n), self.done, n, urgent=urgent)

    def update(self, n: int, urgent: bool = False) -> None:
        self.commits.update(submitted(a_message(n)), self.done, f"u{n}", urgent=urgent)

    async def pass_gathering(self) -> None:
        self.loop.advance(0.002)
        await turns()

    async def end(self, error: StoreError | None = None) -> None:
        self.store.end(error)
        await turns()

    @property
    def begun(self) -> list[list[str]]:
        """What each commit that began holds: ids of accepted messages, "+" and ids of updated ones."""
        return [
            [message.id for message in changes.accepted] + [f"+{message_id}" for message_id in changes.updated]
            for changes in self.store.begun
        ]


async def running(desk: Desk) -> AsyncIterator[Desk]:
    task = asyncio.create_task(desk.commits.run())
    await turns()
    yield desk
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
