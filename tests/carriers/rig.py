"""Carriers over a store in memory, on a clock that moves when told, with binds whose answers a test gives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from gateway.carriers.arrivals import Arrivals
from gateway.carriers.bind import Bind
from gateway.carriers.building import Around, build_carrier
from gateway.carriers.carrier import Carrier
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.feed import Feed
from gateway.carriers.outgoing import Flight
from gateway.config import carriers as config
from gateway.config.routing import BulkLane, FastLane, Lanes
from gateway.config.secret import Secret
from gateway.happenings import Happenings
from gateway.message import Content, Message, Status
from gateway.metrics import Metrics
from gateway.receipts import Source
from gateway.second_look import SecondLook
from gateway.smpp.codec import encode
from gateway.smpp.pdu import SubmitSm
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.text.references import References
from portability.source import Resolver
from tests.support.clock import ManualClock
from tests.support.compiled import skip_where_compiled
from tests.support.store import BASE, a_message, turns

NO_RESERVE = Lanes(FastLane(reserve=0.0), BulkLane())


def a_bind(name: str, **keys: Any) -> config.Bind:
    """A bind of the configuration with a large window."""
    plain: dict[str, Any] = {"name": name, "host": "127.0.0.1", "port": 2775, "system_id": "acme", "window": 1000}
    return config.Bind(**{**plain, "password": Secret("secret"), **keys})


def a_carrier(*binds: config.Bind, **keys: Any) -> config.Carrier:
    """A carrier of the configuration that no tps holds up."""
    return config.Carrier(binds, **{"tps": 10_000.0, "burst": 10_000, **keys})


class FakeBind:
    """Stands in for a Bind: what is submitted waits here for the test's answers."""

    def __init__(self, carrier: Carrier, name: str) -> None:
        self.name = name
        self.plain = False
        self.receive_only = False
        self.up = False
        self.sent: list[tuple[SubmitSm, Flight]] = []
        self.history: list[SubmitSm] = []
        self.failed = ""
        self.rebound = ""
        self._carrier = carrier

    @property
    def _self(self) -> Bind:
        return cast(Bind, self)

    def submit(self, pdu: SubmitSm, context: object) -> int:
        assert self.up, "submitted over a bind that is not up"
        encode(pdu, 1)
        assert isinstance(context, Flight)
        self.sent.append((pdu, context))
        self.history.append(pdu)
        return len(self.history)

    def come_up(self) -> None:
        self.up = True
        self._carrier.bind_up(self._self)

    def answer(self, command_status: int = 0, message_id: str = "", *, index: int = 0) -> SubmitSm:
        """Answer one of what was sent, the oldest unless told otherwise."""
        pdu, flight = self.sent.pop(index)
        message_id = message_id or ("" if command_status else f"id{id(flight)}")
        self._carrier.answered(self._self, flight, command_status, message_id, 0.1)
        self._carrier.end_of_turn(self._self)
        return pdu

    def time_out(self) -> Flight:
        """The oldest is not answered in time."""
        _, flight = self.sent.pop(0)
        self._carrier.timed_out(self._self, flight)
        self._carrier.end_of_turn(self._self)
        return flight

    def answer_late(self, flight: Flight, command_status: int = 0, message_id: str = "late") -> None:
        self._carrier.answered_late(self._self, flight, command_status, message_id)
        self._carrier.end_of_turn(self._self)

    def lose(self) -> None:
        """The connection breaks."""
        self.up = False
        lost, self.sent = [flight for _, flight in self.sent], []
        self._carrier.bind_ending(self._self)
        self._carrier.bind_down(self._self, lost)

    def fail(self, reason: str) -> None:
        self.failed = reason
        self.up = False
        self._carrier.bind_ending(self._self)

    def rebind(self, reason: str) -> None:
        self.rebound = reason
        self.up = False
        self._carrier.bind_ending(self._self)


