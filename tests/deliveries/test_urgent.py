"""The road out to apps: receipts of the fast lane and inbound messages go before bulk, which keeps a share."""

import pytest

from gateway import deliveries as deliveries_module
from gateway.deliveries import BULK_EVERY, Outcome, Parcel
from gateway.message import Status
from tests.deliveries.road import FakeWay, Road, a_road, ids, until
from tests.support.store import a_delivery, a_message


def an_event(road: Road, n: float, status: Status) -> Parcel:
    """Of one and the same message of the fast lane."""
    delivery = a_delivery(n, subject=a_message(0).id, status=status, urgent=True)
    road.commits.deliver(delivery)
    return Parcel(delivery, a_message(0), None)


@pytest.mark.parametrize("kind", ["receipt", "inbound"])
async def test_urgent_delivery_goes_before_bulk_that_waits_in_memory(kind: str) -> None:
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        bulk = [road.parcel(n) for n in range(50)]
        await road.offer(*bulk)
        urgent = road.parcel(99, kind=kind, urgent=True)
        await road.offer(urgent)
        way.answer()
        assert way.sent == ids(bulk[0], urgent)


async def test_bulk_has_every_fourth_place_while_urgent_deliveries_wait() -> None:
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        bulk = [road.parcel(n) for n in range(50)]
        urgent = [road.parcel(100 + n, urgent=True) for n in range(50)]
        await road.offer(*bulk, *urgent)
        for _ in range(20):
            way.answer()
        assert sum(parcel_id in ids(*bulk) for parcel_id in way.sent[1:]) == 20 // BULK_EVERY
        while way.open:
            way.answer()
        assert [sent for sent in way.sent if sent in ids(*bulk)] == ids(*bulk)
        assert [sent for sent in way.sent if sent in ids(*urgent)] == ids(*urgent)


async def test_bulk_has_its_share_of_a_way_with_many_places() -> None:
    async with a_road() as road:
        way = FakeWay(room=10)
        road.deliveries.add_way(way)
        urgent = [road.parcel(100 + n, urgent=True) for n in range(100)]
        bulk = [road.parcel(n) for n in range(50)]
        await road.offer(*urgent, *bulk)
        for _ in range(40):
            way.answer()
        assert sum(parcel_id in ids(*bulk) for parcel_id in way.sent) == 40 // BULK_EVERY


async def test_inbound_messages_and_urgent_receipts_take_turns() -> None:
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        receipts = [road.parcel(n, urgent=True) for n in range(9)]
        inbound = [road.parcel(100 + n, kind="inbound") for n in range(9)]
        await road.offer(*receipts, *inbound)
        for _ in range(3):
            way.answer()
        assert way.sent == ids(receipts[0], inbound[0], receipts[1], inbound[1])


async def test_urgent_receipts_nobody_serves_hold_up_neither_inbound_nor_bulk() -> None:
    class WebhookWay(FakeWay):
        def serves(self, app: str, parcel: Parcel) -> bool:
            return parcel.delivery.kind == "inbound" or not parcel.delivery.urgent

    async with a_road() as road:
        way = WebhookWay(room=1)
        road.deliveries.add_way(way)
        urgent, inbound, bulk = road.parcel(1, urgent=True), road.parcel(2, kind="inbound"), road.parcel(3)
        await road.offer(urgent, bulk, inbound)
        way.answer()
        assert way.sent == ids(bulk, inbound)


async def test_urgent_delivery_is_found_at_a_start_before_all_the_bulk_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries_module, "IN_MEMORY", 10)
    async with a_road(started=False) as road:
        await road.write(*range(500))
        await road.write(900, 901, urgent=True)
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        road.deliveries.wake_all()
        await road.settled()
        while way.open:
            way.answer()
            await road.settled()
        assert {a_delivery(n).id for n in (900, 901)} <= set(way.sent[:4])
        assert len(way.sent) == len(set(way.sent)) == 502


async def test_urgent_delivery_comes_back_from_disk_for_its_next_try_before_bulk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries_module, "IN_MEMORY", 10)
    async with a_road() as road:
        way = FakeWay(room=1)
        road.deliveries.add_way(way)
        urgent = road.parcel(0, urgent=True)
        await road.offer(urgent)
        await road.offer(*(road.parcel(1 + n) for n in range(200)))
        way.answer(Outcome.RETRY, "HTTP 503")
        for _ in range(5):
            road.clock.advance(1)
            road.deliveries.wake_all()
            await road.settled()
        assert way.sent[-1] != urgent.delivery.id
        way.answer()
        assert way.sent[-1] == urgent.delivery.id


async def test_urgent_delivery_on_disk_does_not_wait_for_a_batch_that_is_being_accepted() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        await road.write(900, urgent=True)
        for n in range(3_000):
            road.commits.accept(a_message(1 + n), lambda argument, error: None)
        road.deliveries.look_again("bank")
        await until(lambda: way.sent == [a_delivery(900).id])
        assert road.commits.gathered > 1_000


async def test_later_event_of_an_urgent_message_waits_for_its_earlier_one_while_bulk_goes_on() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        first, last = an_event(road, 1, Status.SUBMITTED), an_event(road, 2, Status.DELIVERED)
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 503")
        bulk = road.parcel(3)
        await road.offer(last, bulk)
        assert way.sent == ids(first, bulk)
        road.clock.advance(5)
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == ids(first, bulk, first, last)
