"""POSTs to one URL over kept-alive connections, and whether each was answered with a yes."""

import asyncio
import ssl
from typing import NamedTuple

import aiohttp

TIMEOUT_S = 10.0
"""From the first try to connect to the last octet of the answer."""
MOST_READ = 64 * 1024
"""Octets of an answer that are read to keep its connection; one that says more loses it. Nothing of them is used."""
KEEP_ALIVE_S = 60.0
LONGEST_WHY = 200


class Answer(NamedTuple):
    """`taken` is whether it was a 2xx, `why` what it was otherwise, in words."""

    taken: bool
    why: str = ""


class Poster:
    """To be used in one running loop. Redirects are not followed, certificates are checked, cookies are forgotten."""

    def __init__(
        self, url: str, connections: int, *, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` is how certificates are checked; by the system's authorities where None."""
        self._url = url
        self._connections = connections
        self._timeout_s = timeout_s
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """One POST; what goes wrong on the way is an Answer too."""
        session = self._session or self._open()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(session, body, headers)
        except TimeoutError:
            return Answer(False, f"no answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(False, f"{type(error).__name__}: {error}".rstrip(": ")[:LONGEST_WHY])

    async def close(self) -> None:
        """Close the connections; what is being posted fails."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, session: aiohttp.ClientSession, body: bytes, headers: dict[str, str]) -> Answer:
        async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
            await _read_over(response)
            if 200 <= response.status < 300:
                return Answer(True)
            return Answer(False, f"HTTP {response.status}")

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            keepalive_timeout=KEEP_ALIVE_S,
            ttl_dns_cache=30,
            ssl=self._tls if self._tls is not None else True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is around all of it
            auto_decompress=False,
            headers={"Content-Type": "application/json", "User-Agent": "relevo", "Accept-Encoding": "identity"},
        )
        return self._session


async def _read_over(response: aiohttp.ClientResponse) -> None:
    """Read the rest of an answer, so that its connection can be used again, unless there is too much of it."""
    left = MOST_READ
    while not response.content.at_eof():
        left -= len(await response.content.read(left + 1))
        if left < 0:
            response.close()
            return
