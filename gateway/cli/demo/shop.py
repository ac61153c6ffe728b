"""The app "tienda": a small ESME that submits as fast as its window allows and takes its receipts on the same bind."""

import asyncio
from collections import deque
from typing import NamedTuple

from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.clock import Clock
from gateway.connection import Connection
from gateway.smpp.events import Answered, BindRefused, Bound, Event, Lost, Received, TimedOut
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.session import Session
from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus
from gateway.smpp.timers import Timers

WINDOW = 100
BIND_S = 10.0
PAUSE_S = 0.1
"""So long it waits when it was told to be slower."""

_SLOWER = frozenset({int(CommandStatus.ESME_RTHROTTLED), int(CommandStatus.ESME_RMSGQFUL)})
_NAMES = {int(status): status.name for status in CommandStatus}


class Outgoing(NamedTuple):
    """One submit_sm: which part of which letter. The context of its request."""

    letter: Letter
    part: int
    pdu: SubmitSm


class Shop:
    """A `connection.Owner` with one transceiver bind."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._queue: deque[Outgoing] = deque()
        self._connection: Connection | None = None
        self._paused = False
        self._leaving = False
        loop = asyncio.get_running_loop()
        self._bound: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self.told_slower = 0
        self.trouble = ""
        """Why no more can come of it; "" while all is well."""

    async def bind(self, port: int, system_id: str, password: str) -> None:
        """Connect and bind. Raises StoryError where the gateway does not want that, OSError where nobody listens."""

        def greet(connection: Connection) -> None:
            request = BindTransceiver(system_id=system_id, password=password)
            connection.session.request(request, self._clock.monotonic())

        session = Session(Role.ESME, Timers(), self._clock.monotonic())
        loop = asyncio.get_running_loop()
        _, self._connection = await loop.create_connection(
            lambda: Connection(session, self, self._clock.monotonic, on_connected=greet), "127.0.0.1", port
        )
        try:
            async with asyncio.timeout(BIND_S):
                await self._bound
        except TimeoutError:
            raise StoryError("the gateway did not answer tienda's bind") from None

    def submit(self, letter: Letter, pdus: list[SubmitSm]) -> None:
        """Queue a letter; it goes when the window has room."""
        self._queue.extend(Outgoing(letter, part, pdu) for part, pdu in enumerate(pdus, 1))
        self._pump()

    async def unbind(self) -> None:
        """Take leave and wait for the end."""
        self._leaving = True
        connection = self._connection
        if connection is None:
            return
        if connection.session.bound:
            connection.session.unbind(self._clock.monotonic())
            connection.flush_soon()
        elif not self._closed.done():
            connection.close()
        await self._closed

    # What the connection says

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        """See connection.Owner."""
        for event in events:
            match event:
                case Received(sequence_number=number, pdu=DeliverSm() as pdu):
                    self._take(pdu)
                    connection.session.respond(number, DeliverSmResp())
                case Answered(context=Outgoing() as outgoing, command_status=status, pdu=response):
                    message_id = response.message_id if isinstance(response, SubmitSmResp) else ""
                    self._answered(outgoing, status, message_id)
                case TimedOut(Outgoing() as outgoing):
                    self.trouble = f"no answer to a submit_sm to {outgoing.letter.person.number}"
                case Bound() if not self._bound.done():
                    self._bound.set_result(None)
                case BindRefused(status) if not self._bound.done():
                    self._bound.set_exception(StoryError(f"tienda's bind was refused: {_name(status)}"))
        self._pump()

    def on_writable(self, connection: Connection) -> None:
        """See connection.Owner."""
        self._pump()

    def on_closed(self, connection: Connection, events: list[Event], exc: Exception | None) -> None:
        """See connection.Owner."""
        if not self._leaving or any(isinstance(event, Lost) for event in events):
            self.trouble = f"tienda lost its bind ({exc or 'closed by the gateway'})"
        if not self._bound.done():
            self._bound.set_exception(StoryError(self.trouble))
        if not self._closed.done():
            self._closed.set_result(None)

    # Messages

    def _pump(self) -> None:
        connection = self._connection
        if connection is None or self._paused or not connection.session.bound:
            return
        session = connection.session
        while self._queue and session.unanswered < WINDOW and connection.writable:
            outgoing = self._queue.popleft()
            outgoing.letter.sent_at = outgoing.letter.sent_at or self._clock.utc()
            session.request(outgoing.pdu, self._clock.monotonic(), outgoing)
        connection.flush_soon()

    def _answered(self, outgoing: Outgoing, status: int, message_id: str) -> None:
        if status == CommandStatus.ESME_ROK:
            self._ledger.accepted(outgoing.letter, message_id, outgoing.part)
        elif status in _SLOWER:
            self.told_slower += 1
            self._queue.appendleft(outgoing)
            if not self._paused:
                self._paused = True
                asyncio.get_running_loop().call_later(PAUSE_S, self._go_on)
        else:
            self._ledger.refused(outgoing.letter, _name(status))

    def _go_on(self) -> None:
        self._paused = False
        self._pump()

    def _take(self, pdu: DeliverSm) -> None:
        """A receipt, or an inbound message, which the shop has no use for: its opt-outs are the gateway's work."""
        if classify(pdu) is not Kind.RECEIPT:
            return
        receipt = read(pdu)
        if receipt.final and receipt.state is not None:
            self._ledger.receipt(receipt.message_id, _word(receipt.state))


def _word(state: MessageState) -> str:
    return "undelivered" if state is MessageState.UNDELIVERABLE else state.name.lower()


def _name(command_status: int) -> str:
    return _NAMES.get(command_status, f"{command_status:#x}")
