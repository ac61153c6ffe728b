"""An old Kannel before us: its bearerbox sends over our /cgi-bin/sendsms as it would over another Kannel's smsbox."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.journeys.parties import Smsc
from tests.peers.tools import running, tool
from tests.support.gateway import KEY, GatewayProcess, app, carrier, quiet_ports, until
from tests.support.web import answering

pytestmark = pytest.mark.peers

CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = secret
smsbox-port = {boxes}
log-level = 0
box-allow-ip = 127.0.0.1
store-type = file
store-file = {directory}/kannel.store

group = smsc
smsc = http
system-type = kannel
port = {listen}
connect-allow-ip = 127.0.0.1
smsc-username = bank
smsc-password = {key}
send-url = http://127.0.0.1:{http}/cgi-bin/sendsms

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
global-sender = 45555
log-level = 0

group = sendsms-user
username = kannel
password = kannel
concatenation = true
max-messages = 10
"""


class Boxes:
    """A running Kannel, and the calls to its users' dlr-urls."""

    def __init__(self, sendsms: int) -> None:
        self._sendsms = sendsms
        self.told: list[str] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.told.append(request.query["type"])
        return web.Response()

    async def send(self, text: str, to: str = "525512345670", **fields: str) -> int:
        """As a user of that Kannel's; the status of its answer."""
        query = {
            "username": "kannel", "password": "kannel", "to": to, "text": text, "dlr-mask": "31",
            "dlr-url": self.url + "/dlr?type=%d", **fields,
        }  # fmt: skip
        url = f"http://127.0.0.1:{self._sendsms}/cgi-bin/sendsms"
        async with aiohttp.ClientSession() as session, session.get(url, params=query) as answer:
            return answer.status


@pytest.fixture
async def boxes(tmp_path: Path, smsc: Smsc) -> AsyncIterator[Boxes]:
    bearerbox, smsbox = tool("bearerbox", "kannel"), tool("smsbox", "kannel")
    admin, box_port, sendsms, listen = quiet_ports(4)
    boxes = Boxes(sendsms)
    async with answering(boxes.answer) as boxes.url:
        bank = app(callbacks=[boxes.url + "/dlr*"])
        gateway = GatewayProcess(tmp_path, carriers={"one": carrier("one", [smsc.port])}, apps={"bank": bank})
        file = tmp_path / "kannel.conf"
        ports = {"admin": admin, "boxes": box_port, "sendsms": sendsms, "listen": listen, "http": gateway.http_port}
        file.write_text(CONFIGURATION.format(key=KEY, directory=tmp_path, **ports))
        try:
            await gateway.start()
            with running([bearerbox, file], tmp_path / "bearerbox.log"):
                await until(lambda: listens(box_port), 10, "bearerbox")
                with running([smsbox, file], tmp_path / "smsbox.log"):
                    await until(lambda: listens(sendsms), 10, "smsbox")
                    yield boxes
        finally:
            await gateway.close()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.mark.parametrize(
    ("text", "fields"),
    [("Su clave es 482913", {}), ("año 😀", {"coding": "2", "charset": "UTF-8"})],
    ids=["gsm", "ucs2"],
)
async def test_kannel_sends_over_our_sendsms_and_its_user_hears_of_it(
    boxes: Boxes, smsc: Smsc, text: str, fields: dict[str, str]
) -> None:
    assert await boxes.send(text, **fields) == 202
    await until(lambda: "1" in boxes.told, 15, "the report")
    assert smsc.texts == [text]


async def test_kannel_hears_that_a_number_is_none(boxes: Boxes, smsc: Smsc) -> None:
    assert await boxes.send("hola", to="123456789012345678") == 202  # on its way, as far as that Kannel knows
    await until(lambda: boxes.told, 15, "the report")
    assert boxes.told == ["16"]
    assert smsc.texts == []
