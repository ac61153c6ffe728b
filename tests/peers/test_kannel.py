"""An old Kannel behind us: its bearerbox logs in as an app, its smsbox sends and is told of receipts and inbound."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.journeys.parties import Smsc
from tests.peers.tools import running, tool
from tests.support.gateway import GatewayProcess, quiet_ports, until

pytestmark = pytest.mark.peers

# dlr-mask bits, as in %d. Kannel asks for the third with registered_delivery 0x10, the fourth is its own.
DELIVERED, UNDELIVERED, INTERMEDIATE, ANSWERED = "1", "2", "4", "8"
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
smsc = smpp
smsc-id = relevo
host = 127.0.0.1
port = {smpp}
transceiver-mode = true
smsc-username = bank
smsc-password = s3cret
system-type = ""
source-addr-ton = 3
dest-addr-ton = 1
dest-addr-npi = 1
source-addr-autodetect = false
enquire-link-interval = 5
reconnect-delay = 1
max-pending-submits = 20

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

group = sms-service
keyword = default
get-url = "{called}/inbound?from=%p&to=%P&text=%a"
omit-empty = true
max-messages = 0
"""


class Caller:
    """Whom Kannel calls: keeps the query of each call by its path."""

    def __init__(self) -> None:
        self.calls: dict[str, list[dict[str, str]]] = {"/dlr": [], "/inbound": []}
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/{kind}", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.calls[request.path].append(dict(request.query))
        return web.Response()

    def of(self, name: str) -> list[str]:
        """What the receipts of one message said, in order."""
        return [call["type"] for call in self.calls["/dlr"] if call["name"] == name]


class Kannel:
    """Both boxes, their port, and whom they call."""

    def __init__(self, gateway: GatewayProcess, port: int, caller: Caller) -> None:
        self._gateway = gateway
        self._port = port
        self.caller = caller

    async def send(self, name: str, text: str, **fields: Any) -> int:
        """GET /cgi-bin/sendsms with a dlr-url; the status of the answer."""
        query = {
            "username": "kannel", "password": "kannel", "to": "525512345678", "from": "45555", "text": text,
            "dlr-mask": "31", "dlr-url": f"{self.caller.url}/dlr?name={name}&type=%d&id=%F", **fields,
        }  # fmt: skip
        url = f"http://127.0.0.1:{self._port}/cgi-bin/sendsms"
        async with self._gateway.session.get(url, params=query) as answer:
            return answer.status


async def bound(gateway: GatewayProcess) -> bool:
    """Whether an app has a bind."""
    return any(app["binds"] for app in (await gateway.status())["apps"])


@pytest.fixture
async def kannel(gateway: GatewayProcess, tmp_path: Path) -> AsyncIterator[Kannel]:
    """Kannel bound to the gateway as `bank`."""
    bearerbox, smsbox = tool("bearerbox", "kannel"), tool("smsbox", "kannel")
    admin, boxes, sendsms = quiet_ports(3)
    caller = Caller()
    await caller.start()
    file = tmp_path / "kannel.conf"
    file.write_text(
        CONFIGURATION.format(
            admin=admin, boxes=boxes, sendsms=sendsms, smpp=gateway.smpp_port, called=caller.url, directory=tmp_path
        )
    )
    with running([bearerbox, file], tmp_path / "bearerbox.log"):
        await until(lambda: bound(gateway), 10, "Kannel's bind")
        with running([smsbox, file], tmp_path / "smsbox.log"):
            kannel = Kannel(gateway, sendsms, caller)
            await until(lambda: listens(sendsms), 10, "smsbox")
            yield kannel
    await caller.stop()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_kannel_sends_and_hears_that_it_was_delivered(kannel: Kannel, smsc: Smsc) -> None:
    assert await kannel.send("one", "Su clave es 482913") == 202
    await until(lambda: DELIVERED in kannel.caller.of("one"), 15, "the receipt")
    assert kannel.caller.of("one") == [ANSWERED, INTERMEDIATE, DELIVERED]
    assert smsc.texts == ["Su clave es 482913"]


async def test_kannel_hears_that_it_was_not_delivered(kannel: Kannel, smsc: Smsc) -> None:
    smsc.there.faults = smsc.there.faults.changed({"fail": 1.0})
    assert await kannel.send("one", "Su clave es 482913") == 202
    await until(lambda: UNDELIVERED in kannel.caller.of("one"), 15, "the receipt")
    assert kannel.caller.of("one") == [ANSWERED, INTERMEDIATE, UNDELIVERED]


@pytest.mark.parametrize(
    "text, fields",
    [
        ("¿Qué tal, señor? € {}", {"charset": "UTF-8"}),
        ("año 😀", {"coding": "2", "charset": "UTF-8"}),
        ("Un texto largo que Kannel parte. " * 10, {}),
    ],
    ids=["gsm", "ucs2", "long"],
)
async def test_kannel_text_arrives_as_written(kannel: Kannel, smsc: Smsc, text: str, fields: dict[str, str]) -> None:
    assert await kannel.send("one", text, **fields) == 202
    await until(lambda: DELIVERED in kannel.caller.of("one"), 15, "the receipt")
    await until(lambda: "".join(smsc.texts) == text, 5, f"{text!r}")


async def test_kannel_takes_an_inbound_message(kannel: Kannel, smsc: Smsc) -> None:
    smsc.there.mo("525587654321", "45555", "Hola a todos")
    await until(lambda: kannel.caller.calls["/inbound"], 10, "the inbound message")
    assert kannel.caller.calls["/inbound"] == [{"from": "+525587654321", "to": "45555", "text": "Hola a todos"}]
