"""The road out to apps: what is offered arrives once, in order, from memory or from disk, whoever stalls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gateway import deliveries as deliveries_module
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

    async def deliveries(self, app: str, now: float, after: str, limit: int, kind: str = "") -> list[Delivery]:
        found = await super().deliveries(app, now, after, limit, kind)
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

    def parcel(self, n: float, *, app: str = "bank", kind: str = "receipt") -> Parcel:
        """A delivery that is written with the next commit."""
        delivery = a_delivery(n, app=app, kind=kind, subject=a_message(0).id)
        self.commits.deliver(delivery)
        if kind == "inbound":
            return Parcel(delivery, None, an_inbound(0))
        return Parcel(delivery, a_message(0), None)

    async def offer(self, *parcels: Parcel) -> None:
        """As the roads do it: after the commit."""
        await self.commits.drain()
        for parcel in parcels:
            self.deliveries.offer(parcel)

    async def write(self, *numbers: float, app: str = "bank", kind: str = "receipt", next_at: float = 0.0) -> None:
        """Deliveries that are on disk and were never offered, as a start finds them."""
        rows = [a_delivery(n, app=app, kind=kind, subject=a_message(0).id, next_at=next_at) for n in numbers]
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


async def test_delivery_goes_out_at_once_and_leaves_the_disk_when_taken() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        parcel = road.parcel(1)
        await road.offer(parcel)
        assert way.sent == ids(parcel)
        assert await road.on_disk() == ids(parcel)
        assert road.deliveries.waiting_in_memory("bank") == 1

        assert way.answer() is Outcome.TAKEN

        assert await road.on_disk() == []
        assert road.outcomes == [(parcel.delivery.id, Outcome.TAKEN)]
        assert road.deliveries.waiting_in_memory("bank") == 0


async def test_deliveries_offered_twice_go_out_once() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        parcel = road.parcel(1)
        await road.offer(parcel, parcel)
        assert way.sent == ids(parcel)


async def test_deliveries_of_an_app_that_is_gone_stay_on_disk() -> None:
    async with a_road() as road:
        road.deliveries.add_way(FakeWay())
        parcel = road.parcel(1, app="gone")
        await road.offer(parcel)
        road.deliveries.wake("gone")
        assert await road.on_disk("gone") == ids(parcel)


async def test_deliveries_keep_their_order_while_there_is_no_room() -> None:
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(5)]
        await road.offer(*parcels)
        for _ in parcels:
            way.answer()
        assert way.sent == ids(*parcels)


async def test_deliveries_wait_until_a_way_appears() -> None:
    async with a_road() as road:
        way = FakeWay(apps=())
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(3)]
        await road.offer(*parcels)
        assert way.sent == []
        way.apps = ("bank",)
        road.deliveries.wake("bank")
        assert way.sent == ids(*parcels)


async def test_deliveries_take_the_first_way_that_serves_them() -> None:
    async with a_road() as road:
        binds, webhook = FakeWay(apps=("shop",)), FakeWay()
        road.deliveries.add_way(binds)
        road.deliveries.add_way(webhook)
        bank, shop = road.parcel(1), road.parcel(2, app="shop")
        await road.offer(bank, shop)
        assert (binds.sent, webhook.sent) == (ids(shop), ids(bank))


async def test_deliveries_that_nobody_serves_do_not_hold_up_the_other_kind() -> None:
    async with a_road() as road:
        webhook = FakeWay(kinds="inbound")
        road.deliveries.add_way(webhook)
        receipt, inbound = road.parcel(1), road.parcel(2, kind="inbound")
        await road.offer(receipt, inbound)
        assert webhook.sent == ids(inbound)


async def test_deliveries_of_one_kind_on_disk_do_not_hide_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries_module, "IN_MEMORY", 4)
    async with a_road(started=False) as road:
        await road.write(*range(50))
        await road.write(60, 61, kind="inbound")
        webhook = FakeWay(kinds="inbound")
        road.deliveries.add_way(webhook)
        road.deliveries.wake_all()
        await road.settled()
        assert webhook.sent == [a_delivery(60).id, a_delivery(61).id]


async def test_deliveries_survive_a_way_that_answers_at_once() -> None:
    async with a_road() as road:
        way = AnsweringWay()
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(2000)]
        await road.offer(*parcels)
        assert way.sent == ids(*parcels)
        assert await road.on_disk() == []


# Disk


async def test_deliveries_over_the_bound_stay_on_disk_and_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries_module, "IN_MEMORY", 10)
    async with a_road() as road:
        way = FakeWay(room=2)
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(100)]
        await road.offer(*parcels)
        assert road.deliveries.waiting_in_memory("bank") <= 12
        while len(way.sent) < 100:
            while way.open:
                way.answer()
            await road.settled()
        assert way.sent == ids(*parcels)
        while way.open:
            way.answer()
        assert await road.on_disk() == []


async def test_start_finds_what_is_on_disk() -> None:
    async with a_road(started=False) as road:
        await road.write(1, 2)
        await road.write(3, kind="inbound")
        way = FakeWay()
        road.deliveries.add_way(way)
        road.deliveries.wake_all()
        await road.settled()
        assert sorted(way.sent) == [a_delivery(n).id for n in (1, 2, 3)]
        receipt, inbound = (next(p for p, _ in way.open if p.delivery.kind == kind) for kind in ("receipt", "inbound"))
        assert receipt.message == a_message(0)
        assert inbound.inbound == an_inbound(0)


async def test_start_drops_a_delivery_whose_subject_is_gone() -> None:
    async with a_road(started=False) as road:
        row = a_delivery(1, subject="pruned")
        await road.store.commit(Changes(deliveries={row.id: row}))
        way = FakeWay()
        road.deliveries.add_way(way)
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == []
        assert await road.on_disk() == []


async def test_what_is_offered_while_the_disk_is_read_comes_behind_it_and_once() -> None:
    async with a_road(started=False) as road:
        await road.write(1, 2)
        way = FakeWay()
        road.deliveries.add_way(way)
        road.store.gate.clear()
        road.deliveries.wake_all()
        await road.store.reading.wait()
        later = road.parcel(3)
        await road.offer(later, Parcel(a_delivery(2), a_message(0), None))
        assert way.sent == []
        road.store.gate.set()
        await road.settled()
        assert way.sent == [a_delivery(n).id for n in (1, 2, 3)]
        reads = road.store.reads
        await road.offer(road.parcel(4))
        assert (len(way.sent), road.store.reads) == (4, reads)  # out of memory again, not by the disk


async def test_what_is_settled_while_the_disk_is_read_is_not_sent_again() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        taken, failed = road.parcel(1), road.parcel(2)
        await road.offer(taken, failed)
        road.store.gate.clear()
        road.deliveries.look_again("bank")
        road.store.reading.clear()
        await road.store.reading.wait()
        way.answer()
        way.answer(Outcome.RETRY, "HTTP 500")
        road.store.gate.set()
        await road.settled()
        assert way.sent == ids(taken, failed)


async def test_a_store_that_cannot_be_read_is_asked_again() -> None:
    async with a_road(started=False) as road:
        await road.write(1)
        way = FakeWay()
        road.deliveries.add_way(way)
        road.store.error = StoreError("locked")
        road.deliveries.wake_all()
        await road.settled()
        later = road.parcel(2)
        await road.offer(later)
        await road.settled()
        assert way.sent == []
        road.store.error = None
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == [a_delivery(1).id, later.delivery.id]


async def test_stop_ends_a_read_and_leaves_all_on_disk() -> None:
    async with a_road(started=False) as road:
        await road.write(1)
        way = FakeWay()
        road.deliveries.add_way(way)
        road.store.gate.clear()
        road.deliveries.wake_all()
        await road.store.reading.wait()
        await road.deliveries.stop()
        road.store.gate.set()
        assert way.sent == []
        assert await road.on_disk() == [a_delivery(1).id]


async def test_a_replayed_delivery_is_found_when_told_to_look() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        await road.write(1)
        road.deliveries.wake("bank")
        assert way.sent == []
        road.deliveries.look_again("bank")
        await road.settled()
        assert way.sent == [a_delivery(1).id]


# Trying again


async def test_what_was_not_taken_is_tried_again_after_its_pause() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        parcel = road.parcel(1)
        await road.offer(parcel)
        road.pauses = [7.0]
        assert way.answer(Outcome.RETRY, "HTTP 503") is Outcome.RETRY
        await road.settled()
        kept = await road.store.delivery(parcel.delivery.id)
        assert kept is not None
        assert (kept.attempts, kept.detail, kept.next_at) == (1, "HTTP 503", road.clock.utc() + 7)

        for second in range(10):
            road.clock.advance(1)
            road.deliveries.wake_all()
            await road.settled()
            assert len(way.sent) == (1 if second < 6 else 2)

        assert way.answer() is Outcome.TAKEN
        assert await road.on_disk() == []


async def test_pauses_of_different_lengths_all_end() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(3)]
        await road.offer(*parcels)
        road.pauses = [20.0, 3.0, 11.0]
        for _ in parcels:
            way.answer(Outcome.RETRY)
        tried: list[tuple[int, str]] = []
        for second in range(1, 25):
            road.clock.advance(1)
            before = len(way.sent)
            road.deliveries.wake_all()
            await road.settled()
            tried += [(second, sent) for sent in way.sent[before:]]
        assert tried == [(3, ids(*parcels)[1]), (11, ids(*parcels)[2]), (20, ids(*parcels)[0])]


async def test_pauses_from_before_a_start_end_too() -> None:
    async with a_road(started=False) as road:
        await road.write(1, next_at=road.clock.utc() + 100)
        way = FakeWay()
        road.deliveries.add_way(way)
        for _ in range(99):
            road.clock.advance(1)
            road.deliveries.wake_all()
            await road.settled()
        assert way.sent == []
        for _ in range(int(deliveries_module.LOOK_S) + 1):
            road.clock.advance(1)
            road.deliveries.wake_all()
            await road.settled()
        assert way.sent == [a_delivery(1).id]


async def test_delivery_without_tries_left_is_dead_and_kept() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        first, second = road.parcel(1), road.parcel(2)
        await road.offer(first, second)
        road.pauses = [None]
        assert way.answer(Outcome.RETRY, "HTTP 500") is Outcome.DEAD
        assert way.answer(Outcome.DEAD, "refused for good") is Outcome.DEAD
        await road.settled()
        dead = await road.store.dead_deliveries("", 9)
        assert [(row.id, row.detail) for row in dead] == [
            (first.delivery.id, "HTTP 500"),
            (second.delivery.id, "refused for good"),
        ]
        assert road.outcomes == [(first.delivery.id, Outcome.DEAD), (second.delivery.id, Outcome.DEAD)]
        assert await road.on_disk() == []


async def test_what_fails_leaves_room_for_what_comes_behind() -> None:
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        parcels = [road.parcel(n) for n in range(3)]
        await road.offer(*parcels)
        way.answer(Outcome.RETRY)
        way.answer()
        way.answer()
        assert way.sent == ids(*parcels)
        assert await road.on_disk() == ids(parcels[0])


# Others


async def test_app_that_stalls_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries_module, "IN_MEMORY", 10)
    async with a_road() as road:
        stalled, quick = FakeWay(room=0, apps=("bank",)), AnsweringWay(apps=("shop",))
        road.deliveries.add_way(stalled)
        road.deliveries.add_way(quick)
        bank = [road.parcel(n) for n in range(200)]
        shop = [road.parcel(n + 0.5, app="shop") for n in range(200)]
        await road.commits.drain()
        for one, other in zip(bank, shop, strict=True):
            road.deliveries.offer(one)
            road.deliveries.offer(other)
        assert quick.sent == ids(*shop)
        assert road.deliveries.waiting_in_memory("bank") == 10
        assert await road.on_disk("shop") == []
        assert len(await road.on_disk("bank")) == 200


async def test_new_app_is_served_from_then_on() -> None:
    async with a_road() as road:
        way = FakeWay(apps=("new",))
        road.deliveries.add_way(way)
        road.deliveries.add_app("new")
        road.deliveries.wake_all()
        await road.settled()
        parcel = road.parcel(1, app="new")
        await road.offer(parcel)
        assert way.sent == ids(parcel)
