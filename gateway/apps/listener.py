"""An address that callers connect to, and that can rest: who calls meanwhile waits in the system's queue.

A server of the loop cannot pause. So its sockets are held a second time: closing the server then leaves them listening,
and going on is a new server on the same sockets.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence


class Listener:
    """One or more sockets (a host name may stand for several addresses) and the servers that accept from them."""

    def __init__(
        self,
        make: Callable[[], asyncio.BaseProtocol],
        *,
        backlog: int,
        tls: ssl.SSLContext | None = None,
        handshake_s: float | None = None,
    ) -> None:
        """`make` builds a connection's protocol; `backlog`: how many callers the system lets wait; `handshake_s`: the
        time for a TLS handshake, None for the loop's own."""
        self._make = make
        self._backlog = backlog
        self._tls = tls
        self._handshake_s = handshake_s if tls is not None else None
        self._held: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []

    async def open(self, host: str, port: int, held: Sequence[socket.socket] = ()) -> tuple[str, int]:
        """Listen; the address and port it came to, where `port` 0 left it to the system. Raises OSError.

        `held`: sockets that listen there already; from now on they are ours to close.
        """
        if held:
            self._held = list(held)
            await self.go_on()
        else:
            await self._bind(host, port)
        name = self._held[0].getsockname()
        return str(name[0]), int(name[1])

    async def _bind(self, host: str, port: int) -> None:
        server = await asyncio.get_running_loop().create_server(
            self._make,
            host,
            port,
            ssl=self._tls,
            ssl_handshake_timeout=self._handshake_s,
            backlog=self._backlog,
            reuse_address=True,
        )
        self._servers.append(server)
        self._held = [socket.fromfd(each.fileno(), each.family, each.type) for each in server.sockets]

    @property
    def listening(self) -> bool:
        """Whether callers are accepted."""
        return bool(self._servers) and all(server.is_serving() for server in self._servers)

    def rest(self) -> None:
        """Accept nobody until `go_on`. Who is connected stays so."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def go_on(self) -> None:
        """Accept again, first those who have waited. Raises OSError, and rests on."""
        if self._servers:
            return
        try:
            for held in self._held:
                self._servers.append(await self._serve(held))
        except OSError:
            self.rest()
            raise

    async def _serve(self, held: socket.socket) -> asyncio.Server:
        own = held.dup()
        try:
            return await asyncio.get_running_loop().create_server(
                self._make, sock=own, ssl=self._tls, ssl_handshake_timeout=self._handshake_s, backlog=self._backlog
            )
        except BaseException:  # cancelled, too: whoever called would wait for ever
            own.close()
            raise

    def close(self) -> None:
        """Listen no more: who calls is refused, or waits where somebody else holds the socket too."""
        self.rest()
        for held in self._held:
            held.close()
        self._held.clear()
