"""What a carrier sends us, told apart: receipts, notifications, subscribers' messages; each to its road.

The answer goes out when the road says it is durable (ESME_ROK) or that it could not be (ESME_RX_T_APPN: the SMSC
tries again later). Only so many may wait for that at once: beyond it the answer is "later" right away, because
leaving the socket unread would hold up the answers to our own submit_sm as well.
"""

from collections.abc import Callable
from typing import Final

import structlog

from gateway.carriers.bind import Respond
from gateway.carriers.message_ids import IdsFrom, MessageIds
from gateway.inbound import InboundRoad
from gateway.receipts import Answer, Receipts, Source
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet

log = structlog.get_logger()

MOST_WAITING = 5_000
_ROK = int(CommandStatus.ESME_ROK)
_LATER = int(CommandStatus.ESME_RX_T_APPN)
_RECEIPT: Final = Kind.RECEIPT
_INTERMEDIATE: Final = Kind.INTERMEDIATE


class Arrivals:
    """The way from all carriers' binds to the roads back."""

    def __init__(self, receipts: Receipts, inbound: InboundRoad, alphabet_of: Callable[[str], Alphabet]) -> None:
        self._receipts = receipts
        self._inbound = inbound
        self._alphabet_of = alphabet_of
        self._waiting = 0

    def deliver(self, source: Source, pdu: DeliverSm | DataSm, respond: Respond) -> None:
        """A deliver_sm or data_sm of a bind."""
        if self._waiting >= MOST_WAITING:
            respond(_LATER)
            return
        self._waiting += 1
        answer = _Unanswered(self, respond)
        try:
            self._take(source, pdu, answer)
        except Exception:  # whatever it is, unanswered it would keep its place here and in the SMSC's window
            log.exception("arrival_failed", carrier=source.carrier, bind=source.bind)
            answer(False)

    def _take(self, source: Source, pdu: DeliverSm | DataSm, answer: Answer) -> None:
        """To the road that it belongs to."""
        kind = classify(pdu)
        if kind is _RECEIPT or kind is _INTERMEDIATE:
            self._receipts.receive(_by_number(source, pdu), read(pdu), answer)
        elif kind is Kind.USER_ACK:
            log.info("user_acknowledgement", carrier=source.carrier, bind=source.bind)
            answer(True)
        elif classify(pdu, text_receipts=True) is _RECEIPT:
            self._receipt_or_words(source, pdu, answer)
        else:
            self._from_subscriber(source, pdu, answer)

    def answered(self) -> None:
        """One less waits."""
        self._waiting -= 1

    def _receipt_or_words(self, source: Source, pdu: DeliverSm | DataSm, answer: Answer) -> None:
        """Of a carrier that marks nothing, or a subscriber who types such a text, but cannot guess an id that waits."""
        self._receipts.receive(
            _by_number(source, pdu), read(pdu), answer, lambda: self._from_subscriber(source, pdu, answer)
        )

    def _from_subscriber(self, source: Source, pdu: DeliverSm | DataSm, answer: Answer) -> None:
        self._inbound.receive(source.carrier, self._alphabet_of(source.carrier), pdu, answer)


class _Unanswered:
    """Answers a PDU, once, when it is known whether it is stored.

    No function in `deliver`: compiled, one and what it remembers hold each other, and with them the PDU, until a
    collection of garbage comes by.
    """

    __slots__ = ("_arrivals", "_respond")

    def __init__(self, arrivals: Arrivals, respond: Respond) -> None:
        self._arrivals = arrivals
        self._respond: Respond | None = respond

    def __call__(self, stored: bool) -> None:
        respond = self._respond
        if respond is None:
            return
        self._respond = None
        self._arrivals.answered()
        respond(_ROK if stored else _LATER)


def _by_number(source: Source, pdu: DeliverSm | DataSm) -> Source:
    """While nobody knows how the carrier names messages, the subscriber's number tells two readings of an id apart."""
    ids = source.ids
    if ids.form is not None or not isinstance(ids, MessageIds):
        return source
    return source._replace(ids=IdsFrom(ids, (pdu.source_addr, pdu.destination_addr), _sent_to(source)))


def _sent_to(source: Source) -> Callable[[str], str]:
    """Whom the message went to that waits under a key, "" where none does."""

    def sent_to(key: str) -> str:
        waiting = source.correlation.find(key)
        return waiting.message.to if waiting is not None and waiting.message is not None else ""

    return sent_to
