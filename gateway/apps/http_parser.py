"""Octets of a connection -> the requests that they make. The grammar is httptools'; what it leaves open stands here."""

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import httptools
from multidict import CIMultiDict

from gateway.apps.http_body import Body, BrokenBody
from gateway.apps.http_request import Caller, Request

MOST_HEAD = 64 * 1024
"""Octets that are no body: of a request line and headers, or between the octets of a body and behind them."""
LONGEST_LINE = 8190
"""Octets of a request target, and of one header."""
MOST_HEADERS = 128

_VERSIONS = frozenset({"1.0", "1.1"})
# Of two, one program takes the first and another the last: nobody can tell which was meant (RFC 9112 §6.3).
_ONCE = frozenset(
    {b"host", b"content-length", b"content-type", b"transfer-encoding", b"authorization", b"idempotency-key"}
)
_FRAMING = ("Content-Length", "Transfer-Encoding")


class NotUnderstood(NamedTuple):
    """What came is no HTTP; `why` in words, and the status that says so (RFC 9110 §15.5, §15.6; RFC 6585 §5)."""

    why: str
    status: HTTPStatus = HTTPStatus.BAD_REQUEST


_TOO_LONG = NotUnderstood("The headers are too long.", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

# RFC 9112 §6.1: of the codings of a transfer, all but chunked are for those who want them.
_CODING = NotUnderstood("Of transfer codings only chunked is known here.", HTTPStatus.NOT_IMPLEMENTED)


class _NotHttp(Exception):
    """What came breaks a rule that the parser does not know."""

    def __init__(self, what: NotUnderstood) -> None:
        self.what = what
        super().__init__(what.why)


class RequestParser:
    """One connection's. A request is told of when its head is over; its body is fed from then on."""

    def __init__(self, caller: Caller, take_on: Callable[[Request | NotUnderstood], None]) -> None:
        """`take_on` is called with each request, in order; NotUnderstood is the last."""
        self._caller = caller
        self._take_on = take_on
        self._parser = httptools.HttpRequestParser(self)
        self.deaf = False
        """Whether nothing more is heard: what came last is no HTTP, or so it was asked for."""
        self._begin()

    def _begin(self) -> None:
        """A head is to come."""
        self._target = b""
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._named_once: set[bytes] = set()
        self._plain_octets = 0
        self._body: Body | None = None  # from the end of the head on
        self._upgrading = False

    def feed(self, octets: bytes) -> None:
        """What was read."""
        while octets and not self.deaf:
            self._plain_octets += len(octets)
            try:
                self._parser.feed_data(octets)
            except httptools.HttpParserUpgrade as upgrade:
                self._pass_over_upgrade()
                octets = octets[upgrade.args[0] :]
                continue
            except httptools.HttpParserCallbackError as error:
                if not isinstance(error.__context__, _NotHttp):
                    raise
                self._give_up(error.__context__.what)
            except httptools.HttpParserError as error:
                self._give_up(NotUnderstood(f"The request is not valid HTTP: {error}."))
            if self._plain_octets > MOST_HEAD and not self.deaf:
                self._give_up(_TOO_LONG)
            return

    def _pass_over_upgrade(self) -> None:
        """Stay with HTTP, as the caller does who is not told otherwise (RFC 9110 §7.8). Parsers take what follows such
        a head for another protocol; a new one that hears a head like it goes on with the body."""
        self._upgrading = False
        self._parser = httptools.HttpRequestParser(self)
        framing = [f"{name}: {self._headers[name]}\r\n" for name in _FRAMING if name in self._headers]
        self._parser.feed_data(f"POST / HTTP/1.1\r\n{''.join(framing)}\r\n".encode("ascii"))

    def fail(self, error: Exception) -> None:
        """There will be nothing more. Who reads the body of the last request gets the error."""
        self.deaf = True
        if self._body is not None:
            self._body.fail(error)

    # What the parser tells

    def on_url(self, octets: bytes) -> None:
        """The request target, or a piece of it."""
        if self._body is not None:
            return
        self._target += octets
        if len(self._target) > LONGEST_LINE:
            raise _NotHttp(NotUnderstood("The request target is too long.", HTTPStatus.REQUEST_URI_TOO_LONG))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those behind a body are passed over."""
        if self._body is not None:
            return
        if len(name) + len(value) > LONGEST_LINE or len(self._headers) >= MOST_HEADERS:
            raise _NotHttp(_TOO_LONG)
        key = name.lower()
        if key in _ONCE:
            if key in self._named_once:
                raise _NotHttp(NotUnderstood(f"There are two headers {key.decode()}."))
            self._named_once.add(key)
        self._headers.add(name.decode("latin-1"), value.rstrip(b" \t").decode("utf-8", "surrogateescape"))

    def on_headers_complete(self) -> None:
        """The head is over."""
        if self._body is not None:
            return
        version = self._parser.get_http_version()
        if version not in _VERSIONS:
            what = NotUnderstood("HTTP 1.0 and 1.1 are spoken here.", HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
            raise _NotHttp(what)
        if version == "1.1" and b"host" not in self._named_once:
            raise _NotHttp(NotUnderstood("There is no Host."))
        if self._headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
            raise _NotHttp(_CODING)
        self._upgrading = self._parser.should_upgrade()
        self._body = Body(self._caller)
        request = Request(
            self._caller,
            self._parser.get_method().decode("ascii"),
            _origin_form(self._target.decode("utf-8", "surrogateescape")),
            version,
            self._headers,
            # Who says 1.0 may have had the chunks put in by somebody who does not know them (RFC 9112 §6.1).
            self._parser.should_keep_alive() and not (version == "1.0" and b"transfer-encoding" in self._named_once),
            self._body,
        )
        self._take_on(request)

    def on_body(self, octets: bytes) -> None:
        """A piece of the body."""
        self._plain_octets = 0
        if self._body is not None:
            self._body.feed(octets)

    def on_message_complete(self) -> None:
        """A request is over."""
        if self._upgrading:
            return  # its body is to come
        if self._body is not None:
            self._body.end()
        self._begin()

    def _give_up(self, what: NotUnderstood) -> None:
        """What came is no HTTP: say so behind the other answers, and hear nothing more."""
        self.fail(BrokenBody(what.why))
        self._take_on(what)


def _origin_form(target: str) -> str:
    """Path and query of a target that may name the server too, as it is said to proxies (RFC 9112 §3.2.2)."""
    _, scheme, rest = target.partition("://")
    if target.startswith("/") or not scheme:
        return target
    _, slash, path = rest.partition("/")
    return slash + path
