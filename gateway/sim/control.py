"""The simulator's own small HTTP port: see what it took, write as a subscriber, make it go wrong. For tests, by hand
or by script; it knows no passwords, so keep it on loopback.

    POST /mo {"from","to","text"}   GET /messages?limit=&to=   DELETE /messages   GET /stats
    GET /faults   POST /faults {"fail": 0.1, …}   POST /disconnect {"system_id"?}
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from gateway.clock import Clock
from gateway.sim.records import Record
from gateway.sim.smsc import Simulator
from gateway.smpp.status import status_name
from gateway.text.encoding import Encoding

_LIMIT = 100
_encode = msgspec.json.Encoder().encode


class InboundMessage(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /mo. Without `system_id` it goes to whoever is bound."""

    sender: str = msgspec.field(name="from")
    to: str
    text: str
    system_id: str | None = None
    encoding: Encoding = Encoding.AUTO


class Cut(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /disconnect; without `system_id` everybody is cut off."""

    system_id: str | None = None


class Control:
    """The HTTP port of one simulator."""

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self._simulator = simulator
        self._clock = clock
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port. Raises OSError where that cannot be."""
        app = web.Application(middlewares=[_say_what_is_wrong])
        app.add_routes(
            [
                web.post("/mo", self._mo),
                web.get("/messages", self._messages),
                web.delete("/messages", self._forget),
                web.get("/stats", self._stats),
                web.get("/faults", self._faults),
                web.post("/faults", self._change_faults),
                web.post("/disconnect", self._disconnect),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _mo(self, request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read(), type=InboundMessage)
        parts = self._simulator.mo(
            body.sender, body.to, body.text, system_id=body.system_id, encoding=body.encoding
        )  # fmt: skip
        return _json({"parts": parts}, 202)

    async def _messages(self, request: web.Request) -> web.Response:
        to = request.query.get("to", "").removeprefix("+")
        limit = int(request.query.get("limit", _LIMIT))
        now = self._clock.monotonic()
        items: list[dict[str, object]] = []
        for record in reversed(self._simulator.received):
            if len(items) >= limit:
                break
            if not to or record.to.endswith(to):
                items.append(self._show(record, now))
        return _json({"items": items})

    async def _forget(self, _request: web.Request) -> web.Response:
        self._simulator.records.clear()
        return web.Response(status=204)

    async def _stats(self, _request: web.Request) -> web.Response:
        simulator, stats = self._simulator, self._simulator.stats
        shown = {name: getattr(stats, name) for name in stats.__slots__ if name != "arrivals"}
        shown["refused"] = {status_name(status): count for status, count in stats.refused.items()}
        shown["per_second"] = stats.arrivals.count(self._clock.monotonic())
        shown["peak_per_second"] = stats.arrivals.peak
        shown["bound"], shown["waiting"] = simulator.bound, simulator.waiting
        return _json({"name": simulator.profile.name} | shown)

    async def _faults(self, _request: web.Request) -> web.Response:
        return _json(self._simulator.faults)

    async def _change_faults(self, request: web.Request) -> web.Response:
        self._simulator.faults = self._simulator.faults.changed(msgspec.json.decode(await request.read()))
        return _json(self._simulator.faults)

    async def _disconnect(self, request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read() or b"{}", type=Cut)
        return _json({"connections": self._simulator.disconnect(body.system_id)})

    def _show(self, record: Record, now: float) -> dict[str, object]:
        alphabet = self._simulator.profile.alphabet
        concat, pdu = record.opened(alphabet).concat, record.pdu
        return {
            "at": datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "message_id": record.message_id,
            "receipt_id": record.receipt_id,
            "system_id": record.system_id,
            "from": record.sender,
            "to": record.to,
            "text": record.text(alphabet),
            "part": None if concat is None else concat._asdict(),
            "data_coding": pdu.data_coding,
            "esm_class": pdu.esm_class,
            "registered_delivery": pdu.registered_delivery,
            "state": record.state(now).name,
        }


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=_encode(value), status=status, content_type="application/json")


@web.middleware
async def _say_what_is_wrong(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """400 for what cannot be read, 409 while nobody is there to be written to; aiohttp's own answers as JSON too."""
    try:
        response = await handler(request)
    except ValueError as error:  # msgspec's and the text's own are among them
        return _json({"error": str(error)}, 400)
    except LookupError as error:
        return _json({"error": str(error).strip("'\"")}, 409)
    except web.HTTPException as error:
        return _json({"error": error.reason}, error.status)
    return response
