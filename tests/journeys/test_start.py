"""Starts that fail: said in one line and ended with 1, so that systemd tries again; nothing that waits is lost."""

import asyncio
import socket

from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until


async def fails_to_start(gateway: GatewayProcess) -> str:
    """The reason it gives."""
    gateway.launch()
    assert gateway.process is not None
    assert await asyncio.to_thread(gateway.process.wait, 15) == 1
    reason: str = gateway.logged("not_started")[-1]["reason"]
    return reason


async def test_start_at_an_address_that_is_taken_fails_and_the_next_one_sends_what_waited(
    make_gateway: MakeGateway, smsc: Smsc
) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app()})
    await gateway.start()
    await smsc.stop()
    await gateway.post({"to": "5512345678", "text": "waits"})
    await gateway.stop()

    for port in (gateway.admin_port, gateway.http_port):  # before the store is opened, and after what waits was read
        with socket.create_server(("127.0.0.1", port)):
            assert "address already in use" in await fails_to_start(gateway)

    await smsc.start()
    await gateway.start()
    await until(lambda: smsc.texts == ["waits"], 10, "the message")


async def test_start_on_a_store_that_cannot_be_opened_fails(make_gateway: MakeGateway, smsc: Smsc) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app()})
    gateway.configure(store={"url": f"sqlite://{gateway.directory}/nowhere/relevo.db"})

    assert "nowhere" in await fails_to_start(gateway)
