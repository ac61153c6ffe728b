"""Fills the ways to find messages, a moment after they were accepted and in small slices.

What was accepted since the last slice is in memory only. The mark says below which id all is filled, so that a start
fills in what a crash left out; a minute of it is filled twice, which does no harm.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from gateway.errors import StoreError
from gateway.message import Message
from gateway.store.batch import lookup_rows
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.store import Store

log = structlog.get_logger()

MARK = "lookups"
EVERY_S = 0.25
SLICE = 250
MOST = 100_000
"""So many accepted messages wait in memory; beyond, they are read back from the store."""
UNCOMMITTED_S = 60.0
MARK_S = 10.0


class Lookups:
    """One for all apps; `run` fills, `flushed` waits until what was accepted so far is found."""

    def __init__(self, store: Store, commits: Commits, utc: Callable[[], float]) -> None:
        self._store = store
        self._commits = commits
        self._utc = utc
        self._waiting: deque[Message] = deque()
        self._behind: str | None = None  # read on from here, what lies beyond is not filled
        self._marked_at = 0.0
        self._filling = asyncio.Lock()

    def restore(self, settings: dict[str, str]) -> None:
        """What a start finds: the mark, or nothing in a store of before there were lookups."""
        self._behind = settings.get(MARK, "")

    def accepted(self, messages: list[Message]) -> None:
        """These are on disk."""
        if len(self._waiting) < MOST:
            self._waiting.extend(messages)
        elif self._behind is None:
            self._behind = first_id(self._utc() - UNCOMMITTED_S)

    async def run(self) -> None:
        """Fill until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.flushed()
            except StoreError as error:
                log.warning("lookups_not_filled", reason=str(error))

    async def flushed(self) -> None:
        """Return when all that was accepted before is found. Raises StoreError."""
        async with self._filling:
            while self._behind is not None:
                await self._catch_up(self._behind)
            for _ in range(-(-len(self._waiting) // SLICE)):
                await self._fill([self._waiting.popleft() for _ in range(min(SLICE, len(self._waiting)))])
            now = self._utc()
            if now - self._marked_at >= MARK_S:
                self._marked_at = now
                self._commits.setting(MARK, first_id(now - UNCOMMITTED_S))

    async def _catch_up(self, after: str) -> None:
        found = await self._store.messages_after(after, SLICE)
        if found:
            await self._fill(found)
        if self._behind == after:
            self._behind = found[-1].id if len(found) == SLICE else None

    async def _fill(self, messages: list[Message]) -> None:
        """A slice on disk; then the writer belongs to others for a turn."""
        if messages:
            self._commits.lookups([row for message in messages for row in lookup_rows(message)])
            await self._commits.settled()
            await asyncio.sleep(0)
