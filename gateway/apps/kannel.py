"""GET and POST /cgi-bin/sendsms: what an app says to Kannel's smsbox, answered as smsbox does.

The first digit of a yes is 0 (on its way) or 3 (kept for later). A no is 400 where the call is wrong, 403 where it is
not allowed or leads nowhere, 503 with Retry-After where it may be tried again. A POST is a form, or the text alone with
all else in X-Kannel headers. Ids are in the header X-Message-Id, for Kannel's answers have no place for them.
"""

from collections.abc import Callable, Mapping, Sequence

from gateway.apps.compatible_intake import Accepting
from gateway.apps.compatible_login import Login
from gateway.apps.form import FORM, Fields, form_fields, media_type, query_fields
from gateway.apps.http_answer import Answer
from gateway.apps.http_call import Call, Route
from gateway.apps.kannel_request import Push, Rejected, named, read_push
from gateway.apps.problem import retry_after
from gateway.errors import Refusal, StoreError
from gateway.message import Message, Status

PATH = "/cgi-bin/sendsms"

_PLAIN = "text/plain; charset=utf-8"  # smsbox says text/html, and would have a browser run what a caller wrote
_AWAY = "Temporal failure, try again later."
_UNAUTHORIZED = "Authorization failed for sendsms"
_NOT_ROUTABLE = frozenset({"no_route", "unknown_network"})
_BODIES = ("text/plain", "application/octet-stream")
_HEADER = "x-kannel-"

Callbacks = Callable[[str], Sequence[str]]
"""(app) -> the patterns of where its callbacks may go."""


class Kannel:
    """The call. `utc` is epoch seconds."""

    def __init__(
        self,
        accepting: Accepting,
        login: Login,
        callbacks: Callbacks,
        utc: Callable[[], float],
        up: Callable[[str], bool],
    ) -> None:
        """`up(carrier)`: whether it has a bind up, so that what it is sent goes now."""
        self._accepting = accepting
        self._login = login
        self._callbacks = callbacks
        self._utc = utc
        self._up = up

    def routes(self) -> list[Route]:
        """What it answers; the login is among the fields."""
        return [Route(method, PATH, self.send, open=True) for method in ("GET", "POST")]

    async def send(self, call: Call) -> Answer:
        """One message to one or more numbers; the answer is that of all of them."""
        if call.request.method == "HEAD":
            raise Refusal("method_not_allowed", "HEAD sends nothing; there are GET, POST.")
        try:
            fields = named(await _fields(call))
        except Rejected as rejected:
            return _answer(400, str(rejected))
        except Refusal as refusal:
            return _answer(refusal.answer.http_status if refusal.code != "invalid_field" else 400, refusal.detail)
        app = self._login.app(fields.get("username", b""), fields.get("password", b""), call.request.remote)
        if app is None:
            return _answer(403, _UNAUTHORIZED)
        try:
            push = read_push(fields, app, self._utc(), self._callbacks(app))
        except Rejected as rejected:
            self._accepting.refused(app, rejected.code)
            return _answer(400, str(rejected))
        return await self._send(push)

    async def _send(self, push: Push) -> Answer:
        accepted: list[Message] = []
        refused: dict[str, Refusal | StoreError] = {}
        for number in push.numbers:
            try:
                accepted.append(await self._accepting.accept(push.to(number), push.carrier))
            except (Refusal, StoreError) as error:
                refused[number] = error
        if not accepted:
            return _no(next(iter(refused.values())))
        yes = "0: Accepted for delivery" if all(self._goes_now(each) for each in accepted) else _LATER
        return _answer(202, yes + _denied(refused), (("X-Message-Id", ", ".join(each.id for each in accepted)),))

    def _goes_now(self, message: Message) -> bool:
        return message.status is not Status.SCHEDULED and any(self._up(carrier) for carrier in message.carriers)


_LATER = "3: Queued for later delivery"


async def _fields(call: Call) -> Fields:
    """All fields of the call. Raises Rejected, Refusal, UnreadBody."""
    if call.request.method != "POST":
        return query_fields(call)
    kind = media_type(call)
    if kind == FORM or (not kind and call.request.body.empty):
        return await form_fields(call)
    if kind not in _BODIES:
        raise Refusal("unsupported_media_type", "Unsupported content-type, rejected", "Content-Type")
    return await _headed(call, octets=kind == "application/octet-stream")


async def _headed(call: Call, *, octets: bool) -> Fields:
    """The fields in X-Kannel headers, the text in the body. A udh is in hex there."""
    fields = query_fields(call)
    for name, value in call.request.headers.items():
        if not name.lower().startswith(_HEADER):
            continue
        field = name.lower().removeprefix(_HEADER)
        if field in fields:
            raise Rejected(f"{field} is given twice, rejected")
        fields[field] = value.strip().encode("utf-8", "surrogateescape")
    if "udh" in fields:
        try:
            fields["udh"] = bytes.fromhex(fields["udh"].decode())
        except ValueError:
            raise Rejected("UDH field misformed, rejected") from None
    charset = call.request.charset
    if charset and "charset" not in fields and not octets:
        fields["charset"] = charset.encode()
    if octets:
        fields.setdefault("coding", b"1")
    fields["text"] = await call.octets()
    return fields


def _no(error: Refusal | StoreError) -> Answer:
    """Why nothing was accepted."""
    if isinstance(error, StoreError) or error.answer.http_status in (429, 503):
        return _answer(503, _AWAY, retry_after(error))
    status = error.answer.http_status
    if error.code in _NOT_ROUTABLE:
        return _answer(403, f"Not routable. Do not try again. {error.code}: {error.detail}")
    return _answer(403 if status == 403 else 400, f"{error.code}: {error.detail}")


def _denied(refused: Mapping[str, Refusal | StoreError]) -> str:
    if not refused:
        return ""
    return " Denied receivers are: " + " ".join(
        f"{number} ({error.code if isinstance(error, Refusal) else 'store_unavailable'})"
        for number, error in refused.items()
    )


def _answer(status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, text.encode("utf-8", "replace"), _PLAIN, headers)
