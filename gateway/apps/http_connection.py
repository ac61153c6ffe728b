"""A caller's connection: its requests are answered one after another, in the order in which they come.

One task for a connection's life, none for a request; one timer, which looks again when it rings too early.
"""

import asyncio
from collections import deque
from typing import NamedTuple, Protocol, cast

import structlog

from gateway.apps.http_answer import Answer
from gateway.apps.http_body import Body, BrokenBody
from gateway.apps.http_parser import NotUnderstood, RequestParser
from gateway.apps.http_request import Request

log = structlog.get_logger()

SLICE = 4 * 1024
"""Octets parsed at once: no more requests than those hold wait behind another."""
_WAITING = 2
LAST_S = 0.25
"""So long who was answered last may take to hang up when we are leaving."""
_SHORTEST_TIMER_S = 0.001  # uvloop counts in whole milliseconds; a timer rounded down to none would ring without end


class Patience(NamedTuple):
    """In seconds: how long a connection may be idle, or take to say a head; how long the rest of a body that nobody
    wants is read, so that its caller gets to read the answer; how long a caller may read nothing of an answer."""

    keep_alive_s: float
    linger_s: float
    unread_s: float


class Owner(Protocol):
    """Who answers."""

    def entered(self, connection: "HttpConnection", transport: asyncio.BaseTransport) -> bool:
        """Somebody has connected; False: cut it off."""

    def left(self, connection: "HttpConnection") -> None:
        """The connection has ended."""

    async def answer(self, request: Request) -> Answer:
        """The answer to a request. Raises ConnectionError where the caller has gone meanwhile."""

    def refuse(self, remote: str | None, what: NotUnderstood) -> Answer:
        """The answer to what is no HTTP; the connection's last."""


