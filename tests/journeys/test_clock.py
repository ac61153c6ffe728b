"""The wall clock is set while the gateway runs, or between two lives: nothing is lost, sent late or kept back by it."""

import datetime
from pathlib import Path

import pytest

from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until
from tests.support.world import World

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.fixture
def gateway(make_gateway: MakeGateway, smsc: Smsc, hook: Hook) -> GatewayProcess:
    """Not started yet; one carrier, one app with a webhook."""
    hook.verifies = False  # it would refuse what is signed an hour from now
    return make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"shop": app(webhook=hook.settings)})


@pytest.fixture
def world(gateway: GatewayProcess, tmp_path: Path) -> World:
    return World(tmp_path, gateway)


async def serving(gateway: GatewayProcess) -> None:
    """Start it, though no carrier is there."""
    gateway.launch()
    await until(lambda: answers(gateway), 15, "it to run")


async def answers(gateway: GatewayProcess) -> bool:
    return await gateway.failing() == ["binds"]


async def told_of(hook: Hook, *ids: str, within_s: float = 10.0) -> None:
    await until(lambda: all(hook.of(each) for each in ids), within_s, "receipts of all")
    assert {kind for each in ids for kind in hook.of(each)} == {"message.delivered"}


async def test_messages_of_a_life_with_the_clock_ahead_are_sent_in_the_next(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    await smsc.stop()
    world.set_clock_ahead(HOUR_S)
    await serving(gateway)
    early = [await gateway.send(f"from the future {n}") for n in range(5)]
    await gateway.kill()
    world.set_clock_ahead(0)
    await serving(gateway)
    late = [await gateway.send(f"from now {n}") for n in range(5)]
    assert max(late) < min(early), "ids tell the time"
    await smsc.start()
    await told_of(hook, *early, *late)


@pytest.mark.slow
async def test_messages_after_a_life_with_the_clock_ahead_outlive_a_kill(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    """What a restart reads begins at a time that was written down: by a clock that was wrong."""
    world.set_clock_ahead(HOUR_S)
    await gateway.start()
    await told_of(hook, await gateway.send("from the future"))
    assert await gateway.stop() == 0
    world.set_clock_ahead(0)
    await smsc.stop()
    await serving(gateway)
    ids = [await gateway.send(f"from now {n}") for n in range(5)]
    await gateway.kill()
    await smsc.start()
    await gateway.start()
    await told_of(hook, *ids)


@pytest.mark.slow
async def test_clock_set_back_keeps_no_delivery_waiting(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    await gateway.start()
    hook.answer = 503
    message_id = await gateway.send("hola")
    await until(lambda: refused(gateway), 5, "a post that was refused")
    world.set_clock_ahead(-2 * HOUR_S)
    hook.answer = 204
    await told_of(hook, message_id, within_s=30)


async def refused(gateway: GatewayProcess) -> bool:
    return await gateway.metric("relevo_webhooks_total", app="shop") > 0


@pytest.mark.slow
async def test_clock_set_years_ahead_and_back_deletes_nothing_that_waits(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    hook.answer = 503
    await gateway.start()
    owed = await gateway.send("owed")
    await until(lambda: refused(gateway), 5, "a post that was refused")
    await smsc.stop()
    waiting = await gateway.send("waits")
    world.set_clock_ahead(400 * DAY_S)
    await until(lambda: gateway.logged("clock_stepped"), 10, "the step to be seen")
    world.set_clock_ahead(0)
    hook.answer = 204
    await smsc.start()
    await told_of(hook, owed, waiting, within_s=30)


@pytest.mark.slow
@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
async def test_time_to_live_of_what_is_in_memory_runs_on_through_a_step(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World, step_s: float
) -> None:
    await smsc.stop()
    await serving(gateway)
    short, long = [await gateway.send(f"ttl {ttl}", ttl=ttl) for ttl in (3, 600)]
    world.set_clock_ahead(step_s)
    await until(lambda: hook.of(short), 8, "the end of the short one")
    assert hook.of(short) == ["message.expired"]
    await smsc.start()
    await told_of(hook, long)


@pytest.mark.slow
async def test_scheduled_message_goes_at_its_time_by_the_clock_on_the_wall(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    await gateway.start()
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    scheduled = await gateway.send("in an hour", send_at=at.isoformat())
    world.set_clock_ahead(-HOUR_S)
    await told_of(hook, await gateway.send("now"))
    assert hook.of(scheduled) == []
    world.set_clock_ahead(HOUR_S + 1)
    await told_of(hook, scheduled)


@pytest.mark.slow
async def test_message_scheduled_a_year_ahead_outlives_a_kill_and_goes_in_its_second(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, world: World
) -> None:
    year_s = 365 * DAY_S
    await gateway.start()
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365)
    scheduled = await gateway.send("in a year", send_at=at.isoformat())
    await gateway.kill()
    await gateway.start()
    assert (await gateway.message(scheduled))["status"] == "scheduled"
    world.set_clock_ahead(year_s - HOUR_S)
    await until(lambda: gateway.logged("clock_stepped"), 10, "the step to be seen")
    await told_of(hook, await gateway.send("an hour before"))
    assert hook.of(scheduled) == []
    world.set_clock_ahead(year_s + 1)
    await told_of(hook, scheduled)
    assert smsc.texts == ["an hour before", "in a year"]
