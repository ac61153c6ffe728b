"""The way over webhooks: how much at once, in which order, what is counted; and the whole of it on real sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from gateway.apps import webhooks as webhooks_module
from gateway.apps.event_line import BEHIND, IN_FLIGHT, KEPT, OVERTAKES, REPLACED
from gateway.apps.webhook_post import Answer
from gateway.apps.webhooks import Webhooks
from gateway.config.apps import App, Webhook
from gateway.config.secret import Secret
from gateway.deliveries import Deliveries, Outcome, Parcel
from gateway.metrics import Metrics
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from tests.support.clock import ManualClock
from tests.support.store import a_delivery, a_message, an_inbound

FOR_BULK = IN_FLIGHT - IN_FLIGHT // KEPT
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def an_app(
    url: str = "http://127.0.0.1:1/hook",
    *,
    events: Any = ("receipt", "inbound"),
    concurrency: int = IN_FLIGHT,
    rate: float | None = None,
    **fields: Any,
) -> App:
    return App(webhook=Webhook(url, Secret(SECRET), events, concurrency, rate), **fields)


def a_parcel(
    n: int, *, subject: str = "", app: str = "bank", kind: str = "receipt", url: str = "", urgent: bool = False
) -> Parcel:
    delivery = a_delivery(n, app=app, kind=kind, subject=subject or f"m{n}", url=url, urgent=urgent)
    return Parcel(delivery, a_message(0), None) if kind == "receipt" else Parcel(delivery, None, an_inbound(n))


class FakePoster:
    """Answers when the test says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.posts: list[tuple[str, asyncio.Future[Answer]]] = []
        self.closed = False
        self.error: Exception | None = None

    def post(self, body: bytes, headers: Mapping[str, str], told: Callable[[Answer], None]) -> None:
        if self.error is not None:
            raise self.error
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: None if done.cancelled() else told(done.result()))
        self.posts.append((headers["webhook-id"], future))

    def close(self) -> None:
        self.closed = True

    @property
    def ids(self) -> list[str]:
        return [event_id for event_id, _ in self.posts]


class Way:
    """Webhooks over fake posters, and what they told."""

    def __init__(self, apps: Mapping[str, App]) -> None:
        self.posters: dict[str, FakePoster] = {}
        self.told: list[tuple[str, Outcome, str]] = []
        self.comes_to: Outcome | None = None
        self.metrics = Metrics("1", process=False)
        clock = ManualClock()
        self.webhooks = Webhooks(apps, self.metrics, utc=clock.utc, monotonic=clock.monotonic, poster_of=self._poster)

    def _poster(self, url: str) -> FakePoster:
        self.posters[url] = FakePoster(url)
        return self.posters[url]

    @property
    def poster(self) -> FakePoster:
        return next(iter(self.posters.values()))

    def done(self, parcel: Parcel, outcome: Outcome, why: str) -> Outcome:
        self.told.append((parcel.delivery.id, outcome, why))
        return self.comes_to or outcome

    def send(self, *parcels: Parcel) -> list[bool]:
        return [self.webhooks.send(parcel, self.done) for parcel in parcels]

    async def posted(self, count: int, poster: FakePoster | None = None) -> None:
        """Until so many posts have begun."""
        await until(lambda: len((poster or self.poster).posts) >= count)

    async def answer(self, at: int, answer: Answer = Answer(True)) -> None:  # noqa: B008 (an immutable value)
        told = len(self.told)
        self.poster.posts[at][1].set_result(answer)
        await until(lambda: len(self.told) > told)


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not so():  # noqa: ASYNC110 (what is waited for tells nobody)
            await asyncio.sleep(0)


