"""Whom a gateway talks with in a journey: apps over SMPP, an app's webhook, and a carrier that comes and goes."""

import asyncio
import json
import time
from collections import defaultdict
from random import Random
from typing import Any, NamedTuple

from aiohttp import web
from standardwebhooks import Webhook

from gateway.clock import SystemClock
from gateway.connection import Connection
from gateway.sim.desk import Observer
from gateway.sim.profile import Profile
from gateway.sim.records import Record
from gateway.sim.smsc import Simulator
from gateway.smpp.codec import PEER_CARRIER
from gateway.smpp.events import Answered, Bound, Closing, Event, Lost, Received, TimedOut
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import BindRequest, BindTransceiver, DeliverSm, DeliverSmResp, Request, SubmitSm, tlv
from gateway.smpp.receipt import Kind, Receipt, classify, read
from gateway.smpp.session import Session
from gateway.smpp.spec import Tag
from gateway.smpp.timers import Timers
from tests.support.gateway import quiet_ports

ANSWER_S = 10.0
SECRET = "whsec_" + "am91cm5leXMtYW5kLXRoZWlyLXNlY3JldC0h"


class Answer(NamedTuple):
    """What an app was told about a submit_sm."""

    command_status: int
    message_id: str


class SmppApp:
    """An app's bind: submits, takes receipts and inbound messages at once, and remembers them. An `Owner`."""

    def __init__(self) -> None:
        self.receipts: dict[str, list[Receipt]] = defaultdict(list)
        self.received: list[DeliverSm] = []
        self.inbound: list[DeliverSm] = []
        self.closed = asyncio.Event()
        self.session = Session(Role.ESME, Timers(), time.monotonic(), limits=PEER_CARRIER)
        self._bound: asyncio.Future[Bound] = asyncio.get_running_loop().create_future()
        self._connection: Connection | None = None

    @classmethod
    async def bind(cls, port: int, system_id: str = "bank", pdu: BindRequest | None = None) -> "SmppApp":
        """Connect and bind, as transceiver unless told otherwise. Raises OSError, ConnectionError, TimeoutError."""
        app = cls()
        await app.connect(port, pdu or BindTransceiver(system_id=system_id, password="s3cret"))
        return app

    async def connect(self, port: int, pdu: BindRequest) -> None:
        """Connect and bind. Raises as `bind` does."""
        loop = asyncio.get_running_loop()
        _, self._connection = await loop.create_connection(
            lambda: Connection(self.session, self, time.monotonic), "127.0.0.1", port
        )
        self.session.request(pdu, time.monotonic())
        self._connection.flush_soon()
        async with asyncio.timeout(ANSWER_S):
            await self._bound

    def submit(self, text: str | bytes, to: str = "525512345678", **fields: Any) -> "asyncio.Future[Answer]":
        """Submit; the future's exception is ConnectionError when the bind ends first."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        octets = text if isinstance(text, bytes) else text.encode("ascii")
        pdu = SubmitSm(
            source_addr="45555", source_addr_ton=3, destination_addr=to, dest_addr_ton=1, dest_addr_npi=1,
            registered_delivery=1, short_message=octets,
        )._replace(**fields)  # fmt: skip
        assert self._connection is not None
        self.session.request(pdu, time.monotonic(), answer)
        self._connection.flush_soon()
        return answer

    async def send(self, text: str | bytes, to: str = "525512345678", **fields: Any) -> str:
        """Submit and wait for the yes; the message's id."""
        async with asyncio.timeout(ANSWER_S):
            answer = await self.submit(text, to, **fields)
        assert answer.command_status == 0, hex(answer.command_status)
        return answer.message_id

    async def ask(self, pdu: Request) -> Answer:
        """Send any other request and wait for its answer."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        assert self._connection is not None
        self.session.request(pdu, time.monotonic(), answer)
        self._connection.flush_soon()
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def unbind(self) -> None:
        """Part as the protocol wants it."""
        assert self._connection is not None
        if not self.closed.is_set():
            self.session.unbind(time.monotonic())
            self._connection.flush_soon()
        async with asyncio.timeout(ANSWER_S):
            await self.closed.wait()

    # -- connection.Owner -------------------------------------------------------------------------------------------

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        for event in events:
            match event:
                case Bound():
                    self._bound.set_result(event)
                case Answered(context=asyncio.Future() as answer) if not answer.done():
                    answer.set_result(Answer(event.command_status, getattr(event.pdu, "message_id", "")))
                case TimedOut(context=asyncio.Future() as answer) if not answer.done():
                    answer.set_exception(ConnectionError("no answer"))
                case Received(pdu=DeliverSm() as pdu):
                    self._take(pdu)
                    self.session.respond(event.sequence_number, DeliverSmResp())
                case Closing() if not self._bound.done():
                    self._bound.set_exception(ConnectionError(f"{event.reason} {event.command_status}"))

    def on_writable(self, connection: Connection) -> None:
        """Nothing waits for that."""

    def on_closed(self, connection: Connection, events: list[Event], exc: Exception | None) -> None:
        for event in events:
            for answer in event.contexts if isinstance(event, Lost) else ():
                if isinstance(answer, asyncio.Future) and not answer.done():
                    answer.set_exception(ConnectionError("the bind was lost"))
        if not self._bound.done():
            self._bound.set_exception(ConnectionError("closed before the bind was answered"))
        self.closed.set()

    def _take(self, pdu: DeliverSm) -> None:
        self.received.append(pdu)
        if classify(pdu) is Kind.MO:
            self.inbound.append(pdu)
        else:
            receipt = read(pdu)
            self.receipts[receipt.message_id].append(receipt)


def payload(pdu: DeliverSm) -> bytes:
    """What a deliver_sm says, wherever it stands."""
    return pdu.short_message or tlv(pdu, Tag.MESSAGE_PAYLOAD) or b""


class Hook:
    """An app's webhook: checks signatures and keeps the events, each with its webhook-id. Says 204, or `answer`.

    `verifies` False: signatures are not looked at, which have the sender's time in them.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer = 204
        self.verifies = True
        self.url = ""
        self._verify = Webhook(SECRET).verify
        self._runner: web.AppRunner | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """An app's `webhook` section."""
        return {"url": self.url, "secret": SECRET, "events": ["receipt", "inbound"]}

    def of(self, message_id: str) -> list[str]:
        """The types of the events about a message, in order of arrival."""
        return [event["type"] for event in self.events if event["data"]["id"] == message_id]

    async def start(self) -> None:
        """Listen."""
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.verifies:
            self._verify(body, dict(request.headers))
        if self.answer == 204:
            self.take(json.loads(body))
        return web.Response(status=self.answer)

    def take(self, event: dict[str, Any]) -> None:
        """An event was posted, and is answered 204."""
        self.events.append(event)


