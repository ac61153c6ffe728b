"""What an app's submit_sm says: its octets, data_coding, header and TLVs -> Content.

A whole message becomes text, so that each carrier can have it in its own alphabet. What the app cut itself (a user
data header, SAR TLVs) or what only it understands (8-bit data, message waiting, charsets we do not write) stays the
octets it is. What is contradictory is refused rather than guessed at: a guess arrives on a subscriber's phone.
"""

from collections.abc import Callable
from typing import NamedTuple

from gateway.message import Content
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import tlv, tlv_int
from gateway.smpp.spec import EsmClass, Tag
from gateway.smpp.status import CommandStatus
from gateway.text import gsm7, udh
from gateway.text.data_coding import Charset, coding
from gateway.text.decoding import decode
from gateway.text.errors import BadHeaderError


class Unfit(Exception):
    """A request that cannot be taken as it stands: the command_status to answer, the refusal's code to count."""

    def __init__(self, command_status: int, why: str, code: str = "invalid_field") -> None:
        super().__init__(why)
        self.command_status = int(command_status)
        self.code = code


class Form(NamedTuple):
    """How whole messages of one data_coding are taken: as text by `read`, or as octets where there is none."""

    read: Callable[[int, bytes], str] | None
    encoding: str
    message_class: int | None


_S = CommandStatus
_UDHI = int(EsmClass.UDHI)
# §5.2.12: we keep and forward, whatever of that a mode asks for; only transaction mode wants the outcome in the
# response. An app's own message types (acknowledgements) are for SMSCs that talk to other ESMEs.
_MODE_MASK, _TRANSACTION = int(EsmClass.MODE_MASK), int(EsmClass.MODE_FORWARD)
_TYPE_MASK = int(EsmClass.TYPE_MASK)
_PLAIN_ESM_CLASSES = frozenset({0, 1, 3})

_SAR_TAGS = (int(Tag.SAR_MSG_REF_NUM), int(Tag.SAR_TOTAL_SEGMENTS), int(Tag.SAR_SEGMENT_SEQNUM))
PASSED_ON = frozenset(
    int(tag)
    for tag in (
        Tag.DEST_ADDR_SUBUNIT,
        Tag.PAYLOAD_TYPE,
        Tag.PRIVACY_INDICATOR,
        Tag.SOURCE_PORT,
        Tag.DESTINATION_PORT,
        Tag.LANGUAGE_INDICATOR,
        Tag.CALLBACK_NUM_PRES_IND,
        Tag.CALLBACK_NUM_ATAG,
        Tag.CALLBACK_NUM,
        Tag.DISPLAY_TIME,
        Tag.SMS_SIGNAL,
        Tag.MS_VALIDITY,
        Tag.ALERT_ON_MESSAGE_DELIVERY,
    )
)
"""TLVs that tell the phone something, and go to the carrier as they came (§5.3.2)."""


# Octets that can be what their data_coding says are read to the letter: the guesses of `decoding` at what was meant
# would turn "@0@0", whose septets look like UTF-16, into "00". They are for octets that cannot.
def _septets(data_coding: int, octets: bytes) -> str:
    return gsm7.decode(octets) if octets.isascii() else decode(data_coding, octets)


def _ascii(data_coding: int, octets: bytes) -> str:
    return octets.decode("ascii") if octets.isascii() else decode(data_coding, octets)


def _ucs2(data_coding: int, octets: bytes) -> str:
    if octets[:2] in _BYTE_ORDER_MARKS:
        return decode(data_coding, octets)
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError:
        return decode(data_coding, octets)


def _latin1(_data_coding: int, octets: bytes) -> str:
    return octets.decode("latin-1")


_BYTE_ORDER_MARKS = (b"\xfe\xff", b"\xff\xfe")
_READ_AS: dict[Charset, tuple[Callable[[int, bytes], str] | None, str]] = {
    Charset.DEFAULT: (_septets, "auto"),
    Charset.GSM7: (_septets, "auto"),
    Charset.ASCII: (_ascii, "auto"),
    Charset.UCS2: (_ucs2, "ucs2"),
    Charset.LATIN1: (_latin1, "latin1"),
    Charset.BINARY: (None, "binary"),
}
"""Charset -> how it is read, and the encoding the message asks for. All others go as the octets they are."""