@pytest.fixture
async def way(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    monkeypatch.setattr(webhooks_module, "STOP_S", 0.01)
    way = Way({"bank": an_app()})
    yield way
    await way.webhooks.stop()


async def test_webhook_serves_what_its_events_name() -> None:
    apps = {
        "both": an_app(),
        "inbound": an_app(events=("inbound",)),
        "bound": an_app(events=("inbound",), system_id="bound"),
        "none": App(),
    }
    way = Way(apps)
    table = {
        (app, kind): (way.webhooks.wants(app, kind), way.webhooks.serves(app, a_parcel(1, app=app, kind=kind)))
        for app in apps
        for kind in ("receipt", "inbound")
    }
    assert table == {
        ("both", "receipt"): (True, True),
        ("both", "inbound"): (True, True),
        ("inbound", "receipt"): (False, True),  # taken off its hands: no bind will ever come for it
        ("inbound", "inbound"): (True, True),
        ("bound", "receipt"): (False, False),  # waits for a bind
        ("bound", "inbound"): (True, True),
        ("none", "receipt"): (False, False),
        ("none", "inbound"): (False, False),
    }
    assert not way.webhooks.serves("both", a_parcel(1, app="both", url="https://callback.example/dlr"))
    await way.webhooks.stop()


async def test_webhook_takes_what_was_not_asked_for_off_the_disk_without_a_post() -> None:
    way = Way({"bank": an_app(events=("inbound",))})
    parcel = a_parcel(1)
    assert way.send(parcel) == [True]
    assert way.told == []  # not before `send` has returned
    await until(lambda: bool(way.told))
    assert way.told == [(parcel.delivery.id, Outcome.TAKEN, "not asked for")]
    assert way.poster.posts == []
    await way.webhooks.stop()


async def test_webhook_tells_what_became_of_a_post_and_counts_it(way: Way) -> None:
    one, two, three = (a_parcel(n) for n in range(3))
    assert way.send(one, two, three) == [True] * 3
    await way.posted(3)
    await way.answer(0)
    await way.answer(1, Answer(False, "HTTP 500"))
    way.comes_to = Outcome.DEAD
    await way.answer(2, Answer(False, "HTTP 503"))
    assert way.told == [
        (one.delivery.id, Outcome.TAKEN, ""),
        (two.delivery.id, Outcome.RETRY, "HTTP 500"),
        (three.delivery.id, Outcome.RETRY, "HTTP 503"),
    ]
    counts = {outcome: way.metrics.webhooks("bank", outcome).n for outcome in ("ok", "retry", "dead")}
    assert counts == {"ok": 1, "retry": 1, "dead": 1}
    assert sum(way.metrics.webhook_seconds("bank").counts) == 3


async def test_webhook_has_room_for_so_many_at_once(way: Way) -> None:
    parcels = [a_parcel(n) for n in range(FOR_BULK + 1)]
    assert way.send(*parcels) == [True] * FOR_BULK + [False]
    await way.posted(FOR_BULK)
    await way.answer(5)
    assert way.send(parcels[-1]) == [True]
    await way.posted(FOR_BULK + 1)


async def test_webhook_keeps_an_eighth_of_its_room_for_what_is_urgent(way: Way) -> None:
    assert way.send(*(a_parcel(n) for n in range(IN_FLIGHT)))[-5:] == [True] + [False] * 4
    kept = IN_FLIGHT - FOR_BULK
    urgent = [a_parcel(100 + n, urgent=True) for n in range(kept + 1)]
    assert way.send(*urgent) == [True] * kept + [False]
    await way.posted(IN_FLIGHT)
    await way.answer(0)  # one of bulk's
    assert way.send(urgent[-1], a_parcel(200)) == [True, False]
    await way.posted(IN_FLIGHT + 1)
    await way.answer(FOR_BULK)  # an urgent one: the room it leaves is anybody's
    assert way.send(a_parcel(200)) == [True]


async def test_webhook_of_few_connections_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_module, "STOP_S", 0.01)
    way = Way({"bank": an_app(concurrency=KEPT - 1)})
    assert way.send(*(a_parcel(n) for n in range(KEPT - 1))) == [True] * (KEPT - 1)
    await way.webhooks.stop()


async def test_urgent_event_takes_the_next_turn_of_a_paced_webhook_and_bulk_one_of_every_few(way: Way) -> None:
    way.webhooks.change({"bank": an_app("http://127.0.0.1:1/paced", rate=200.0)})
    poster = way.posters["http://127.0.0.1:1/paced"]
    bulk, urgent = [a_parcel(n) for n in range(6)], [a_parcel(10 + n, urgent=True) for n in range(5)]
    way.send(*bulk)
    await way.posted(1, poster)
    assert all(way.send(*urgent))
    await way.posted(11, poster)
    order = [*bulk[:1], *urgent[:3], *bulk[1:2], *urgent[3:], *bulk[2:]]
    assert poster.ids == [parcel.delivery.id for parcel in order]


async def test_webhook_has_the_concurrency_that_is_configured() -> None:
    way = Way({"bank": an_app(concurrency=2)})
    assert way.send(*(a_parcel(n) for n in range(3))) == [True, True, False]
    await way.posted(2)
    await way.answer(0)
    assert way.send(a_parcel(3)) == [True]
    await way.posted(3)
    await way.answer(1)
    await way.answer(2)
    await way.webhooks.stop()


