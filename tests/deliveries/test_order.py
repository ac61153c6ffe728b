"""The road out to apps: events of one message do not overtake one another, whatever has to be tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway import deliveries as deliveries_module
from gateway.deliveries import Outcome, Parcel
from gateway.message import Status
from gateway.store.store import Changes
from tests.deliveries.road import FakeWay, Road, a_road, ids
from tests.support.store import a_delivery, a_message


def an_event(road: Road, n: float, status: Status) -> Parcel:
    """Of one and the same message."""
    delivery = a_delivery(n, subject=a_message(0).id, status=status)
    road.commits.deliver(delivery)
    return Parcel(delivery, a_message(0), None)


@asynccontextmanager
async def two_events() -> AsyncIterator[tuple[Road, FakeWay, Parcel, Parcel]]:
    """A road and its way, and a message's submitted and delivered, not offered yet."""
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        yield road, way, an_event(road, 1, Status.SUBMITTED), an_event(road, 2, Status.DELIVERED)


async def test_later_event_waits_until_the_earlier_one_is_taken() -> None:
    async with two_events() as (road, way, first, last):
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 500")
        await road.offer(last)
        assert way.sent == ids(first)
        assert last.delivery.attempts == 0

        road.clock.advance(5)
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == [*ids(first), *ids(first, last)]  # the way keeps what it has in order
        way.answer()
        way.answer()
        assert await road.on_disk() == []
        assert road.deliveries._apps["bank"].bulk.first == {}


async def test_event_that_failed_behind_another_is_not_tried_before_it() -> None:
    async with two_events() as (road, way, first, last):
        await road.offer(first, last)
        road.pauses = [60.0, 5.0]
        way.answer(Outcome.RETRY, "HTTP 500")
        way.answer(Outcome.RETRY, "behind")
        for _ in range(59):
            road.clock.advance(1)
            road.deliveries.wake_all()
            await road.settled()
        assert way.sent == ids(first, last)
        road.clock.advance(1)
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == ids(first, last, first, last)


async def test_later_event_goes_when_the_earlier_one_is_given_up() -> None:
    async with two_events() as (road, way, first, last):
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 500")
        await road.offer(last)
        road.clock.advance(5)
        road.deliveries.wake_all()
        await road.settled()
        way.answer(Outcome.DEAD, "HTTP 410")
        way.answer()
        assert await road.on_disk() == []
        assert road.outcomes[-1] == (last.delivery.id, Outcome.TAKEN)


async def test_later_event_does_not_wait_for_one_that_is_on_disk_no_more() -> None:
    async with two_events() as (road, way, first, last):
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 500")
        road.commits.delivered(first.delivery.id)
        road.clock.advance(5 + deliveries_module.FORGOTTEN_S + 1)
        await road.offer(last)
        assert way.sent == ids(first, last)


async def test_event_of_another_message_does_not_wait() -> None:
    async with a_road() as road:
        way = FakeWay()
        road.deliveries.add_way(way)
        first = an_event(road, 1, Status.SUBMITTED)
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 500")
        other = Parcel(a_delivery(2, subject="other"), a_message(0), None)
        road.commits.deliver(other.delivery)
        await road.offer(other)
        assert way.sent == ids(first, other)


async def test_order_is_remembered_of_so_many_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries_module, "MOST_FIRST", 0)
    async with two_events() as (road, way, first, last):
        await road.offer(first)
        way.answer(Outcome.RETRY, "HTTP 500")
        await road.offer(last)
        assert way.sent == ids(first, last)


async def test_start_remembers_whose_earlier_event_waits_for_a_try() -> None:
    async with a_road(started=False) as road:
        first = a_delivery(
            1, subject=a_message(0).id, status=Status.SUBMITTED, attempts=1, next_at=road.clock.utc() + 60
        )
        await road.store.commit(Changes(deliveries={first.id: first}))
        way = FakeWay()
        road.deliveries.add_way(way)
        road.deliveries.wake_all()
        await road.settled()

        last = an_event(road, 2, Status.DELIVERED)
        await road.offer(last)
        assert way.sent == []
        road.clock.advance(60)
        road.deliveries.wake_all()
        await road.settled()
        assert way.sent == [first.id, *ids(last)]
