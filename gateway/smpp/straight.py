"""The bodies that come and go for every message, written out: that of submit_sm and deliver_sm, and their responses'.

`codec` reads and writes all other bodies field by field, by their layouts, which takes three times as long. What stands
here says the same as those layouts, and a test holds the two to one another.
"""

from typing import Final, TypeAlias

from gateway.smpp.fields import CString, FieldError, ShortMessage, Tlvs, read_tlvs, write_tlvs
from gateway.smpp.pdu import LAYOUTS, DeliverSm, DeliverSmResp, MessageBody, SubmitSm, SubmitSmResp
from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus

MessageResp: TypeAlias = SubmitSmResp | DeliverSmResp
"""§4.4.2 and §4.6.2: a message_id."""

_BODY: Final = 16
_STRINGS = [field for field in LAYOUTS[SubmitSm].fields if isinstance(field, CString)]
_SERVICE_TYPE: Final = _STRINGS[0]
_SOURCE: Final = _STRINGS[1]
_DESTINATION: Final = _STRINGS[2]
_SCHEDULE: Final = _STRINGS[3]
_VALIDITY: Final = _STRINGS[4]
_MESSAGE_ID: Final = next(field for field in LAYOUTS[SubmitSmResp].fields if isinstance(field, CString))
_LONGEST_TEXT: Final = ShortMessage().limit
_OCTETS: Final = [chr(value) for value in range(256)]
_PAYLOAD: Final = int(Tag.MESSAGE_PAYLOAD)


def read_message(octets: bytes, lenient: bool, *, deliver: bool) -> tuple[SubmitSm | DeliverSm, bytes]:
    """The submit_sm in `octets`, or the deliver_sm, and what of them could not be read.

    Raises FieldError for a field that is against its limit, IndexError where the body ends too early.
    """
    latin = octets.decode("latin-1")  # slices of one decoded text are cheaper than decoded slices
    at = _BODY
    service_type, at = _c_string(latin, at, _SERVICE_TYPE, lenient) if octets[at] else ("", at + 1)
    source_ton, source_npi, at = octets[at], octets[at + 1], at + 2
    source_addr, at = _c_string(latin, at, _SOURCE, lenient) if octets[at] else ("", at + 1)
    dest_ton, dest_npi, at = octets[at], octets[at + 1], at + 2
    destination_addr, at = _c_string(latin, at, _DESTINATION, lenient) if octets[at] else ("", at + 1)
    esm_class, protocol_id, priority_flag, at = octets[at], octets[at + 1], octets[at + 2], at + 3
    schedule, at = _c_string(latin, at, _SCHEDULE, lenient) if octets[at] else ("", at + 1)
    validity, at = _c_string(latin, at, _VALIDITY, lenient) if octets[at] else ("", at + 1)
    registered, replace, coding, default_id = octets[at], octets[at + 1], octets[at + 2], octets[at + 3]
    start = at + 5
    end = start + octets[at + 4]
    if end > len(octets):
        raise IndexError
    text = octets[start:end]
    tlvs, stray = read_tail(octets, end, lenient)
    if deliver:
        return DeliverSm(
            service_type, source_ton, source_npi, source_addr, dest_ton, dest_npi, destination_addr, esm_class,
            protocol_id, priority_flag, schedule, validity, registered, replace, coding, default_id, text, tlvs,
        ), stray  # fmt: skip
    return SubmitSm(
        service_type, source_ton, source_npi, source_addr, dest_ton, dest_npi, destination_addr, esm_class,
        protocol_id, priority_flag, schedule, validity, registered, replace, coding, default_id, text, tlvs,
    ), stray  # fmt: skip


