"""Numbers: whose they are, and who wants no more messages."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.apps.http_answer import Answer, json_answer
from gateway.apps.http_call import Call, Route
from gateway.errors import Refusal, StoreError
from gateway.lookup import look_up
from gateway.message_json import JsonObject, time_text
from gateway.store.store import OptOut
from portability.number import InvalidNumber, Number, normalise
from portability.source import Resolver

WRITTEN_WITHIN_S = 10.0

Done = Callable[[object, StoreError | None], None]


class OptOuts(Protocol):
    """Who wants no more messages from which app. Numbers are E.164 digits."""

    def get(self, app: str, number: str) -> OptOut | None:
        """The opt-out in force."""

    def add(self, app: str, number: str, source: str, done: Done | None = None, argument: object = None) -> OptOut:
        """Opt out: in force at once, `done` after the commit."""

    def remove(self, app: str, number: str, done: Done | None = None, argument: object = None) -> bool:
        """Opt in again; False where there was no opt-out."""


class Numbers:
    """GET /v1/lookup/{number} · GET, PUT and DELETE /v1/optouts/{number}."""

    def __init__(
        self, resolver: Resolver, region: Callable[[], str], opt_outs: OptOuts, writable: Callable[[], bool]
    ) -> None:
        """`region()`: home of numbers written nationally; `writable()`: whether the store takes changes now."""
        self._resolver = resolver
        self._region = region
        self._opt_outs = opt_outs
        self._writable = writable

    def routes(self) -> list[Route]:
        """What it answers."""
        return [
            Route("GET", "/v1/lookup/{number}", self.lookup),
            Route("GET", "/v1/optouts/{number}", self.opt_out),
            Route("PUT", "/v1/optouts/{number}", self.put_opt_out),
            Route("DELETE", "/v1/optouts/{number}", self.delete_opt_out),
        ]

    async def lookup(self, call: Call) -> Answer:
        """What is known of a number; one that is none is an answer too."""
        call.only_query()
        return json_answer(200, await look_up(call.tail, self._region(), self._resolver))

    async def opt_out(self, call: Call) -> Answer:
        """Whether a number has opted out of the app's messages: 200 or 404."""
        call.only_query()
        number = self._number(call.tail)
        row = self._opt_outs.get(call.app, number.digits)
        if row is None:
            raise _not_opted_out(number)
        return json_answer(200, _opt_out_object(number, row))

    async def put_opt_out(self, call: Call) -> Answer:
        """Opt a number out; once it is on disk. Twice is once."""
        call.only_query()
        number = self._number(call.tail)
        self._check_store()
        written = _Written()
        row = self._opt_outs.add(call.app, number.digits, "api", written.done)
        await written.wait()
        return json_answer(200, _opt_out_object(number, row))

    async def delete_opt_out(self, call: Call) -> Answer:
        """Let a number have messages again; 204 once it is on disk."""
        call.only_query()
        number = self._number(call.tail)
        self._check_store()
        written = _Written()
        if not self._opt_outs.remove(call.app, number.digits, written.done):
            raise _not_opted_out(number)
        await written.wait()
        return Answer(204)

    def _number(self, text: str) -> Number:
        try:
            return normalise(text, self._region())
        except InvalidNumber as error:
            raise Refusal("invalid_number", str(error), "number") from None

    def _check_store(self) -> None:
        if not self._writable():
            raise Refusal("store_unavailable", retry_after_s=1.0)


class _Written:
    """Waits until what was said is on disk. A change that is not in time stays said, and is written later."""

    def __init__(self) -> None:
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(self, _argument: object, error: StoreError | None) -> None:
        """What the commit calls."""
        if self._end.done():
            return
        if error is None:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)

    async def wait(self) -> None:
        """Raises StoreError, also where the store has not said anything for ten seconds."""
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S):
                await self._end
        except TimeoutError:
            raise StoreError("the store does not answer") from None


def _opt_out_object(number: Number, row: OptOut) -> JsonObject:
    return {"number": number.e164, "opted_out_at": time_text(row.at), "source": row.source or None}


def _not_opted_out(number: Number) -> Refusal:
    return Refusal("not_found", f"{number.e164} has not opted out of the app's messages.", "number")
