"""An encoded text -> the segments of a message, as UDH parts, SAR TLVs or one message_payload.

A segment holds 140 octets on the air, header included, however its septets travel to the SMSC:
    septets = (140 - header) * 8 // 7, UTF-16 units = (140 - header) // 2, octets = 140 - header
which gives 160/70/140 alone, 153/67/134 behind the 6 octets of an 8-bit concatenation, 152/66/133 behind 7.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from gateway.text import cuts, gsm7, udh
from gateway.text.data_coding import Alphabet
from gateway.text.encoding import Encoded, Encoding
from gateway.text.errors import BadHeaderError, TextTooLongError
from gateway.text.packed import fill_bits, pack
from gateway.text.udh import NO_SHIFT, Concat, Element

OCTETS = 140
MAX_PARTS = 10  # the protocol's own limit is 255; nobody means to send more than this
_SAR_HEADER = 7  # SMSCs may build a 16-bit concatenation from SAR TLVs: 153 septets drew ESME_RSUBMITFAIL


class LongMessages(StrEnum):
    """How a carrier takes a text of several segments, its configuration's `long_messages`."""

    UDH = "udh"
    UDH16 = "udh16"
    SAR = "sar"
    PAYLOAD = "payload"


class Sar(NamedTuple):
    """The TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum (§5.3.2.22-24)."""

    reference: int
    total: int
    number: int


class Part(NamedTuple):
    """One submit_sm: `udh + octets` is its short_message (or its message_payload, where `payload` is set).

    UDHI belongs into esm_class when `udh` is not empty, also with `payload`. `sar` and `udh` never come together.
    """

    udh: bytes
    octets: bytes
    sar: Sar | None = None
    payload: bool = False


def capacity(header_octets: int, encoding: Encoding) -> int:
    """Units (septets, UTF-16 units or octets) beside a header of so many octets, UDHL included."""
    room = OCTETS - header_octets
    if encoding is Encoding.GSM7:
        return room * 8 // 7
    return room // 2 if encoding is Encoding.UCS2 else room


_ALONE = {encoding: capacity(0, encoding) for encoding in Encoding}


def split(
    encoded: Encoded,
    mode: LongMessages,
    reference: int,
    app_udh: bytes = b"",
    max_parts: int = MAX_PARTS,
) -> list[Part]:
    """The parts of `encoded` in order, one when it fits.

    `reference` is 16 bits wide (`references`), cut to 8 for `udh`. `app_udh` is a header of the app's own; its
    elements stand in every part. Where there must be a header anyway (the app's, a national shift) SAR gives way to
    UDH, for the two exclude each other (§5.2.12). A concatenation in `app_udh` says the app cut the text itself.
    Raises TextTooLongError over `max_parts`, BadHeaderError when `app_udh` is none.
    """
    if encoded.units <= _ALONE[encoded.encoding] and not app_udh and encoded.shift == NO_SHIFT:
        octets = pack(encoded.octets) if encoded.alphabet is Alphabet.GSM7_PACKED else encoded.octets
        return [Part(b"", octets)]
    elements = _elements(encoded, app_udh)
    header = udh.build(elements)
    if encoded.units <= capacity(len(header), encoded.encoding):
        return [_part(encoded, header, encoded.octets)]
    if udh.concat_of(elements)[0] is not None:
        raise TextTooLongError(2, 1)
    if mode is LongMessages.SAR and not header:
        return _sar_parts(encoded, reference, max_parts)
    if mode is LongMessages.PAYLOAD:
        _cut(encoded, len(header) + (5 if header else 6), max_parts)
        return [_part(encoded, header, encoded.octets)._replace(payload=True)]
    return _udh_parts(encoded, elements, 8 if mode is LongMessages.UDH else 16, reference, max_parts)


