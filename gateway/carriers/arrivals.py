"""What a carrier sends us, told apart: receipts, notifications, subscribers' messages; each to its road.

The answer goes out when the road says it is durable (ESME_ROK) or that it could not be (ESME_RX_T_APPN: the SMSC
tries again later). Only so many may wait for that at once: beyond it the answer is "later" right away, because
leaving the socket unread would hold up the answers to our own submit_sm as well.
"""

from collections.abc import Callable

import structlog

from gateway.carriers.bind import Bind
from gateway.inbound import InboundRoad
from gateway.receipts import Receipts, Source, receipt_ids
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet

log = structlog.get_logger()

MOST_WAITING = 5_000
_ROK = int(CommandStatus.ESME_ROK)
_LATER = int(CommandStatus.ESME_RX_T_APPN)


class Arrivals:
    """The way from all carriers' binds to the roads back."""

    def __init__(self, receipts: Receipts, inbound: InboundRoad, alphabet_of: Callable[[str], Alphabet]) -> None:
        self._receipts = receipts
        self._inbound = inbound
        self._alphabet_of = alphabet_of
        self._waiting = 0

    def deliver(self, source: Source, bind: Bind, sequence_number: int, pdu: DeliverSm | DataSm) -> None:
        """A deliver_sm or data_sm of a bind."""
        if self._waiting >= MOST_WAITING:
            bind.answer(sequence_number, pdu, _LATER)
            return
        self._waiting += 1

        def answer(stored: bool) -> None:
            self._waiting -= 1
            bind.answer(sequence_number, pdu, _ROK if stored else _LATER)

        kind = classify(pdu)
        if kind is Kind.MO and classify(pdu, text_receipts=True) is Kind.RECEIPT and self._is_known(source, pdu):
            kind = Kind.RECEIPT  # a carrier that marks nothing; a subscriber cannot guess an id that waits
        match kind:
            case Kind.RECEIPT | Kind.INTERMEDIATE:
                self._receipts.receive(source, read(pdu), answer)
            case Kind.MO:
                self._inbound.receive(source.carrier, self._alphabet_of(source.carrier), pdu, answer)
            case Kind.USER_ACK:
                log.info("user_acknowledgement", carrier=source.carrier, bind=bind.name)
                answer(True)

    def _is_known(self, source: Source, pdu: DeliverSm | DataSm) -> bool:
        def known(key: str) -> bool:
            return source.correlation.find(key) is not None

        return source.ids.match(receipt_ids(read(pdu)), known) is not None
