"""An answer over HTTP, written in one piece: head and body in one octet string, one write."""

import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import msgspec

from gateway.apps.http_request import Caller, Request

Headers = tuple[tuple[str, str], ...]

JSON = "application/json"
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_BODILESS = frozenset({204, 304})
_encode = msgspec.json.Encoder().encode


class Answer:
    """Status, body and headers; `close` ends the connection after it. Header values are ours or checked, never raw."""

    __slots__ = ("body", "close", "content_type", "headers", "keep_alive", "request_id", "status")

    def __init__(self, status: int, body: bytes = b"", content_type: str = JSON, headers: Headers = ()) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.request_id = ""
        self.close = False
        self.keep_alive = False

    async def send(self, request: Request) -> None:
        """Write it; return once the caller keeps up with reading. Raises ConnectionResetError where nobody listens."""
        self.keep_alive = request.keep_alive and not self.close and not request.in_doubt
        head = self._head(request).encode("latin-1")
        request.caller.write(head if request.method == "HEAD" else head + self.body)
        await request.caller.drain()

    async def send_last(self, caller: Caller) -> None:
        """Write it to one whose request was not understood. Raises ConnectionResetError where nobody listens."""
        head = self._general() + self._kind() + "Connection: close\r\n" + self._own() + "\r\n"
        caller.write(head.encode("latin-1") + self.body)
        await caller.drain()

    def _head(self, request: Request) -> str:
        kind = "" if self.status in _BODILESS else self._kind()
        return self._general() + kind + self._rest(request)

    def _kind(self) -> str:
        return f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body)}\r\n"

    def _general(self) -> str:
        return (
            f"{_STATUS_LINES[self.status]}Date: {_date(int(time.time()))}\r\nServer: relevo\r\n"
            f"X-Request-Id: {self.request_id}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        )

    def _rest(self, request: Request) -> str:
        kept = ""
        if not self.keep_alive:
            kept = "Connection: close\r\n"
        elif request.version == "1.0":
            kept = "Connection: keep-alive\r\n"
        return kept + self._own() + "\r\n"

    def _own(self) -> str:
        return "".join([f"{name}: {value}\r\n" for name, value in self.headers])


class StreamedAnswer(Answer):
    """An answer whose body is made while it is read: chunked, or up to the end of the connection for HTTP/1.0.

    What `pieces` raises ends the connection without the last chunk, so that nobody takes half of it for the whole.
    """

    __slots__ = ("_pieces",)

    def __init__(self, pieces: AsyncIterator[bytes], content_type: str, headers: Headers = ()) -> None:
        super().__init__(200, b"", content_type, headers)
        self._pieces = pieces

    async def send(self, request: Request) -> None:
        """Write it as fast as the caller reads. Raises ConnectionResetError where nobody listens any more."""
        chunked = request.version != "1.0"
        self.close = self.close or not chunked
        self.keep_alive = request.keep_alive and not self.close and not request.in_doubt
        caller = request.caller
        caller.write(self._head(request).encode("latin-1"))
        if request.method == "HEAD":
            return
        async for piece in self._pieces:
            caller.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await caller.drain()
        if chunked:
            caller.write(b"0\r\n\r\n")
        await caller.drain()

    def _head(self, request: Request) -> str:
        chunks = "" if request.version == "1.0" else "Transfer-Encoding: chunked\r\n"
        return f"{self._general()}Content-Type: {self.content_type}\r\n{chunks}{self._rest(request)}"


def json_answer(status: int, value: object, headers: Headers = ()) -> Answer:
    """A value in JSON."""
    return Answer(status, _encode(value), JSON, headers)


@lru_cache(maxsize=2)
def _date(epoch_s: int) -> str:
    return formatdate(epoch_s, usegmt=True)
