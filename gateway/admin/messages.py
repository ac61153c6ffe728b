"""Single messages and deliveries, of any app: look one up, send one, see what was given up, try it again."""

import math
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web

from gateway.admin.answers import body_of, json_answer, limit_of, only_query
from gateway.admin.control import Control
from gateway.errors import Refusal
from gateway.log import logger
from gateway.message import Delivery
from gateway.message_json import message_object, time_text

log = logger()


class Sending(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/send. Without `app` the only one there is; without `from` and `lane` the app's own."""

    to: str
    text: str
    app: str = ""
    from_: str = msgspec.field(default="", name="from")
    lane: str = ""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Replaying(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/deliveries/replay: of when (to the end where `until` is left out), and whose."""

    since: Moment
    until: Moment | None = None
    app: str = ""


class Messages:
    """GET /v1/messages/{id} · POST /v1/send · GET /v1/deliveries?state=dead · POST /v1/deliveries/{id}/replay and
    /v1/deliveries/replay."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/v1/messages/{id}", self.message),
            web.post("/v1/send", self.send),
            web.get("/v1/deliveries", self.deliveries),
            web.post("/v1/deliveries/{id}/replay", self.replay),
            web.post("/v1/deliveries/replay", self.replay_these),
        ]

    async def message(self, request: web.Request) -> web.Response:
        """A message with its events, whichever app's it is."""
        message = await self._control.message(request.match_info["id"])
        if message is None:
            raise Refusal("not_found", "No message has this id.")
        return json_answer(message_object(message))

    async def send(self, request: web.Request) -> web.Response:
        """One message, as its app would send it; 202 with the message once it is on disk."""
        asked = await body_of(request, Sending)
        message = await self._control.send(asked.app, asked.to, asked.text, asked.from_, asked.lane)
        log.info("send_commanded", message_id=message.id, app=message.app, by=request.remote)
        return json_answer(message_object(message), 202)

    async def deliveries(self, request: web.Request) -> web.Response:
        """Dead deliveries, oldest first, a page at a time."""
        only_query(request, "state", "limit", "cursor")
        if request.query.get("state") != "dead":
            raise Refusal("invalid_field", "state is dead: what waits is counted in /v1/status.", "state")
        limit = limit_of(request)
        found = await self._control.dead_deliveries(request.query.get("cursor", ""), limit)
        cursor = found[-1].id if len(found) == limit else None
        return json_answer({"items": [delivery_object(row) for row in found], "next_cursor": cursor})

    async def replay(self, request: web.Request) -> web.Response:
        """Try a dead delivery again, from now on as if it were new."""
        delivery = await self._control.replay(request.match_info["id"])
        log.info("delivery_replayed", delivery=delivery.id, app=delivery.app, by=request.remote)
        return json_answer(delivery_object(delivery), 202)

    async def replay_these(self, request: web.Request) -> web.Response:
        """Try those again that were made in a time; 202 with how many, once that is on disk."""
        asked = await body_of(request, Replaying)
        until = math.inf if asked.until is None else asked.until.timestamp()
        replayed = await self._control.replay_these(asked.since.timestamp(), until, asked.app)
        log.info("deliveries_replayed", number=replayed, app=asked.app, by=request.remote)
        return json_answer({"replayed": replayed}, 202)


def delivery_object(delivery: Delivery) -> dict[str, Any]:
    """A delivery in JSON. Its URL stays out: callbacks carry their callers' credentials."""
    return {
        "id": delivery.id,
        "app": delivery.app,
        "kind": delivery.kind,
        "subject": delivery.subject,
        "status": delivery.status.word if delivery.kind == "receipt" else None,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": time_text(delivery.created_at),
        "detail": delivery.detail,
    }
