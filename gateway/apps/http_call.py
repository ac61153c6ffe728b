"""A call as the code behind a path sees it: who asks, what the path holds, the body and the query."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import unquote

import msgspec

from gateway.apps.http_answer import Answer
from gateway.apps.http_body import BrokenBody
from gateway.apps.http_request import Request
from gateway.errors import Refusal

BODY_WITHIN_S = 30.0
"""So long a body may take that is read whole; one that is read piece by piece, from each to the next."""
LARGEST_PAGE = 1_000
PAGE = 100
_MOST_DIGITS = 6


class UnreadBody(Exception):
    """The body did not come in time (408), or is not what its headers say: chunks, compression, length (400)."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


class Call(NamedTuple):
    """A request that is routed and, but for open paths, has an app. `tail` is what the path ends with, decoded."""

    request: Request
    app: str
    tail: str
    max_body: int

    async def json_body(self) -> bytes:
        """The body, which has to be called JSON in UTF-8.

        Raises Refusal unsupported_media_type or body_too_large, UnreadBody; ConnectionError where the caller has gone.
        """
        content_type = self.request.headers.get("Content-Type", "")
        if content_type != "application/json":
            _check_json(content_type)
        return await self.octets()

    async def octets(self) -> bytes:
        """The body as it came, whatever it is called. Raises Refusal body_too_large, UnreadBody; ConnectionError."""
        length = self.request.content_length
        if length is not None and length > self.max_body:
            raise _too_large(self.max_body)
        body = self.request.body
        if body.whole:
            octets = body.take()
        else:
            octets = await self._collected()
        if len(octets) > self.max_body:
            raise _too_large(self.max_body)
        return octets

    async def _collected(self) -> bytes:
        """The body, or the first of it that is too large. Raises UnreadBody; ConnectionError."""
        self.request.invite()
        octets = bytearray()
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                while len(octets) <= self.max_body and (chunk := await self._chunk()):
                    octets += chunk
        except TimeoutError:
            raise UnreadBody(408, "The body did not come in time.") from None
        return bytes(octets)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece, however long it is. Raises UnreadBody; ConnectionError where the caller has gone."""
        self.request.invite()
        while True:
            try:
                async with asyncio.timeout(BODY_WITHIN_S):
                    chunk = await self._chunk()
            except TimeoutError:
                raise UnreadBody(408, "The body did not go on in time.") from None
            if not chunk:
                return
            yield chunk

    async def _chunk(self) -> bytes:
        try:
            return await self.request.body.read()
        except BrokenBody as error:
            raise UnreadBody(400, f"The body cannot be read: {error}") from None

    def only_query(self, *known: str) -> None:
        """Raises Refusal for a parameter that the call does not know: ignored, it would seem to have worked."""
        for name in self.request.query:
            if name not in known:
                there = f"there are {', '.join(known)}" if known else "there are none"
                raise Refusal("unknown_field", f"{name[:64]!r} is not a parameter of this call; {there}.", name[:64])

    def limit(self) -> int:
        """How many items of a list are wanted. Raises Refusal."""
        text = self.request.query.get("limit", str(PAGE))
        limit = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
        if not 1 <= limit <= LARGEST_PAGE:
            raise Refusal("invalid_field", f"limit is a whole number from 1 to {LARGEST_PAGE}.", "limit")
        return limit

    def since(self) -> float:
        """The epoch second from which on a list is wanted, 0.0 for all of it. Raises Refusal."""
        text = self.request.query.get("since")
        if text is None:
            return 0.0
        try:
            # a + that was not escaped has become a blank
            at: datetime = msgspec.convert(text.replace(" ", "+"), Annotated[datetime, msgspec.Meta(tz=True)])
        except msgspec.ValidationError as error:
            raise Refusal("invalid_field", f"{error}. since is RFC 3339 with an offset.", "since") from None
        return at.timestamp()


class Route(NamedTuple):
    """A method on a path. `{name}` may end a path, or stand before its last segment: one segment, not empty.

    `open`: needs no key.
    """

    method: str
    path: str
    answer: Callable[[Call], Awaitable[Answer]]
    open: bool = False


class Found(NamedTuple):
    """Where a path leads: by method, and what its end holds."""

    methods: dict[str, Route]
    tail: str


class Router:
    """Paths -> routes by dictionaries: whole paths, and paths without the segment that is named by what they hold."""

    def __init__(self, routes: list[Route]) -> None:
        self._whole: dict[str, Found] = {}
        self._ending: dict[tuple[str, str], dict[str, Route]] = {}
        for route in routes:
            stem, brace, rest = route.path.partition("{")
            end = rest.partition("}")[2]
            methods = (
                self._ending.setdefault((stem, end), {})
                if brace
                else self._whole.setdefault(stem, Found({}, "")).methods
            )
            methods[route.method] = route

    def find(self, raw_path: str) -> Found | None:
        """Where a path as it came on the wire leads; None where nothing is."""
        found = self._whole.get(raw_path)
        if found is not None:
            return found
        path = raw_path.partition("?")[0]
        found = self._whole.get(path)
        if found is not None:
            return found
        stem, slash, tail = path.rpartition("/")
        methods = self._ending.get((stem + slash, ""))
        if methods is None:
            end = slash + tail
            stem, slash, tail = stem.rpartition("/")
            methods = self._ending.get((stem + slash, end))
        return Found(methods, unquote(tail)) if methods is not None and tail else None


def _check_json(content_type: str) -> None:
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    if kind.strip() != "application/json" or (parameters.strip() and charset not in ("utf-8", "utf8")):
        raise Refusal(
            "unsupported_media_type", "The body has to be application/json in UTF-8, and be called so.", "Content-Type"
        )


def _too_large(max_body: int) -> Refusal:
    return Refusal("body_too_large", f"The body may have {max_body} octets.")
