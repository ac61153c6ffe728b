"""The road out to apps: what is offered arrives once, in order, whoever stalls."""

import pytest

from gateway import deliveries as deliveries_module
from gateway.deliveries import Outcome
from tests.deliveries.road import AnsweringWay, FakeWay, a_road, ids
from tests.support.store import a_delivery


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
