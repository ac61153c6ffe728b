"""Fills the ways to find messages by number and reference, a moment after they were accepted and in small slices.

A batch's messages are found at once, by what the store writes with them: pausing and cancelling need them all. Numbers
and references have random keys, each row of which costs as much as half a message, so under load only so many go a
second (`BUSY_SLICES`) and the rest waits until it is quieter. The mark says below which id all is filled, so that a
start fills in what a crash left out; a minute of it is filled twice, which does no harm.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from gateway.errors import StoreError
from gateway.message import Message
from gateway.store.batch import LookupRow, lookup_rows, other_rows
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.store import Store

log = structlog.get_logger()

MARK = "lookups"
EVERY_S = 0.25
SLICE = 250
RANDOM_SLICE = 64
"""Each random key is a page of its own, 8 KiB of log: 250 in one commit held up an OTP for 10 ms."""
MOST = 20_000
"""So many rows wait in memory; beyond, the messages are read back from the store."""
QUIET = 25
BUSY_SLICES = 4
"""More than QUIET messages since the last look are load: then 4 slices each look, 1,000 rows a second, and no more."""
UNCOMMITTED_S = 60.0
MARK_S = 10.0


class Lookups:
    """One for all apps; `run` fills, `flushed` waits until the messages of batches of before the start are found."""

    def __init__(self, store: Store, commits: Commits, utc: Callable[[], float]) -> None:
        self._store = store
        self._commits = commits
        self._utc = utc
        self._others: deque[LookupRow] = deque()
        self._missing: str | None = None  # beyond this id rows of batches may be missing
        self._missing_to: str | None = None  # up to this one
        self._behind: str | None = None  # beyond this id rows of numbers and references may be missing
        self._came = 0
        self._marked_at = 0.0
        self._filling = asyncio.Lock()

    def restore(self, settings: dict[str, str], last_id: str) -> None:
        """What a start finds: the mark, or nothing in a store of before there were lookups; and the newest message.

        What is accepted from now on is told here, and must not be read back, however soon it comes.
        """
        self._missing = settings.get(MARK, "") if last_id else None
        self._missing_to = last_id

    def accepted(self, messages: list[Message]) -> None:
        """These are on disk."""
        self._came += len(messages)
        room = MOST - len(self._others)
        if room > 0:
            for message in messages:
                self._others.extend(other_rows(message))
        elif self._behind is None:
            self._behind = first_id(self._utc() - UNCOMMITTED_S)

    async def run(self) -> None:
        """Fill until cancelled: what a start has found missing at once, the rest as far as it is quiet."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except StoreError as error:
                log.warning("lookups_not_filled", reason=str(error))

    async def look(self) -> None:
        """Fill what is due now. Raises StoreError."""
        await self.flushed()
        await self._fill_others()
        self._mark()

    async def flushed(self) -> None:
        """Return when the messages of all batches are found. Raises StoreError."""
        if self._missing is None:
            return
        async with self._filling:
            while self._missing is not None:
                self._missing = await self._catch_up(self._missing, self._missing_to)

    async def caught_up(self, within_s: float) -> bool:
        """Fill numbers and references too, for so long at most; whether all is found now. Raises StoreError."""
        try:
            async with asyncio.timeout(within_s):
                await self.flushed()
                while self._unfilled:
                    await self._fill_slice()
        except TimeoutError:
            return False
        return True

    @property
    def _unfilled(self) -> bool:
        return self._behind is not None or bool(self._others)

    async def _fill_others(self) -> None:
        """Numbers and references: BUSY_SLICES, and more for as long as it is and stays quiet."""
        came, self._came = self._came, 0
        done = 0
        while self._unfilled and (done < BUSY_SLICES or max(came, self._came) <= QUIET):
            await self._fill_slice()
            done += 1

    async def _fill_slice(self) -> None:
        async with self._filling:
            if self._others:
                await self._fill(_slice_of(self._others))
            elif self._behind is not None:
                self._behind = await self._catch_up(self._behind, None)

    def _mark(self) -> None:
        """Below the mark all is filled; it stays where something is behind."""
        now = self._utc()
        if now - self._marked_at >= MARK_S and not self._unfilled:
            self._marked_at = now
            self._commits.setting(MARK, first_id(now - UNCOMMITTED_S))

    async def _catch_up(self, after: str, to: str | None) -> str | None:
        """Fill a slice read back from the store; from where to go on, None at the end or where `to` is reached."""
        found = await self._store.messages_after(after, SLICE)
        if found:
            await self._fill([row for message in found for row in lookup_rows(message)])
        if len(found) < SLICE or (to is not None and found[-1].id >= to):
            return None
        return found[-1].id

    async def _fill(self, rows: list[LookupRow]) -> None:
        """A slice on disk; then the writer belongs to others for a turn."""
        if rows:
            self._commits.lookups(rows)
            await self._commits.settled()
            await asyncio.sleep(0)


def _slice_of(rows: deque[LookupRow]) -> list[LookupRow]:
    return [rows.popleft() for _ in range(min(RANDOM_SLICE, len(rows)))]
