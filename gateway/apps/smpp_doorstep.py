"""Where a connection stands before anything is made for it: let in, or held and then cut off.

Whoever connects too often is not cut off at once: that would only invite the next try. It is held unread for a moment,
which costs a socket and nothing else; over MOST_HELD even that is saved. They are let go few at a time: a thousand that
came together must neither be closed in one turn of the loop nor come again in one.
"""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import cast

HOLD_S = 1.0
MOST_HELD = 1_000
LET_GO_S = 0.01
MOST_LET_GO = 4
"""So many are cut off each LET_GO_S."""


class Doorstep:
    """`enters(address)` says who is let in, `make` builds the protocol that serves it; `has_room(transport)`: whether
    there is a descriptor for it to keep."""

    def __init__(
        self,
        enters: Callable[[str], bool],
        make: Callable[[], asyncio.Protocol],
        has_room: Callable[[asyncio.BaseTransport], bool] = lambda _: True,
    ) -> None:
        self._enters = enters
        self._has_room = has_room
        self._make = make
        self._held: dict[asyncio.Transport, float] = {}  # until when, the first first
        self._timer: asyncio.TimerHandle | None = None

    def caller(self) -> asyncio.Protocol:
        """A protocol for the next connection: what create_server asks for."""
        return _Caller(self)

    def close(self) -> None:
        """Cut off all that are held."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for transport in list(self._held):
            transport.abort()

    def called(self, transport: asyncio.Transport) -> None:
        """Somebody has connected."""
        if not self._has_room(transport):
            transport.abort()
            return
        name = transport.get_extra_info("peername")
        if self._enters(str(name[0]) if isinstance(name, tuple) else ""):
            protocol = self._make()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
        elif len(self._held) < MOST_HELD:
            self._held[transport] = asyncio.get_running_loop().time() + HOLD_S
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(HOLD_S, self._let_go)
        else:
            transport.abort()

    def lost(self, transport: asyncio.Transport) -> None:
        """One that was not let in is gone."""
        self._held.pop(transport, None)

    def _let_go(self) -> None:
        now = asyncio.get_running_loop().time()
        for transport, until in list(islice(self._held.items(), MOST_LET_GO)):
            if until <= now:
                del self._held[transport]
                transport.abort()
        self._timer = asyncio.get_running_loop().call_later(LET_GO_S, self._let_go) if self._held else None


class _Caller(asyncio.Protocol):
    """One connection, until it is let in."""

    __slots__ = ("_doorstep", "_transport")

    def __init__(self, doorstep: Doorstep) -> None:
        self._doorstep = doorstep

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # what the protocol of a stream is given
        self._doorstep.called(self._transport)

    def data_received(self, data: bytes) -> None:
        # Not sooner: uvloop begins to read after connection_made, whatever was asked for in there.
        self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._doorstep.lost(self._transport)
