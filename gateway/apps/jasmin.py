"""GET and POST /send: what an app says to Jasmin's HTTP API, answered as Jasmin does.

`Success "ID"` with 200, `Error "WHY"` otherwise: 400 for arguments that are wrong, 403 for a login or a limit, 412
where no route leads to, 503 where it may be tried again. What has a time for another try says so in Retry-After. A POST
is a form or a JSON object.
"""

from collections.abc import Callable, Sequence

import msgspec

from gateway.apps.compatible_intake import Accepting
from gateway.apps.compatible_login import Login
from gateway.apps.form import FORM, Fields, form_fields, media_type, query_fields
from gateway.apps.http_answer import JSON, Answer, Headers
from gateway.apps.http_call import Call, Route
from gateway.apps.jasmin_request import Wrong, check_send, read_submission
from gateway.apps.problem import retry_after
from gateway.errors import Refusal, StoreError

PATH = "/send"

PLAIN = "text/plain; charset=utf-8"
_STATUSES = {
    "no_route": 412,
    "unknown_network": 412,
    "over_tps": 403,
    "over_quota": 403,
    "queue_full": 503,
    "store_unavailable": 503,
    "stopping": 503,
    "not_allowed": 403,
    "body_too_large": 413,
    "unsupported_media_type": 415,
}
"""By code; what is not here is 400. Jasmin has no other than 400, 403, 412 and 500 itself."""
_SAID = {"no_route": "No route found", "unknown_network": "No route found", "over_tps": "User throughput exceeded"}


class Jasmin:
    """The call. `callbacks(app)` are the patterns of where its callbacks may go, `utc` is epoch seconds."""

    def __init__(
        self,
        accepting: Accepting,
        login: Login,
        callbacks: Callable[[str], Sequence[str]],
        utc: Callable[[], float],
    ) -> None:
        self._accepting = accepting
        self._login = login
        self._callbacks = callbacks
        self._utc = utc

    def routes(self) -> list[Route]:
        """What it answers; the login is among the fields."""
        return [Route(method, PATH, self.send, open=True) for method in ("GET", "POST")]

    async def send(self, call: Call) -> Answer:
        """One message."""
        if call.request.method == "HEAD":
            raise Refusal("method_not_allowed", "HEAD sends nothing; there are GET, POST.")
        try:
            fields = await _fields(call)
            check_send(fields)
        except Wrong as wrong:
            return _error(400, str(wrong))
        except Refusal as refusal:
            return _error(status_of(refusal), refusal.detail)
        app = self._login.app(fields["username"], fields["password"], call.request.remote)
        if app is None:
            return _error(403, login_error(fields))
        return await self._send(app, fields)

    async def _send(self, app: str, fields: Fields) -> Answer:
        try:
            submission = read_submission(fields, app, self._utc(), self._callbacks(app))
        except Wrong as wrong:
            self._accepting.refused(app, wrong.code)
            return _error(400, str(wrong))
        try:
            message = await self._accepting.accept(submission)
        except Refusal as refusal:
            return _error(status_of(refusal), words(refusal), retry_after(refusal))
        except StoreError as error:
            return _error(503, "Cannot send submit_sm, the store cannot take it now", retry_after(error))
        return _answer(200, f'Success "{message.id}"')


async def _fields(call: Call) -> Fields:
    """All arguments. Raises Wrong, Refusal, UnreadBody."""
    if call.request.method != "POST":
        return query_fields(call)
    kind = media_type(call)
    if kind == JSON:
        return _from_json(query_fields(call), await call.octets())
    if kind != FORM and (kind or not call.request.body.empty):
        raise Refusal("unsupported_media_type", "The body has to be a form or JSON.", "Content-Type")
    return await form_fields(call)


def _from_json(fields: Fields, body: bytes) -> Fields:
    try:
        values = msgspec.json.decode(body, type=dict[str, str | int | float | list[object] | dict[str, object] | None])
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Wrong(f"The body is not a JSON object of arguments: {error}") from None
    for name, value in values.items():
        if name in fields:
            raise Wrong(f"Argument [{name[:64]}] is given twice.")
        fields[name] = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else str(value).encode()
    return fields


def status_of(refusal: Refusal) -> int:
    """Jasmin's HTTP status for why we refuse."""
    return _STATUSES.get(refusal.code, 400)


def login_error(fields: Fields) -> str:
    """What Jasmin says to a wrong login."""
    return f"Authentication failure for username:{fields['username'][:64].decode('ascii', 'replace')}"


def words(refusal: Refusal) -> str:
    """Jasmin's words for why we refuse, where it has any; else ours."""
    said = _SAID.get(refusal.code)
    return said if said is not None else f"{refusal.detail} ({refusal.code})"


def _error(status: int, why: str, headers: Headers = ()) -> Answer:
    quoted = why.replace('"', "'").replace("\r", " ").replace("\n", " ")
    return _answer(status, f'Error "{quoted}"', headers)


def _answer(status: int, text: str, headers: Headers = ()) -> Answer:
    return Answer(status, text.encode("utf-8", "replace"), PLAIN, headers)