def _form(value: int) -> Form | None:
    """None for a reserved data_coding that says nothing about its octets."""
    charset, message_class, reserved = coding(value)
    if reserved and charset is Charset.DEFAULT:
        return None
    if 0xC0 <= value < 0xF0:  # message waiting: the indication is in the data_coding itself
        return Form(None, "auto", None)
    read, encoding = _READ_AS.get(charset, (None, "auto"))
    return Form(read, encoding, message_class)


_FORMS = tuple(_form(value) for value in range(256))


def octets_of(short_message: bytes, tlvs: Tlvs) -> bytes:
    """The user data, in short_message or in message_payload. Raises Unfit for both, and for neither (§5.3.2.32)."""
    if not tlvs:
        if not short_message:
            raise Unfit(_S.ESME_RINVMSGLEN, "the message is empty", "missing_field")
        return short_message
    payload = tlv(tlvs, Tag.MESSAGE_PAYLOAD) or b""
    if bool(payload) is bool(short_message):
        both = "short_message and message_payload both hold text" if payload else "the message is empty"
        raise Unfit(_S.ESME_RINVMSGLEN, both)
    return payload or short_message


def content_of(octets: bytes, data_coding: int, esm_class: int, protocol_id: int, tlvs: Tlvs) -> Content:
    """The content of a submit_sm whose user data are `octets`. Raises Unfit."""
    form = _FORMS[data_coding]
    if form is None:
        raise Unfit(_S.ESME_RINVDCS, f"data_coding {data_coding:#04x} is reserved", "bad_encoding")
    sar, passed_on = _options(tlvs) if tlvs else (None, ())
    header = b""
    if esm_class not in _PLAIN_ESM_CLASSES:
        _check_esm_class(esm_class, sar)
        if esm_class & _UDHI:
            header, octets = _cut_header(octets)
    if header or sar is not None or form.read is None:
        return Content(
            None, octets, header, form.encoding, data_coding, form.message_class, sar, passed_on, protocol_id
        )
    text = form.read(data_coding, octets)
    return Content(text, b"", b"", form.encoding, 0, form.message_class, None, passed_on, protocol_id)


def _check_esm_class(esm_class: int, sar: tuple[int, int, int] | None) -> None:
    if esm_class & _MODE_MASK == _TRANSACTION:
        raise Unfit(_S.ESME_RINVESMCLASS, "transaction mode: the outcome cannot stand in the response")
    if esm_class & _TYPE_MASK:
        raise Unfit(_S.ESME_RINVESMCLASS, f"message type {esm_class & _TYPE_MASK:#04x} is none of a submit_sm")
    if esm_class & _UDHI and sar is not None:
        raise Unfit(_S.ESME_RINVESMCLASS, "a user data header and SAR TLVs exclude each other")


def _cut_header(octets: bytes) -> tuple[bytes, bytes]:
    """The user data header, UDHL included, and what follows it."""
    end = 1 + octets[0]
    header, body = octets[:end], octets[end:]
    try:
        elements = udh.strict(header)
    except BadHeaderError as error:
        raise Unfit(_S.ESME_RINVESMCLASS, f"UDHI is set and there is no header: {error}") from None
    return (header if elements else b""), body


def _options(tlvs: Tlvs) -> tuple[tuple[int, int, int] | None, Tlvs]:
    """The SAR of a message in parts, and the TLVs that go on to the carrier."""
    passed_on = tuple(option for option in tlvs if option[0] in PASSED_ON)
    reference, total, number = (tlv_int(tlvs, tag) for tag in _SAR_TAGS)
    if reference is None and total is None and number is None:
        return None, passed_on
    if reference is None or total is None or number is None:
        raise Unfit(_S.ESME_RMISSINGTLV, "of the three SAR TLVs not all are there, or not all are integers")
    if not 1 <= number <= total <= 0xFF:
        raise Unfit(_S.ESME_RINVTLVVAL, f"SAR says part {number} of {total}")
    return ((reference & 0xFFFF, total, number) if total > 1 else None), passed_on
