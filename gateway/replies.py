"""Replies that a rule asks for: a new submission to the road in, from the number that was written to."""

import asyncio
from collections.abc import Callable

import structlog

from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import Content, Message
from gateway.submission import Submission

log = structlog.get_logger()

LONGEST_SHORT_CODE = 6


class Replies:
    """Sends replies on behalf of an app, on its own lane. One that cannot be sent is logged: nobody waits for it."""

    def __init__(self, intake: Intake, on_accepted: Callable[[Message], None]) -> None:
        """`on_accepted(message)` counts a reply that is on disk."""
        self._intake = intake
        self._on_accepted = on_accepted
        self._asking: set[asyncio.Task[None]] = set()

    def __call__(self, app: str, sender: str, to: str, text: str) -> None:
        """Send `text` from our number `sender` to the subscriber, E.164 digits."""
        submission = Submission(
            app=app,
            to=f"+{to}" if to.isdigit() and len(to) > LONGEST_SHORT_CODE else to,
            content=Content(text=text),
            interface="reply",
            sender=sender,
            receipt="none",
            transliterate=True,
        )
        try:
            if self._intake.submit(submission, self._done) is not None:
                task = asyncio.get_running_loop().create_task(self._ask(submission))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        except Refusal as refusal:
            _refused(submission, refusal)

    async def _ask(self, submission: Submission) -> None:
        """A source outside must say whose number it is: it has its own deadline."""
        try:
            await self._intake.submit_asking(submission, self._done)
        except Refusal as refusal:
            _refused(submission, refusal)

    def _done(self, argument: object, message: Message, error: StoreError | None) -> None:
        if error is not None:
            log.warning("reply_not_stored", app=message.app, reason=str(error))
        else:
            self._on_accepted(message)


def _refused(submission: Submission, refusal: Refusal) -> None:
    log.warning("reply_refused", app=submission.app, code=refusal.code, reason=refusal.detail)