async def test_webhook_posts_no_faster_than_its_rate_and_leaves_the_rest_on_disk_at_a_stop() -> None:
    way = Way({"bank": an_app(rate=0.001), "shop": an_app("http://127.0.0.1:1/shop")})
    assert way.send(a_parcel(1), a_parcel(2), a_parcel(3)) == [True] * 3
    way.send(*(a_parcel(n, app="shop") for n in range(4, 7)))
    await way.posted(3, way.posters["http://127.0.0.1:1/shop"])
    await way.posted(1)
    await way.answer(0)
    for _, future in way.posters["http://127.0.0.1:1/shop"].posts:
        future.set_result(Answer(True))
    await way.webhooks.stop()  # at once: it waits for posts that are on their way, not for turns
    assert [outcome for _, outcome, _ in way.told] == [Outcome.TAKEN] * 4
    assert way.poster.ids == [a_parcel(1).delivery.id]


async def test_webhook_of_one_app_does_not_wait_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_module, "STOP_S", 0.01)
    way = Way({"bank": an_app("http://127.0.0.1:1/bank"), "shop": an_app("http://127.0.0.1:1/shop")})
    way.send(*(a_parcel(n) for n in range(FOR_BULK)))
    assert way.send(a_parcel(99), a_parcel(100, app="shop")) == [False, True]
    shop = way.posters["http://127.0.0.1:1/shop"]
    await way.posted(1, shop)
    shop.posts[0][1].set_result(Answer(True))
    await until(lambda: len(way.told) == 1)
    for _, future in way.poster.posts:
        future.cancel()
    await way.webhooks.stop()


async def test_events_of_a_message_go_one_after_another(way: Way) -> None:
    events = [a_parcel(n, subject="m") for n in range(3)]
    other = a_parcel(9)
    assert way.send(*events, other) == [True] * 4
    await way.posted(2)
    assert way.poster.ids == [events[0].delivery.id, other.delivery.id]
    await way.answer(0)
    await way.posted(3)
    await way.answer(2)
    await way.posted(4)
    await way.answer(3)
    assert [event_id for event_id, _, _ in way.told] == [event.delivery.id for event in events]


async def test_events_behind_one_that_failed_do_not_overtake_it(way: Way) -> None:
    events = [a_parcel(n, subject="m") for n in range(3)]
    way.send(*events)
    await way.posted(1)
    await way.answer(0, Answer(False, "HTTP 500"))
    assert [(outcome, why) for _, outcome, why in way.told] == [
        (Outcome.RETRY, "HTTP 500"),
        (Outcome.RETRY, BEHIND),
        (Outcome.RETRY, BEHIND),
    ]
    assert len(way.poster.posts) == 1
    assert way.send(*(a_parcel(n) for n in range(20, 20 + FOR_BULK))) == [True] * FOR_BULK  # all room is back


async def test_webhook_goes_on_after_a_fault_of_its_own(way: Way) -> None:
    way.poster.error = KeyError("bug")
    way.send(a_parcel(1))
    await until(lambda: len(way.told) == 1)
    assert way.told[0][1:] == (Outcome.RETRY, "an error of the gateway's own")
    way.poster.error = None
    way.send(a_parcel(2))
    await way.posted(1)


async def test_webhook_posts_what_comes_just_as_a_worker_ends(way: Way) -> None:
    for n in range(50):
        way.send(a_parcel(n))
        await way.posted(n + 1)
        way.poster.posts[n][1].set_result(Answer(True))
        for _ in range(n % 5):
            await asyncio.sleep(0)
    await until(lambda: len(way.told) == 50)


async def test_stop_leaves_what_is_on_its_way_to_the_next_start(way: Way) -> None:
    way.send(a_parcel(1))
    await way.posted(1)
    await way.webhooks.stop()
    assert way.told == []
    assert way.poster.closed
    assert not way.webhooks.serves("bank", a_parcel(2))


async def test_what_a_replaced_webhook_did_not_take_is_tried_again(way: Way) -> None:
    slow = "http://127.0.0.1:1/slow"
    way.webhooks.change({"bank": an_app(slow, rate=0.001)})
    under_way, behind, waits = a_parcel(1), a_parcel(2, subject="m1"), a_parcel(3)
    way.send(under_way, behind, waits)  # the next turn comes in a quarter of an hour
    await way.posted(1, way.posters[slow])
    way.webhooks.change({"bank": an_app("http://127.0.0.1:1/new")})
    await until(lambda: way.posters[slow].closed)
    assert way.told == [(parcel.delivery.id, Outcome.RETRY, REPLACED) for parcel in (under_way, behind, waits)]
    way.posters[slow].posts[0][1].set_result(Answer(True))  # too late
    await asyncio.sleep(0)
    assert len(way.told) == 3


