"""Delivery receipts: is it one, and what do its TLVs and its text say together (§5.2.12, §5.3.2.12, §5.3.2.35).

Nothing here raises on what a carrier sent: a receipt refused is a receipt sent again for ever.
"""

from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt_text import BLANKS, MAX_TEXT, ReceiptText, date_of, parse, state_of
from gateway.smpp.spec import DataCoding, EsmClass, MessageState, Tag

# Plain integers: a member of an enum costs a look-up in its class each time.
_TYPE_MASK: Final = int(EsmClass.TYPE_MASK)
_UDHI: Final = int(EsmClass.UDHI)
_INTERMEDIATE: Final = int(EsmClass.TYPE_INTERMEDIATE)
_ID_TAG: Final = int(Tag.RECEIPTED_MESSAGE_ID)
_STATE_TAG: Final = int(Tag.MESSAGE_STATE)
_ERROR_TAG: Final = int(Tag.NETWORK_ERROR_CODE)
_PAYLOAD_TAG: Final = int(Tag.MESSAGE_PAYLOAD)
_UCS2: Final = int(DataCoding.UCS2)
_MAX_ID: Final = 255
_MAX_ERROR: Final = 32
_new: Final[Any] = tuple.__new__  # what Receipt does itself behind a function that takes as long again


class Kind(Enum):
    """What a deliver_sm or data_sm of a carrier is."""

    MO = "mo"
    RECEIPT = "receipt"
    INTERMEDIATE = "intermediate"
    USER_ACK = "user_ack"
    """The subscriber's or the handset's own acknowledgement, or the end of a conversation: an event, never a final."""


class Receipt(NamedTuple):
    """What a receipt says, with the TLVs and the text weighed against each other.

    `tlv_id` and `text_id` may name one message in two bases or spellings; which one counts is the carrier's profile.
    `state` is None when neither source has one we know: not final then, and worth an alarm. `final` is whether the
    state ends the message. `error` is opaque and never decides. `network_error` is the TLV's octets.
    `contradiction`: the TLV's state and the text's were not the same. `text` is all that the text says.
    """

    tlv_id: str
    text_id: str
    state: MessageState | None
    final: bool
    error: str
    network_error: bytes
    stat: str
    contradiction: bool
    text: ReceiptText

    @property
    def message_id(self) -> str:
        """The TLV's id, else the text's."""
        return self.tlv_id or self.text_id

    @property
    def submit_date(self) -> datetime | None:
        """When the text says it was submitted: naive, in the carrier's own zone."""
        return date_of(self.text.submit_date)

    @property
    def done_date(self) -> datetime | None:
        """When the text says it came to its state; as `submit_date`."""
        return date_of(self.text.done_date)


_TYPES = {
    int(EsmClass.TYPE_RECEIPT): Kind.RECEIPT,
    int(EsmClass.TYPE_INTERMEDIATE): Kind.INTERMEDIATE,
    int(EsmClass.TYPE_DELIVERY_ACK): Kind.USER_ACK,
    int(EsmClass.TYPE_USER_ACK): Kind.USER_ACK,
    int(EsmClass.TYPE_CONVERSATION_ABORT): Kind.USER_ACK,
}

_TRANSIENT = frozenset({MessageState.SCHEDULED, MessageState.ENROUTE, MessageState.ACCEPTED})
_BY_NUMBER = {state.value: state for state in MessageState}


def is_final(state: MessageState | None) -> bool:
    """Whether a state ends a message. UNKNOWN does, though a later DELIVERED or UNDELIVERABLE may correct it."""
    return state is not None and state not in _TRANSIENT


def classify(pdu: DeliverSm | DataSm, text_receipts: bool = False) -> Kind:
    """What a carrier's message is: by the type bits of esm_class, else by its TLVs, else, if allowed, by its text.

    With `text_receipts` a plain message whose text reads as one is taken for a receipt; a subscriber could type such a
    text, so the caller still has to know the id it names. Reserved types count as plain.
    """
    kind = _TYPES.get(pdu.esm_class & _TYPE_MASK)
    if kind is not None:
        return kind
    tags = {tag for tag, _ in pdu.tlvs} if pdu.tlvs else ()
    if _ID_TAG in tags and _STATE_TAG in tags:
        return Kind.RECEIPT
    if text_receipts and _reads_as_receipt(_text_of(pdu)):
        return Kind.RECEIPT
    return Kind.MO


def _reads_as_receipt(text: str) -> bool:
    start = text.lstrip()
    return start[:3].lower() == "id:" and not start[3:4].isspace() and "stat:" in start.lower()


def read(pdu: DeliverSm | DataSm) -> Receipt:
    """What a receipt or an intermediate notification says; the latter is never final. Never raises."""
    tlv_id, tlv_state, network_error = "", None, b""
    for tag, value in pdu.tlvs:
        if tag == _ID_TAG:
            tlv_id = tlv_id or _id_of(value)
        elif tag == _STATE_TAG:
            tlv_state = _BY_NUMBER.get(int.from_bytes(value, "big")) if len(value) in {1, 2, 4} else None
        elif tag == _ERROR_TAG:
            network_error = value
    text = parse(_text_of(pdu))
    stat = text.stat
    text_state = state_of(stat)
    state = _weigh(tlv_state, text_state)
    final = is_final(state) and pdu.esm_class & _TYPE_MASK != _INTERMEDIATE
    contradiction = tlv_state is not None and text_state is not None and tlv_state is not text_state
    values = (
        tlv_id, text.id[:_MAX_ID], state, final, text.err[:_MAX_ERROR], network_error, stat, contradiction, text,
    )  # fmt: skip
    receipt: Receipt = _new(Receipt, values)
    return receipt


def _weigh(tlv_state: MessageState | None, text_state: MessageState | None) -> MessageState | None:
    """The TLV's state, unless the text knows better: a final state beats a transient one."""
    if tlv_state is None or (is_final(text_state) and not is_final(tlv_state)):
        return text_state if text_state is not None else tlv_state
    return tlv_state


def _id_of(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("latin-1").strip(BLANKS)[:_MAX_ID]


def read_network_error(octets: bytes) -> tuple[int, int] | None:
    """(network type, code) of a network_error_code TLV (§5.3.2.31); None for octets that cannot be one.

    Three ASCII digits, as some SMSCs send, are a code without a type: (0, code). Octets behind the third are ignored.
    """
    if len(octets) < 3:
        return None
    if octets[:3].isdigit():
        return 0, int(octets[:3])
    return octets[0], int.from_bytes(octets[1:3], "big")


def _text_of(pdu: DeliverSm | DataSm) -> str:
    """The receipt's text: the longer of short_message and message_payload, without a UDH."""
    octets = pdu.short_message if isinstance(pdu, DeliverSm) else b""
    for tag, value in pdu.tlvs:
        if tag == _PAYLOAD_TAG and len(value) > len(octets):
            octets = value
    if pdu.esm_class & _UDHI and octets and octets.lstrip()[:3].lower() != b"id:" and octets[0] < len(octets):
        octets = octets[octets[0] + 1 :]
    if pdu.data_coding == _UCS2 and octets[:1] == b"\0":
        return octets[:MAX_TEXT].decode("utf-16-be", "replace")
    return octets[:MAX_TEXT].decode("latin-1")
