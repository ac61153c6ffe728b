"""The road in as the compatible calls take it: one submission after another, each on disk before the answer."""

import asyncio

from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import Message
from gateway.metrics import Metrics
from gateway.submission import Submission


class Accepting:
    """Submits and waits for the commit; counts what was accepted and refused."""

    def __init__(self, intake: Intake, metrics: Metrics) -> None:
        self._intake = intake
        self._metrics = metrics

    async def accept(self, submission: Submission, carrier: str = "") -> Message:
        """The message, on disk. With `carrier`, it goes by that one alone. Raises Refusal or StoreError."""
        try:
            return await (self._by(submission, carrier) if carrier else self._accept(submission))
        except Refusal as refusal:
            self.refused(submission.app, refusal.code)
            raise
        except StoreError:
            self.refused(submission.app, "store_unavailable")
            raise

    def refused(self, app: str, code: str) -> None:
        """Count a submission that was refused."""
        self._metrics.refused(app, code).n += 1

    async def _accept(self, submission: Submission) -> Message:
        accepted: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        if self._intake.submit(submission, self._settle, accepted) is not None:
            await self._intake.submit_asking(submission, self._settle, accepted)
        return await accepted

    async def _by(self, submission: Submission, carrier: str) -> Message:
        """As `_accept`, by one carrier, which the routes have to lead to anyway."""
        intake = self._intake
        intake.admit(submission.app)
        number = intake.number(submission)
        answer = await intake.resolver.resolve(int(number.digits))
        decision = intake.decide(submission, number, answer)
        if carrier not in decision.carriers:
            there = ", ".join(decision.carriers)
            raise Refusal("no_route", f"{carrier[:64]!r} is no carrier to this number; there is {there}.", "smsc")
        accepted: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        intake.accept(intake.message(submission, decision._replace(carriers=(carrier,))), self._settle, accepted)
        return await accepted

    def _settle(self, accepted: object, message: Message, error: StoreError | None) -> None:
        """After the commit, before the message goes on its way."""
        if error is None:
            self._metrics.accepted(message.app, message.lane, message.interface).n += 1
        if not isinstance(accepted, asyncio.Future) or accepted.done():
            return  # nobody waits any more; the message goes its way all the same
        if error is None:
            accepted.set_result(message)
        else:
            accepted.set_exception(error)
