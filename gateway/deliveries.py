"""The road out to an app: receipts and inbound messages, kept on disk until the app took them.

A delivery is written in the commit that makes it true and leaves with the app's yes. In between it is offered to the
app's way: a receiving bind, or its webhook. Each app has queues of its own, bounded in memory, the rest is on disk
and read back as room appears, so that an app that stalls costs nobody else anything.

What is urgent, receipts of the fast lane and inbound messages, goes before the receipts of bulk: it has queues and
reads of its own, and a place that comes free is its. Bulk keeps a share: while both wait, every fourth place that
comes free is bulk's (BULK_EVERY). A message has one lane, so the order of its own events stays what it is.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from heapq import heappop, heappush
from math import ceil
from typing import Protocol

import structlog

from gateway.errors import StoreError
from gateway.message import FINAL, Delivery, Inbound, Message
from gateway.smpp.record import Record
from gateway.store.commits import Commits
from gateway.store.store import Store

log = structlog.get_logger()

IN_MEMORY = 1_000
LOOK_S = 20.0
"""So often the disk is looked at for pauses that nobody here remembers: those of before a start."""

BEHIND_S = 1.0
"""So long an event waits at least for an earlier one of its message that is due and not yet on its way."""
FORGOTTEN_S = 3600.0
"""So long after it was due an earlier event is waited for: by then it is read before, or was deleted."""
MOST_FIRST = 100_000
"""Messages whose order is remembered for an app that takes nothing; beyond, an event may come before an earlier one."""

RECALLED = 10_000
PAUSES_S = 10 * 86400.0
"""A start reads the oldest that wait of each app, whatever their pauses: what was tried in vain keeps its order."""

BULK_EVERY = 4
"""Of so many places that come free while urgent ones and bulk wait, one is bulk's."""

RECEIPT, INBOUND = "receipt", "inbound"


class Outcome(Enum):
    """What became of an offer: taken; not now (asked again after a pause); never (dead, kept to be replayed)."""

    TAKEN = auto()
    RETRY = auto()
    DEAD = auto()


class Parcel(Record):
    """A delivery with what it tells of: a message for a receipt, an inbound message otherwise."""

    __slots__ = ("delivery", "inbound", "message")

    def __init__(self, delivery: Delivery, message: Message | None, inbound: Inbound | None) -> None:
        self.delivery = delivery
        self.message = message
        self.inbound = inbound


Done = Callable[[Parcel, Outcome, str], Outcome]
"""Called with what became of an offer and why, in words; returns what it comes to: DEAD where no try is left."""


class Way(Protocol):
    """A way to an app: its receiving binds, or its webhook."""

    def serves(self, app: str, parcel: Parcel) -> bool:
        """Whether this way would take such a parcel now or soon (a bind is there, a webhook is configured)."""

    def send(self, parcel: Parcel, done: Done) -> bool:
        """Take it if there is room, and call `done(parcel, outcome, why)` exactly once later; False: no room now."""


class Share:
    """Whose turn it is while urgent ones and bulk wait for the same places."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = 0

    def is_bulks(self) -> bool:
        """Whether the next place is bulk's: every BULK_EVERY-th that is asked for."""
        self._turn = (self._turn + 1) % BULK_EVERY
        return self._turn == 0


class Backlog:
    """One app's urgent deliveries of one kind, or its bulk: a bounded queue, and whether there is more on disk."""

    __slots__ = (
        *("app", "due", "due_seconds", "first", "held", "late"),
        *("loading", "look_at", "more", "pumping", "queue", "settled", "urgent"),
    )

    def __init__(self, app: str, urgent: str) -> None:
        """`urgent` is the kind; "" is what is not urgent, of whatever kind."""
        self.app = app
        self.urgent = urgent
        self.queue: deque[Parcel] = deque()
        self.held: set[str] = set()  # ids in the queue or with a way
        self.more = True  # on disk, perhaps; the first read says
        self.loading = False
        self.late: list[Parcel] = []  # offered while the disk was being read
        self.settled: set[str] = set()  # answered meanwhile, so what was read of them is old
        self.pumping = False
        self.due: list[int] = []  # a heap of the seconds at which something put off is to be tried again
        self.due_seconds: set[int] = set()  # what is in it
        self.look_at = 0.0
        self.first: dict[str, tuple[str, float]] = {}  # message -> its first event that waits for a try, and until when

    def put_off(self, until: float) -> None:
        """Something on disk is to be tried again at this epoch second. Seconds, so that a million need few."""
        second = ceil(until)
        if second not in self.due_seconds:
            self.due_seconds.add(second)
            heappush(self.due, second)

    def is_due(self, now: float) -> bool:
        """Whether to look on disk: a pause is over, or nobody has looked for a while (pauses from before a start)."""
        due = now >= self.look_at
        while self.due and self.due[0] <= now:
            self.due_seconds.discard(heappop(self.due))
            due = True
        if due:
            self.look_at = now + LOOK_S
        return due


