"""What the steps pass around: answers, receipts, notes for people, and questions to the tester."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from gateway.smpp.pdu import DataSm, DeliverSm, SubmitSm
from gateway.smpp.receipt import Receipt
from gateway.smpp.status import status_name


class Reply(NamedTuple):
    """What became of one submit_sm. `status` None: no answer came. Times are monotonic seconds."""

    pdu: SubmitSm
    status: int | None
    message_id: str
    sent_at: float
    elapsed_s: float
    sent_utc: float
    """Epoch seconds, to set against the dates of the receipt."""

    @property
    def taken(self) -> bool:
        """Whether the SMSC answered that it has the message."""
        return self.status == 0

    @property
    def said(self) -> str:
        """The answer in the protocol's words."""
        return "no answer" if self.status is None else status_name(self.status)


class Arrival(NamedTuple):
    """A receipt that came for one of our messages, at so many monotonic seconds."""

    at: float
    pdu: DeliverSm | DataSm
    receipt: Receipt


class Note(NamedTuple):
    """One line of the protocol of a check. `good` is None where there is nothing to judge, or nobody could."""

    step: str
    sent: str
    came: str
    verdict: str
    good: bool | None = None


class Question(NamedTuple):
    """What only somebody with the handset can tell. `key` names the answer in a file of answers."""

    key: str
    text: str
    choices: tuple[str, ...]


Ask = Callable[[Question], Awaitable[str]]
"""The tester's answer to a question, one of its choices or several of them apart by blanks; "" where nobody knows."""
Tell = Callable[[Note], None]
