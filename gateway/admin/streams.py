"""What is told as it happens: a line of JSON each, for as long as the reader stays (or `for` seconds)."""

import asyncio
from contextlib import suppress

import msgspec
from aiohttp import web

from gateway.admin.answers import only_query
from gateway.admin.control import Control
from gateway.errors import Refusal
from gateway.happenings import Happening, Listener, Wanted
from gateway.log import logger

log = logger()

ALIVE_EVERY_S = 10.0
"""So often an empty line shows both sides that the other is there."""
_LONGEST_S = 86_400.0


class Streams:
    """GET /v1/events · GET /v1/binds/{name}/trace, as NDJSON (application/x-ndjson)."""

    def __init__(self, control: Control, *, alive_every_s: float = ALIVE_EVERY_S) -> None:
        self._control = control
        self._alive_every_s = alive_every_s

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/v1/events", self.events, allow_head=False),
            web.get("/v1/binds/{name}/trace", self.trace, allow_head=False),
        ]

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Segments, receipts, inbound messages, deliveries, binds: of one `app`, of one `carrier`, or all."""
        only_query(request, "app", "carrier", "for")
        wanted = Wanted(request.query.get("app", ""), request.query.get("carrier", ""))
        seconds = _seconds(request)
        return await self._stream(request, self._control.listen(wanted), seconds)

    async def trace(self, request: web.Request) -> web.StreamResponse:
        """A bind's PDUs in both directions."""
        only_query(request, "for")
        seconds = _seconds(request)
        name = request.match_info["name"]
        log.info("trace_commanded", bind=name, by=request.remote, seconds=seconds)
        return await self._stream(request, self._control.trace(name), seconds)

    async def _stream(self, request: web.Request, listener: Listener, seconds: float | None) -> web.StreamResponse:
        """All that the listener hears, until the reader leaves, the gateway stops or the time is up."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        try:
            await response.prepare(request)
            with suppress(TimeoutError, ConnectionError):  # the time is up; the reader has gone
                async with asyncio.timeout(seconds):
                    await self._write(response, listener)
        finally:
            listener.leave()
        with suppress(ConnectionError):
            await response.write_eof()
        return response

    async def _write(self, response: web.StreamResponse, listener: Listener) -> None:
        await response.write(b"\n")  # the reader knows that it is heard from now on
        while True:
            taken = await listener.take(self._alive_every_s)
            if listener.closed and not taken:
                return
            await response.write(_lines(taken))


def _lines(happenings: list[Happening]) -> bytes:
    encode = msgspec.json.encode
    return b"".join(encode(happening) + b"\n" for happening in happenings) or b"\n"


def _seconds(request: web.Request) -> float | None:
    """The query's `for`: how long, in seconds; None without an end. Raises Refusal."""
    text = request.query.get("for")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise Refusal("invalid_field", f"for is a number of seconds, at most {_LONGEST_S:.0f}.", "for")
    return seconds
