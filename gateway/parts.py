"""A message's content as one carrier gets to see it: the segments, each ready to become a submit_sm.

The same content makes other octets at another carrier, so this is done twice: at intake, to refuse what cannot be
written and to count, and at the moment of sending, for the carrier that then takes it.
"""

from typing import Final, final

import msgspec

from gateway.message import Content
from gateway.smpp.fields import Tlvs
from gateway.smpp.record import Record
from gateway.smpp.spec import EsmClass, Tag
from gateway.text import gsm7
from gateway.text.data_coding import Alphabet, Charset, coding
from gateway.text.encoding import Encoded, Encoding, binary, carried, choose
from gateway.text.errors import BadHeaderError, TextError, TextTooLongError, UnencodableError
from gateway.text.segments import LongMessages, Part, Sar, count, split
from gateway.text.udh import concat_of, strict

_UDHI = int(EsmClass.UDHI)
_WIDER = (LongMessages.UDH16, LongMessages.SAR)

_LONGEST_PLAIN: Final = 160
_PLAIN: Final = frozenset({"auto", "gsm7"})
_GSM7: Final = Alphabet.GSM7
_ENCODINGS = {str(encoding): encoding for encoding in Encoding}  # a call of the enum costs half a microsecond


@final
class Profile(Record):
    """How a carrier takes text: the keys of its configuration, and `max_parts` of the gateway."""

    __slots__ = ("alphabet", "long_messages", "max_parts", "spanish_shift", "ucs2")

    def __init__(
        self,
        alphabet: Alphabet = Alphabet.GSM7,
        long_messages: LongMessages = LongMessages.UDH,
        ucs2: bool = True,
        spanish_shift: bool = False,
        max_parts: int = 10,
    ) -> None:
        self.alphabet = alphabet
        self.long_messages = long_messages
        self.ucs2 = ucs2
        self.spanish_shift = spanish_shift
        self.max_parts = max_parts


class CannotWrite(Exception):
    """The content cannot be written for this carrier: `code` of the refusal, `field` it is about, why."""

    def __init__(self, code: str, field: str, why: str) -> None:
        self.code = code
        self.field = field
        super().__init__(why)


@final
class Wire(Record):
    """What a submit_sm holds of a segment."""

    __slots__ = ("data_coding", "esm_class", "short_message", "tlvs")

    def __init__(self, short_message: bytes, data_coding: int, esm_class: int, tlvs: Tlvs) -> None:
        self.short_message = short_message
        self.data_coding = data_coding
        self.esm_class = esm_class
        self.tlvs = tlvs


def settle(content: Content, profile: Profile, *, transliterate: bool = False) -> Content:
    """The content with its words as they will be (transliterated if asked), its encoding and its count of segments.

    Raises CannotWrite bad_encoding or text_too_long.
    """
    transliterate = transliterate or content.transliterate
    same = content.settled == "gsm7" and content.parts == 1 and transliterate is content.transliterate
    if same and _plain(content, profile) is not None:
        return content
    try:
        encoded = _encode(content, profile, transliterate)
        parts = 1 if content.sar is not None else count(encoded, content.udh)
        if parts > 1:
            parts = _count_long(encoded, content, profile, parts)
    except TextError as error:
        raise _cannot(error, content) from error
    settled = str(encoded.encoding)
    text = encoded.text if content.text is not None else None
    if (
        settled == content.settled
        and parts == content.parts
        and text == content.text
        and transliterate is content.transliterate
    ):
        return content
    return msgspec.structs.replace(content, text=text, settled=settled, parts=parts, transliterate=transliterate)


def wires(content: Content, profile: Profile, reference: int) -> list[Wire]:
    """The segments in order. `reference` is 16 bits, new for each message of several parts. Raises CannotWrite."""
    plain = _plain(content, profile)
    if plain is not None:
        return [Wire(plain, 0, 0, content.tlvs)]
    try:
        encoded = _encode(content, profile, content.transliterate)
        if content.sar is not None:
            # a part that the app cut itself: passed on as it is, whatever its length
            return [_wire(Part(b"", encoded.octets, Sar(*content.sar)), encoded.data_coding, content.tlvs)]
        parts = split(encoded, profile.long_messages, reference, content.udh, profile.max_parts)
    except TextError as error:
        raise _cannot(error, content) from error
    return [_wire(part, encoded.data_coding, content.tlvs) for part in parts]


def _plain(content: Content, profile: Profile) -> bytes | None:
    """The octets of what most messages are, one segment of plain words at a GSM carrier; None for anything else.

    A third of the long way's cost.
    """
    text = content.text
    if (
        text is None
        or len(text) > _LONGEST_PLAIN
        or profile.alphabet is not _GSM7
        or content.message_class is not None
        or content.udh
        or content.sar is not None
        or content.encoding not in _PLAIN
    ):
        return None
    octets = gsm7.try_encode(text)
    return octets if octets is not None and len(octets) <= _LONGEST_PLAIN else None


def _count_long(encoded: Encoded, content: Content, profile: Profile, counted: int) -> int:
    """Segments of a text that needs several: as this carrier gets them, or as a phone counts where the SMSC cuts it.

    A header of 7 octets (udh16), or the room that SAR leaves for one, may cost a segment more than `counted` with the
    6 octets that phones use.
    """
    if content.udh and concat_of(strict(content.udh))[0] is not None:
        raise TextTooLongError(counted, 1)  # one part of the app's own cutting, and longer than a part may be
    if profile.long_messages in _WIDER and counted <= profile.max_parts:
        return len(split(encoded, profile.long_messages, 0, content.udh, 0))
    return counted


def _encode(content: Content, profile: Profile, transliterate: bool) -> Encoded:
    if content.text is None:
        if content.encoding == "binary":
            return binary(content.data, content.message_class)
        if not profile.ucs2 and coding(content.data_coding).charset is Charset.UCS2:
            # a part, or a waiting indication: its words cannot be written anew without the other parts'
            raise UnencodableError("the carrier takes no UCS-2")
        return carried(content.data_coding, content.data, profile.alphabet)
    return choose(
        content.text,
        _ENCODINGS[content.encoding],
        profile.alphabet,
        ucs2_allowed=profile.ucs2,
        transliterate=transliterate,
        message_class=content.message_class,
        spanish_shift=profile.spanish_shift,
    )


def _wire(part: Part, data_coding: int, tlvs: Tlvs) -> Wire:
    octets = part.udh + part.octets if part.udh else part.octets
    esm_class = _UDHI if part.udh else 0
    if part.sar is not None:
        reference, total, number = part.sar
        tlvs = (
            *tlvs,
            (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
            (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
            (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
        )
    if part.payload or len(octets) > 254:
        return Wire(b"", data_coding, esm_class, (*tlvs, (Tag.MESSAGE_PAYLOAD, octets)))
    return Wire(octets, data_coding, esm_class, tlvs)


def _cannot(error: TextError, content: Content) -> CannotWrite:
    field = "data" if content.text is None else "text"
    if isinstance(error, TextTooLongError):
        return CannotWrite("text_too_long", field, str(error))
    return CannotWrite("bad_encoding", "udh" if isinstance(error, BadHeaderError) else field, str(error))
