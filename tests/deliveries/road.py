"""The road out to apps, with ways that answer when the test says and a store that reads when it says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.deliveries import Deliveries, Done, Outcome, Parcel
from gateway.errors import StoreError
from gateway.message import Delivery
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from tests.support.clock import ManualClock
from tests.support.store import a_delivery, a_message, an_inbound


class FakeWay:
    """Takes so many at once of what it serves, and answers when the test says."""

    def __init__(self, room: int = 1_000_000, *, apps: tuple[str, ...] = ("bank", "shop"), kinds: str = "") -> None:
        self.room = room
        self.apps = apps
        self.kinds = kinds
        self.open: list[tuple[Parcel, Done]] = []
        self.sent: list[str] = []

    def serves(self, app: str, parcel: Parcel) -> bool:
        return app in self.apps and self.kinds in {"", parcel.delivery.kind}

    def send(self, parcel: Parcel, done: Done) -> bool:
        if len(self.open) >= self.room:
            return False
        self.open.append((parcel, done))
        self.sent.append(parcel.delivery.id)
        return True

    def answer(self, outcome: Outcome = Outcome.TAKEN, why: str = "") -> Outcome:
        """The oldest open one."""
        parcel, done = self.open.pop(0)
        return done(parcel, outcome, why)


class AnsweringWay(FakeWay):
    """Takes everything and answers before `send` returns."""

    def send(self, parcel: Parcel, done: Done) -> bool:
        self.sent.append(parcel.delivery.id)
        done(parcel, Outcome.TAKEN, "")
        return True


class SlowStore(MemoryStore):
    """Reads deliveries only while `gate` is open; fails when told."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.reading = asyncio.Event()
        self.reads = 0
        self.error: StoreError | None = None

    async def owed(self, app: str, now: float, limit: int, urgent: str) -> list[Delivery]:
        found = await super().owed(app, now, limit, urgent)
        self.reads += 1
        self.reading.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return found


class Road:
    """Deliveries over a store, with the clock in the test's hand."""

    def __init__(self, store: SlowStore, commits: Commits) -> None:
        self.store = store
        self.commits = commits
        self.clock = ManualClock()
        self.outcomes: list[tuple[str, Outcome]] = []
        self.pauses: list[float | None] = []
        self.deliveries = Deliveries(
            store,
            commits,
            ["bank", "shop"],
            utc=self.clock.utc,
            retry_after_s=lambda _: self.pauses.pop(0) if self.pauses else 5.0,
            on_outcome=lambda parcel, outcome: self.outcomes.append((parcel.delivery.id, outcome)),
        )

    def parcel(self, n: float, *, app: str = "bank", kind: str = "receipt", urgent: bool = False) -> Parcel:
        """A delivery that is written with the next commit."""
        urgent = urgent or kind == "inbound"
        delivery = a_delivery(n, app=app, kind=kind, subject=a_message(0).id, urgent=urgent)
        self.commits.deliver(delivery)
        if kind == "inbound":
            return Parcel(delivery, None, an_inbound(0))
        return Parcel(delivery, a_message(0), None)

    async def offer(self, *parcels: Parcel) -> None:
        """As the roads do it: after the commit."""
        await self.commits.drain()
        for parcel in parcels:
            self.deliveries.offer(parcel)

    async def write(self, *numbers: float, **fields: Any) -> None:
        """Deliveries that are on disk and were never offered, as a start finds them."""
        rows = [a_delivery(n, subject=a_message(0).id, **fields) for n in numbers]
        await self.store.commit(Changes(deliveries={row.id: row for row in rows}))

    async def settled(self) -> None:
        """Until no read is under way, and everything said is on disk."""
        await until(lambda: not self.deliveries._tasks)
        await self.commits.drain()

    async def on_disk(self, app: str = "bank") -> list[str]:
        """What waits there, due or not."""
        await self.commits.drain()
        return [row.id for row in await self.store.deliveries(app, self.clock.utc() + 1e9, "", 10_000)]


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():  # noqa: ASYNC110 (what is waited for tells nobody)
            await asyncio.sleep(0)


@asynccontextmanager
async def a_road(*, started: bool = True) -> AsyncIterator[Road]:
    store = SlowStore()
    await store.open()
    await store.commit(Changes(accepted=[a_message(0)], inbound={an_inbound(0).id: an_inbound(0)}))
    commits = Commits(store, gather_s=0.0)
    task = asyncio.create_task(commits.run())
    road = Road(store, commits)
    if started:  # the first read, which finds nothing
        road.deliveries.wake_all()
        await road.settled()
    try:
        yield road
    finally:
        await road.deliveries.stop()
        task.cancel()
        await asyncio.wait([task])
        await store.close()


def ids(*parcels: Parcel) -> list[str]:
    return [parcel.delivery.id for parcel in parcels]
