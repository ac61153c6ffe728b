"""The road out to apps: what was not taken is tried again after its pause, until it is dead."""

from gateway import deliveries as deliveries_module
from gateway.deliveries import Outcome
from tests.deliveries.road import FakeWay, a_road, ids
from tests.support.store import a_delivery


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