def count(encoded: Encoded, app_udh: bytes = b"") -> int:
    """Segments a phone would count, cut with 8-bit concatenation: what a message costs. At least 1."""
    if encoded.units <= _ALONE[encoded.encoding] and not app_udh and encoded.shift == NO_SHIFT:
        return 1
    header = len(udh.build(_elements(encoded, app_udh)))
    if encoded.units <= capacity(header, encoded.encoding):
        return 1
    return len(_cut(encoded, header + (5 if header else 6), 0))


def _elements(encoded: Encoded, app_udh: bytes) -> list[Element]:
    """What stands in every header: the national shift, then the app's own."""
    own = list(udh.strict(app_udh))
    if encoded.shift.single:
        own.insert(0, Element(udh.SINGLE_SHIFT, bytes([encoded.shift.single])))
    if encoded.shift.locking:
        own.insert(0, Element(udh.LOCKING_SHIFT, bytes([encoded.shift.locking])))
    return own


def _udh_parts(encoded: Encoded, elements: list[Element], bits: int, reference: int, max_parts: int) -> list[Part]:
    def header(total: int, number: int) -> bytes:
        return udh.build([udh.concat_element(Concat(reference, bits, total, number)), *elements])

    bodies = _cut(encoded, len(header(1, 1)), max_parts)
    return [_part(encoded, header(len(bodies), number), body) for number, body in enumerate(bodies, 1)]


def _sar_parts(encoded: Encoded, reference: int, max_parts: int) -> list[Part]:
    bodies = _cut(encoded, _SAR_HEADER, max_parts)
    sars = (Sar(reference & 0xFFFF, len(bodies), number) for number in range(1, len(bodies) + 1))
    return [_part(encoded, b"", body)._replace(sar=sar) for sar, body in zip(sars, bodies, strict=True)]


def _part(encoded: Encoded, header: bytes, body: bytes) -> Part:
    """A part as it travels: septets packed behind the header's fill bits where the carrier packs."""
    if encoded.alphabet is Alphabet.GSM7_PACKED:
        body = pack(body, fill_bits(len(header)))
    return Part(header, body)


def _cut(encoded: Encoded, header_octets: int, max_parts: int) -> list[bytes]:
    """The text in pieces that fit beside the header, spelled as the carrier wants them. `max_parts` 0: any number."""
    size = capacity(header_octets, encoded.encoding)
    if size < _SMALLEST:
        raise BadHeaderError(f"a header of {header_octets} octets leaves no room for text")
    least = -(-encoded.units // size)
    if max_parts and least > max_parts:
        raise TextTooLongError(least, max_parts)
    pieces = _CUTS[encoded.encoding](encoded, size)
    if max_parts and len(pieces) > max_parts:
        raise TextTooLongError(len(pieces), max_parts)
    codec = _SPELLINGS.get(encoded.alphabet)
    return pieces if codec is None else [gsm7.decode(piece).encode(codec) for piece in pieces]


def _cut_septets(encoded: Encoded, size: int) -> list[bytes]:
    """By septets, also where the octets are spelled otherwise: it is septets that the phone gets."""
    septets = gsm7.encode(encoded.text) if encoded.alphabet in _SPELLINGS else encoded.octets
    return cuts.pieces(septets, size, cuts.cut_septets)


def _cut_utf16(encoded: Encoded, size: int) -> list[bytes]:
    return cuts.pieces(encoded.octets, size * 2, cuts.cut_utf16)


def _cut_octets(encoded: Encoded, size: int) -> list[bytes]:
    return cuts.pieces(encoded.octets, size, cuts.cut_anywhere)


_SMALLEST = 8  # units: less room than this is a header that has eaten its message
_SPELLINGS = {Alphabet.LATIN1: "latin-1", Alphabet.ASCII: "ascii"}
_CUTS: dict[Encoding, Callable[[Encoded, int], list[bytes]]] = {
    Encoding.GSM7: _cut_septets,
    Encoding.UCS2: _cut_utf16,
    Encoding.LATIN1: _cut_octets,
    Encoding.ASCII: _cut_octets,
    Encoding.BINARY: _cut_octets,
}
