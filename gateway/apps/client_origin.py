"""A server as an HTTP client sees it, by the scheme, host and port of a URL, and the connections kept to it."""

import asyncio
import socket
import ssl
from functools import lru_cache, partial

from aiohappyeyeballs import AddrInfoType, start_connection
from yarl import URL

from gateway.apps.client_connection import ClientConnection, Said, Told, Unheard

RESOLVED_FOR_S = 30.0
"""So long a host's addresses are used without asking for them again."""
NEXT_ADDRESS_S = 0.25
"""An address that has not answered for so long gets another one beside it (RFC 8305 §5)."""


class Origin:
    """To be used in one running loop. There are as many connections as there are requests at once."""

    def __init__(self, url: URL, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is how certificates are checked; by the system's authorities where None."""
        self._host = url.raw_host or ""
        self._port = url.port or 0
        self._tls = (tls or _by_the_systems_authorities()) if url.scheme == "https" else None
        self._addresses: list[AddrInfoType] = []
        self._stale_at = 0.0
        self._connections: list[ClientConnection] = []
        self._idle: list[ClientConnection] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._resolving: asyncio.Task[None] | None = None
        self._closed = False

    def ask(self, octets: bytes, timeout_s: float, told: Told) -> None:
        """Send a request, and call `told` once with its answer, or with why there is none: besides NoAnswer and
        TimeoutError it may be OSError, where it cannot connect, or not to whom the certificate says.

        The server may hear it twice: where a kept connection ends without an answer, it is sent again. `timeout_s`:
        from the first try to connect to the answer's last octet. Only who has to connect costs a task.
        """
        until = asyncio.get_running_loop().time() + timeout_s
        connection = self._free()
        if connection is not None:
            connection.request(octets, until, partial(self._told_over_kept, octets, until, told))
        else:
            self._ask_anew(octets, until, told)

    def _told_over_kept(self, octets: bytes, until: float, told: Told, what: Said | Exception) -> None:
        """What a connection said that had answered before. That it ends as we ask is nobody's fault: ask once more."""
        if isinstance(what, Unheard) and not self._closed:
            self._ask_anew(octets, until, told)
        else:
            told(what)

    def _ask_anew(self, octets: bytes, until: float, told: Told) -> None:
        """Ask over a connection of its own."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._connect_and_ask(octets, until, told), name=f"connects to {self._host}")
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def close(self) -> None:
        """Close the connections: what is being asked fails. Nobody is told of what waits to connect."""
        self._closed = True
        for task in self._connecting:
            task.cancel()
        if self._resolving is not None:
            self._resolving.cancel()
        for connection in self._connections:
            connection.abort()

    def _free(self) -> ClientConnection | None:
        """The connection that was used last: the others may come to their end."""
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        return None

    async def _connect_and_ask(self, octets: bytes, until: float, told: Told) -> None:
        try:
            connection = await self._connect(until)
        except Exception as error:  # noqa: BLE001  # the top of a task: who asked is told, whatever it is
            told(error)
        else:
            connection.request(octets, until, told)

    async def _connect(self, until: float) -> ClientConnection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(until):
            addresses = await self._resolve()
            connected = await start_connection(addresses, happy_eyeballs_delay=NEXT_ADDRESS_S, loop=loop)
            try:
                _, connection = await loop.create_connection(
                    lambda: ClientConnection(self._idle.append),
                    sock=connected,
                    ssl=self._tls,
                    server_hostname=self._host.rstrip(".") if self._tls is not None else None,
                )
            except BaseException:
                connected.close()
                raise
        self._connections = [each for each in self._connections if each.open] + [connection]
        return connection

    async def _resolve(self) -> list[AddrInfoType]:
        """The host's addresses, beginning with another one each time.

        One look-up at a time: each holds a thread, of which all hosts together have few, as long as it gets no answer.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._stale_at:
            if self._resolving is None:
                self._resolving = loop.create_task(self._look_up(), name=f"looks up {self._host}")
                self._resolving.add_done_callback(self._looked_up)
            await asyncio.shield(self._resolving)
        self._addresses = self._addresses[1:] + self._addresses[:1]
        return self._addresses

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        self._addresses = list(found)
        self._stale_at = loop.time() + RESOLVED_FOR_S

    def _looked_up(self, task: asyncio.Task[None]) -> None:
        self._resolving = None
        if not task.cancelled():
            task.exception()  # who waited has it; where all have given up, nobody wants it


@lru_cache(maxsize=1)
def _by_the_systems_authorities() -> ssl.SSLContext:
    """One for all: to read them takes tens of milliseconds."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