class Smsc:
    """A carrier's SMSC on a port of its own, which it keeps when it goes away and comes back."""

    def __init__(self, seed: int = 1, observer: Observer | None = None, **profile: Any) -> None:
        (self.port,) = quiet_ports(1)
        self._profile = Profile(
            name="SMSC", port=self.port, logins={"relevo": "secret"},
            **{"receipts_after_s": 0.05, "keep": 200_000} | profile,
        )  # fmt: skip
        self._random = Random(seed).random
        self._observer = observer
        self.simulator: Simulator | None = None
        self.records: list[Record] = []

    async def start(self) -> Simulator:
        """Be there."""
        self.simulator = Simulator(self._profile, SystemClock(), self._random, self._observer)
        await self.simulator.start()
        return self.simulator

    async def stop(self) -> None:
        """Go away: binds are unbound, and nobody listens. What was taken stays in `taken`."""
        if self.simulator is not None:
            self.records += self.simulator.received
            simulator, self.simulator = self.simulator, None
            await simulator.stop()

    def forget(self) -> None:
        """Remember nothing of what was taken until now."""
        self.records.clear()
        self.there.records.clear()

    @property
    def taken(self) -> list[Record]:
        """All that was ever taken, oldest first."""
        return self.records + (list(self.simulator.received) if self.simulator else [])

    @property
    def texts(self) -> list[str]:
        """The words of all that was taken."""
        return [record.text() for record in self.taken]

    @property
    def there(self) -> Simulator:
        """The simulator, which must be there."""
        assert self.simulator is not None
        return self.simulator
