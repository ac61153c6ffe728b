"""kill -9 in the middle of everything: what was answered yes arrives, ends once, and its app hears of it."""

import asyncio
from random import Random

import pytest

from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.kills import LATE, TWICE_AT_MOST, live, sections, settle, told
from tests.journeys.load import FINAL, Load, doubled, missing, statuses
from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, until


@pytest.fixture
async def late_smsc(make_smsc: MakeSmsc) -> Smsc:
    """A carrier with which much is always under way."""
    return await make_smsc(**LATE)


def make(make_gateway: MakeGateway, smsc: Smsc, hook: Hook) -> GatewayProcess:
    return make_gateway(**sections(smsc, hook))


async def check(gateway: GatewayProcess, load: Load, smsc: Smsc, hook: Hook, kills: int) -> None:
    """The promises, and the audit of the gateway's own books."""
    toll = await settle(gateway, load, smsc, hook)
    assert toll.faults == []
    assert toll.copies <= kills * TWICE_AT_MOST
    assert (books := gateway.audit()).messages >= len(load.accepted)
    assert books.wrong == []
    await load.unbind()


async def test_gateway_loses_nothing_when_killed_under_load(
    make_gateway: MakeGateway, late_smsc: Smsc, hook: Hook
) -> None:
    gateway = make(make_gateway, late_smsc, hook)
    await gateway.start()
    load = await live(gateway, Random(1), kills=2)
    assert len(load.over_smpp) > 200, "a load worth the name"
    await check(gateway, load, late_smsc, hook, kills=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
async def test_gateway_loses_nothing_when_killed_again_and_again(
    make_gateway: MakeGateway, late_smsc: Smsc, hook: Hook, seed: int
) -> None:
    gateway = make(make_gateway, late_smsc, hook)
    await gateway.start()
    load = await live(gateway, Random(seed), kills=12)
    await check(gateway, load, late_smsc, hook, kills=12)


@pytest.mark.slow
async def test_gateway_loses_nothing_when_killed_while_it_takes_up_what_was_left(
    make_gateway: MakeGateway, late_smsc: Smsc, hook: Hook
) -> None:
    gateway, random = make(make_gateway, late_smsc, hook), Random(7)
    await gateway.start()
    load = Load(gateway)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        group.create_task(load.http())
        await until(lambda: len(load.accepted) > 500, 10, "a load")
        for _ in range(12):
            await gateway.kill()
            gateway.launch()
            await asyncio.sleep(0.2 + random.random())
        await gateway.ready()
        load.stop()
    await check(gateway, load, late_smsc, hook, kills=13)


async def test_post_tried_again_after_a_kill_gets_its_first_answer(
    make_gateway: MakeGateway, late_smsc: Smsc, hook: Hook
) -> None:
    gateway = make(make_gateway, late_smsc, hook)
    await gateway.start()
    body = {"to": "5512345678", "text": "only once"}
    first = await gateway.post(body, {"Idempotency-Key": "order-7"})
    await gateway.kill()
    await gateway.start()
    assert await gateway.post(body, {"Idempotency-Key": "order-7"}) == first
    await until(lambda: hook.of(first[1]["id"]), 10, "the receipt")
    assert doubled(late_smsc) <= 1, "by the kill, not by the second post"
    assert (await gateway.post(body | {"text": "another"}, {"Idempotency-Key": "order-7"}))[0] == 409


async def test_receipts_that_come_after_the_kill_find_their_messages(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, hook: Hook
) -> None:
    smsc = await make_smsc(receipts_after_s=2.0)
    gateway = make(make_gateway, smsc, hook)
    await gateway.start()
    load = Load(gateway)
    bank = await load.rebind()
    assert bank is not None
    early = (bank.send(f"early {n}") for n in range(50))
    sent = set(await asyncio.gather(*early, *(gateway.send(f"web {n}") for n in range(10))))
    await until(lambda: submitted(gateway, 60), 5, "all answers of the carrier")
    await gateway.kill()
    assert not any(load.receipts.values())
    await gateway.start()
    await until(load.rebind, 5, "a bind")
    await until(lambda: set(load.receipts) | {event["data"]["id"] for event in hook.events} >= sent, 10, "receipts")
    assert len(smsc.taken) == 60, "nothing was sent again"
    assert set(map(tuple, (await statuses(gateway, sent)).values())) == {("delivered",)}
    await load.unbind()


async def submitted(gateway: GatewayProcess, count: int) -> bool:
    """Whether so many answers of the carrier have come and are on disk."""
    answered = await gateway.metric("relevo_submit_responses_total", command_status="ESME_ROK") >= count
    return answered and (await gateway.status())["store"]["backlog"] == 0


async def test_gateway_told_to_stop_under_load_leaves_nothing_behind_and_nothing_twice(
    make_gateway: MakeGateway, late_smsc: Smsc, hook: Hook
) -> None:
    gateway = make(make_gateway, late_smsc, hook)
    await gateway.start()
    load = Load(gateway)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        group.create_task(load.http())
        await until(lambda: len(load.accepted) > 300, 10, "a load")
        assert await gateway.stop() == 0
        (stopped,) = gateway.logged("stopped")
        assert stopped["answered"]
        await gateway.start()
        before = len(load.accepted)
        await until(lambda: len(load.accepted) > before + 100, 10, "the load again")
        load.stop()
    await until(lambda: not missing(load, late_smsc), 15, "all that was answered yes, at the carrier")
    assert doubled(late_smsc) == 0
    assert set(load.refused) <= {503, 0x14}, "while it stops it says no, in words that mean later"
    await until(lambda: set(load.accepted.values()) <= told(load, hook), 15, "a receipt for each")
    ends = await statuses(gateway, load.accepted.values())
    assert all(len(end) == 1 for end in ends.values())
    assert all(set(end) <= FINAL for end in ends.values())
    await load.unbind()
