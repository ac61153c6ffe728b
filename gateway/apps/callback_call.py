"""One callback: a GET or a POST to a URL that an app gave, and whether it was answered with the yes that it expects."""

import asyncio
from typing import NamedTuple

import aiohttp
from yarl import URL

from gateway.apps.callback_rules import PublicResolver
from gateway.apps.webhook_post import KEEP_ALIVE_S, LONGEST_WHY, MOST_READ, TIMEOUT_S, Answer


class Callback(NamedTuple):
    """What to call. `form` is a POST's body; `says` the body that means yes, where a status of 2xx alone does not."""

    method: str
    url: str
    form: bytes = b""
    says: bytes = b""


class Caller:
    """To be used in one running loop. Redirects are not followed, certificates are checked, cookies are forgotten."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def call(self, callback: Callback) -> Answer:
        """One call; what goes wrong on the way is an Answer too."""
        session = self._session or self._open()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._call(session, callback)
        except TimeoutError:
            return Answer(False, f"no answer within {self._timeout_s:g} s")
        except (aiohttp.InvalidURL, ValueError):  # whose words would tell the URL, and with it what it lets in by
            return Answer(False, "the URL cannot be called")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(False, f"{type(error).__name__}: {error}".rstrip(": ")[:LONGEST_WHY])

    async def close(self) -> None:
        """Close the connections; what is being called fails."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, session: aiohttp.ClientSession, callback: Callback) -> Answer:
        url = URL(callback.url, encoded=True)  # as it is: what was escaped once is not escaped again
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if callback.method == "POST" else {}
        async with session.request(
            callback.method, url, data=callback.form or None, headers=headers, allow_redirects=False
        ) as response:
            said = await _read(response)
            if not 200 <= response.status < 300:
                return Answer(False, f"HTTP {response.status}")
            if callback.says and said.strip() != callback.says:
                return Answer(False, f"the answer was not {callback.says.decode()}")
            return Answer(True)

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # each app has its bound
            keepalive_timeout=KEEP_ALIVE_S,
            resolver=PublicResolver(),
            ttl_dns_cache=30,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours is around all of it
            auto_decompress=False,
            headers={"User-Agent": "relevo", "Accept": "text/plain, */*", "Accept-Encoding": "identity"},
        )
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """An answer's body up to MOST_READ octets; one that says more loses its connection."""
    said = b""
    while not response.content.at_eof():
        said += await response.content.read(MOST_READ + 1 - len(said))
        if len(said) > MOST_READ:
            response.close()
            break
    return said
