"""Replies that a rule asks for: a new submission to the road in, from the number that was written to."""

from collections.abc import Callable

import structlog

from gateway.errors import Refusal, StoreError
from gateway.intake import Intake, Submission
from gateway.message import Content, Message

log = structlog.get_logger()


class Replies:
    """Sends replies on behalf of an app, on its own lane. One that cannot be sent is logged: nobody waits for it."""

    def __init__(self, intake: Intake, on_accepted: Callable[[Message], None]) -> None:
        """`on_accepted(message)` counts a reply that is on disk."""
        self._intake = intake
        self._on_accepted = on_accepted

    def __call__(self, app: str, sender: str, to: str, text: str) -> None:
        """Send `text` from our number `sender` to the subscriber."""
        submission = Submission(
            app=app,
            to=to,
            content=Content(text=text),
            interface="reply",
            sender=sender,
            receipt="none",
            transliterate=True,
        )
        try:
            if self._intake.submit(submission, self._done) is not None:
                log.warning("reply_not_sent", app=app, reason="the number's network must be asked outside")
        except Refusal as refusal:
            log.warning("reply_refused", app=app, code=refusal.code, reason=refusal.detail)

    def _done(self, argument: object, message: Message, error: StoreError | None) -> None:
        if error is not None:
            log.warning("reply_not_stored", app=message.app, reason=str(error))
        else:
            self._on_accepted(message)
