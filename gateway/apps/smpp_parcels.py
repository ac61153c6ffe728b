"""A receipt or an inbound message as the deliver_sm that tells an app of it (§4.6, Appendix B).

Dates in a receipt's text are UTC. Source and destination are the submit's, swapped, the destination spelled as the app
spelled it. An inbound text of more than 254 octets goes in message_payload, whole. Peers up to 3.3 know no TLVs: to
them it goes in the parts that a phone would have cut it into, under the same reference however often it is tried, so
that who joins them is not confused by a second try.
"""

from functools import lru_cache
from typing import Final, TypeAlias
from zlib import crc32

from gateway.apps.smpp_inquiries import STATES, error_of, network_error_of
from gateway.apps.smpp_submission import NAMED, SPELLED
from gateway.deliveries import Parcel
from gateway.message import Delivery, Inbound, Message, Status
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import DeliverSm, deliver_sm
from gateway.smpp.receipt_text import render
from gateway.smpp.spec import DataCoding, EsmClass, MessageState, Npi, Tag, Ton
from gateway.text import gsm7
from gateway.text.data_coding import Charset, coding
from gateway.text.encoding import carried
from gateway.text.errors import TextTooLongError
from gateway.text.segments import LongMessages, split

LONGEST = 254
"""Octets of short_message."""
MOST_SHORT_DIGITS = 6
_LONGEST_PAYLOAD = 0xFFFF
_MOST_PARTS = 255
_NETWORK_GSM = 3  # network_error_code's network type (§5.3.2.31)

# Plain integers: looking up an enum's member costs, and these are used for each message.
_RECEIPT, _INTERMEDIATE = int(EsmClass.TYPE_RECEIPT), int(EsmClass.TYPE_INTERMEDIATE)
_UDHI = int(EsmClass.UDHI)
_RECEIPTED_MESSAGE_ID, _MESSAGE_STATE = int(Tag.RECEIPTED_MESSAGE_ID), int(Tag.MESSAGE_STATE)
_NETWORK_ERROR_CODE, _REFERENCE = int(Tag.NETWORK_ERROR_CODE), int(Tag.USER_MESSAGE_REFERENCE)
_PAYLOAD, _UCS2 = int(Tag.MESSAGE_PAYLOAD), int(DataCoding.UCS2)
_INTERNATIONAL, _NETWORK_SPECIFIC, _ALPHANUMERIC = (
    int(Ton.INTERNATIONAL),
    int(Ton.NETWORK_SPECIFIC),
    int(Ton.ALPHANUMERIC),
)
_ISDN, _NPI_UNKNOWN = int(Npi.ISDN), int(Npi.UNKNOWN)
_DELIVERED: Final = Status.DELIVERED
_ENROUTE: Final = MessageState.ENROUTE
_STATE_TLVS: Final = {state: (_MESSAGE_STATE, bytes((state,))) for state in MessageState}

Address: TypeAlias = tuple[int, int, str]
"""TON, NPI, digits."""


class Untellable(ValueError):
    """A delivery that cannot be put into a deliver_sm for this peer."""


def deliver_sms(parcel: Parcel, *, tlvs: bool) -> tuple[DeliverSm, ...]:
    """The PDU that tells of it, or its parts in order; `tlvs`: whether the peer knows any. Raises Untellable."""
    if parcel.message is not None:
        return (receipt(parcel.delivery, parcel.message, tlvs=tlvs),)
    if parcel.inbound is not None:
        return inbound(parcel.inbound, tlvs=tlvs)
    raise Untellable("there is nothing to tell of")


