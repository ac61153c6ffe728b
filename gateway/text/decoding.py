"""Octets of an inbound short_message -> words, for whatever a carrier means by its data_coding. Nothing here raises.

The whole text is read at once, parts joined first, because a septet pair or a surrogate pair may be cut in two.
Packed septets are unpacked before (`user_data.opened`).
"""

from typing import NamedTuple

from gateway.text import gsm7
from gateway.text.data_coding import Alphabet, Charset, coding
from gateway.text.encoding import Encoding
from gateway.text.gsm7_tables import LOCKING, SINGLE
from gateway.text.oddity import Oddity
from gateway.text.udh import NO_SHIFT, Shift

_CODECS = {  # tried in order; the last one takes what is left, with U+FFFD for what it cannot read
    Charset.JIS: ("iso2022_jp", "shift_jis", "euc_jp"),
    Charset.ISO_2022_JP: ("iso2022_jp_ext", "shift_jis"),
    Charset.KANJI: ("iso2022_jp_1", "euc_jp", "shift_jis"),
    Charset.CYRILLIC: ("iso8859_5",),
    Charset.HEBREW: ("iso8859_8",),
    Charset.KOREAN: ("euc_kr", "cp949"),
}


class Decoded(NamedTuple):
    """The words, what the octets turned out to be, and what was odd. `text` is empty for data that is no text.

    `encoding` is binary for data and for the charsets that only come in (JIS and others).
    """

    text: str
    encoding: Encoding
    oddities: tuple[Oddity, ...] = ()


def decode(data_coding: int, octets: bytes, alphabet: Alphabet = Alphabet.GSM7, shift: Shift = NO_SHIFT) -> str:
    """The words alone: see `read`."""
    return read(data_coding, octets, alphabet, shift).text


def read(data_coding: int, octets: bytes, alphabet: Alphabet = Alphabet.GSM7, shift: Shift = NO_SHIFT) -> Decoded:
    """The words of `octets` (header off, septets unpacked) from a carrier whose data_coding 0 means `alphabet`.

    `shift` are the national languages its header named. Never raises: see `Oddity` for what is made of what is wrong.
    """
    charset, _, reserved = coding(data_coding)
    if charset is Charset.DEFAULT:
        decoded = _DEFAULT[alphabet](octets, shift)
    elif charset is Charset.GSM7:
        decoded = _seven_bits(octets, shift)
    elif charset is Charset.UCS2:
        decoded = _ucs2(octets)
    elif charset is Charset.LATIN1:
        decoded = Decoded(_latin1(octets), Encoding.LATIN1)
    elif charset is Charset.ASCII:
        decoded = _ascii(octets, shift)
    elif charset is Charset.BINARY:
        decoded = _binary(octets)
    else:
        decoded = _by_codecs(octets, _CODECS[charset])
    return _with(decoded, Oddity.DATA_CODING_RESERVED) if reserved else decoded


def _with(decoded: Decoded, oddity: Oddity) -> Decoded:
    return decoded._replace(oddities=(oddity, *decoded.oddities))


def _seven_bits(octets: bytes, shift: Shift) -> Decoded:
    """GSM septets; UCS-2 sent under their data_coding is recognised, octets of 0x80 and more make it Latin-1."""
    if 0 in octets or not octets.isascii():
        wide = _mistaken_ucs2(octets)
        if wide is not None:
            return wide
        if not octets.isascii():
            return _eight_bits(octets)
    known = shift.locking in LOCKING and shift.single in SINGLE
    text = gsm7.decode(octets, shift.locking, shift.single)
    return Decoded(text, Encoding.GSM7, () if known else (Oddity.SHIFT_UNKNOWN,))


def _ascii(octets: bytes, shift: Shift) -> Decoded:
    if shift != NO_SHIFT:  # a phone's header names its tables, whatever the SMSC wrote into data_coding
        return _seven_bits(octets, shift)
    wide = _mistaken_ucs2(octets)
    if wide is not None:
        return wide
    return Decoded(octets.decode("ascii"), Encoding.ASCII) if octets.isascii() else _eight_bits(octets)


def _latin1_default(octets: bytes, shift: Shift) -> Decoded:
    if shift != NO_SHIFT:
        return _seven_bits(octets, shift)
    return _mistaken_ucs2(octets) or Decoded(_latin1(octets), Encoding.LATIN1)


_DEFAULT = {
    Alphabet.GSM7: _seven_bits,
    Alphabet.GSM7_PACKED: _seven_bits,
    Alphabet.LATIN1: _latin1_default,
    Alphabet.ASCII: _ascii,
}


def _eight_bits(octets: bytes) -> Decoded:
    """Octets of 0x80 and more where none should be: UTF-8 if it is that (chance hardly makes it so), else Latin-1."""
    try:
        return Decoded(octets.decode("utf-8"), Encoding.LATIN1, (Oddity.EIGHTH_BIT, Oddity.UTF8))
    except UnicodeDecodeError:
        return Decoded(_latin1(octets), Encoding.LATIN1, (Oddity.EIGHTH_BIT,))


def _latin1(octets: bytes) -> str:
    """ISO 8859-1, with the quotes and the euro that Windows puts at 0x80-0x9F."""
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _ucs2(octets: bytes) -> Decoded:
    """UTF-16 with the byte order the octets show: a BOM decides, else big-endian unless it is plainly the other."""
    oddities: tuple[Oddity, ...] = ()
    codec = "utf-16-be"
    if octets.startswith(b"\xff\xfe") or _zeros_at(octets, 1):
        codec, oddities = "utf-16-le", (Oddity.LITTLE_ENDIAN,)
    try:
        text = octets.decode(codec)
    except UnicodeDecodeError:
        text, oddities = octets.decode(codec, "replace"), (*oddities, Oddity.BROKEN_UTF16)
    return Decoded(text.removeprefix("\ufeff"), Encoding.UCS2, oddities)


def _mistaken_ucs2(octets: bytes) -> Decoded | None:
    """UCS-2 under a data_coding of seven bits: a BOM, or zeros at every other octet."""
    if octets.startswith((b"\xfe\xff", b"\xff\xfe")) or _zeros_at(octets, 0) or _zeros_at(octets, 1):
        return _with(_ucs2(octets), Oddity.UCS2_UNDER_DEFAULT)
    return None


def _zeros_at(octets: bytes, offset: int) -> bool:
    """Whether octets at `offset`, `offset` + 2, ... are mostly zero and the others never, as in Latin text in UTF-16.

    Two characters at least: one alone could be '@' (0x00 in the GSM alphabet) and a letter, or one ideograph.
    """
    if len(octets) < 4 or len(octets) % 2:
        return False
    zeros = octets[offset::2].count(0)
    return zeros * 8 >= len(octets) * 3 and 0 not in octets[1 - offset :: 2]


def _binary(octets: bytes) -> Decoded:
    """8-bit data; some SMSCs put plain text in it, so what reads as printable UTF-8 is given as text too."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return Decoded("", Encoding.BINARY)
    if text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return Decoded(text, Encoding.BINARY, (Oddity.TEXT_IN_BINARY,))
    return Decoded("", Encoding.BINARY)


def _by_codecs(octets: bytes, codecs_in_order: tuple[str, ...]) -> Decoded:
    for codec in codecs_in_order:
        try:
            return Decoded(octets.decode(codec), Encoding.BINARY)
        except UnicodeDecodeError:
            continue
    return Decoded(octets.decode(codecs_in_order[-1], "replace"), Encoding.BINARY, (Oddity.UNDECODABLE,))
