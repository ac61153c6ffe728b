"""What operators do to the gateway as a whole: see how it stands, stop and start binds, drain, reload."""

from aiohttp import web

from gateway.admin.answers import json_answer
from gateway.admin.control import BIND_ACTIONS, Control
from gateway.errors import Refusal
from gateway.log import logger

log = logger()


class Operating:
    """GET /v1/status · POST /v1/binds/{name}/{action} · POST /v1/drain · POST /v1/reload."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/v1/status", self.status),
            web.post("/v1/binds/{name}/{action}", self.bind),
            web.post("/v1/drain", self.drain),
            web.post("/v1/reload", self.reload),
        ]

    async def status(self, _request: web.Request) -> web.Response:
        """How it stands now; the shape is `Control.status`'s."""
        return json_answer(self._control.status())

    async def bind(self, request: web.Request) -> web.Response:
        """Stop, start or receive-only; answers the bind's line of the status."""
        name, asked = request.match_info["name"], request.match_info["action"]
        action = next((known for known in BIND_ACTIONS if known == asked), None)
        if action is None:
            raise Refusal("not_found", f"A bind can {', '.join(BIND_ACTIONS)}; {asked} is none of these.")
        await self._control.bind(name, action)
        log.info("bind_commanded", bind=name, action=action, by=request.remote)
        binds = self._control.status()["binds"]
        return json_answer(next((bind for bind in binds if bind["bind"] == name), {"bind": name}), 202)

    async def drain(self, request: web.Request) -> web.Response:
        """Begin to drain; the status says how far it is."""
        self._control.drain()
        log.info("drain_commanded", by=request.remote)
        return json_answer({"stopping": True}, 202)

    async def reload(self, request: web.Request) -> web.Response:
        """Take over the configuration; what changed, a line a key."""
        changes = list(await self._control.reload())
        log.info("reload_commanded", by=request.remote, changes=len(changes))
        return json_answer({"changes": changes})
