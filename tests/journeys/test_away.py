"""Somebody is not there: a carrier, an app. What is for them waits, or goes another way if there is one."""

import pytest

from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.load import doubled
from tests.journeys.parties import Hook, SmppApp, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until


@pytest.fixture
async def other(make_smsc: MakeSmsc) -> Smsc:
    """A second carrier."""
    return await make_smsc()


async def lane_depth(gateway: GatewayProcess, name: str) -> int:
    lanes = [lane for lane in (await gateway.status())["lanes"] if lane["carrier"] == name]
    return sum(lane["depth"] + lane["on_disk"] for lane in lanes)


async def test_messages_wait_while_the_carrier_is_away_and_go_when_it_is_back(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    before = await gateway.send("before")
    await until(lambda: hook.of(before), 5)
    await smsc.stop()
    await until(lambda: only_binds_fail(gateway), 5, "readiness to be withdrawn")
    ids = [await gateway.send(f"while away {n}") for n in range(30)]
    assert await lane_depth(gateway, "one") == 30
    assert (await gateway.message(ids[0]))["status"] == "accepted"
    await smsc.start()
    await until(lambda: all(hook.of(message_id) for message_id in ids), 10, "all receipts")
    assert doubled(smsc) == 0
    assert all(hook.of(message_id) == ["message.delivered"] for message_id in ids)


async def only_binds_fail(gateway: GatewayProcess) -> bool:
    return await gateway.failing() == ["binds"]


async def test_messages_wait_through_restarts_while_the_carrier_is_away(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    await smsc.stop()
    first = [await gateway.send(f"first {n}") for n in range(10)]
    await gateway.kill()
    gateway.launch()
    await until(lambda: only_binds_fail(gateway), 10, "it to run again")
    second = [await gateway.send(f"second {n}") for n in range(10)]
    assert await gateway.stop() == 0
    await smsc.start()
    await gateway.start()
    await until(lambda: all(hook.of(message_id) for message_id in first + second), 10, "all receipts")
    assert sorted(smsc.texts) == sorted(f"{when} {n}" for when in ("first", "second") for n in range(10))


async def test_second_carrier_takes_over_while_the_first_is_away(
    make_gateway: MakeGateway, smsc: Smsc, other: Smsc, hook: Hook
) -> None:
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port]), "two": carrier("two", [other.port])},
        routes=[{"network": ["home"], "via": ["one", "two"]}],
        apps={"shop": app(webhook=hook.settings)},
    )
    await gateway.start()
    await until(lambda: other.there.bound and smsc.there.bound, 5, "both carriers")
    first = await gateway.send("by the first")
    await until(lambda: hook.of(first), 5)
    assert (smsc.texts, other.texts) == (["by the first"], [])
    await smsc.stop()
    ids = [await gateway.send(f"by the second {n}") for n in range(20)]
    await until(lambda: all(hook.of(message_id) for message_id in ids), 10, "all receipts")
    assert len(other.taken) == 20
    assert {(await gateway.message(message_id))["carrier"] for message_id in ids} == {"two"}
    await smsc.start()
    await until(lambda: smsc.there.bound, 5, "the first carrier again")
    again = await gateway.send("by the first again")
    await until(lambda: hook.of(again), 5)
    assert smsc.texts[-1] == "by the first again"


async def test_bind_lost_in_mid_window_neither_loses_nor_hides_what_was_in_it(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    smsc.there.faults = smsc.there.faults.changed({"drop": 0.05})
    ids = [await gateway.send(f"message {n}", lane="fast") for n in range(60)]
    smsc.there.faults = smsc.there.faults.changed({"drop": 0.0})
    await until(lambda: all(hook.of(message_id) for message_id in ids), 15, "all receipts")
    assert len(set(smsc.texts)) == 60
    assert doubled(smsc) <= await gateway.metric("relevo_uncertain_total", carrier="one")


async def test_case_44_receipts_wait_while_the_app_is_away_and_come_when_it_is_back(
    gateway: GatewayProcess, smsc: Smsc
) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    answers = [app.submit(f"message {n}") for n in range(20)]
    ids = {(await answer).message_id for answer in answers}
    await app.unbind()
    smsc.there.mo("525587654321", "45555", "Hola")
    await until(lambda: gateway.owed("bank") > len(ids - set(app.receipts)), 10, "receipts and the inbound to wait")
    await gateway.kill()
    await gateway.start()
    back = await SmppApp.bind(gateway.smpp_port)
    await until(lambda: ids <= set(app.receipts) | set(back.receipts) and back.inbound, 10, "receipts and the inbound")
    assert all(len(receipts) == 1 for receipts in back.receipts.values())
    await back.unbind()


async def test_webhook_that_says_no_is_asked_again_and_hears_all(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    hook.answer = 503
    message_id = await gateway.send("hola")
    await until(lambda: refused_posts(gateway), 5, "a post that was refused")
    assert not hook.events
    hook.answer = 204
    await until(lambda: hook.of(message_id), 15, "the event")
    assert hook.of(message_id) == ["message.delivered"]


async def refused_posts(gateway: GatewayProcess) -> bool:
    return await gateway.metric("relevo_webhooks_total", app="shop") > 0
