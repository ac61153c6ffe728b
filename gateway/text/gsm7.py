"""The GSM 7 bit alphabet, unpacked: a septet an octet, as SMPP carries it (3GPP TS 23.038 §6.2.1).

Encoding is on the way of every message, so it runs in C. Most texts hold nothing but characters that ASCII has in the
same places (0.16 µs for 60). For others one charmap turns each character into one octet, extension characters and '@'
into octets above 0x7F that a second pass writes out (0.4 µs). '@' needs that detour because it is 0x00, and CPython's
fast encoding map keeps 0 for "no such character".
"""

import codecs
from collections.abc import Callable
from typing import Final

from gateway.text.errors import UnencodableError
from gateway.text.gsm7_tables import (
    DEFAULT,
    DEFAULT_LANGUAGE,
    ESC,
    EXTENSION,
    LOCKING,
    SINGLE,
    SPANISH,
)

_NO_CHARACTER = "\ufffe"  # what codecs.charmap_build reads as an undefined code
_AT = 0x80
_AS_IN_ASCII: Final = bytes(
    code for code, character in enumerate(DEFAULT) if ord(character) == code and character != ESC
)


def _encoder(single: dict[int, str]) -> Callable[[str], bytes | None]:
    """A function from text to septets over the default table and `single`; None for what neither holds."""
    base = "\0" + DEFAULT[1:].replace(ESC, _NO_CHARACTER)
    charmap = codecs.charmap_build(base + "@" + "".join(single.values()))
    pairs = [(bytes([_AT + 1 + i]), bytes([0x1B, code])) for i, code in enumerate(single)]
    encode_charmap = codecs.charmap_encode

    def run(text: str) -> bytes | None:
        try:
            octets: bytes = encode_charmap(text, "strict", charmap)[0]
        except UnicodeEncodeError:
            return None
        if b"\0" in octets:  # the map lets NUL through, the alphabet has none
            return None
        if octets.isascii():
            return octets
        for stand_in, escaped in pairs:
            octets = octets.replace(stand_in, escaped)
        return octets.replace(b"\x80", b"\0")

    return run


_encode_default = _encoder(EXTENSION)


def try_encode(text: str) -> bytes | None:
    """Septets of `text` in the default alphabet and its extension, or None when one character is outside."""
    if text.isascii():
        octets = text.encode("ascii")
        if not octets.translate(None, _AS_IN_ASCII):
            return octets
    return _encode_default(text)


try_encode_spanish = _encoder(SINGLE[SPANISH])
"""The same with the Spanish single shift table, which must be named in the header: IE 0x24 with value 2."""

_REPERTOIRE = frozenset(DEFAULT.replace(ESC, "")) | frozenset(EXTENSION.values())


def first_outside(text: str) -> int:
    """Index of the first character that is not in the default alphabet or its extension; -1 when all are."""
    return next((index for index, character in enumerate(text) if character not in _REPERTOIRE), -1)


def encode(text: str) -> bytes:
    """Septets of `text`, one an octet. Raises UnencodableError naming the first character that has none."""
    octets = try_encode(text)
    if octets is None:
        index = first_outside(text)
        raise UnencodableError("not in the GSM 7 bit alphabet", text[index], index)
    return octets


def septets(text: str) -> int | None:
    """How many septets `text` takes (extension characters two each), or None when it does not fit the alphabet."""
    octets = try_encode(text)
    return None if octets is None else len(octets)


def decode(octets: bytes, locking: int = DEFAULT_LANGUAGE, single: int = DEFAULT_LANGUAGE) -> str:
    """Text of unpacked septets. Never raises.

    `locking` and `single` are the national languages of IEs 0x25 and 0x24; one without a table reads as the default.
    An ESC pair that is not in the table gives the base table's character, ESC ESC and a last lone ESC a space
    (23.038 §6.2.1.1). Octets of 0x80 and more are no septets: they come out as the Latin-1 character, and a caller
    who cares looks at the whole text (`decoding.read`).
    """
    table = _DECODING[locking] if locking in _DECODING else _DECODING[DEFAULT_LANGUAGE]
    text = codecs.charmap_decode(octets, "strict", table)[0]
    if ESC not in text:
        return text
    return _unescape(octets, table, SINGLE.get(single, EXTENSION))


def _unescape(octets: bytes, table: str, single: dict[int, str]) -> str:
    pieces: list[str] = []
    start = 0
    while (at := octets.find(0x1B, start)) >= 0:
        pieces.append(codecs.charmap_decode(octets[start:at], "strict", table)[0])
        code = octets[at + 1] if at + 1 < len(octets) else 0x1B
        pieces.append(" " if code == 0x1B else single.get(code) or table[code])
        start = at + 2
    pieces.append(codecs.charmap_decode(octets[start:], "strict", table)[0])
    return "".join(pieces)


_UPPER_HALF = "".join(map(chr, range(0x80, 0x100)))
_DECODING = {language: table + _UPPER_HALF for language, table in LOCKING.items()}