async def test_event_does_not_overtake_one_of_its_message_that_a_replaced_webhook_has() -> None:
    new = "http://127.0.0.1:1/new"
    way = Way({"bank": an_app()})
    way.send(a_parcel(1))
    await way.posted(1)
    way.webhooks.change({"bank": an_app(new)})
    assert way.send(a_parcel(2, subject="m1"), a_parcel(3)) == [True, True]
    await until(lambda: bool(way.told))
    assert way.told == [(a_parcel(2).delivery.id, Outcome.RETRY, OVERTAKES)]
    assert way.posters[new].ids == [a_parcel(3).delivery.id]
    await way.answer(0)
    await until(lambda: way.poster.closed)
    assert way.send(a_parcel(2, subject="m1")) == [True]
    await way.posted(2, way.posters[new])
    for _, future in way.posters[new].posts:
        future.set_result(Answer(True))
    await way.webhooks.stop()


async def test_changed_configuration_keeps_what_stays_and_ends_what_goes() -> None:
    stays, old, new = (f"http://127.0.0.1:1/{name}" for name in ("stays", "old", "new"))
    way = Way({"bank": an_app(stays), "shop": an_app(old), "gone": an_app("http://127.0.0.1:1/gone")})
    way.send(a_parcel(1, app="shop"))
    await way.posted(1, way.posters[old])
    kept = way.posters[stays]

    way.webhooks.change({"bank": an_app(stays), "shop": an_app(new), "added": an_app("http://127.0.0.1:1/added")})

    way.send(a_parcel(2, app="shop"), a_parcel(3))
    await way.posted(1, way.posters[new])
    await way.posted(1, kept)
    assert way.posters[stays] is kept
    assert not kept.closed
    assert not way.posters[old].closed  # until its last post is answered
    way.posters[old].posts[0][1].set_result(Answer(True))
    await until(lambda: way.posters[old].closed)
    assert way.told == [(a_parcel(1).delivery.id, Outcome.TAKEN, "")]
    assert way.webhooks.wants("added", "receipt")
    assert not way.webhooks.wants("gone", "receipt")
    for poster in (kept, way.posters[new]):
        poster.posts[0][1].set_result(Answer(True))
    await way.webhooks.stop()


# The whole of it


class Hooked:
    """An app's server: answers with the statuses it is given, then with 200, and checks every signature."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        event = Verifier(SECRET).verify(await request.read(), dict(request.headers))
        self.events.append((request.headers["webhook-id"], event))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@asynccontextmanager
async def hooked() -> AsyncIterator[Hooked]:
    server = Hooked()
    app = web.Application()
    app.router.add_post("/hook", server.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield server
    finally:
        await runner.cleanup()


async def test_event_is_posted_until_it_is_taken_and_then_forgotten() -> None:
    store = MemoryStore()
    await store.open()
    message, inbound = a_message(0), an_inbound(1)
    receipt = a_delivery(2, subject=message.id)
    written = a_delivery(3, subject=inbound.id, kind="inbound")
    deliveries = {row.id: row for row in (receipt, written)}
    await store.commit(Changes(accepted=[message], inbound={inbound.id: inbound}, deliveries=deliveries))
    commits = Commits(store, gather_s=0.0)
    writer = asyncio.create_task(commits.run())
    outcomes: list[Outcome] = []
    async with hooked() as server:
        server.statuses = [500, 302, 503]
        road = Deliveries(
            store, commits, ["bank"],
            utc=time.time,
            retry_after_s=lambda parcel: 0.0 if parcel.delivery.attempts < 9 else None,
            on_outcome=lambda _, outcome: outcomes.append(outcome),
        )  # fmt: skip
        apps = {"bank": an_app(server.url)}
        webhooks = Webhooks(apps, Metrics("1", process=False), utc=time.time, monotonic=time.monotonic)
        road.add_way(webhooks)
        while outcomes.count(Outcome.TAKEN) < 2:
            seen = len(outcomes)
            road.look_again("bank")
            await until(lambda seen=seen: len(outcomes) > seen)  # type: ignore[misc]  # a default binds the value
        await commits.drain()
        await webhooks.stop()
    await road.stop()
    assert await store.deliveries("bank", time.time() + 9, "", 9) == []
    assert outcomes.count(Outcome.RETRY) == 3
    assert len(server.events) == 5
    assert {event_id for event_id, _ in server.events} == {receipt.id, written.id}
    assert {event["type"] for _, event in server.events} == {"message.delivered", "message.inbound"}
    writer.cancel()
    await asyncio.wait([writer])
