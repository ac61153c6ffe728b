"""Whether it lives, whether it may be sent work, and its figures: what orchestrators and Prometheus ask."""

import asyncio

from aiohttp import web

from gateway.admin.answers import json_answer
from gateway.admin.control import Control
from gateway.metrics import Metrics


class Health:
    """GET /healthz, /readyz and /metrics."""

    def __init__(self, control: Control, metrics: Metrics) -> None:
        self._control = control
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """What it answers; /healthz is the one call that asks nobody who they are."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """The loop runs, or this would not come."""
        return json_answer({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 when every check passes, else 503; the checks either way."""
        checks = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in self._control.ready()]
        ready = all(check["ok"] for check in checks)
        return json_answer({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """A scrape, a metric at a time: messages go on in between."""
        content_type, slices = self._metrics.slices(request.headers.get("Accept", ""))
        response = web.StreamResponse(headers={"Content-Type": content_type, "Cache-Control": "no-store"})
        await response.prepare(request)
        if request.method != "HEAD":
            for piece in slices:
                await response.write(piece)
                await asyncio.sleep(0)
        await response.write_eof()
        return response
