"""A scripted SMSC or ESME on a real loopback socket: it does what the test says, and nothing on its own.

What the protocol alone decides (enquire_link, unbind, what does not belong) its Session does; no timer of it runs, so
it never sends what the test did not ask for. Octets can go out raw, past the session.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from gateway.smpp.codec import PEER_CARRIER
from gateway.smpp.events import Answered, Bound, Closing, Event, Received
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import (
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    Request,
    Response,
)
from gateway.smpp.session import Session
from gateway.smpp.timers import Timers

DEADLINE_S = 5.0
"""How long anything expected is waited for; a test that needs it has failed."""

E = TypeVar("E")


class Peer:
    """One end of a connection. Events wait in order until the test asks for them."""

    def __init__(self, role: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.session = Session(role, Timers(), time.monotonic(), limits=PEER_CARRIER)
        self._reader = reader
        self._writer = writer
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._passed_over: list[Event] = []
        self._pump = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, host: str, port: int, role: Role = Role.ESME) -> "Peer":
        """A peer that calls; as an ESME unless told otherwise."""
        reader, writer = await asyncio.open_connection(host, port)
        return cls(role, reader, writer)

    @property
    def passed_over(self) -> list[Event]:
        """What came and was not what `expect` was waiting for, in order."""
        return self._passed_over

    async def bind(self, pdu: BindRequest | None = None) -> Bound:
        """As an ESME: bind, as transceiver unless told otherwise, and wait until it is accepted."""
        self.send(pdu or BindTransceiver(system_id="peer", password="secret"))
        return await self.expect_event(Bound)

    async def accept_bind(self, system_id: str = "PEER") -> Received:
        """As an SMSC: wait for a bind of any kind and accept it; the bind as received."""
        received = await self.expect(BindReceiver, BindTransmitter, BindTransceiver)
        self.session.accept_bind(received.sequence_number, system_id)
        self.flush()
        return received

    async def refuse_bind(self, command_status: int) -> Received:
        """As an SMSC: wait for a bind of any kind and refuse it; the bind as received."""
        received = await self.expect(BindReceiver, BindTransmitter, BindTransceiver)
        self.session.refuse_bind(received.sequence_number, command_status)
        self.flush()
        return received

    def send(self, pdu: Request, context: object = None) -> int:
        """Send a request; its sequence_number. Its answer comes to `expect_event(Answered)`."""
        sequence_number = self.session.request(pdu, time.monotonic(), context)
        self.flush()
        return sequence_number

    def answer(self, received: Received, pdu: Response, command_status: int = 0) -> None:
        """Answer a request."""
        self.session.respond(received.sequence_number, pdu, command_status)
        self.flush()

    async def ask(self, pdu: Request) -> Answered:
        """Send a request and wait for the answer to it."""
        sequence_number = self.send(pdu)
        while (answered := await self.expect_event(Answered)).sequence_number != sequence_number:
            self._passed_over.append(answered)
        return answered

    def raw(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._writer.write(octets)

    async def expect(self, *pdu_classes: type) -> Received:
        """The next request of these classes; what comes before it is passed over. Raises as `expect_event`."""
        while type((received := await self.expect_event(Received)).pdu) not in pdu_classes:
            self._passed_over.append(received)
        return received

    async def expect_event(self, event_class: type[E]) -> E:
        """The next event of this class; what comes before it is passed over.

        Raises TimeoutError when it does not come within DEADLINE_S, ConnectionError when the connection ends first.
        """
        async with asyncio.timeout(DEADLINE_S):
            while (event := await self._events.get()) is not None:
                if isinstance(event, event_class):
                    return event
                self._passed_over.append(event)
        self._events.put_nowait(None)
        raise ConnectionError(f"closed before {event_class.__name__}; passed over: {self._passed_over}")

    async def expect_closed(self) -> None:
        """Wait until the other end has closed. Raises TimeoutError when it does not within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.shield(self._pump)

    def pause(self) -> None:
        """Read no more, so that the other end's buffers fill; what has been read stays."""
        self._pump.cancel()

    def flush(self) -> None:
        """Write what the session has queued."""
        self._writer.write(self.session.data_to_send())

    async def close(self) -> None:
        """Close without unbind, and wait until that is done."""
        self._pump.cancel()
        await asyncio.wait([self._pump])
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return  # the other end was faster

    def abort(self) -> None:
        """Cut the connection as a failing network would."""
        self._pump.cancel()
        self._writer.transport.abort()

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(65536):
                for event in self.session.receive(data, time.monotonic()):
                    self._events.put_nowait(event)
                    if isinstance(event, Closing):
                        self.flush()
                        self._writer.close()
                        return
                self.flush()
        except ConnectionError:
            return  # an end like any other: told by the None below
        finally:
            self._events.put_nowait(None)


class Listener:
    """A port on the loopback that peers come from; each connection is one."""

    def __init__(self, role: Role) -> None:
        self.port = 0
        self._role = role
        self._arrived: asyncio.Queue[Peer] = asyncio.Queue()
        self._peers: list[Peer] = []

    async def accept(self) -> Peer:
        """The next connection. Raises TimeoutError when none comes within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._arrived.get()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """For asyncio.start_server."""
        peer = Peer(self._role, reader, writer)
        self._peers.append(peer)
        self._arrived.put_nowait(peer)

    async def close(self) -> None:
        """Close every connection there has been."""
        for peer in self._peers:
            await peer.close()


@asynccontextmanager
async def listening(role: Role = Role.SMSC, port: int = 0) -> AsyncIterator[Listener]:
    """Listen on 127.0.0.1, on any port unless told one; at the end all connections are closed."""
    listener = Listener(role)
    server = await asyncio.start_server(listener.connected, "127.0.0.1", port)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await listener.close()
        await server.wait_closed()