def receipt(delivery: Delivery, message: Message, *, tlvs: bool) -> DeliverSm:
    """A receipt for the status the delivery tells, or an intermediate notification where that is not the last."""
    status, extras = delivery.status, message.extras
    state = STATES[status]
    message_id = extras.get(NAMED, message.id) if extras else message.id
    error = network_error = 0
    if status is not _DELIVERED:
        error, network_error = error_of(message), network_error_of(message)
    text = render(
        message_id,
        state,
        message.created_at,
        delivery.created_at,
        error=f"{error:03d}" if 0 < error <= 999 else "000",
        text=_beginning(message),
    )
    return deliver_sm(
        _recipient(message.to, extras),
        _sender(message.sender),
        _INTERMEDIATE if state is _ENROUTE else _RECEIPT,
        0,
        text,
        _receipt_tlvs(message_id, state, network_error, message.reference) if tlvs else (),
    )


def inbound(message: Inbound, *, tlvs: bool) -> tuple[DeliverSm, ...]:
    """A subscriber's message: 8-bit data as it came, text as GSM septets where they hold it, else as UCS-2."""
    octets, data_coding = _encoded(message)
    whole = deliver_sm(address(message.sender), address(message.to), 0, data_coding, b"", ())
    if len(octets) <= LONGEST:
        return (whole._replace(short_message=octets),)
    if not tlvs:
        return _parts(whole, octets, message.id)
    if len(octets) > _LONGEST_PAYLOAD:
        raise Untellable(f"{len(octets)} octets are more than message_payload holds")
    return (whole._replace(tlvs=((_PAYLOAD, octets),)),)


def _parts(whole: DeliverSm, octets: bytes, message_id: str) -> tuple[DeliverSm, ...]:
    """The parts of a text, each behind its user data header (3GPP TS 23.040 §9.2.3.24.1)."""
    encoded = carried(whole.data_coding, octets)
    try:
        parts = split(encoded, LongMessages.UDH, crc32(message_id.encode()) & 0xFF, max_parts=_MOST_PARTS)
    except TextTooLongError as error:
        raise Untellable(f"{error}, and the peer bound as SMPP 3.3") from error
    return tuple(whole._replace(esm_class=_UDHI, short_message=part.udh + part.octets) for part in parts)


def address(text: str) -> Address:
    """An address of ours or a subscriber's with the TON and NPI it has by its looks (§5.2.5, §5.2.6)."""
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return _ALPHANUMERIC if digits else 0, _NPI_UNKNOWN, text
    if len(digits) <= MOST_SHORT_DIGITS:
        return _NETWORK_SPECIFIC, _NPI_UNKNOWN, digits
    return _INTERNATIONAL, _ISDN, digits


@lru_cache(maxsize=1024)
def _sender(text: str) -> Address:
    """Apps have few senders."""
    return address(text)


def _recipient(to: str, extras: dict[str, str]) -> Address:
    """The subscriber as the app wrote it, else as international."""
    spelled = extras.get(SPELLED) if extras else None
    if spelled is None:
        return _INTERNATIONAL, _ISDN, to
    ton, npi, digits = spelled.split(".", 2)
    return int(ton), int(npi), digits


def _receipt_tlvs(message_id: str, state: MessageState, network_error: int, reference: str) -> Tlvs:
    tlvs: Tlvs = ((_RECEIPTED_MESSAGE_ID, message_id.encode("latin-1") + b"\0"), _STATE_TLVS[state])
    if 0 < network_error <= 0xFFFF:
        tlvs += ((_NETWORK_ERROR_CODE, bytes((_NETWORK_GSM,)) + network_error.to_bytes(2, "big")),)
    if reference and reference.isascii() and reference.isdigit() and int(reference) <= 0xFFFF:
        tlvs += ((_REFERENCE, int(reference).to_bytes(2, "big")),)
    return tlvs


def _beginning(message: Message) -> bytes:
    """The first twenty septets of the text; nothing of what septets cannot say."""
    text = message.content.text
    if text is None:
        return b""
    return gsm7.try_encode(text[:20]) or b""


def _encoded(message: Inbound) -> tuple[bytes, int]:
    """(octets, data_coding)."""
    if coding(message.data_coding).charset is Charset.BINARY:
        return message.data, message.data_coding
    septets = gsm7.try_encode(message.text)
    if septets is not None:
        return septets, 0
    return message.text.encode("utf-16-be", "replace"), _UCS2
