"""What a caller asks over HTTP: the head as it came, and the body as it comes."""

from email.message import Message as Headers
from typing import Protocol
from urllib.parse import parse_qsl

from multidict import CIMultiDict, MultiDict

from gateway.apps.http_body import Body, Flow, PackedBody

_PLAIN = frozenset({"", "identity"})


class Caller(Flow, Protocol):
    """The connection that it came over."""

    remote: str | None
    """The caller's IP address."""

    def write(self, octets: bytes) -> None:
        """Say something. Raises ConnectionResetError where nobody listens any more."""

    async def drain(self) -> None:
        """Wait while the caller reads more slowly than it asks. Raises ConnectionResetError."""


class Request:
    """One request. `raw_path` is the request target as it came, with its query; octets that are no UTF-8 are kept by
    surrogateescape, in header values too. `keep_alive`: whether the caller would go on with its connection.
    """

    def __init__(
        self,
        caller: Caller,
        method: str,
        raw_path: str,
        version: str,
        headers: CIMultiDict[str],
        keep_alive: bool,
        received: Body,
    ) -> None:
        """`version` is 1.0 or 1.1; `received` the body as it comes over the wire."""
        self.caller = caller
        self.method = method
        self.raw_path = raw_path
        self.version = version
        self.headers = headers
        self.keep_alive = keep_alive
        self.received = received
        encoding = headers.get("Content-Encoding", "").lower()
        self._query: MultiDict[str] | None = None
        self._uninvited = version != "1.0" and headers.get("Expect", "").lower() == "100-continue"
        self.body: Body | PackedBody = received if encoding in _PLAIN else PackedBody(received, encoding)

    @property
    def remote(self) -> str | None:
        """The caller's IP address."""
        return self.caller.remote

    def invite(self) -> None:
        """Have the body sent by who waits for that; HTTP/1.0 knows no such answer (RFC 9110 §10.1.1)."""
        if self._uninvited:
            self._uninvited = False
            self.caller.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def in_doubt(self) -> bool:
        """Whether nobody can tell what comes next: the body of one who was not invited, or the next request."""
        return self._uninvited and not self.received.ended

    @property
    def content_length(self) -> int | None:
        """What is announced of the body, as it comes over the wire."""
        length = self.headers.get("Content-Length")
        return None if length is None else int(length)

    @property
    def charset(self) -> str | None:
        """That of the Content-Type."""
        headers = Headers()
        headers["Content-Type"] = self.headers.get("Content-Type", "")
        charset = headers.get_param("charset")
        return charset if isinstance(charset, str) else None

    @property
    def query(self) -> MultiDict[str]:
        """The fields of the query, unescaped; in which order and how often they came is kept."""
        if self._query is None:
            query = self.raw_path.partition("#")[0].partition("?")[2]
            self._query = MultiDict(parse_qsl(query, keep_blank_values=True))
        return self._query
