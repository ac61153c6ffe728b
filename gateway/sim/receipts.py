"""The receipt of a simulated SMSC: Appendix B's text, the TLVs of §4.6.1, or both."""

from datetime import datetime, timedelta, timezone
from typing import TypeVar

from gateway.sim.habits import ReceiptBy, ReceiptHabits
from gateway.sim.profile import ReceiptForm
from gateway.sim.records import Record
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.spec import EsmClass, MessageState, Npi, Tag, Ton

_RECEIPT = int(EsmClass.TYPE_RECEIPT)
_INTERMEDIATE = int(EsmClass.TYPE_INTERMEDIATE)
# How GSM explains an end (3GPP TS 24.011 Annex E-2, 29.002 §17.6.6): unknown subscriber, absent subscriber.
_ERRORS = {MessageState.UNDELIVERABLE: 1, MessageState.EXPIRED: 27}
_GSM = 3
# Appendix B, table B-2; an SMSC may have words of its own.
_STATS = {
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
}

Carrying = TypeVar("Carrying", DeliverSm, DataSm)


def receipt(record: Record, form: ReceiptForm, now: float, habits: ReceiptHabits) -> DeliverSm | DataSm:
    """The receipt for how `record` ended, or that it is still on its way.

    `now` is in epoch seconds; the text's dates are in the habits' zone.
    """
    error = _ERRORS.get(record.end, 0)
    esm_class = _INTERMEDIATE if record.end is MessageState.ENROUTE else _RECEIPT
    text = b"" if form is ReceiptForm.TLV else _text(record, now, error, habits)
    tlvs = habits.tlvs if form is ReceiptForm.TEXT else (*_tlvs(record, error), *habits.tlvs)
    if habits.by is ReceiptBy.DATA_SM:
        payload = ((int(Tag.MESSAGE_PAYLOAD), text),) if text else ()
        return _addressed(DataSm(esm_class=esm_class, tlvs=(*payload, *tlvs)), record)
    return _addressed(DeliverSm(esm_class=esm_class, short_message=text, tlvs=tlvs), record)


def _addressed(pdu: Carrying, record: Record) -> Carrying:
    """Back where the message came from."""
    addressed: Carrying = pdu._replace(
        source_addr_ton=int(Ton.INTERNATIONAL),
        source_addr_npi=int(Npi.ISDN),
        source_addr=record.to,
        dest_addr_ton=record.pdu.source_addr_ton,
        dest_addr_npi=record.pdu.source_addr_npi,
        destination_addr=record.pdu.source_addr,
    )
    return addressed


def _text(record: Record, now: float, error: int, habits: ReceiptHabits) -> bytes:
    zone = timezone(timedelta(seconds=habits.zone_s))
    submitted, done = (f"{datetime.fromtimestamp(at, zone):{habits.dates}}" for at in (record.at, now))
    delivered = record.end is MessageState.DELIVERED
    word = habits.words.get(record.end) or _STATS[record.end]
    head = (
        f"id:{record.receipt_id} sub:001 dlvrd:{int(delivered):03d} submit date:{submitted} "
        f"done date:{done} stat:{word} err:{error:03d} text:"
    )
    return head.encode("latin-1", "replace") + record.octets[:20].removesuffix(b"\x1b")


def _tlvs(record: Record, error: int) -> Tlvs:
    named = (int(Tag.RECEIPTED_MESSAGE_ID), record.receipt_id.encode("latin-1") + b"\0")
    state = (int(Tag.MESSAGE_STATE), bytes((int(record.end),)))
    if not error:
        return named, state
    return named, state, (int(Tag.NETWORK_ERROR_CODE), bytes((_GSM, 0, error)))
