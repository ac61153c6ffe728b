"""A network between a gateway and an SMSC that can fail in ways which a peer cannot: a forwarder on a port of its own.

It needs no rights. What a firewall that drops packets looks like from inside TCP is a peer that neither reads nor
closes; so that is what `silent` does, to connections there are and to those that come.
"""

import asyncio
import socket
from typing import cast

from tests.support.gateway import quiet_ports


class Link:
    """Carries octets both ways between its `port` and `target`, on 127.0.0.1, until it is told to fail."""

    def __init__(self, target: int) -> None:
        self.target = target
        (self.port,) = quiet_ports(1)
        self.connects = 0
        """How often somebody connected, since the start."""
        self.delay_s = 0.0
        """How much later everything arrives, each way. For connections that begin from now on."""
        self.lives_s: float | None = None
        """How long a connection lasts, then it is reset. For those that begin from now on."""
        self._silent = False
        self._cut_at: int | None = None
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._call, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Listen no more, and reset every connection."""
        if self._server is not None:
            self._server.close()
            self.reset()
            await self._server.wait_closed()

    @property
    def silent(self) -> bool:
        """True: nothing arrives any more at either side, and nobody is told.

        Back to False: what went silent is reset, as by a firewall that does not know it any more, and new connections
        work.
        """
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        self._silent = silent
        if not silent:
            self.reset()
        for line in self._lines:
            line.dead = True
            line.read_or_not()

    def cut_after(self, octets: int) -> None:
        """Reset the connection on which the SMSC sends next, once so many more of its octets have arrived."""
        self._cut_at = octets

    def reset(self) -> None:
        """RST to both sides of every connection."""
        for line in list(self._lines):
            line.reset()

    def forget_caller(self) -> None:
        """Close the connections to the gateway alone: the SMSC goes on believing in them."""
        for line in self._lines:
            line.dead = True
            line.read_or_not()
            line.abort()

    def _call(self) -> asyncio.Protocol:
        self.connects += 1
        return _Line(self)

    def gone(self, line: "_Line") -> None:
        self._lines.discard(line)

    def came(self, line: "_Line") -> None:
        self._lines.add(line)

    def allowed(self, octets: int) -> int:
        """How many of the octets that the SMSC has just sent may arrive."""
        if self._cut_at is None:
            return octets
        left = min(octets, self._cut_at)
        self._cut_at -= left
        if not self._cut_at:
            self._cut_at = None
        return left


class _End(asyncio.Protocol):
    """One of the two sockets of a line."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class _Far(_End):
    """The end towards the SMSC."""

    def __init__(self, line: "_Line") -> None:
        super().__init__()
        self._line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._line.joined()

    def data_received(self, data: bytes) -> None:
        self._line.sent_back(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost()


class _Line(_End):
    """One connection, from the gateway's end on; with the SMSC's end once that is there."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.dead = link.silent
        self.far = _Far(self)
        self._link = link
        self._delay_s = link.delay_s
        self._early: list[bytes] = []
        self._dialling: asyncio.Task[object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._link.came(self)
        loop = asyncio.get_running_loop()
        if self.dead:
            self.read_or_not()
            return
        self._dialling = loop.create_task(self._dial())
        if self._link.lives_s is not None:
            loop.call_later(self._link.lives_s, self.reset)

    async def _dial(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self.far, "127.0.0.1", self._link.target)
        except OSError:
            self.abort()

    def joined(self) -> None:
        early, self._early = self._early, []
        for data in early:
            self._carry(self.far, data)

    def data_received(self, data: bytes) -> None:
        if self.far.transport is None:
            self._early.append(data)
        else:
            self._carry(self.far, data)

    def sent_back(self, data: bytes) -> None:
        allowed = self._link.allowed(len(data))
        self._carry(self, data[:allowed])
        if allowed < len(data) and self.transport is not None:
            self.transport.close()  # what may arrive does, the rest never will
            self.far.abort()

    def _carry(self, to: _End, data: bytes) -> None:
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._write, to, data)
        else:
            self._write(to, data)

    def _write(self, to: _End, data: bytes) -> None:
        if not self.dead and to.transport is not None and not to.transport.is_closing():
            to.transport.write(data)

    def read_or_not(self) -> None:
        """Read no more, once it is dead."""
        for end in (self, self.far):
            if self.dead and end.transport is not None and not end.transport.is_closing():
                end.transport.pause_reading()

    def reset(self) -> None:
        for end in (self, self.far):
            if end.transport is not None and not end.transport.is_closing():
                _linger_not(end.transport)
                end.transport.abort()

    def lost(self) -> None:
        """One end is closed: so is the other, unless nothing passes any more."""
        if not self.dead:
            for end in (self, self.far):
                if end.transport is not None:
                    end.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.dead:
            self._link.gone(self)
        if self._dialling is not None:
            self._dialling.cancel()
        self.lost()


def _linger_not(transport: asyncio.Transport) -> None:
    """Closing sends RST instead of FIN."""
    option = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
