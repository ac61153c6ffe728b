"""Kannel's and Jasmin's calls, all the way: over HTTP in, over SMPP out, and back to a dlr-url."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.journeys.parties import Smsc
from tests.support.gateway import KEY, GatewayProcess, app, carrier, until
from tests.support.web import answering

LOGIN = {"username": "bank", "password": KEY}


class Receiver:
    """An app's web server, told of receipts."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.url = ""
        self.refusing = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if self.refusing:
            self.refusing -= 1
            return web.Response(status=503)
        form = await request.post()
        self.told.append({**request.query, **{name: str(value) for name, value in form.items()}})
        return web.Response(text="ACK/Jasmin")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with answering(receiver.answer) as receiver.url:
        yield receiver


@pytest.fixture
async def gateway(tmp_path: Path, receiver: Receiver) -> AsyncIterator[GatewayProcess]:
    """A gateway whose app may be called at the receiver, with a carrier that sends receipts after 50 ms."""
    smsc = Smsc()
    await smsc.start()
    bank = app(callbacks=[receiver.url + "/dlr*"])
    gateway = GatewayProcess(tmp_path, carriers={"one": carrier("one", [smsc.port])}, apps={"bank": bank})
    try:
        await gateway.start()
        yield gateway
    finally:
        await gateway.close()
        await smsc.stop()


async def call(gateway: GatewayProcess, path: str, fields: dict[str, str]) -> tuple[int, str]:
    url = f"http://127.0.0.1:{gateway.http_port}{path}"
    async with gateway.session.get(url, params={**LOGIN, **fields}) as answer:
        return answer.status, await answer.text()


async def test_kannel_message_is_reported_from_the_carrier_to_the_phone(
    gateway: GatewayProcess, receiver: Receiver
) -> None:
    url = receiver.url + "/dlr?id=7&type=%d&to=%p&from=%P&said=%A"
    fields = {"to": "5512345670", "text": "hola", "dlr-mask": "31", "dlr-url": url}
    assert await call(gateway, "/cgi-bin/sendsms", fields) == (202, "0: Accepted for delivery")
    await until(lambda: len(receiver.told) == 2, 10.0, "two reports")
    taken, delivered = receiver.told
    assert taken == {"id": "7", "type": "8", "to": "5512345670", "from": "45555", "said": "ACK/"}
    assert (delivered["type"], "stat:DELIVRD" in delivered["said"]) == ("1", True)


async def test_jasmin_message_is_reported_at_both_levels(gateway: GatewayProcess, receiver: Receiver) -> None:
    fields = {"to": "5512345670", "content": "hola", "dlr-level": "3", "dlr-url": receiver.url + "/dlr"}
    status, said = await call(gateway, "/send", fields)
    assert status == 200
    await until(lambda: len(receiver.told) == 2, 10.0, "two reports")
    first, second = receiver.told
    assert said == f'Success "{first["id"]}"'
    assert (first["level"], first["message_status"]) == ("1", "ESME_ROK")
    assert (second["id"], second["level"], second["message_status"]) == (first["id"], "2", "DELIVRD")


async def test_report_that_was_not_taken_comes_again_after_a_restart(
    gateway: GatewayProcess, receiver: Receiver
) -> None:
    receiver.refusing = 1
    fields = {"to": "5512345670", "text": "hola", "dlr-mask": "1", "dlr-url": receiver.url + "/dlr?type=%d"}
    assert (await call(gateway, "/cgi-bin/sendsms", fields))[0] == 202
    await until(lambda: not receiver.refusing, 10.0, "the first try")
    await gateway.kill()
    await gateway.start()
    await until(lambda: receiver.told, 30.0, "the next try")
    assert receiver.told[0] == {"type": "1"}
