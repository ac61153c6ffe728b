"""Restarts under load with the sockets held by somebody else, as systemd does: nobody is refused, nothing is lost."""

import asyncio

import pytest

from gateway.message import Status
from tests.journeys.conftest import MakeGateway
from tests.journeys.load import Load, doubled, missing
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

RESTARTS = 3
HTTP_APPS = 4


async def progress(load: Load, what: str) -> None:
    """Two hundred messages more."""
    before = len(load.accepted)
    await until(lambda: len(load.accepted) > before + 200, 15, what)


async def restart(gateway: GatewayProcess) -> None:
    assert await gateway.stop() == 0, gateway.last_words()
    await gateway.start()


async def reload(gateway: GatewayProcess) -> None:
    """One that changes something: the sockets stay with us."""
    gateway.configure(log={"level": "debug"})
    async with gateway.session.post(
        f"http://127.0.0.1:{gateway.admin_port}/v1/reload", headers={"X-Relevo": "1"}
    ) as answer:
        assert answer.status == 200, await answer.text()


@pytest.mark.slow
async def test_restarts_under_load_refuse_nobody_where_the_sockets_stay(make_gateway: MakeGateway, smsc: Smsc) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app(system_id="bank")})
    gateway.hold_sockets()
    await gateway.start()
    loads = [Load(gateway), *(Load(gateway, http_words=f"http {n}") for n in range(1, HTTP_APPS))]
    first = loads[0]
    async with asyncio.TaskGroup() as group:
        group.create_task(first.smpp())
        for load in loads:
            group.create_task(load.http())
        await progress(first, "a load")
        await reload(gateway)
        for _ in range(RESTARTS):
            await progress(first, "a load")
            await restart(gateway)
        await progress(first, "a load after all")
        for load in loads:
            load.stop()

    assert [load.refused for load in loads] == [{}] * len(loads), "answered no"
    assert [load.turned_away for load in loads] == [0] * len(loads), "connections refused"
    for load in loads:
        await until(lambda load=load: not missing(load, smsc), 10, "all messages")
    assert doubled(smsc) == 0
    await until(lambda: ended(gateway), 10, "an end of each")
    assert gateway.audit().wrong == []
    assert [line["answered"] for line in gateway.logged("stopped")] == [True] * RESTARTS
    print(
        f"{sum(len(load.accepted) for load in loads)} taken, {sum(load.unanswered for load in loads)} unanswered; "
        f"longest without a yes {max(load.longest_s for load in loads):.2f} s"
    )
    await first.unbind()


async def ended(gateway: GatewayProcess) -> bool:
    waiting = {Status.ACCEPTED, Status.SUBMITTED}
    return all(not sums.keys() & waiting for sums in gateway.audit().sums.values())


async def test_sockets_that_no_listener_is_configured_at_are_refused_at_the_start(
    make_gateway: MakeGateway, smsc: Smsc
) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app()})
    gateway.hold_sockets()
    gateway.configure(http={"listen": "127.0.0.1:1"})
    gateway.launch()

    assert gateway.process is not None
    assert await asyncio.to_thread(gateway.process.wait, 15) == 1
    (line,) = gateway.logged("not_started")
    assert line["reason"] == (
        f"the socket handed over as http listens at 127.0.0.1:{gateway.http_port}; http is configured at 127.0.0.1:1"
    )