def write_message(pdu: MessageBody) -> bytes:
    """The body's octets. Raises ValueError or TypeError; which field it was is for the caller to find."""
    service_type, source_addr, destination_addr = pdu.service_type, pdu.source_addr, pdu.destination_addr
    schedule, validity = pdu.schedule_delivery_time, pdu.validity_period
    source_ton, source_npi, dest_ton, dest_npi = (
        pdu.source_addr_ton, pdu.source_addr_npi, pdu.dest_addr_ton, pdu.dest_addr_npi,
    )  # fmt: skip
    esm_class, protocol_id, priority_flag = pdu.esm_class, pdu.protocol_id, pdu.priority_flag
    registered, replace = pdu.registered_delivery, pdu.replace_if_present_flag
    coding, default_id = pdu.data_coding, pdu.sm_default_msg_id
    short_message, tlvs = pdu.short_message, pdu.tlvs
    integers = (
        source_ton | source_npi | dest_ton | dest_npi | esm_class | protocol_id | priority_flag
        | registered | replace | coding | default_id
    )  # fmt: skip
    if (
        integers >> 8  # one is over 255, or negative
        or len(service_type) >= _SERVICE_TYPE.size
        or len(source_addr) >= _SOURCE.size
        or len(destination_addr) >= _DESTINATION.size
        or len(schedule) >= _SCHEDULE.size
        or len(validity) >= _VALIDITY.size
        or len(short_message) > _LONGEST_TEXT
        or "\0" in service_type + source_addr + destination_addr + schedule + validity
    ):
        raise ValueError("a value does not fit its field")
    octet = _OCTETS
    head = (
        f"{service_type}\0{octet[source_ton]}{octet[source_npi]}{source_addr}\0"
        f"{octet[dest_ton]}{octet[dest_npi]}{destination_addr}\0"
        f"{octet[esm_class]}{octet[protocol_id]}{octet[priority_flag]}{schedule}\0{validity}\0"
        f"{octet[registered]}{octet[replace]}{octet[coding]}{octet[default_id]}{octet[len(short_message)]}"
    )
    body = head.encode("latin-1") + short_message
    return body + _with_text(tlvs, short_message) if tlvs else body


def read_message_id(octets: bytes, *, deliver: bool) -> tuple[MessageResp, bytes]:
    """The submit_sm_resp in `octets`, or the deliver_sm_resp, and what of them could not be read.

    Raises as `read_message` does.
    """
    length = len(octets)
    if length == _BODY or (length == _BODY + 1 and not octets[_BODY]):
        return DeliverSmResp() if deliver else SubmitSmResp(), b""
    message_id, at = _c_string(octets.decode("latin-1"), _BODY, _MESSAGE_ID, lenient=True)
    tlvs, stray = read_tail(octets, at, lenient=True)
    return DeliverSmResp(message_id, tlvs) if deliver else SubmitSmResp(message_id, tlvs), stray


def write_message_id(pdu: MessageResp) -> bytes:
    """The body's octets. Raises as `write_message` does."""
    message_id, tlvs = pdu.message_id, pdu.tlvs
    if len(message_id) >= _MESSAGE_ID.size or "\0" in message_id:
        raise ValueError("message_id does not fit its field")
    body = message_id.encode("latin-1") + b"\0"
    return body + write_tlvs(tlvs) if tlvs else body


def read_tail(octets: bytes, at: int, lenient: bool) -> tuple[Tlvs, bytes]:
    """The TLVs that follow a body, and the octets that are none.

    One to three of those are litter, which is forgiven; four have a tag and a length that lead nowhere, and where not
    `lenient` raise FieldError.
    """
    if at == len(octets):
        return (), b""
    tlvs, stray = read_tlvs(octets, at)
    if len(stray) > 3 and not lenient:
        raise FieldError("the TLVs cannot be read", CommandStatus.ESME_RINVTLVSTREAM)
    return tlvs, stray


def _c_string(text: str, at: int, field: CString, lenient: bool) -> tuple[str, int]:
    nul = text.find("\0", at)
    if nul < 0:
        raise IndexError
    if nul - at >= field.size:
        field.check_length(nul - at, lenient)
    return text[at:nul], nul + 1


def _with_text(tlvs: Tlvs, short_message: bytes) -> bytes:
    """The TLVs' octets. Raises ValueError when message_payload stands beside a short_message (§5.3.2.32)."""
    if short_message and any(tag == _PAYLOAD for tag, _ in tlvs):
        raise ValueError("short_message and message_payload are both filled")
    return write_tlvs(tlvs)
