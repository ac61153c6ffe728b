"""What is due on disk, brought to the lanes as room appears: after a restart, at its time, or when a lane was full.

A lane in memory is bounded, the rest of a campaign is on disk and only counted here, batch by batch, so that one that
came later is not behind all of one that came before. Reading goes by id, oldest first, in slices; what is already in
memory, or left it while the slice was being read, is passed over. After a restart nobody knows whose messages wait:
they are read by id, and what finds no room for its batch is left to that batch's own reading.
"""

import asyncio
from collections.abc import Callable, Container
from typing import Protocol

import structlog

from gateway.carriers.backlog import Backlog, Flow, before
from gateway.errors import StoreError
from gateway.message import Event, Message, Status
from gateway.moves import move
from gateway.store.commits import Commits
from gateway.store.store import QueueDepth, Store

log = structlog.get_logger()

SLICE = 500
WATERMARK = "watermark"


class Lanes(Protocol):
    """Where messages go, and how much room there is."""

    def wants(self, carrier: str, lane: str, flow: Flow | None) -> int:
        """How many messages of a batch (None: of any) the lane wants from disk now; 0 where it is not worth a read."""

    def place(self, message: Message) -> bool:
        """Put it into a lane; False where there is no room for its batch."""


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
        cover: Callable[[], None] = lambda: None,
    ) -> None:
        """`hand_down(message)` takes what may go and is on disk; `cover()` has a watermark written with what was said
        just now, that leaves out nothing of `oldest`."""
        self._store = store
        self._commits = commits
        self._live = live
        self._lanes = lanes
        self._utc = utc
        self._hand_down = hand_down
        self._cover = cover
        self._backlogs: dict[tuple[str, str], dict[Flow | None, Backlog]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._due_task: asyncio.Task[None] | None = None
        self._reads = 0
        self._left: set[str] = set()  # ids that left memory, or ended, while something was being read
        self._releasing: set[str] = set()  # ids whose time has come, until that is durable

    # -- what waits -------------------------------------------------------------------------------------------------

    def restore(self, depths: list[QueueDepth], last_id: str) -> None:
        """What a start finds waiting; `last_id` is that of the newest message there is.

        Not what the clock says: it may have been ahead when those messages came.
        """
        for depth in depths:
            backlog = Backlog(depth.carrier, depth.lane, None, last_id)
            backlog.messages = depth.messages
            backlog.after = before(depth.oldest_id)
            backlog.oldest_at = depth.oldest_at
            self._backlogs.setdefault((depth.carrier, depth.lane), {})[None] = backlog

    def depth(self, carrier: str, lane: str) -> tuple[int, float]:
        """How many messages wait on disk for a lane, and when the oldest was created (0.0: none)."""
        waiting = [backlog for backlog in self._of(carrier, lane) if backlog.messages]
        return sum(backlog.messages for backlog in waiting), min((one.oldest_at for one in waiting), default=0.0)

    def waits(self, message: Message) -> bool:
        """Whether there are messages of its batch on disk that must go before it."""
        backlogs = self._backlogs.get((message.carrier, message.lane))
        return backlogs is not None and (message.app, message.batch) in backlogs

    def note(self, message: Message) -> None:
        """A message on disk that found no room in its lane."""
        self._flow(message).note(message.id, message.created_at)

    def left(self, message_id: str) -> None:
        """A message has left memory, or has ended: a slice that is being read may still show it as waiting."""
        if self._reads:
            self._left.add(message_id)
        if self._releasing:
            self._releasing.discard(message_id)

    def oldest(self) -> str:
        """The smallest id behind which something waits on disk or is being released, "" where nothing does."""
        backlogs = (one for found in self._backlogs.values() for one in found.values())
        return min((*(one.after for one in backlogs), *map(before, self._releasing)), default="")

    def _of(self, carrier: str, lane: str) -> list[Backlog]:
        return list(self._backlogs.get((carrier, lane), {}).values())

    def _flow(self, message: Message) -> Backlog:
        backlogs = self._backlogs.setdefault((message.carrier, message.lane), {})
        flow = message.app, message.batch
        found = backlogs.get(flow)
        if found is None:
            found = backlogs[flow] = Backlog(message.carrier, message.lane, flow)
        return found

    # -- bringing it ------------------------------------------------------------------------------------------------

    def wake(self, carrier: str, lane: str) -> None:
        """Room has appeared in a lane."""
        backlogs = self._backlogs.get((carrier, lane))
        if not backlogs:
            return
        for backlog in backlogs.values():
            if not backlog.loading and self._lanes.wants(carrier, lane, backlog.flow) > 0:
                backlog.loading = True
                self._spawn(self._load(backlog))

    def tick(self) -> None:
        """Once a second: lanes with room, and messages whose time has come."""
        for carrier, lane in self._backlogs:
            self.wake(carrier, lane)
        if self._due_task is None or self._due_task.done():
            self._due_task = asyncio.get_running_loop().create_task(self._release())

    async def stop(self) -> None:
        """End reads that are under way."""
        tasks = [*self._tasks, *([self._due_task] if self._due_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, backlog: Backlog) -> None:
        """Read slices until the lane is full or the disk has no more."""
        try:
            while (wanted := self._lanes.wants(backlog.carrier, backlog.lane, backlog.flow)) > 0:
                if not await self._load_slice(backlog, min(SLICE, wanted, backlog.slice)):
                    return
        except StoreError as error:
            log.warning("feed_not_read", carrier=backlog.carrier, lane=backlog.lane, reason=str(error))
        finally:
            backlog.loading = False

    async def _load_slice(self, backlog: Backlog, limit: int) -> bool:
        """Read and place once; whether to go on."""
        self._begin()
        try:
            await self._commits.drain(bulk=False)  # what has left memory must not be read as waiting
            after, noted = backlog.after, backlog.noted
            found = await self._store.waiting(backlog.carrier, backlog.lane, after, limit)
            if backlog.after != after:
                return True  # an older message came meanwhile: read again from there
            if not self._place(backlog, found):
                backlog.slice = Backlog.FIRST_SLICE
                return False
        finally:
            self._end()
        backlog.slice = min(SLICE, backlog.slice * 2)
        if len(found) < limit and backlog.noted == noted:
            self._finished(backlog)
            return False
        return True

    def _place(self, backlog: Backlog, found: list[Message]) -> bool:
        """Put what was read into lanes; False at the first that finds no room."""
        for message in found:
            if backlog.flow is None and message.id > backlog.last:
                self._finished(backlog)
                return False
            if backlog.flow is None or backlog.flow == (message.app, message.batch):
                if self._is_new(message) and not self._lanes.place(message):
                    if backlog.flow is not None or not self._lanes.wants(backlog.carrier, backlog.lane, None):
                        return False
                    self.note(message)  # its batch has its share of the lane; those of others may still find room
                backlog.fewer()
            backlog.passed(message.id, message.created_at)
        return True

    def _is_new(self, message: Message) -> bool:
        return message.id not in self._live and message.id not in self._left

    def _finished(self, backlog: Backlog) -> None:
        backlog.messages = 0
        del self._backlogs[backlog.carrier, backlog.lane][backlog.flow]

    def _begin(self) -> None:
        self._reads += 1

    def _end(self) -> None:
        self._reads -= 1
        if not self._reads:
            self._left.clear()

    # -- the schedule -----------------------------------------------------------------------------------------------

    async def _release(self) -> None:
        """Messages whose time has come become ACCEPTED, with a watermark that still covers them."""
        self._begin()
        try:
            while True:
                await self._commits.drain(bulk=False)  # a cancellation that was said must be read as one
                due = await self._store.due(self._utc(), SLICE)
                fresh = [one for one in due if one.id not in self._releasing and one.id not in self._left]
                for message in fresh:
                    self._accept(message)
                if not fresh:
                    return
                self._cover()
        except StoreError as error:
            log.warning("schedule_not_read", reason=str(error))
        finally:
            self._end()

    def _accept(self, message: Message) -> None:
        if move(message, Status.ACCEPTED, Event(self._utc(), Status.ACCEPTED)):
            self._releasing.add(message.id)
            self._commits.update(message, self._released, message)

    def _released(self, message: object, error: StoreError | None) -> None:
        """It is durable that the message may go: down with it, unless it was cancelled meanwhile."""
        assert isinstance(message, Message)  # noqa: S101  # what `_accept` gave
        if message.id in self._releasing:
            self._releasing.discard(message.id)
            if error is None:
                self._hand_down(message)