class Owed:
    """All that one app is owed."""

    __slots__ = ("bulk", "fast", "inbound", "ordered", "recalled", "share")

    def __init__(self, app: str) -> None:
        self.inbound = Backlog(app, INBOUND)
        self.fast = Backlog(app, RECEIPT)
        self.bulk = Backlog(app, "")
        self.ordered = (self.inbound, self.fast, self.bulk)  # the urgent ones first
        self.share = Share()
        self.recalled = False  # what was put off before the start

    def backlog(self, delivery: Delivery) -> Backlog:
        """The one that a delivery belongs to, in memory and as it is read from disk."""
        if not delivery.urgent:
            return self.bulk
        return self.inbound if delivery.kind == INBOUND else self.fast


class Deliveries:
    """All apps' deliveries. `ways` are asked in order for each parcel; the first that serves it takes it.

    Receipts and inbound messages of an app do not wait for each other: their ways may differ.
    """

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
        self._apps: dict[str, Owed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._done = self._settle
        for app in apps:
            self.add_app(app)

    def add_way(self, way: Way) -> None:
        """One more way to apps, asked after those already there."""
        self._ways.append(way)

    def add_app(self, app: str) -> None:
        """An app that a changed configuration brought."""
        if app not in self._apps:
            self._apps[app] = Owed(app)

    def offer(self, parcel: Parcel) -> None:
        """A delivery that has just become durable: on its way at once where there is room."""
        owed = self._apps.get(parcel.delivery.app)
        if owed is None:
            return
        backlog = owed.backlog(parcel.delivery)
        if parcel.delivery.id in backlog.held:
            return
        if backlog.loading and len(backlog.late) < IN_MEMORY:
            backlog.late.append(parcel)
        elif backlog.loading or backlog.more or len(backlog.queue) >= IN_MEMORY:
            backlog.more = True
            self._pump(backlog)
        else:
            backlog.held.add(parcel.delivery.id)
            backlog.queue.append(parcel)
            self._pump(backlog)

    def wake(self, app: str) -> None:
        """Room has appeared for an app (it bound, answered, or its pause is over)."""
        for backlog in self._backlogs(app):
            self._pump(backlog)

    def look_again(self, app: str) -> None:
        """There is something new on disk for an app (a replay): read it."""
        for backlog in self._backlogs(app):
            backlog.more = True
            self._pump(backlog)

    def wake_all(self) -> None:
        """Look after every app, once a second: pauses that are over, and what a start finds on disk."""
        now = self._utc()
        for app in self._apps:
            for backlog in self._backlogs(app):
                backlog.more = backlog.is_due(now) or backlog.more
                self._pump(backlog)

    def waiting_in_memory(self, app: str) -> int:
        """Parcels queued or with a way, for status."""
        return sum(len(backlog.held) for backlog in self._backlogs(app))

    async def stop(self) -> None:
        """End reads that are under way; what was not taken stays on disk."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _backlogs(self, app: str) -> tuple[Backlog, ...]:
        owed = self._apps.get(app)
        return owed.ordered if owed is not None else ()

    def _way(self, parcel: Parcel) -> Way | None:
        return next((way for way in self._ways if way.serves(parcel.delivery.app, parcel)), None)

    def _pump(self, backlog: Backlog, *, one: bool = False) -> None:
        """Hand over what there is room for, or one, and have more read. A way that answers at once calls in here
        again."""
        if backlog.pumping:
            return
        backlog.pumping = True
        try:
            self._hand_over(backlog, one)
        finally:
            backlog.pumping = False
        if backlog.more and not backlog.loading and len(backlog.queue) < IN_MEMORY // 2 and self._anyone(backlog):
            backlog.loading = True
            task = asyncio.get_running_loop().create_task(self._load(backlog))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _hand_over(self, backlog: Backlog, one: bool) -> None:
        queue = backlog.queue
        while queue:
            parcel = queue.popleft()
            if backlog.first and self._is_behind(backlog, parcel.delivery):
                continue
            way = self._way(parcel)
            if way is None or not way.send(parcel, self._done):
                queue.appendleft(parcel)
                return
            if one:
                return

    def _is_behind(self, backlog: Backlog, delivery: Delivery) -> bool:
        """Put off an event while an earlier one of its message waits for a try. It counts as no try of its own."""
        now = self._utc()
        earlier_id, until = backlog.first.get(delivery.subject, (delivery.id, now))
        if now - until > FORGOTTEN_S:  # the earlier one is not on disk any more
            del backlog.first[delivery.subject]
            return False
        if earlier_id >= delivery.id or earlier_id in backlog.held:  # what is held goes before it
            return False
        backlog.held.discard(delivery.id)
        if backlog.loading:
            backlog.settled.add(delivery.id)
        delivery.next_at = max(until, now + BEHIND_S)
        backlog.put_off(delivery.next_at)
        self._commits.postpone(delivery)
        return True

    def _anyone(self, backlog: Backlog) -> bool:
        """Whether reading on makes sense: nothing is queued that no way wants."""
        return not backlog.queue or self._way(backlog.queue[0]) is not None

    async def _load(self, backlog: Backlog) -> None:
        """Read what is due from disk, oldest first, skipping what is already held."""
        backlog.settled.clear()
        try:
            await self._commits.drain(bulk=False)  # what has been taken must not be read as waiting
            await self._recall(self._apps[backlog.app])
            backlog.more = False
            found = await self._read(backlog)
        except StoreError as error:
            backlog.more = True
            found = []
            log.warning("deliveries_not_read", app=backlog.app, reason=str(error))
        finally:
            backlog.loading = False
            late, backlog.late = backlog.late, []
        # What came while the disk was read comes behind it; where not all was read, the next read finds it there.
        for parcel in found if backlog.more else found + late:
            if parcel.delivery.id not in backlog.held:
                backlog.held.add(parcel.delivery.id)
                backlog.queue.append(parcel)
        if backlog.queue:
            self._pump(backlog)

    async def _recall(self, owed: Owed) -> None:
        """Before the first try of a start: note whose earlier events wait for a try, so that none overtakes them."""
        if owed.recalled:
            return
        for row in await self._store.deliveries(owed.bulk.app, self._utc() + PAUSES_S, "", RECALLED):
            if row.attempts:
                _after_earlier(owed.backlog(row), row, row.next_at)
        owed.recalled = True

    async def _read(self, backlog: Backlog) -> list[Parcel]:
        """A slice of what is due, without what a way holds or has settled while it was read."""
        limit = IN_MEMORY + len(backlog.held)
        rows = await self._store.owed(backlog.app, self._utc(), limit, backlog.urgent)
        backlog.more = backlog.more or len(rows) == limit
        parcels = await self._parcels([row for row in rows if row.id not in backlog.held])
        return [parcel for parcel in parcels if parcel.delivery.id not in backlog.settled]

    async def _parcels(self, rows: list[Delivery]) -> list[Parcel]:
        """Deliveries with what they tell of; one whose subject is gone is dropped and said."""
        receipts = [row.subject for row in rows if row.kind == RECEIPT]
        messages = {message.id: message for message in await self._store.messages(receipts)} if receipts else {}
        parcels: list[Parcel] = []
        for row in rows:
            message = messages.get(row.subject) if row.kind == RECEIPT else None
            inbound = await self._store.inbound(row.subject) if row.kind == INBOUND else None
            if message is None and inbound is None:
                log.warning("delivery_without_subject", delivery=row.id, app=row.app, subject=row.subject)
                self._commits.delivered(row.id)
                continue
            parcels.append(Parcel(row, message, inbound))
        return parcels

    def _settle(self, parcel: Parcel, outcome: Outcome, why: str) -> Outcome:
        """An offer was answered: it leaves, waits for its next try, or is dead."""
        delivery = parcel.delivery
        owed = self._apps[delivery.app]
        backlog = owed.backlog(delivery)
        backlog.held.discard(delivery.id)
        if backlog.loading:
            backlog.settled.add(delivery.id)
        if outcome is Outcome.TAKEN:
            self._commits.delivered(delivery.id)
        else:
            outcome = self._postpone(backlog, parcel, outcome, why)
        if outcome is not Outcome.RETRY and backlog.first.get(delivery.subject, ("",))[0] == delivery.id:
            del backlog.first[delivery.subject]
        self._on_outcome(parcel, outcome)
        self._go_on(owed, backlog)
        return outcome

    def _go_on(self, owed: Owed, settled: Backlog) -> None:
        """A place has come free: whose it is, where they share a bind's window or a webhook's connections."""
        inbound, fast, bulk = owed.ordered
        if inbound.queue or fast.queue:
            if bulk.queue and owed.share.is_bulks():
                self._pump(bulk, one=True)
            for urgent in (fast, inbound) if settled is inbound else (inbound, fast):
                if urgent.queue:
                    self._pump(urgent)
        if bulk.queue and settled is not bulk:
            self._pump(bulk)
        if settled.queue or settled.more:
            self._pump(settled)

    def _postpone(self, backlog: Backlog, parcel: Parcel, outcome: Outcome, why: str) -> Outcome:
        delivery = parcel.delivery
        delivery.attempts += 1
        delivery.detail = why
        pause_s = None if outcome is Outcome.DEAD else self._retry_after_s(parcel)
        if pause_s is None:
            outcome = Outcome.DEAD
            delivery.state = "dead"
        else:
            delivery.next_at = _after_earlier(backlog, delivery, self._utc() + pause_s)
            backlog.put_off(delivery.next_at)
        self._commits.postpone(delivery)
        return outcome


def _after_earlier(backlog: Backlog, delivery: Delivery, at: float) -> float:
    """When an event is tried again: not before an earlier one of its message. One that others may follow is noted."""
    earlier_id, until = backlog.first.get(delivery.subject, (delivery.id, 0.0))
    if earlier_id < delivery.id:
        return max(at, until)
    if delivery.kind == RECEIPT and delivery.status not in FINAL and len(backlog.first) < MOST_FIRST:
        backlog.first[delivery.subject] = (delivery.id, at)
    return at
