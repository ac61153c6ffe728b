"""The road out to apps: what is on disk comes back in its order and once, also after a start."""

import pytest

from gateway import deliveries as deliveries_module
from gateway.deliveries import Outcome, Parcel
from gateway.errors import StoreError
from gateway.store.store import Changes
from tests.deliveries.road import FakeWay, a_road, ids
from tests.support.store import a_delivery, a_message, an_inbound


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
