"""What a data_coding says (SMPP 3.4 §5.2.19, GSM groups by 3GPP TS 23.038 §4), as a table of all 256 values.

Read whole values, never `data_coding & 0x0F`: 0xF1 is class 1 in the GSM alphabet, not IA5.
"""

from enum import StrEnum
from typing import NamedTuple


class Charset(StrEnum):
    """How the octets are to be read; DEFAULT is whatever the carrier's 0x00 means."""

    DEFAULT = "default"
    GSM7 = "gsm7"
    ASCII = "ascii"
    LATIN1 = "latin1"
    BINARY = "binary"
    UCS2 = "ucs2"
    JIS = "jis"
    CYRILLIC = "cyrillic"
    HEBREW = "hebrew"
    ISO_2022_JP = "iso-2022-jp"
    KANJI = "kanji"
    KOREAN = "korean"


class Alphabet(StrEnum):
    """What data_coding 0 means at a carrier, its configuration's `alphabet`."""

    GSM7 = "gsm7"
    GSM7_PACKED = "gsm7-packed"
    LATIN1 = "latin1"
    ASCII = "ascii"


class Coding(NamedTuple):
    """One data_coding value: its charset, its message class (0 is flash) if it says one, whether it is reserved."""

    charset: Charset
    message_class: int | None = None
    reserved: bool = False


DEFAULT, IA5, OCTETS_UNSPECIFIED, LATIN1, OCTETS, UCS2 = 0x00, 0x01, 0x02, 0x03, 0x04, 0x08
GSM7_CLASS, OCTETS_CLASS, UCS2_CLASS = 0x10, 0x14, 0x18  # or-ed with the class, 0 to 3

_SMPP = {
    DEFAULT: Charset.DEFAULT,
    IA5: Charset.ASCII,
    OCTETS_UNSPECIFIED: Charset.BINARY,
    LATIN1: Charset.LATIN1,
    OCTETS: Charset.BINARY,
    0x05: Charset.JIS,
    0x06: Charset.CYRILLIC,
    0x07: Charset.HEBREW,
    UCS2: Charset.UCS2,
    0x0A: Charset.ISO_2022_JP,
    0x0D: Charset.KANJI,
    0x0E: Charset.KOREAN,
}
_GENERAL_GROUP = (Charset.GSM7, Charset.BINARY, Charset.UCS2)  # bits 3 and 2; 3 is reserved


def _coding(value: int) -> Coding:
    if value in _SMPP:
        return Coding(_SMPP[value])
    match value >> 4:
        case 0x1 if (value >> 2 & 3) < len(_GENERAL_GROUP):
            return Coding(_GENERAL_GROUP[value >> 2 & 3], value & 3)
        case 0xC | 0xD:  # message waiting, text in the GSM alphabet
            return Coding(Charset.GSM7)
        case 0xE:  # message waiting, text in UCS-2
            return Coding(Charset.UCS2)
        case 0xF:
            return Coding(Charset.BINARY if value & 4 else Charset.GSM7, value & 3, reserved=bool(value & 8))
    return Coding(Charset.DEFAULT, reserved=True)


CODINGS = tuple(_coding(value) for value in range(256))


def coding(value: int) -> Coding:
    """What `value` says; anything outside an octet reads as reserved. Never raises."""
    return CODINGS[value] if 0 <= value <= 0xFF else Coding(Charset.DEFAULT, reserved=True)
