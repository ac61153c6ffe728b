"""Lists: the app's messages, newest first; and the receipts it has not been given, for apps that ask for them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gateway.apps.http_answer import Answer, json_answer
from gateway.apps.http_call import Call, Route
from gateway.apps.webhook_events import event_type
from gateway.deliveries import RECEIPT, Parcel
from gateway.errors import Refusal
from gateway.message import WAITING, Delivery, Message, Status
from gateway.message_json import message_object, time_text
from gateway.store.batch import Page, by_batch, by_number, by_reference
from gateway.store.ids import first_id
from portability.number import InvalidNumber, normalise

WALK = 20_000
"""Rows that one page looks at: about 20 ms of a thread of its own."""
_LONGEST_CURSOR = 36
_LONGEST_FILTER = 255

CATCH_UP_S = 1.0
"""So long a page waits for what came lately. Under load it may still miss it; it is found when it is quieter."""

CaughtUp = Callable[[float], Awaitable[bool]]
View = Callable[[Message], Message]


class Reads(Protocol):
    """What is read of the store."""

    def page(
        self, app: str, key: str, statuses: Sequence[Status], since: str, before: str, limit: int, walk: int
    ) -> Awaitable[Page]: ...

    def deliveries(self, app: str, now: float, after: str, limit: int, kind: str = "") -> Awaitable[list[Delivery]]: ...

    def messages(self, ids: list[str]) -> Awaitable[list[Message]]: ...


class Lists:
    """GET /v1/messages · GET /v1/receipts."""

    def __init__(
        self, store: Reads, region: Callable[[], str], view: View, utc: Callable[[], float], caught_up: CaughtUp
    ) -> None:
        """`region()`: home of numbers written nationally; `view(message)`: as apps see it; `caught_up(within_s)` makes
        what came lately found by number and reference, as far as that goes in the time."""
        self._caught_up = caught_up
        self._store = store
        self._region = region
        self._view = view
        self._utc = utc

    def routes(self) -> list[Route]:
        """What it answers."""
        return [Route("GET", "/v1/messages", self.messages), Route("GET", "/v1/receipts", self.receipts)]

    async def messages(self, call: Call) -> Answer:
        """A page. It looks at a bounded number of rows, so it may be short and yet have a next one."""
        call.only_query("status", "to", "batch", "reference", "since", "limit", "cursor")
        query = call.request.query
        to = self._digits(query["to"]) if "to" in query else ""
        batch, reference = _filter(call, "batch"), _filter(call, "reference")
        wanted = _statuses(query.get("status", ""))
        since = first_id(call.since())
        key = by_reference(reference) if reference else by_number(to) if to else by_batch(batch) if batch else ""
        if to or reference:
            await self._caught_up(CATCH_UP_S)
        page = await self._store.page(call.app, key, _on_disk(wanted), since, _cursor(call), call.limit(), WALK)
        seen = [
            self._view(message)
            for message in page.messages
            if (not to or message.to == to) and (not batch or message.batch == batch)
        ]
        items = [message_object(message) for message in seen if message.status in wanted]
        return json_answer(200, {"items": items, "next_cursor": page.before or None})

    async def receipts(self, call: Call) -> Answer:
        """Receipts that neither a bind nor a webhook of the app has taken, oldest first; reading takes none away."""
        call.only_query("since", "limit", "cursor")
        limit, after = call.limit(), max(_cursor(call), first_id(call.since()))
        found = await self._store.deliveries(call.app, self._utc(), after, limit + 1, RECEIPT)
        page = found[:limit]
        messages = {one.id: one for one in await self._store.messages([delivery.subject for delivery in page])}
        items = [_receipt(delivery, messages.get(delivery.subject)) for delivery in page]
        return json_answer(200, {"items": items, "next_cursor": page[-1].id if len(found) > limit else None})

    def _digits(self, text: str) -> str:
        try:
            return normalise(text.strip(), self._region()).digits
        except InvalidNumber as error:
            raise Refusal("invalid_number", str(error), "to") from None


def _receipt(delivery: Delivery, message: Message | None) -> dict[str, object]:
    """As a webhook would tell it, with the id it would have there."""
    return {
        "id": delivery.id,
        "type": event_type(Parcel(delivery, message, None)),
        "timestamp": time_text(delivery.created_at),
        "data": None if message is None else message_object(message),
    }


def _statuses(text: str) -> frozenset[Status]:
    """One status or several with commas between; all where there is none. Raises Refusal."""
    if not text:
        return frozenset(Status)
    words = {status.word: status for status in Status}
    unknown = [word for word in text.split(",") if word not in words]
    if unknown:
        raise Refusal("invalid_field", f"{unknown[0][:64]!r} is not a status; there are {', '.join(words)}.", "status")
    return frozenset(words[word] for word in text.split(","))


def _on_disk(wanted: frozenset[Status]) -> list[Status]:
    """The statuses on disk that may be seen as these: what waits in a held batch is seen as paused."""
    return sorted(wanted | WAITING if Status.PAUSED in wanted else wanted)


def _filter(call: Call, name: str) -> str:
    text = call.request.query.get(name, "")
    if name in call.request.query and not 0 < len(text) <= _LONGEST_FILTER:
        raise Refusal("invalid_field", f"{name} has 1 to {_LONGEST_FILTER} characters.", name)
    return text


def _cursor(call: Call) -> str:
    cursor = call.request.query.get("cursor", "")
    if len(cursor) > _LONGEST_CURSOR or not all(letter in "0123456789abcdef-" for letter in cursor):
        raise Refusal("invalid_field", "cursor is the next_cursor of an earlier page.", "cursor")
    return cursor
