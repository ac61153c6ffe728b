"""What subscribers wrote to the app, newest first, a page at a time."""

from collections.abc import Awaitable, Callable

from gateway.apps.http_answer import Answer, json_answer
from gateway.apps.http_call import Call, Route
from gateway.errors import Refusal
from gateway.message import Inbound
from gateway.message_json import inbound_object

InboundOf = Callable[[str, float, str, int], Awaitable[list[Inbound]]]
"""(app, since, before, limit) -> its inbound messages, newest first. Raises StoreError."""

_LONGEST_CURSOR = 36


class InboundList:
    """GET /v1/inbound."""

    def __init__(self, inbound_of: InboundOf) -> None:
        self._inbound_of = inbound_of

    def routes(self) -> list[Route]:
        """What it answers."""
        return [Route("GET", "/v1/inbound", self.page)]

    async def page(self, call: Call) -> Answer:
        """A page. Its `next_cursor` is the last item's id: a page stays the same while newer messages come."""
        call.only_query("since", "limit", "cursor")
        limit = call.limit()
        before = call.request.query.get("cursor", "")
        if len(before) > _LONGEST_CURSOR or not all(letter in "0123456789abcdef-" for letter in before):
            raise Refusal("invalid_field", "cursor is the next_cursor of an earlier page.", "cursor")
        found = await self._inbound_of(call.app, call.since(), before, limit + 1)
        page = found[:limit]
        cursor = page[-1].id if len(found) > limit else None
        return json_answer(200, {"items": [inbound_object(row) for row in page], "next_cursor": cursor})
