"""What waits on disk comes down in order, once, whatever happens meanwhile."""

import asyncio
from random import Random

import pytest

from gateway.carriers.outgoing import Flight
from gateway.errors import Refusal, StoreError
from gateway.message import Message, Status
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from tests.carriers.rig import FakeBind, World, a_bind, a_carrier, long_text, world
from tests.support.clock import ManualClock
from tests.support.store import BASE

CAPACITY = 8


def small(w: World, name: str = "telcel", window: int = 2) -> None:
    """A carrier whose lanes hold few messages."""
    carrier = w.add(name, a_carrier(a_bind(f"{name}-1", window=window)))
    for lane in ("fast", "bulk"):
        carrier.lane(lane).capacity = CAPACITY


def numbered(w: World, n: int, **fields: object) -> Message:
    """A message that says its number."""
    return w.message(n, to=f"52551{n:07d}", **fields)


async def drain(w: World, name: str = "telcel-1", rounds: int = 400) -> None:
    """Answer everything until nothing more is sent."""
    bind = w.binds[name]
    for _ in range(rounds):
        if not bind.sent:
            await w.advance(1)
            if not bind.sent:
                return
        bind.answer()
        await w.settle()


def order(w: World, name: str = "telcel-1") -> list[int]:
    return [int(pdu.destination_addr[5:]) for pdu in w.binds[name].history]


async def test_what_a_full_lane_leaves_on_disk_comes_back_in_order() -> None:
    async with world() as w:
        small(w)
        w.up("telcel-1")
        await w.send(*(numbered(w, n) for n in range(60)))
        on_disk, oldest_at = w.feed.depth("telcel", "bulk")
        assert on_disk > 40
        assert BASE < oldest_at < BASE + 20
        assert len(w.dispatch.live) <= CAPACITY + 2
        await drain(w)
        assert order(w) == list(range(60))
        assert w.feed.depth("telcel", "bulk") == (0, 0.0)
        assert w.feed.oldest() == ""


async def test_messages_that_come_while_others_wait_on_disk_go_behind_them() -> None:
    async with world() as w:
        small(w)
        w.up("telcel-1")
        await w.send(*(numbered(w, n) for n in range(30)))
        for n in range(30, 60):
            await w.send(numbered(w, n))
            if n % 3 == 0:
                w.binds["telcel-1"].answer()
                await w.settle()
        await drain(w)
        assert order(w) == list(range(60))


async def test_batch_that_fills_the_disk_leaves_room_for_one_that_comes_later() -> None:
    async with world() as w:
        small(w)
        w.up("telcel-1")
        await w.send(*(numbered(w, n, batch="big") for n in range(60)))
        assert len(w.carriers["telcel"].lane("bulk")) <= CAPACITY // 2
        await w.send(*(numbered(w, n, batch="late") for n in range(100, 110)))
        await drain(w)
        sent = order(w)
        assert sorted(sent) == [*range(60), *range(100, 110)]
        assert sent.index(109) < 30  # in turn with the big one, not behind it
        assert [n for n in sent if n < 100] == list(range(60))
        assert [n for n in sent if n >= 100] == list(range(100, 110))


async def test_start_takes_up_what_the_disk_holds() -> None:
    store, clock = MemoryStore(), ManualClock(utc=BASE + 1000.0)
    async with world(store=store, clock=clock) as w:
        small(w)
        await w.send(*(numbered(w, n, batch="a" if n % 2 else "b") for n in range(40)))
        assert len(w.dispatch.live) <= CAPACITY
    async with world(store=store, clock=clock) as w:
        small(w)
        w.feed.restore(await store.depths(""), await store.last_id())
        assert w.feed.depth("telcel", "bulk")[0] == 40
        w.up("telcel-1")
        await w.advance(1)
        await w.send(numbered(w, 500, batch="new"))
        await drain(w)
        sent = order(w)
        assert sorted(sent) == [*range(40), 500]
        assert [n for n in sent if n % 2 and n < 500] == list(range(1, 40, 2))
        assert w.feed.depth("telcel", "bulk") == (0, 0.0)


async def test_start_takes_up_what_was_accepted_while_the_clock_was_ahead() -> None:
    store, clock = MemoryStore(), ManualClock(utc=BASE + 1000.0)
    async with world(store=store, clock=clock) as w:
        small(w)
        await w.send(*(numbered(w, n) for n in range(8_000, 8_040)))
    async with world(store=store, clock=clock) as w:  # ids tell of a time two hours from now
        small(w)
        w.feed.restore(await store.depths(""), await store.last_id())
        w.up("telcel-1")
        await w.advance(1)
        await w.send(numbered(w, 500))
        await drain(w)
        assert sorted(order(w)) == [500, *range(8_000, 8_040)]
        assert w.feed.depth("telcel", "bulk") == (0, 0.0)


