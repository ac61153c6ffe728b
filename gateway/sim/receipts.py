"""The receipt of a simulated SMSC: Appendix B's text, the TLVs of §4.6.1, or both."""

from datetime import UTC, datetime

from gateway.sim.profile import ReceiptForm
from gateway.sim.records import Record
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import DeliverSm
from gateway.smpp.receipt_text import render
from gateway.smpp.spec import EsmClass, MessageState, Npi, Tag, Ton

_RECEIPT = int(EsmClass.TYPE_RECEIPT)
# How GSM explains an end (3GPP TS 24.011 Annex E-2, 29.002 §17.6.6): unknown subscriber, absent subscriber.
_ERRORS = {MessageState.UNDELIVERABLE: 1, MessageState.EXPIRED: 27}
_GSM = 3


def receipt(record: Record, form: ReceiptForm, now: float) -> DeliverSm:
    """The receipt for how `record` ended, at `now` (epoch seconds; the text's dates are UTC)."""
    pdu = record.pdu
    error = _ERRORS.get(record.end, 0)
    text = b""
    if form is not ReceiptForm.TLV:
        submitted, done = datetime.fromtimestamp(record.at, UTC), datetime.fromtimestamp(now, UTC)
        text = render(record.receipt_id, record.end, submitted, done, error=f"{error:03d}", text=record.octets)
    return DeliverSm(
        source_addr_ton=int(Ton.INTERNATIONAL),
        source_addr_npi=int(Npi.ISDN),
        source_addr=record.to,
        dest_addr_ton=pdu.source_addr_ton,
        dest_addr_npi=pdu.source_addr_npi,
        destination_addr=pdu.source_addr,
        esm_class=_RECEIPT,
        short_message=text,
        tlvs=() if form is ReceiptForm.TEXT else _tlvs(record, error),
    )


def _tlvs(record: Record, error: int) -> Tlvs:
    named = (int(Tag.RECEIPTED_MESSAGE_ID), record.receipt_id.encode("latin-1") + b"\0")
    state = (int(Tag.MESSAGE_STATE), bytes((int(record.end),)))
    if not error:
        return named, state
    return named, state, (int(Tag.NETWORK_ERROR_CODE), bytes((_GSM, 0, error)))
