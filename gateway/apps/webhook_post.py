"""POSTs to one URL over kept-alive connections, and whether each was answered with a yes."""

import ssl
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import BasicAuth
from yarl import URL

from gateway.apps.client_connection import KEEP_ALIVE_S, MOST_READ, NoAnswer
from gateway.apps.client_origin import Origin

__all__ = ["KEEP_ALIVE_S", "LONGEST_WHY", "MOST_READ", "TIMEOUT_S", "Answer", "Poster"]

TIMEOUT_S = 10.0
"""From the first try to connect to the last octet of the answer."""
LONGEST_WHY = 200


class Answer(NamedTuple):
    """`taken` is whether it was a 2xx, `why` what it was otherwise, in words."""

    taken: bool
    why: str = ""


_TAKEN = Answer(True)


class Poster:
    """To be used in one running loop. Redirects are not followed, certificates are checked, cookies are forgotten."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is how certificates are checked; by the system's authorities where None."""
        parsed = URL(url)
        self._head = _head(parsed)
        self._place = f"{parsed.host}:{parsed.port}"
        self._origin = Origin(parsed, tls)
        self._timeout_s = timeout_s

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One POST; what goes wrong on the way is an Answer too."""
        own = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        request = f"{self._head}{own}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body
        try:
            status, _ = await self._origin.ask(request, self._timeout_s)
        except TimeoutError:
            return Answer(False, f"no answer within {self._timeout_s:g} s")
        except NoAnswer as error:
            return Answer(False, str(error)[:LONGEST_WHY])
        except OSError as error:
            return Answer(False, f"cannot connect to {self._place}: {error}"[:LONGEST_WHY])
        return _TAKEN if 200 <= status < 300 else Answer(False, f"HTTP {status}")

    async def close(self) -> None:
        """Close the connections; what is being posted fails."""
        self._origin.close()


def _head(url: URL) -> str:
    """What all POSTs begin with. A user and password in the URL are said as Basic (RFC 7617)."""
    login = BasicAuth.from_url(url)
    lines = (
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {url.host_port_subcomponent}",
        "Content-Type: application/json",
        "User-Agent: relevo",
        "Accept: */*",
        "Accept-Encoding: identity",
        *(() if login is None else (f"Authorization: {login.encode()}",)),
    )
    return "".join(f"{line}\r\n" for line in lines)