async def test_one_batch_of_a_restart_does_not_stand_before_the_others() -> None:
    store, clock = MemoryStore(), ManualClock(utc=BASE + 1000.0)
    async with world(store=store, clock=clock) as w:
        small(w)
        await w.send(
            *(numbered(w, n, batch="big") for n in range(200)), *(numbered(w, n, batch="b") for n in (300, 301))
        )
    async with world(store=store, clock=clock) as w:
        small(w)
        w.feed.restore(await store.depths(""), await store.last_id())
        w.up("telcel-1")
        await w.advance(1)
        for _ in range(30):
            if w.binds["telcel-1"].sent:
                w.binds["telcel-1"].answer()
            await w.advance(0.1)
        assert 301 in order(w)


async def test_messages_of_a_carrier_that_is_gone_are_found_at_the_start() -> None:
    store, clock = MemoryStore(), ManualClock(utc=BASE + 1000.0)
    async with world("gone", store=store, clock=clock) as w:
        await w.send(*(numbered(w, n, carrier="gone", carriers=("gone", "telcel")) for n in range(3)))
        await w.send(numbered(w, 3, carrier="gone", carriers=("gone",)))
    async with world("telcel", store=store, clock=clock) as w:
        w.feed.restore(await store.depths(""), await store.last_id())
        w.up("telcel-1")
        await w.advance(1)
        assert order(w) == [0, 1, 2]
        assert [status for _, status in w.roads.told] == [Status.REJECTED]


async def test_disk_of_a_carrier_that_is_down_goes_by_another_without_being_forgotten() -> None:
    async with world() as w:
        small(w, "telcel")
        small(w, "movistar")
        both = ("telcel", "movistar")
        await w.send(*(numbered(w, n, carriers=both) for n in range(60)))
        w.up("movistar-1")
        for _ in range(100):
            while w.binds["movistar-1"].sent:
                w.binds["movistar-1"].answer()
            await w.advance(1)
        assert sorted(order(w, "movistar-1")) == list(range(60))


async def test_scheduled_message_is_released_at_its_time_and_not_before() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        at = w.clock.utc() + 60
        message = numbered(w, 0, status=Status.SCHEDULED, send_at=at)
        await w.send(message)
        await w.advance(59)
        assert order(w) == []
        await w.advance(1)
        assert order(w) == [0]
        assert (await w.stored(message)).status is Status.ACCEPTED


async def test_watermark_covers_what_is_released_and_what_waits() -> None:
    async with world() as w:
        small(w)
        await w.send(*(numbered(w, n) for n in range(100, 130)))
        early = numbered(w, 0, status=Status.SCHEDULED, send_at=w.clock.utc() + 5)
        await w.send(early)
        await w.advance(6)
        assert w.covers == 1
        assert (await w.store.settings())["watermark"] < early.id


async def test_released_message_is_sent_although_the_store_was_away_at_first() -> None:
    store = FailingStore()
    async with world("telcel", store=store) as w:
        w.up("telcel-1")
        await w.send(*(numbered(w, n, status=Status.SCHEDULED, send_at=w.clock.utc() + 5) for n in range(3)))
        w.clock.advance(6)
        store.failures = 2
        w.feed.tick()
        while store.failures or w.commits.backlog or not w.binds["telcel-1"].history:
            w.feed.tick()
            await asyncio.sleep(0.001)  # the writer pauses by the loop's own clock
        await w.settle()
        assert order(w) == [0, 1, 2]


async def test_read_that_fails_is_tried_again() -> None:
    store = FailingStore()
    async with world(store=store) as w:
        small(w)
        w.up("telcel-1")
        await w.send(*(numbered(w, n) for n in range(20)))
        store.read_failures = 3
        await drain(w)
        assert order(w) == list(range(20))


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_or_sent_twice_whatever_comes_between(seed: int) -> None:
    """Two carriers go up and down, messages of several batches come, are cancelled, answered in any order."""
    async with world() as w:
        small(w, "telcel")
        small(w, "movistar", window=3)
        play = Play(w, Random(seed))
        for _ in range(150):
            await play.step()
        await play.finish()
        ends = [await w.stored(message) for message in play.messages]
        submitted = {one.id for one in ends if one.status is Status.SUBMITTED}
        refused = {one.id for one in ends if one.status is Status.REJECTED}
        assert submitted | refused | play.cancelled == {one.id for one in play.messages}
        assert not (submitted | refused) & play.cancelled
        for message in ends:
            taken = [event for event in message.events if event.status is Status.SUBMITTED]
            assert len(taken) == (message.id in submitted)
        assert w.dispatch.live == {}
        assert w.feed.oldest() == ""


