"""Hostile peers beside a good app: it is answered, nothing grows or is left behind, and no secret comes to light.

`python -m tests.bench.hostile` measures the same attacks at length.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.smpp.pdu import BindTransceiver
from tests.bench.attacks import ADDRESS, ATTACKS, MAX_BINDS, PASSWORD, SYSTEM_ID, Counts, Target
from tests.bench.children import usage
from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import SECRET, Hook, SmppApp, Smsc
from tests.support.gateway import KEY, GatewayProcess, app, carrier, until

ATTACK_S = 0.4
"""How long one has gone on when the good app asks: what it pours in depends on how fast it is taken."""
PATIENCE_S = 5.0
"""What the good app waits for one answer at most: the machine may be busy with other tests, and with the attackers."""
MOST_GROWN_MB = 64.0
CLOSED_S = 30.0
MUCH = 32 << 20
SECRETS = (PASSWORD, KEY, "s3cret", "carrier-pass", "c4rrier-new", SECRET, SECRET.removeprefix("whsec_"))
A_FEW = ("half-pdus", "connections", "passwords", "enquiries", "deaf", "multis")


@pytest.fixture
async def gateway(make_gateway: MakeGateway, smsc: Smsc) -> GatewayProcess:
    """Ready, with `bank`, and `mallory` who has a password too."""
    mallory = app(system_id=SYSTEM_ID, api_keys=[], allow_from=[f"{ADDRESS}/32"], max_binds=MAX_BINDS, tps=100)
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port])},
        apps={
            "bank": app(system_id="bank", allow_from=["127.0.0.1/32"]),
            "mallory": mallory | {"password": PASSWORD},
        },
    )
    await gateway.start()
    return gateway


def pid_of(gateway: GatewayProcess) -> int:
    assert gateway.process is not None
    return gateway.process.pid


def of_process(gateway: GatewayProcess, name: str) -> str:
    """A file of /proc about it."""
    return Path(f"/proc/{pid_of(gateway)}/{name}").read_text()


def sockets(gateway: GatewayProcess) -> int:
    """How many descriptors it has open."""
    return sum(1 for _ in Path(f"/proc/{pid_of(gateway)}/fd").iterdir())


@contextlib.asynccontextmanager
async def under_attack(gateway: GatewayProcess, name: str) -> AsyncIterator[Counts]:
    """The attack goes on while the context lasts."""
    counts = Counts()
    attack = asyncio.ensure_future(ATTACKS[name](Target(gateway.smpp_port, counts)))
    try:
        yield counts
    finally:
        attack.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await attack


@pytest.mark.parametrize("names", [A_FEW, pytest.param(tuple(ATTACKS), marks=pytest.mark.slow)], ids=["few", "all"])
async def test_good_app_is_answered_whatever_hostile_peers_do(
    gateway: GatewayProcess, smsc: Smsc, names: tuple[str, ...]
) -> None:
    good = await SmppApp.bind(gateway.smpp_port)
    await good.send("before")
    before, memory = sockets(gateway), usage(pid_of(gateway)).rss_mb
    for name in names:
        async with under_attack(gateway, name) as counts, asyncio.timeout(PATIENCE_S * 4):
            await asyncio.sleep(ATTACK_S)
            for number in range(5):
                await good.send(f"{name} {number}")
            newcomer = await SmppApp.bind(gateway.smpp_port)
            await newcomer.unbind()
        assert counts.connected, name
    assert not good.closed.is_set()
    assert len([text for text in smsc.texts if text.endswith(" 4")]) == len(names)
    await until(lambda: sockets(gateway) <= before, CLOSED_S, f"no more than {before} descriptors")
    assert usage(pid_of(gateway)).rss_mb < memory + MOST_GROWN_MB
    assert gateway.logged("request_failed") == []


async def test_log_of_an_attack_stays_small(gateway: GatewayProcess) -> None:
    async with under_attack(gateway, "connections") as silent, under_attack(gateway, "garbage") as garbage:
        # A thousand that say nothing, and the first of those that come anew because they were cut off.
        await until(lambda: silent.connected > 1_100 and garbage.octets_out > MUCH, CLOSED_S, "attacks at their height")

    assert len(gateway.logged("too_many_unbound_connections")) == 1
    assert gateway.log.stat().st_size < 100_000


async def test_no_secret_comes_to_light(make_gateway: MakeGateway, smsc: Smsc, hook: Hook) -> None:
    """Neither those that were configured nor those that somebody tried: not in logs, status, metrics, the list of
    processes, or what a reload says."""
    one: dict[str, Any] = carrier("one", [smsc.port])
    one["binds"][0]["password"] = "carrier-pass"
    gateway = make_gateway(
        carriers={"one": one, "two": carrier("two", [smsc.port])},
        apps={"bank": app(system_id="bank"), "shop": app(api_keys=[], webhook=hook.settings)},
        log={"level": "debug"},
        routes=[{"network": ["home"], "via": ["two"]}],
    )
    await gateway.start()
    await gateway.send("a word that nobody must read")
    good = await SmppApp.bind(gateway.smpp_port)
    with pytest.raises(ConnectionError):
        await SmppApp.bind(gateway.smpp_port, pdu=BindTransceiver(system_id="bank", password="wr0ngpwd"))
    await good.send("a word that nobody must read", to="525512345678")

    one["binds"][0]["password"] = "c4rrier-new"
    gateway.configure(carriers={"one": one, "two": carrier("two", [smsc.port])})
    reload = f"http://127.0.0.1:{gateway.admin_port}/v1/reload"
    async with gateway.session.post(reload, headers={"X-Relevo": "1"}) as answer:
        assert answer.status == 200, "the bind is made anew with its new password"
        reloaded = await answer.text()
    async with gateway.session.get(f"http://127.0.0.1:{gateway.admin_port}/metrics") as answer:
        metrics = await answer.text()
    command_line = of_process(gateway, "cmdline")
    log = gateway.log.read_text()
    said = "\n".join([log, str(await gateway.status()), metrics, command_line, reloaded])

    assert "app_bind_refused" in log
    for secret in (*SECRETS, "wr0ngpwd", "a word that"):
        assert secret not in said, secret
    assert re.search(r"5512345678", said) is None
    assert (gateway.store.stat().st_mode & 0o777) == 0o600
