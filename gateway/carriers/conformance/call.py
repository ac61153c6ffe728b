"""One SMPP session for a check: bound once, every submit_sm a future, every message of the SMSC answered."""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple

from gateway.carriers.bind import CLOSE_S, UNBIND_S
from gateway.carriers.bind_settings import BindSettings
from gateway.carriers.conformance.values import Reply
from gateway.carriers.connecting import bind_request, connect
from gateway.clock import Clock
from gateway.connection import Connection
from gateway.smpp import events as ev
from gateway.smpp.pdu import (
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    SubmitSm,
)
from gateway.smpp.session import WrongState
from gateway.smpp.status import status_name

BIND_S = 10.0
Taken = Callable[[DeliverSm | DataSm], int]
"""Given a message of the SMSC; the command_status to answer it with."""


class CallEnded(Exception):
    """There is no session, or no longer: the text says why. `status` is the SMSC's own, where it refused the bind."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(reason)


class _Sent(NamedTuple):
    pdu: SubmitSm
    at: float
    utc: float
    reply: "asyncio.Future[Reply]"


class Call:
    """A session to an SMSC: a `connection.Owner`."""

    def __init__(self, settings: BindSettings, taken: Taken, clock: Clock) -> None:
        self.settings = settings
        self.rtts_s: list[float] = []
        self.reason = ""
        self._taken = taken
        self._clock = clock
        self._connection: Connection | None = None
        self._bound: asyncio.Future[ev.Bound] = asyncio.get_running_loop().create_future()
        self._checked = asyncio.Event()
        self._closed = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether it is bound."""
        return self._connection is not None and self._connection.session.bound and not self._connection.closing

    async def open(self) -> ev.Bound:
        """Connect to the first endpoint that answers, and bind. Raises CallEnded."""
        self._connection = connection = await self._connect()
        connection.session.request(bind_request(self.settings), self._clock.monotonic())
        connection.flush_soon()
        try:
            async with asyncio.timeout(BIND_S):
                return await self._bound
        except TimeoutError:
            connection.abort()
            raise CallEnded("the bind was not answered") from None

    def send(self, pdu: SubmitSm) -> "asyncio.Future[Reply]":
        """Send a submit_sm; its reply. Raises CallEnded where the session is over."""
        connection = self._connection
        if connection is None or not self.up:
            raise CallEnded(self.reason or "the session is over")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        sent = _Sent(pdu, self._clock.monotonic(), self._clock.utc(), future)
        connection.session.request(pdu, sent.at, sent)
        connection.flush_soon()
        return future

    async def check_link(self) -> float:
        """Ask for a sign of life; seconds until it came. Raises CallEnded."""
        connection = self._connection
        if connection is None or not self.up:
            raise CallEnded(self.reason or "the session is over")
        self._checked.clear()
        connection.session.request(EnquireLink(), self._clock.monotonic())
        connection.flush_soon()
        try:
            async with asyncio.timeout(BIND_S):
                await self._checked.wait()
        except TimeoutError:
            raise CallEnded("enquire_link was not answered") from None
        if not self.up:
            raise CallEnded(self.reason or "the session is over")
        return self.rtts_s[-1]

    async def close(self) -> None:
        """Unbind and wait until the connection is gone; harmless when it is."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.session.unbind(self._clock.monotonic())
            connection.flush_soon()
            await self._gone(UNBIND_S)
        except WrongState:  # it never was bound
            pass
        connection.close()
        await self._gone(CLOSE_S)
        connection.abort()
        await self._closed.wait()

    async def _gone(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._closed.wait()
        except TimeoutError:
            return

    async def _connect(self) -> Connection:
        reasons = []
        for endpoint in self.settings.endpoints:
            try:
                return await connect(self.settings, endpoint, self, self._clock.monotonic)
            except (OSError, TimeoutError, ssl.SSLError) as error:
                reasons.append(f"{endpoint.host}:{endpoint.port}: {str(error) or type(error).__name__}")
        raise CallEnded(f"cannot connect to {'; '.join(reasons)}")

    # What the connection says

    def on_events(self, connection: Connection, events: list[ev.Event]) -> None:
        """See connection.Owner."""
        for event in events:
            match event:
                case ev.Answered(context=_Sent() as sent, command_status=status, pdu=pdu):
                    self._settle(sent, status, str(getattr(pdu, "message_id", "")))
                case ev.TimedOut(context=_Sent() as sent):
                    self._settle(sent, None, "")
                case ev.Received():
                    self._receive(connection, event)
                case ev.LinkChecked(rtt_s=rtt_s):
                    self.rtts_s.append(rtt_s)
                    self._checked.set()
                case ev.Bound():
                    if not self._bound.done():
                        self._bound.set_result(event)
                case ev.BindRefused(command_status=status):
                    self._end(f"the bind was refused: {status_name(status)}", status)
                case ev.Closing(reason=reason):
                    self.reason = self.reason or f"the session ended: {reason}"
                case ev.Unbound(by_peer=True):
                    self.reason = self.reason or "the SMSC sent unbind"

    def on_writable(self, connection: Connection) -> None:
        """See connection.Owner."""

    def on_closed(self, connection: Connection, events: list[ev.Event], exc: Exception | None) -> None:
        """See connection.Owner."""
        for event in events:
            if isinstance(event, ev.Lost):
                for context in event.contexts:
                    if isinstance(context, _Sent):
                        self._settle(context, None, "")
        self._end(self.reason or str(exc or "the SMSC closed the connection"))
        self._checked.set()
        self._closed.set()

    def _end(self, reason: str, status: int | None = None) -> None:
        self.reason = self.reason or reason
        if not self._bound.done():
            self._bound.set_exception(CallEnded(reason, status))

    def _settle(self, sent: _Sent, status: int | None, message_id: str) -> None:
        if not sent.reply.done():
            elapsed_s = self._clock.monotonic() - sent.at
            sent.reply.set_result(Reply(sent.pdu, status, message_id, sent.at, elapsed_s, sent.utc))

    def _receive(self, connection: Connection, received: ev.Received) -> None:
        pdu = received.pdu
        if isinstance(pdu, DeliverSm | DataSm):
            response = DataSmResp() if isinstance(pdu, DataSm) else DeliverSmResp()
            connection.session.respond(received.sequence_number, response, self._taken(pdu))
