"""The log's level while the gateway runs."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web

from gateway.admin.answers import body_of, json_answer
from gateway.admin.control import Control
from gateway.log_level import LevelNow

_LONGEST_S = 7 * 86_400.0


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/log. Without `for` (seconds) the level stays until the next reload or restart."""

    level: Literal["debug", "info", "warning", "error"]
    for_: Annotated[float, msgspec.Meta(gt=0, le=_LONGEST_S)] | None = msgspec.field(default=None, name="for")


class Logging:
    """GET and POST /v1/log."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [web.get("/v1/log", self.level), web.post("/v1/log", self.set_level)]

    async def level(self, _request: web.Request) -> web.Response:
        """The level, the configuration's, and when that is back."""
        return json_answer(_object(self._control.log_level()))

    async def set_level(self, request: web.Request) -> web.Response:
        """Another level, for a while or until the next reload."""
        asked = await body_of(request, Asked)
        return json_answer(_object(self._control.set_log_level(asked.level, asked.for_)))


def _object(now: LevelNow) -> dict[str, object]:
    back_in_s = None if now.back_in_s is None else round(max(0.0, now.back_in_s), 1)
    return {"level": now.level, "configured": now.configured, "back_in_s": back_in_s}