@pytest.mark.parametrize("seed", range(15))
async def test_nothing_is_lost_although_binds_die_and_answers_come_late(seed: int) -> None:
    """As above, with long messages, timeouts and connections that break with messages in flight."""
    async with world() as w:
        small(w, "telcel", window=3)
        small(w, "movistar", window=5)
        play = Play(w, Random(seed), lossy=True)
        for _ in range(150):
            await play.step()
        await play.finish()
        ends = [await w.stored(message) for message in play.messages]
        for message in ends:
            assert message.status in {Status.SUBMITTED, Status.REJECTED, Status.CANCELLED}, message
            taken = [event.segment for event in message.events if event.status is Status.SUBMITTED]
            assert len(taken) == len(set(taken))
            if message.status is Status.SUBMITTED and not message.error_code:
                assert len({one.carrier for one in message.segments}) == 1
                assert len(taken) == len(message.segments)
        assert w.dispatch.live == {}
        assert w.feed.oldest() == ""
        await w.advance(121)  # holds of what a late answer has settled meanwhile
        assert all(not any(carrier._put_off.values()) for carrier in w.carriers.values())
        assert sum(carrier.in_flight for carrier in w.carriers.values()) == 0


class Play:
    """Anything that may happen, by a seed; `lossy`: also what leaves messages uncertain."""

    def __init__(self, w: World, random: Random, *, lossy: bool = False) -> None:
        self._lossy = lossy
        self._timed_out: list[tuple[FakeBind, Flight]] = []
        self.messages: list[Message] = []
        self.cancelled: set[str] = set()
        self._w = w
        self._random = random

    async def step(self) -> None:
        moves = [self._send, self._send, self._answer, self._answer, self._fail, self._flip, self._cancel, self._wait]
        if self._lossy:
            moves += [self._time_out, self._answer_late]
        await self._random.choice(moves)()
        if self._random.random() < 0.5:
            await self._w.settle()

    async def finish(self) -> None:
        """Everything is up and says yes."""
        for bind in self._w.binds.values():
            if not bind.up:
                bind.come_up()
        for _ in range(400):
            for bind in self._w.binds.values():
                while bind.sent:
                    bind.answer()
            await self._w.advance(2)
            if not self._w.dispatch.live and not self._w.feed.oldest():
                return

    async def _send(self) -> None:
        random = self._random
        first = len(self.messages)
        new = [
            numbered(
                self._w,
                first + n,
                carriers=("telcel", "movistar") if random.random() < 0.7 else ("telcel",),
                batch=random.choice("ab"),
                lane=random.choice(("fast", "bulk")),
                **({"content": long_text(random.randrange(1, 6))} if self._lossy else {}),
            )
            for n in range(random.randrange(1, 8))
        ]
        self.messages += new
        await self._w.send(*new)

    async def _answer(self) -> None:
        bind = self._w.binds[self._random.choice(("telcel-1", "movistar-1"))]
        if bind.sent:
            bind.answer(index=self._random.randrange(len(bind.sent)))

    async def _fail(self) -> None:
        bind = self._w.binds["telcel-1"]
        if bind.sent:
            bind.answer(self._random.choice((0x08, 0x58, 0x401)))

    async def _flip(self) -> None:
        bind = self._w.binds[self._random.choice(("telcel-1", "movistar-1"))]
        if not bind.up:
            bind.come_up()
        elif not bind.sent or self._lossy:  # what is in flight then may be sent twice by right
            bind.lose()
            self._timed_out = [(other, flight) for other, flight in self._timed_out if other is not bind]

    async def _time_out(self) -> None:
        bind = self._w.binds[self._random.choice(("telcel-1", "movistar-1"))]
        if bind.sent:
            self._timed_out.append((bind, bind.time_out()))

    async def _answer_late(self) -> None:
        if self._timed_out:
            bind, flight = self._timed_out.pop(self._random.randrange(len(self._timed_out)))
            bind.answer_late(flight, self._random.choice((0, 0, 0x08, 0x0B)), f"late{id(flight)}")

    async def _cancel(self) -> None:
        if not self.messages:
            return
        message_id = self._random.choice(self.messages).id
        try:
            await self._w.dispatch.cancel("bank", message_id)
        except Refusal:
            return
        self.cancelled.add(message_id)

    async def _wait(self) -> None:
        await self._w.advance(self._random.choice((0.5, 1.0, 5.0)))


class FailingStore(MemoryStore):
    """Fails so often when told."""

    failures = 0
    read_failures = 0

    async def commit(self, changes: Changes) -> None:
        if self.failures and changes.updated:
            self.failures -= 1
            raise StoreError("the disk is full")
        await super().commit(changes)

    async def waiting(self, carrier: str, lane: str, after: str, limit: int) -> list[Message]:
        if self.read_failures:
            self.read_failures -= 1
            raise StoreError("the file is locked")
        return await super().waiting(carrier, lane, after, limit)