class FakeRoads:
    """What the roads back are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Status]] = []
        self.named: list[tuple[str, str, int]] = []

    def answered(self, source: Source, keys: Sequence[str], message: Message, segment: int) -> None:
        self.named.extend((key, message.id, segment) for key in keys)

    def tell(self, message: Message) -> None:
        self.told.append((message.id, message.status))


class World:
    """All that stands around carriers."""

    def __init__(self, store: MemoryStore, clock: ManualClock) -> None:
        skip_where_compiled()  # binds here are FakeBinds
        self.store = store
        self.clock = clock
        self.commits = Commits(store, gather_s=0.0)
        self.carriers: dict[str, Carrier] = {}
        self.binds: dict[str, FakeBind] = {}
        self.roads = FakeRoads()
        self.resolver = Resolver([])
        self.routes: dict[str, tuple[str, ...]] = {}  # by network: where a message goes whose number is looked up again
        self.metrics = Metrics("test")
        self.covers = 0
        self.happenings = Happenings(clock.utc)
        self.anew: tuple[str, ...] = ()  # where present routes send a message whose carriers are gone
        self.dispatch = Dispatch(
            self.carriers,
            store,
            self.commits,
            utc=clock.utc,
            tell=self.roads.tell,
            choose_anew=lambda _message: self.anew,
        )
        self.feed = Feed(
            store,
            self.commits,
            self.dispatch.live,
            self.dispatch,
            utc=clock.utc,
            hand_down=self.dispatch.hand_down,
            cover=self._cover,
        )
        self.dispatch.overflow = self.feed
        self.second_look: SecondLook | None = None

    def _cover(self) -> None:
        self.covers += 1
        self.commits.setting("watermark", self.feed.oldest())

    def add(
        self, name: str, carrier: config.Carrier | None = None, *, lanes: Lanes = NO_RESERVE, stand_ins: bool = True
    ) -> Carrier:
        """A carrier with a stand-in for each bind, unless they are to be real ones, on the loop's clock."""
        carrier = carrier or a_carrier(a_bind(f"{name}-1"))
        around = self._around(stand_ins=stand_ins)
        built = self.carriers[name] = build_carrier(name, carrier, lanes, "52", "", 10, around)
        for bind in carrier.binds if stand_ins else ():
            fake = self.binds[bind.name] = FakeBind(built, bind.name)
            built.binds[bind.name] = cast(Bind, fake)
        return built

    def fresh(self, name: str, **keys: Any) -> Carrier:
        """A carrier as a reload builds it anew, to be adopted."""
        return build_carrier(name, a_carrier(**keys), NO_RESERVE, "52", "", 10, self._around())

    def _around(self, *, stand_ins: bool = True) -> Around:
        return Around(
            commits=self.commits,
            metrics=self.metrics,
            dispatcher=self.dispatch,
            roads=self.roads,
            second_look=self._look_again(),
            arrivals=cast(Arrivals, self),
            references=References(lambda: 0.5),
            on_room=self.feed.wake,
            monotonic=self.clock.monotonic if stand_ins else asyncio.get_running_loop().time,
            utc=self.clock.utc,
            random=lambda: 0.5,
            happenings=self.happenings,
        )

    def _look_again(self) -> SecondLook:
        if self.second_look is None:
            self.second_look = SecondLook(
                self.resolver,
                self.commits,
                choose=lambda message, answer: self.routes.get(answer.network or "", ()),
                on_wrong=self._on_wrong,
                utc=self.clock.utc,
            )
        return self.second_look

    def _on_wrong(self, network: str, carrier: str) -> None:
        self.metrics.wrong_network(network, carrier).n += 1

    def deliver(self, *_: object) -> None:
        raise AssertionError("nothing is delivered here")

    def up(self, *names: str) -> None:
        """Binds come up."""
        for name in names:
            self.binds[name].come_up()

    def message(self, n: float, **fields: Any) -> Message:
        """A message accepted n seconds after BASE, with a day to live."""
        plain = {"segments": (), "events": (), "carriers": ("telcel",), "expires_at": BASE + n + 86_400.0}
        return a_message(n, **{**plain, **fields})

    async def send(self, *messages: Message) -> None:
        """Accept messages and hand them down once they are durable."""
        for message in messages:
            self.commits.accept(message, lambda given, error: self.dispatch.hand_down(cast(Message, given)), message)
        await self.settle()

    async def settle(self) -> None:
        """Let everything that is ready run, and all that was said become durable."""
        for _ in range(3):
            await turns(8)
            await self.commits.drain()

    async def advance(self, seconds: float) -> None:
        """Move the clock, and let everybody look at it."""
        self.clock.advance(seconds)
        for carrier in self.carriers.values():
            carrier.pump()
        self.feed.tick()
        await self.settle()

    async def stored(self, message: Message) -> Message:
        """A message as it is on disk."""
        await self.commits.drain()
        found = await self.store.message(message.id)
        assert found is not None
        return found

    async def close(self) -> None:
        await self.feed.stop()
        if self.second_look is not None:
            await self.second_look.stop()
        for carrier in self.carriers.values():
            carrier.close()


@asynccontextmanager
async def world(
    *names: str, store: MemoryStore | None = None, clock: ManualClock | None = None
) -> AsyncIterator[World]:
    """A world with plain carriers of these names, each with one bind `NAME-1`."""
    store = store or MemoryStore()
    await store.open()
    made = World(store, clock or ManualClock(utc=BASE + 1000.0))
    writer = asyncio.create_task(made.commits.run())
    for name in names:
        made.add(name)
    try:
        yield made
        await made.settle()
    finally:
        await made.close()
        writer.cancel()
        await asyncio.wait([writer])


def long_text(parts: int) -> Content:
    """A text of so many segments by UDH."""
    return Content(text="x" * (153 * parts), parts=parts)


def texts(pdus: Iterable[SubmitSm]) -> list[bytes]:
    """What they say."""
    return [pdu.short_message for pdu in pdus]


def statuses(message: Message) -> list[Status]:
    """Of its segments."""
    return [segment.status for segment in message.segments]


Make = Callable[..., Message]
