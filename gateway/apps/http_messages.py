"""Single messages: send one, look at it, cancel it, ask how it would go."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import msgspec

from gateway.apps import problem
from gateway.apps.http_answer import Answer, json_answer
from gateway.apps.http_call import Call, Route
from gateway.apps.http_message_body import read_submission
from gateway.apps.idempotency import HEADER, Idempotency, Keep
from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import Message
from gateway.message_json import JsonObject, message_object
from gateway.metrics import Metrics
from gateway.submission import Submission

_LONGEST_ID = 36

Find = Callable[[str], Awaitable[Message | None]]
"""(id) -> the message as it is now, of whatever app. Raises StoreError."""

Cancel = Callable[[str, str], Awaitable[Message]]
"""(app, id): cancel what no carrier has yet; durable when it returns. Raises Refusal or StoreError."""


class Explanation(Protocol):
    """How a submission would go, field by field."""

    def _asdict(self) -> JsonObject: ...


Explain = Callable[[Submission], Awaitable[Explanation]]


class Ways(NamedTuple):
    """What lies beside the road in."""

    find: Find
    cancel: Cancel
    explain: Explain


class Messages:
    """POST /v1/messages · GET and DELETE /v1/messages/{id} · POST /v1/explain."""

    def __init__(
        self, intake: Intake, ways: Ways, idempotency: Idempotency, metrics: Metrics, utc: Callable[[], float]
    ) -> None:
        self._intake = intake
        self._ways = ways
        self._idempotency = idempotency
        self._metrics = metrics
        self._utc = utc

    def routes(self) -> list[Route]:
        """What it answers."""
        return [
            Route("POST", "/v1/messages", self.send),
            Route("GET", "/v1/messages/{id}", self.look),
            Route("DELETE", "/v1/messages/{id}", self.cancel),
            Route("POST", "/v1/explain", self.explain),
        ]

    async def send(self, call: Call) -> Answer:
        """One message; 202 with it once it is on disk."""
        try:
            body = await call.json_body()
            key = call.request.headers.get(HEADER)
            if key is None:
                return json_answer(202, await self._accept(read_submission(body, call.app, self._utc())))
            answer, again = await self._idempotency.once(
                call.app, key, body, lambda keep: self._accept_keeping(body, call.app, keep)
            )
            return Answer(202, answer, headers=(("Idempotent-Replayed", "true"),) if again else ())
        except Refusal as refusal:
            self._refused(call.app, refusal.code)
            raise
        except problem.Invalid as invalid:
            self._refused(call.app, invalid.refusals[0].code)
            raise
        except StoreError:
            self._refused(call.app, "store_unavailable")
            raise

    async def look(self, call: Call) -> Answer:
        """A message of the app with its events."""
        call.only_query()
        message = await self._ways.find(call.tail) if len(call.tail) <= _LONGEST_ID else None
        if message is None or message.app != call.app:
            raise Refusal("not_found", "The app has no message with this id.")
        return json_answer(200, message_object(message))

    async def cancel(self, call: Call) -> Answer:
        """Cancel what no carrier has yet."""
        call.only_query()
        if len(call.tail) > _LONGEST_ID:
            raise Refusal("not_found", "The app has no message with this id.")
        return json_answer(200, message_object(await self._ways.cancel(call.app, call.tail)))

    async def explain(self, call: Call) -> Answer:
        """How a message would go; nothing is sent and nothing counted."""
        submission = read_submission(await call.json_body(), call.app, self._utc())
        return json_answer(200, (await self._ways.explain(submission))._asdict())

    async def _accept(self, submission: Submission) -> JsonObject:
        """Submit it; the message as it was when it came to be on disk. Raises Refusal or StoreError."""
        accepted: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        if self._intake.submit(submission, self._settle, accepted) is not None:
            await self._intake.submit_asking(submission, self._settle, accepted)
        return await accepted

    async def _accept_keeping(self, octets: bytes, app: str, keep: Keep) -> bytes:
        """As `_accept`, with the answer kept in the same commit or an earlier one; the answer's body."""
        submission = read_submission(octets, app, self._utc())
        intake = self._intake
        intake.admit(app)
        number = intake.number(submission)
        answer = await intake.resolver.resolve(int(number.digits))
        message = intake.message(submission, intake.decide(submission, number, answer))
        body = msgspec.json.encode(message_object(message))
        accepted: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        keep(message.id, body)
        intake.accept(message, self._settle, accepted)
        await accepted
        return body

    def _settle(self, accepted: object, message: Message, error: StoreError | None) -> None:
        """After the commit, before the message goes on its way: what it is now is what is answered."""
        if error is None:
            self._metrics.accepted(message.app, message.lane, message.interface).n += 1
        if not isinstance(accepted, asyncio.Future) or accepted.done():
            return  # nobody waits any more; the message goes its way all the same
        if error is None:
            accepted.set_result(message_object(message))
        else:
            accepted.set_exception(error)

    def _refused(self, app: str, code: str) -> None:
        self._metrics.refused(app, code).n += 1
