"""What apps ask Jasmin's HTTP API besides /send: whether it is there, what is left, what a message would cost.

Answers are Jasmin's: `Jasmin/PONG`, and JSON, where an error is a string with the status that /send would have. Its
own REST front end (`jasmin.protocols.rest`) logs every batch in by asking for the balance first.
"""

from collections.abc import Awaitable, Callable, Collection
from decimal import Decimal

from gateway.apps.compatible_login import Login
from gateway.apps.form import Fields, query_fields
from gateway.apps.http_answer import Answer, json_answer
from gateway.apps.http_call import Call, Route
from gateway.apps.jasmin import PLAIN, login_error, status_of, words
from gateway.apps.jasmin_request import PARAMETERS, Wrong, check, read_submission
from gateway.errors import Refusal
from gateway.explain import Explanation
from gateway.submission import Submission

PING, BALANCE, RATE = "/ping", "/balance", "/rate"
BALANCE_PARAMETERS = {name: PARAMETERS[name] for name in ("username", "password")}
RATE_PARAMETERS = {
    name: PARAMETERS[name]
    for name in ("username", "password", "to", "from", "content", "hex-content", "coding", "priority", "tags")
} | {"validity-period": PARAMETERS["validity-period"]}
NOT_DEFINED = "ND"
"""Jasmin's word for a balance of which there is no limit."""
_NO_WORDS = b" "
"""Without words /rate is asked about a message of one segment."""

Explain = Callable[[Submission], Awaitable[Explanation]]


class JasminEnquiries:
    """The calls. `utc` is epoch seconds; `explain` sends nothing."""

    def __init__(self, login: Login, explain: Explain, utc: Callable[[], float]) -> None:
        self._login = login
        self._explain = explain
        self._utc = utc

    def routes(self) -> list[Route]:
        """What it answers; the login is among the fields."""
        calls = {PING: self.ping, BALANCE: self.balance, RATE: self.rate}
        return [Route("GET", path, call, open=True) for path, call in calls.items()]

    async def ping(self, call: Call) -> Answer:
        """That it is there."""
        for name in call.request.query:
            return Answer(400, f"Argument [{name[:64]}] is unknown.".encode("utf-8", "replace"), PLAIN)
        return Answer(200, b"Jasmin/PONG", PLAIN)

    async def balance(self, call: Call) -> Answer:
        """What an app may still send: no gateway of ours counts money, so there is no limit."""
        return await self._asked(call, BALANCE_PARAMETERS, ("username", "password"), self._balance)

    async def rate(self, call: Call) -> Answer:
        """In how many segments a message would go, and what each costs where the carrier's price is configured."""
        return await self._asked(call, RATE_PARAMETERS, ("to", "username", "password"), self._rate)

    async def _asked(
        self,
        call: Call,
        known: Collection[str],
        mandatory: Collection[str],
        answer: Callable[[str, Fields], Awaitable[object]],
    ) -> Answer:
        try:
            fields = query_fields(call)
            check(fields, known, mandatory)
            app = self._login.app(fields["username"], fields["password"], call.request.remote)
            if app is None:
                return json_answer(403, login_error(fields))
            return json_answer(200, await answer(app, fields))
        except Wrong as wrong:
            return json_answer(400, str(wrong))
        except Refusal as refusal:
            return json_answer(status_of(refusal), words(refusal))

    async def _balance(self, _app: str, _fields: Fields) -> object:
        return {"balance": NOT_DEFINED, "sms_count": NOT_DEFINED}

    async def _rate(self, app: str, fields: Fields) -> object:
        if not fields.get("hex-content") and not fields.get("content"):
            fields["content"] = _NO_WORDS
        explained = await self._explain(read_submission(fields, app, self._utc(), ()))
        if explained.refusal is not None:
            last = explained.steps[-1]
            raise Refusal(explained.refusal, last["why"], last["asked"])
        segments = explained.segments or 1
        amount = Decimal(explained.price["amount"]) if explained.price else Decimal(0)
        return {"unit_rate": float(amount / segments), "submit_sm_count": segments}
