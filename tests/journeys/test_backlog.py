"""A hundred thousand messages for a carrier that is not there: they cost disk, not memory, and a restart is no wait."""

import asyncio

import pytest

from tests.bench.children import usage
from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import SmppApp, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, quiet_ports, until

MESSAGES = 100_000
AT_ONCE = 500
# A lane holds a few thousand segments; the rest of what may grow is SQLite's cache and what apps are being told.
GROWTH_MB = 120
READY_S = 5.0


@pytest.mark.slow
async def test_hundred_thousand_queued_for_a_dead_carrier_cost_disk_and_not_memory(
    make_gateway: MakeGateway, smsc: Smsc
) -> None:
    (nobody,) = quiet_ports(1)
    gateway = make_gateway(
        networks={"home": {"name": "Home"}},
        carriers={"one": carrier("one", [smsc.port]), "dead": carrier("dead", [nobody])},
        routes=[{"lane": ["fast"], "via": ["one"]}, {"via": ["dead"]}],
        apps={"bank": app(system_id="bank", tps=100_000)},
    )
    await gateway.start()
    before = rss_mb(gateway)
    bank = await SmppApp.bind(gateway.smpp_port)
    for begin in range(0, MESSAGES, AT_ONCE):
        answers = await asyncio.gather(*(bank.submit(f"message {begin + n}") for n in range(AT_ONCE)))
        assert {answer.command_status for answer in answers} == {0}
    await bank.unbind()
    assert await waiting(gateway) == MESSAGES
    assert rss_mb(gateway) - before < GROWTH_MB

    await gateway.kill()
    assert await gateway.start() < READY_S
    assert await waiting(gateway) == MESSAGES
    assert rss_mb(gateway) - before < GROWTH_MB
    await gateway.send("an OTP", lane="fast")
    await until(lambda: smsc.texts == ["an OTP"], 2, "the OTP past all of them")


def rss_mb(gateway: GatewayProcess) -> float:
    assert gateway.process is not None
    return usage(gateway.process.pid).rss_mb


async def waiting(gateway: GatewayProcess) -> int:
    lanes = [lane for lane in (await gateway.status())["lanes"] if lane["carrier"] == "dead"]
    return sum(lane["depth"] + lane["on_disk"] for lane in lanes)
