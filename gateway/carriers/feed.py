"""What is due on disk, brought to the lanes as room appears: after a restart, at its time, or when a lane was full.

A lane in memory is bounded, the rest of a campaign is on disk and only counted here. Reading goes by id, oldest
first, in slices; what is already in memory, or left it while the slice was being read, is passed over. The
watermark says how far back a restart must look.
"""

import asyncio
from collections.abc import Callable, Container
from typing import Protocol

import structlog

from gateway.errors import StoreError
from gateway.message import Event, Message, Status, move
from gateway.store.commits import Commits
from gateway.store.store import QueueDepth, Store

log = structlog.get_logger()

SLICE = 1_000
WATERMARK = "watermark"


class Lanes(Protocol):
    """Where messages go, and how much room there is."""

    def room(self, carrier: str, lane: str) -> int:
        """How many messages the lane would take now."""

    def place(self, message: Message) -> bool:
        """Put it into a lane; False where there is no room."""


class Backlog:
    """What waits on disk for one carrier's lane. `after` is the id behind which to read on."""

    __slots__ = ("after", "carrier", "lane", "left", "loading", "messages", "oldest_at")

    def __init__(self, carrier: str, lane: str) -> None:
        self.carrier = carrier
        self.lane = lane
        self.after = ""
        self.messages = 0
        self.oldest_at = 0.0
        self.loading = False
        self.left: set[str] = set()  # ids that left memory while a slice was being read


class Feed:
    """All backlogs, the schedule, and the watermark."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        live: Container[str],
        lanes: Lanes,
        *,
        utc: Callable[[], float],
        hand_down: Callable[[Message], None],
    ) -> None:
        self._store = store
        self._commits = commits
        self._live = live
        self._lanes = lanes
        self._utc = utc
        self._hand_down = hand_down
        self._backlogs: dict[tuple[str, str], Backlog] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._due_task: asyncio.Task[None] | None = None

    def restore(self, depths: list[QueueDepth]) -> None:
        """What a start finds waiting."""
        for depth in depths:
            backlog = self._backlog(depth.carrier, depth.lane)
            backlog.messages = depth.messages
            backlog.after = before(depth.oldest_id)
            backlog.oldest_at = depth.oldest_at

    def depth(self, carrier: str, lane: str) -> tuple[int, float]:
        """How many messages wait on disk for a lane, and when the oldest was created (0.0: none)."""
        backlog = self._backlogs.get((carrier, lane))
        return (backlog.messages, backlog.oldest_at) if backlog and backlog.messages else (0, 0.0)

    def waits(self, carrier: str, lane: str) -> bool:
        """Whether there are messages on disk that must go before any newer one."""
        backlog = self._backlogs.get((carrier, lane))
        return backlog is not None and (backlog.messages > 0 or backlog.loading)

    def note(self, message: Message) -> None:
        """A message on disk that found no room in its lane."""
        backlog = self._backlog(message.carrier, message.lane)
        if backlog.messages == 0:
            backlog.after = before(message.id)
            backlog.oldest_at = message.created_at
        elif message.id <= backlog.after:
            backlog.after = before(message.id)
        backlog.messages += 1

    def left(self, message: Message) -> None:
        """A message has left memory: a slice that is being read may still show it as waiting."""
        for backlog in self._backlogs.values():
            if backlog.loading:
                backlog.left.add(message.id)

    def wake(self, carrier: str, lane: str) -> None:
        """Room has appeared in a lane."""
        backlog = self._backlogs.get((carrier, lane))
        if backlog is not None and backlog.messages and not backlog.loading and self._lanes.room(carrier, lane) > 0:
            backlog.loading = True
            self._spawn(self._load(backlog))

    def tick(self) -> None:
        """Once a second: lanes with room, and messages whose time has come."""
        for carrier, lane in list(self._backlogs):
            self.wake(carrier, lane)
        if self._due_task is None or self._due_task.done():
            self._due_task = asyncio.get_running_loop().create_task(self._release())

    def oldest(self) -> str:
        """The smallest id behind which something waits on disk, "" where nothing does."""
        return min((backlog.after for backlog in self._backlogs.values() if backlog.messages), default="")

    async def stop(self) -> None:
        """End reads that are under way."""
        tasks = [*self._tasks, *([self._due_task] if self._due_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _backlog(self, carrier: str, lane: str) -> Backlog:
        key = (carrier, lane)
        found = self._backlogs.get(key)
        if found is None:
            found = self._backlogs[key] = Backlog(carrier, lane)
        return found

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, backlog: Backlog) -> None:
        """Read slices until the lane is full or the disk has no more."""
        try:
            while (room := self._lanes.room(backlog.carrier, backlog.lane)) > 0:
                backlog.left.clear()
                await self._commits.drain()  # what has left memory must not be read as waiting
                after, limit = backlog.after, min(SLICE, room)
                found = await self._store.waiting(backlog.carrier, backlog.lane, after, limit)
                if backlog.after != after:
                    continue  # an older message came meanwhile: read again from there
                self._place(backlog, found)
                if len(found) < limit:
                    backlog.messages = 0
                    return
                if not backlog.messages:
                    return
        except StoreError as error:
            log.warning("feed_not_read", carrier=backlog.carrier, lane=backlog.lane, reason=str(error))
        finally:
            backlog.loading = False
            backlog.left.clear()

    def _place(self, backlog: Backlog, found: list[Message]) -> None:
        for message in found:
            if message.id not in self._live and message.id not in backlog.left and not self._lanes.place(message):
                break
            backlog.after = message.id
            backlog.oldest_at = message.created_at
            backlog.messages = max(1, backlog.messages - 1)

    async def _release(self) -> None:
        """Messages whose time has come become ACCEPTED, with a watermark that still covers them."""
        try:
            while due := await self._store.due(self._utc(), SLICE):
                now = self._utc()
                for message in due:
                    move(message, Status.ACCEPTED, Event(now, Status.ACCEPTED))
                    self._commits.update(message)
                self._commits.setting(WATERMARK, min(before(message.id) for message in due))
                await self._commits.drain()
                for message in due:
                    self._hand_down(message)
        except StoreError as error:
            log.warning("schedule_not_read", reason=str(error))


def before(message_id: str) -> str:
    """A text that sorts just before this id (and after all that are clearly smaller)."""
    return message_id[:-1]
