"""The road out to an app: receipts and inbound messages, kept on disk until the app took them.

A delivery is written in the commit that makes it true and leaves with the app's yes. In between it is offered to the
app's way: a receiving bind, or its webhook. Each app has a queue of its own, bounded in memory, the rest is on disk
and read back as room appears, so that an app that stalls costs nobody else anything.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple, Protocol

import structlog

from gateway.errors import StoreError
from gateway.message import Delivery, Inbound, Message
from gateway.store.commits import Commits
from gateway.store.store import Store

log = structlog.get_logger()

IN_MEMORY = 1_000


class Outcome(Enum):
    """What became of an offer: taken; not now (asked again after a pause); never (dead, kept to be replayed)."""

    TAKEN = auto()
    RETRY = auto()
    DEAD = auto()


class Parcel(NamedTuple):
    """A delivery with what it tells of: a message for a receipt, an inbound message otherwise."""

    delivery: Delivery
    message: Message | None
    inbound: Inbound | None


Done = Callable[[Parcel, Outcome, str], None]


class Way(Protocol):
    """A way to an app: its receiving binds, or its webhook."""

    def serves(self, app: str, parcel: Parcel) -> bool:
        """Whether this way would take such a parcel now or soon (a bind is there, a webhook is configured)."""

    def send(self, parcel: Parcel, done: Done) -> bool:
        """Take it if there is room, and call `done(parcel, outcome, why)` exactly once later; False: no room now."""


class Backlog:
    """What one app is owed: a bounded queue, and whether there is more on disk."""

    __slots__ = ("app", "held", "loading", "more", "next_at", "queue")

    def __init__(self, app: str) -> None:
        self.app = app
        self.queue: deque[Parcel] = deque()
        self.held: set[str] = set()  # ids in the queue or with a way
        self.more = True  # on disk, perhaps; the first read says
        self.loading = False
        self.next_at: float | None = None


class Deliveries:
    """All apps' deliveries. `ways` are asked in order for each parcel; the first that serves it takes it."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        apps: list[str],
        *,
        utc: Callable[[], float],
        retry_after_s: Callable[[Parcel], float | None],
        on_outcome: Callable[[Parcel, Outcome], None],
    ) -> None:
        """`retry_after_s(parcel)`: the pause before the next try, None when it is to be given up (dead)."""
        self._store = store
        self._commits = commits
        self._utc = utc
        self._retry_after_s = retry_after_s
        self._on_outcome = on_outcome
        self._ways: list[Way] = []
        self._apps = {app: Backlog(app) for app in apps}
        self._tasks: set[asyncio.Task[None]] = set()
        self._done = self._settle

    def add_way(self, way: Way) -> None:
        """One more way to apps, asked after those already there."""
        self._ways.append(way)

    def add_app(self, app: str) -> None:
        """An app that a changed configuration brought."""
        self._apps.setdefault(app, Backlog(app))

    def offer(self, parcel: Parcel) -> None:
        """A delivery that has just become durable: on its way at once where there is room."""
        backlog = self._apps.get(parcel.delivery.app)
        if backlog is None or parcel.delivery.id in backlog.held:
            return
        if len(backlog.queue) >= IN_MEMORY or backlog.more:
            backlog.more = True
            self.wake(backlog.app)
            return
        backlog.held.add(parcel.delivery.id)
        backlog.queue.append(parcel)
        self._pump(backlog)

    def wake(self, app: str) -> None:
        """Room has appeared for an app (it bound, answered, or its pause is over)."""
        backlog = self._apps.get(app)
        if backlog is not None:
            self._pump(backlog)

    def look_again(self, app: str) -> None:
        """There is something new on disk for an app (a replay): read it."""
        backlog = self._apps.get(app)
        if backlog is not None:
            backlog.more = True
            self._pump(backlog)

    def wake_all(self) -> None:
        """Look after every app: pauses that are over, and what a start finds on disk."""
        for backlog in self._apps.values():
            if backlog.next_at is not None and backlog.next_at <= self._utc():
                backlog.next_at = None
                backlog.more = True
            self._pump(backlog)

    def waiting_in_memory(self, app: str) -> int:
        """Parcels queued or with a way, for status."""
        return len(self._apps[app].held)

    async def stop(self) -> None:
        """End reads that are under way; what was not taken stays on disk."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _way(self, parcel: Parcel) -> Way | None:
        return next((way for way in self._ways if way.serves(parcel.delivery.app, parcel)), None)

    def _pump(self, backlog: Backlog) -> None:
        queue = backlog.queue
        while queue:
            way = self._way(queue[0])
            if way is None or not way.send(queue[0], self._done):
                break
            queue.popleft()
        if backlog.more and not backlog.loading and len(queue) < IN_MEMORY // 2 and self._anyone(backlog):
            backlog.loading = True
            task = asyncio.get_running_loop().create_task(self._load(backlog))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _anyone(self, backlog: Backlog) -> bool:
        """Whether reading on makes sense: nothing is queued that no way wants."""
        return not backlog.queue or self._way(backlog.queue[0]) is not None

    async def _load(self, backlog: Backlog) -> None:
        """Read what is due from disk, oldest first, skipping what is already held."""
        try:
            await self._commits.drain()
            backlog.more = False
            limit = IN_MEMORY + len(backlog.held)
            found = await self._store.deliveries(backlog.app, self._utc(), "", limit)
            fresh = [delivery for delivery in found if delivery.id not in backlog.held]
            backlog.more = backlog.more or len(found) == limit
            for parcel in await self._parcels(fresh):
                if parcel.delivery.id not in backlog.held:
                    backlog.held.add(parcel.delivery.id)
                    backlog.queue.append(parcel)
        except StoreError as error:
            backlog.more = True
            log.warning("deliveries_not_read", app=backlog.app, reason=str(error))
            return
        finally:
            backlog.loading = False
        if backlog.queue:
            self._pump(backlog)

    async def _parcels(self, found: list[Delivery]) -> list[Parcel]:
        """Deliveries with what they tell of; one whose subject is gone is dropped and said."""
        messages = {
            message.id: message
            for message in await self._store.messages([row.subject for row in found if row.kind == "receipt"])
        }
        parcels: list[Parcel] = []
        for row in found:
            message = messages.get(row.subject) if row.kind == "receipt" else None
            inbound = await self._store.inbound(row.subject) if row.kind == "inbound" else None
            if message is None and inbound is None:
                log.warning("delivery_without_subject", delivery=row.id, app=row.app, subject=row.subject)
                self._commits.delivered(row.id)
                continue
            parcels.append(Parcel(row, message, inbound))
        return parcels

    def _settle(self, parcel: Parcel, outcome: Outcome, why: str) -> None:
        """An offer was answered: it leaves, waits for its next try, or is dead."""
        delivery = parcel.delivery
        backlog = self._apps[delivery.app]
        backlog.held.discard(delivery.id)
        if outcome is Outcome.TAKEN:
            self._commits.delivered(delivery.id)
        else:
            outcome = self._postpone(backlog, parcel, outcome, why)
        self._on_outcome(parcel, outcome)
        if backlog.queue or backlog.more:
            self._pump(backlog)

    def _postpone(self, backlog: Backlog, parcel: Parcel, outcome: Outcome, why: str) -> Outcome:
        delivery = parcel.delivery
        delivery.attempts += 1
        delivery.detail = why
        pause_s = None if outcome is Outcome.DEAD else self._retry_after_s(parcel)
        if pause_s is None:
            outcome = Outcome.DEAD
            delivery.state = "dead"
        else:
            delivery.next_at = self._utc() + pause_s
            backlog.next_at = min(delivery.next_at, backlog.next_at or delivery.next_at)
        self._commits.postpone(delivery)
        return outcome
