"""POSTs to one URL over kept-alive connections, and whether each was answered with a yes."""

import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import structlog
from aiohttp import BasicAuth
from yarl import URL

from gateway.apps.client_connection import KEEP_ALIVE_S, MOST_READ, NoAnswer, Said
from gateway.apps.client_origin import Origin

__all__ = ["KEEP_ALIVE_S", "LONGEST_WHY", "MOST_READ", "TIMEOUT_S", "Answer", "Poster"]

log = structlog.get_logger()

TIMEOUT_S = 10.0
"""From the first try to connect to the last octet of the answer."""
LONGEST_WHY = 200


class Answer(NamedTuple):
    """`taken` is whether it was a 2xx, `why` what it was otherwise, in words."""

    taken: bool
    why: str = ""


OWN_FAULT = Answer(False, "an error of the gateway's own")
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

    def post(self, body: bytes, headers: Mapping[str, str], told: Callable[[Answer], None]) -> None:
        """One POST; `told` is called once and later, also with what went wrong on the way."""
        own = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        request = f"{self._head}{own}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body
        self._origin.ask(request, self._timeout_s, partial(self._tell, told))

    def close(self) -> None:
        """Close the connections; what is being posted fails, or is not told of any more."""
        self._origin.close()

    def _tell(self, told: Callable[[Answer], None], what: Said | Exception) -> None:
        told(self._answer(what))

    def _answer(self, what: Said | Exception) -> Answer:
        match what:
            case Said(status):
                return _TAKEN if 200 <= status < 300 else Answer(False, f"HTTP {status}")
            case TimeoutError():
                return Answer(False, f"no answer within {self._timeout_s:g} s")
            case NoAnswer():
                return Answer(False, str(what)[:LONGEST_WHY])
            case OSError():
                return Answer(False, f"cannot connect to {self._place}: {what}"[:LONGEST_WHY])
        log.error("webhook_failed", place=self._place, exc_info=what)
        return OWN_FAULT


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