class HttpConnection(asyncio.Protocol):
    """To be made in a running loop."""

    def __init__(self, owner: Owner, patience: Patience) -> None:
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._patience = patience
        self._transport: asyncio.Transport | None = None
        self._parser = RequestParser(self, self._take_on)
        self._unparsed = b""
        self._requests: deque[Request | NotUnderstood] = deque()
        self._busy = False
        self._closing = False
        self._said_all = False  # by a caller who still reads
        self._serving: asyncio.Task[None] | None = None
        self._awaited: asyncio.Future[None] | None = None  # a request
        self._drained: asyncio.Future[None] | None = None  # set while the caller does not read what we say
        self._holds = 0
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self.remote: str | None = None

    # What its owner asks for

    @property
    def busy(self) -> bool:
        """Whether something is being answered."""
        return self._busy or bool(self._requests)

    def leave(self) -> None:
        """Close it once what is being answered was answered, at once where nothing is."""
        self._closing = True
        if not self.busy:
            self._close()
        self._wake()

    async def ended(self, within_s: float) -> None:
        """Wait until it has closed, then cut it off."""
        if self._serving is not None:
            _, late = await asyncio.wait([self._serving], timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._abort()

    # What who answers asks for

    def write(self, octets: bytes) -> None:
        """Say something. Raises ConnectionResetError where nobody listens any more."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the caller is gone")
        self._transport.write(octets)

    async def drain(self) -> None:
        """Wait while the caller reads more slowly than it asks. Raises ConnectionResetError."""
        while self._drained is not None and self._transport is not None:
            await self._read_on(self._drained, self._transport)
        if self._transport is None:
            raise ConnectionResetError("the caller is gone")

    async def _read_on(self, drained: asyncio.Future[None], transport: asyncio.Transport) -> None:
        """Wait for the caller, who has to read something: what waits for it holds memory and a place."""
        unread = transport.get_write_buffer_size()
        try:
            async with asyncio.timeout(self._patience.unread_s):
                await asyncio.shield(drained)
        except TimeoutError:
            if transport.get_write_buffer_size() >= unread:
                self._abort()
                raise ConnectionResetError("the caller does not read") from None

    def hold(self) -> None:
        """Read no more of it."""
        self._holds += 1
        if self._holds == 1 and (transport := self._reading) is not None:
            transport.pause_reading()

    def release(self) -> None:
        """Read on, once everybody says so who had it held."""
        self._holds -= 1
        if self._holds == 0 and (transport := self._reading) is not None:
            transport.resume_reading()

    @property
    def _reading(self) -> asyncio.Transport | None:
        """The transport, while there may be more to read from it."""
        transport = self._transport
        return transport if transport is not None and not transport.is_closing() and not self._said_all else None

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._owner.entered(self, transport):
            self._abort()
            return
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if isinstance(peer, tuple) and peer else None
        self._rest()
        self._serving = self._loop.create_task(self._serve(), name="http")

    def data_received(self, data: bytes) -> None:
        """Octets of a request, or of several."""
        if self._unparsed:
            self._unparsed += data
        elif len(data) <= SLICE:
            self._parser.feed(data)
        else:
            self._unparsed = data
            self._parse_on()

    def _parse_on(self) -> None:
        """Parse slice by slice, until a request waits behind another."""
        unparsed, at = self._unparsed, 0
        while at < len(unparsed) and not self._is_one_waiting:
            self._parser.feed(unparsed[at : at + SLICE])
            at += SLICE
        self._unparsed = unparsed[at:]
        if self._said_all and not self._unparsed:
            self._end_of_input()

    def eof_received(self) -> bool:
        """The caller says nothing more, but may still read: what it has asked for whole is answered (RFC 9112 §9.6).

        TLS knows no half of a connection.
        """
        transport = self._transport
        if transport is None or not transport.can_write_eof() or not self.busy:
            return False
        self._said_all = True
        if not self._unparsed:
            self._end_of_input()
        self._wake()
        return True

    def _end_of_input(self) -> None:
        self._parser.fail(ConnectionResetError("the caller has said half of it"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller is gone; what it asked for is done all the same."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._parser.fail(ConnectionResetError("the caller is gone"))
        self._wake()
        self.resume_writing()
        self._owner.left(self)

    def pause_writing(self) -> None:
        """The caller does not read."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """The caller reads again, or is gone."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # One after another

    def _take_on(self, request: Request | NotUnderstood) -> None:
        self._requests.append(request)
        if len(self._requests) == _WAITING:
            self.hold()
        self._wake()

    @property
    def _is_one_waiting(self) -> bool:
        """Whether a request waits behind one that waits: what comes may wait in the socket."""
        return len(self._requests) >= _WAITING

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    async def _next(self) -> Request | NotUnderstood | None:
        """The next request; None where there will be none."""
        if self._requests:
            await asyncio.sleep(0)  # whoever asks many things at once lets others have their turn between them
        while not self._requests:
            if self._transport is None or self._said_all:
                return None
            self._awaited = self._loop.create_future()
            await self._awaited
        was_one_waiting = self._is_one_waiting
        request = self._requests.popleft()
        if was_one_waiting and not self._is_one_waiting:
            self.release()
            self._parse_on()
        return request

    async def _serve(self) -> None:
        try:
            while (request := await self._next()) is not None:
                self._busy = True
                if not await self._answer(request):
                    break
                self._busy = False
                self._rest()
        except ConnectionError:
            return  # there is nobody to answer
        except Exception:  # the top of a task: whatever it is, no half of an answer is to be taken for the whole
            log.exception("http_connection_failed", address=self.remote)
            self._abort()
        finally:
            self._busy = False
            self._close()

    async def _answer(self, request: Request | NotUnderstood) -> bool:
        """Answer it; whether the connection may be kept."""
        if isinstance(request, NotUnderstood):
            await self._owner.refuse(self.remote, request).send_last(self)
            await self._see_off()
            return False
        answer = await self._owner.answer(request)
        await answer.send(request)
        request.received.drop()
        if not request.received.ended and not await self._linger(request.received):
            return False
        if answer.keep_alive and not self._closing:
            return True
        if request.keep_alive and request.version != "1.0":  # it may be saying more already
            await self._see_off()
        return False

    async def _linger(self, body: Body) -> bool:
        """Read the rest of what nobody wants; whether it came to its end in time."""
        try:
            async with asyncio.timeout(self._patience.linger_s):
                await body.discard()
        except TimeoutError:
            return False
        except BrokenBody:
            await self._see_off()
            return False
        return True

    async def _see_off(self) -> None:
        """Hear for nothing what is still said: where octets are left unread, closing may take our answer with it."""
        self._turn_deaf()
        transport = self._transport
        if transport is not None and not transport.is_closing() and transport.can_write_eof():
            transport.write_eof()
        closing = self._closing
        try:
            async with asyncio.timeout(LAST_S if closing else self._patience.linger_s):
                while self._transport is not None and self._closing == closing and not self._said_all:
                    self._awaited = self._loop.create_future()
                    await self._awaited
        except TimeoutError:
            return

    def _turn_deaf(self) -> None:
        """Forget what was said and not answered, and take on nothing more."""
        self._parser.deaf = True
        self._unparsed = b""
        was_one_waiting = self._is_one_waiting
        while self._requests:
            request = self._requests.popleft()
            if isinstance(request, Request):
                request.received.drop()
        if was_one_waiting:
            self.release()

    # Ends

    def _rest(self) -> None:
        """From now on it is idle, until it says a head."""
        self._until = self._loop.time() + self._patience.keep_alive_s
        if self._timer is None:
            self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self.busy:
            self._rest()
        elif self._until - self._loop.time() >= _SHORTEST_TIMER_S:
            self._timer = self._loop.call_at(self._until, self._ring)
        else:
            self._abort()

    def _close(self) -> None:
        self._parser.deaf = True
        if self._transport is not None:
            self._transport.close()

    def _abort(self) -> None:
        self._parser.deaf = True
        if self._transport is not None:
            self._transport.abort()
