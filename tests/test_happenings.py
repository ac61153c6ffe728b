"""Live events: a queue for each listener, with a bound, and nothing at all when nobody listens."""

import asyncio

import pytest

from gateway.happenings import MOST_LISTENERS, MOST_QUEUED, Happenings, TooManyListeners, Wanted
from tests.support.store import BASE, a_message


def some() -> Happenings:
    return Happenings(lambda: BASE)


async def test_listener_hears_what_comes_until_it_leaves() -> None:
    happenings = some()
    assert not happenings.heard
    listener = happenings.listen(Wanted())
    assert happenings.heard

    happenings.segment("submitted", "telcel", "telcel-1", a_message(0), 1)
    happenings.tell("bind", carrier="telcel", bind="telcel-1", state="bound")
    first, second = await listener.take(1.0)
    listener.leave()
    listener.leave()

    assert first == {
        "at": "2023-11-14T22:13:20.000Z",
        "event": "submitted",
        "app": "bank",
        "carrier": "telcel",
        "bind": "telcel-1",
        "message_id": a_message(0).id,
        "segment": 1,
        "lane": "bulk",
        "to": "+52*******5678",
    }
    assert (second["event"], second["app"]) == ("bind", None)
    assert not happenings.heard


async def test_listener_waits_for_something_and_not_for_ever() -> None:
    happenings = some()
    listener = happenings.listen(Wanted())

    assert await listener.take(0.001) == []
    waiting = asyncio.create_task(listener.take(10.0))
    await asyncio.sleep(0)
    happenings.tell("bind")
    assert len(await waiting) == 1
    assert await listener.take(0.001) == []


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (Wanted(), [1, 2, 3]),
        (Wanted(app="bank"), [1]),
        (Wanted(carrier="telcel"), [1, 3]),
        (Wanted(app="shop", carrier="att"), [2]),
        (Wanted(app="bank", carrier="att"), []),
    ],
)
async def test_listener_hears_only_its_app_and_carrier(wanted: Wanted, heard: list[int]) -> None:
    happenings = some()
    listener = happenings.listen(wanted)

    happenings.tell("response", app="bank", carrier="telcel", n=1)
    happenings.tell("response", app="shop", carrier="att", n=2)
    happenings.tell("bind", carrier="telcel", n=3)

    assert [happening["n"] for happening in await listener.take(0.001)] == heard


async def test_slow_listener_loses_events_and_is_told_how_many_while_others_hear_all() -> None:
    happenings = some()
    slow, quick = happenings.listen(Wanted()), happenings.listen(Wanted())
    heard = 0
    for n in range(MOST_QUEUED + 7):
        happenings.tell("response", n=n)
        heard += len(await quick.take(1.0))

    taken = await slow.take(1.0)

    assert heard == MOST_QUEUED + 7
    assert [happening.get("n") for happening in taken[:-1]] == list(range(MOST_QUEUED))
    assert taken[-1] == {"event": "lost", "count": 7}
    happenings.tell("response", n=0)
    assert [happening["event"] for happening in await slow.take(1.0)] == ["response"]


async def test_too_many_listeners_are_refused_and_a_place_is_free_again() -> None:
    happenings = some()
    listeners = [happenings.listen(Wanted()) for _ in range(MOST_LISTENERS)]

    with pytest.raises(TooManyListeners):
        happenings.listen(Wanted())
    listeners[3].leave()
    happenings.listen(Wanted())


async def test_listeners_end_with_the_gateway_once_they_have_taken_all() -> None:
    happenings = some()
    listener = happenings.listen(Wanted())
    happenings.tell("bind")
    happenings.close()

    assert len(await listener.take(10.0)) == 1
    assert (await listener.take(10.0), listener.closed) == ([], True)
