"""A source outside behind its cache, its deadline and its breaker; the other side and the clock are scripted."""

import asyncio

import pytest

from portability.answer import Answer
from portability.cache import Cache
from portability.remote import AT_ONCE, STALE_S, Remote
from portability.source import Ask, Resolver, SourceUnavailable

NUMBER = 525512345678
TELCEL = Answer("telcel", "http", ported=True)
UTC = 1_800_000_000.0


class Scripted:
    """Says what it is told to say, once it is let."""

    name = "http"

    def __init__(self, says: Answer | Exception | None) -> None:
        self.says = says
        self.asked: list[int] = []
        self.let = asyncio.Event()
        self.let.set()
        self.closed = False

    async def question(self, number: int) -> Answer | None:
        self.asked.append(number)
        await self.let.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def close(self) -> None:
        self.closed = True


class Rig:
    """A remote at a time that moves when told."""

    def __init__(self, says: Answer | Exception | None = TELCEL, timeout_s: float = 10.0, size: int = 10) -> None:
        self.now = 100.0
        self.outside = Scripted(says)
        self.told: list[tuple[str, str]] = []
        self.remote = Remote(
            self.outside,
            Cache(size, ttl_s=60.0, negative_ttl_s=5.0),
            timeout_s=timeout_s,
            monotonic=lambda: self.now,
            utc=lambda: UTC,
            on_asked=lambda source, seconds, result: self.told.append((source, result)),
        )


async def test_remote_asks_once_and_answers_at_once_after() -> None:
    rig = Rig()
    assert rig.remote.lookup(NUMBER) is Ask.ASK

    answer = await rig.remote.ask(NUMBER)

    assert answer == TELCEL._replace(as_of=UTC)
    assert rig.remote.lookup(NUMBER) == answer
    rig.now += 60.0
    assert rig.remote.lookup(NUMBER) is Ask.ASK
    assert rig.outside.asked == [NUMBER]
    assert rig.told == [("http", "answered")]


async def test_remote_keeps_that_nothing_is_known_for_its_own_time() -> None:
    rig = Rig(None)
    assert await rig.remote.ask(NUMBER) is None
    assert rig.remote.lookup(NUMBER) is None
    rig.now += 5.0
    assert rig.remote.lookup(NUMBER) is Ask.ASK
    assert rig.told == [("http", "nothing")]


async def test_remote_has_one_question_per_number_in_flight() -> None:
    rig = Rig()
    rig.outside.let.clear()
    asking = [asyncio.create_task(rig.remote.ask(NUMBER + at % 2)) for at in range(10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    rig.outside.let.set()

    answers = await asyncio.gather(*asking[1:])

    assert {answer and answer.network for answer in answers} == {"telcel"}
    assert rig.outside.asked == [NUMBER, NUMBER + 1]


async def test_remote_bounds_the_questions_in_flight() -> None:
    rig = Rig(size=1000)
    rig.outside.let.clear()
    asking = [asyncio.create_task(rig.remote.ask(NUMBER + at)) for at in range(AT_ONCE + 20)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(rig.outside.asked) == AT_ONCE
    rig.outside.let.set()
    await asyncio.gather(*asking)
    assert len(rig.outside.asked) == AT_ONCE + 20


async def test_dead_source_costs_its_deadline_once() -> None:
    rig = Rig(timeout_s=0.01)
    rig.outside.let.clear()
    with pytest.raises(SourceUnavailable, match=r"no answer within 0\.01 s"):
        await rig.remote.ask(NUMBER)

    for at in range(100):
        with pytest.raises(SourceUnavailable):
            rig.remote.lookup(NUMBER + at)
    assert rig.outside.asked == [NUMBER]
    assert rig.remote.unavailable == "no answer within 0.01 s"
    assert rig.told == [("http", "unavailable")]


async def test_questions_that_wait_for_a_place_do_not_go_once_others_have_failed() -> None:
    rig = Rig(SourceUnavailable("answers 503"), size=1000)
    rig.outside.let.clear()
    asking = [asyncio.create_task(rig.remote.ask(NUMBER + at)) for at in range(3 * AT_ONCE)]
    for _ in range(5):
        await asyncio.sleep(0)
    rig.outside.let.set()

    found = await asyncio.gather(*asking, return_exceptions=True)

    assert {str(each) for each in found} == {"answers 503"}
    assert len(rig.outside.asked) == len(rig.told) == AT_ONCE


async def test_source_that_comes_back_is_found_by_a_probe_while_the_others_do_not_wait() -> None:
    rig = Rig(SourceUnavailable("answers 503"))
    with pytest.raises(SourceUnavailable):
        await rig.remote.ask(NUMBER)
    rig.now += 1.0
    rig.outside.says = TELCEL
    rig.outside.let.clear()
    probe = asyncio.create_task(rig.remote.ask(NUMBER))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    with pytest.raises(SourceUnavailable, match="503"):
        rig.remote.lookup(NUMBER + 1)
    with pytest.raises(SourceUnavailable, match="503"):
        await rig.remote.ask(NUMBER + 1)
    rig.outside.let.set()

    assert (await probe) == TELCEL._replace(as_of=UTC)
    assert rig.remote.unavailable is None
    assert rig.remote.lookup(NUMBER + 1) is Ask.ASK


async def test_answer_of_the_last_day_serves_while_the_source_is_down_and_says_so() -> None:
    rig = Rig()
    await rig.remote.ask(NUMBER)
    rig.outside.says = SourceUnavailable("answers 503")
    rig.now += 3 * 3600.0

    failed = await rig.remote.ask(NUMBER)
    open_ = rig.remote.lookup(NUMBER)

    assert failed == open_
    assert failed is not None
    assert (failed.network, failed.as_of) == ("telcel", UTC)
    assert failed.detail == "said 3 h ago; not available now: answers 503"
    rig.now += STALE_S
    with pytest.raises(SourceUnavailable):
        await rig.remote.ask(NUMBER)


async def test_failure_is_not_kept() -> None:
    rig = Rig(SourceUnavailable("answers 503"))
    with pytest.raises(SourceUnavailable):
        await rig.remote.ask(NUMBER)
    assert len(rig.remote.cache) == 0


async def test_closing_withdraws_questions_and_closes_the_other_side() -> None:
    rig = Rig()
    rig.outside.let.clear()
    asking = asyncio.create_task(rig.remote.ask(NUMBER))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await Resolver([rig.remote]).close()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert rig.outside.closed


async def test_resolver_goes_on_with_the_next_source_when_the_remote_fails() -> None:
    rig = Rig(SourceUnavailable("answers 503"))
    other = Rig(TELCEL._replace(ported=None))
    resolver = Resolver([rig.remote, other.remote])
    assert (await resolver.resolve(NUMBER)).network == "telcel"
    rig.outside.says = None
    assert (await resolver.resolve(NUMBER)).network == "telcel"
    assert len(rig.outside.asked) == 1


async def test_number_that_is_forgotten_is_asked_for_again_and_not_served_stale() -> None:
    rig = Rig()
    await rig.remote.ask(NUMBER)
    rig.remote.forget(NUMBER)
    rig.remote.forget(NUMBER)
    assert rig.remote.lookup(NUMBER) is Ask.ASK
    rig.outside.says = SourceUnavailable("down")
    with pytest.raises(SourceUnavailable):
        await rig.remote.ask(NUMBER)
