"""Which encoding a text needs at a carrier, and the octets and data_coding that come of it.

What data_coding 0 carries differs per carrier (`Alphabet`), what the phone gets does not: seven bits of the GSM
alphabet, or UCS-2. So `auto` uses data_coding 0 only for text that both the carrier's alphabet and the GSM alphabet
hold, because only then is the number of segments known; all else goes as UCS-2. On a latin1 carrier 'á' therefore
goes as UCS-2 and not as 0xE1, which its SMSC would turn into 'a', '?' or three segments as it likes. Who wants that
asks for `latin1`, which is then counted in octets.

A message class (0 is flash) needs a GSM data_coding, which names its charset itself: the GSM alphabet (0x10) or
UCS-2 (0x18), whatever data_coding 0 means there.
"""

import unicodedata
from enum import StrEnum
from typing import NamedTuple

from gateway.text import data_coding as dcs
from gateway.text import gsm7
from gateway.text.data_coding import Alphabet, Charset
from gateway.text.errors import UnencodableError
from gateway.text.gsm7_tables import SPANISH
from gateway.text.transliterate import REPERTOIRES, Target
from gateway.text.transliterate import transliterate as write_in
from gateway.text.udh import NO_SHIFT, Shift


class Encoding(StrEnum):
    """What an app may ask for, and (but for `auto`) what a message ends up with."""

    AUTO = "auto"
    GSM7 = "gsm7"
    UCS2 = "ucs2"
    LATIN1 = "latin1"
    ASCII = "ascii"
    BINARY = "binary"


class Encoded(NamedTuple):
    """A text ready to be cut into segments.

    `octets` is the whole text as the carrier reads it, but GSM septets are unpacked: `segments` packs each part.
    `units` is what a phone counts: septets (gsm7), UTF-16 units (ucs2), octets (the others).
    `text` is what was written, transliterated or not; empty for binary.
    `alphabet` says how gsm7 octets are spelled (a latin1 carrier gets them in Latin-1); GSM7 for all else.
    `shift` names the national tables that the header must name too.
    """

    data_coding: int
    octets: bytes
    units: int
    encoding: Encoding
    text: str
    alphabet: Alphabet = Alphabet.GSM7
    shift: Shift = NO_SHIFT


_TARGETS = {
    Alphabet.GSM7: Target.GSM7,
    Alphabet.GSM7_PACKED: Target.GSM7,
    Alphabet.LATIN1: Target.LATIN1,
    Alphabet.ASCII: Target.ASCII,
}
_CODECS = {Alphabet.LATIN1: "latin-1", Alphabet.ASCII: "ascii"}


def choose(
    text: str,
    asked: Encoding = Encoding.AUTO,
    alphabet: Alphabet = Alphabet.GSM7,
    *,
    ucs2_allowed: bool = True,
    transliterate: bool = False,
    message_class: int | None = None,
    spanish_shift: bool = False,
) -> Encoded:
    """`text` in the encoding `asked` for, for a carrier whose data_coding 0 means `alphabet`.

    `auto`: seven bits when the whole text fits (also after composing its accents, Unicode NFC); else with the Spanish
    single shift table where `spanish_shift` allows it; else transliterated if asked, provided that then all of it
    fits; else UCS-2 with nothing touched. Without UCS-2 at the carrier transliteration goes as far as it can.
    `ucs2` at a carrier without it becomes seven bits where that keeps, or is allowed to replace, the words.
    Raises UnencodableError, naming the first character that stood in the way. About 1 µs for plain text.
    """
    if alphabet is Alphabet.GSM7 and message_class is None and (asked is Encoding.AUTO or asked is Encoding.GSM7):
        octets = gsm7.try_encode(text)
        if octets is not None:
            return Encoded(dcs.DEFAULT, octets, len(octets), Encoding.GSM7, text)
    _check_class(message_class)
    match asked:
        case Encoding.LATIN1 | Encoding.ASCII:
            return _as_octets(text, asked, alphabet, message_class)
        case Encoding.BINARY:
            raise UnencodableError("binary takes data, not text")
        case Encoding.UCS2 if ucs2_allowed:
            return _as_ucs2(text, message_class)
    may_be_ucs2 = ucs2_allowed and asked is not Encoding.GSM7
    encoded = _as_seven_bits(text, alphabet, message_class)
    if encoded is None and spanish_shift:
        encoded = _with_spanish_shift(text, alphabet, message_class)
    if encoded is None and transliterate:
        encoded = _transliterated(text, alphabet, message_class, last_resort=not may_be_ucs2)
    if encoded is None and may_be_ucs2:
        encoded = _as_ucs2(text, message_class)
    if encoded is None:
        raise _outside(text, alphabet, asked)
    return encoded


def binary(data: bytes, message_class: int | None = None) -> Encoded:
    """8-bit data as it is: data_coding 0x04, or 0x14 to 0x17 with a message class (0 to 3).

    Raises UnencodableError for another class.
    """
    _check_class(message_class)
    data_coding = dcs.OCTETS if message_class is None else dcs.OCTETS_CLASS | message_class
    return Encoded(data_coding, data, len(data), Encoding.BINARY, "")


def carried(data_coding: int, octets: bytes, alphabet: Alphabet = Alphabet.GSM7) -> Encoded:
    """A text that an SMPP app encoded itself (its data_coding 0 is unpacked GSM), for a carrier's `alphabet`.

    The octets stay as they are: they may be one part of the app's own long message, with half a character at an end.
    Only data_coding 0 is spelled anew where the carrier's 0 is another alphabet. Raises UnencodableError then for
    what that alphabet lacks, and for octets that are no septets where the carrier has these packed.
    """
    charset = dcs.coding(data_coding).charset
    if charset is Charset.GSM7 or charset is Charset.DEFAULT:
        if charset is Charset.DEFAULT and alphabet in _CODECS:
            return _spelled_anew(data_coding, octets, alphabet)
        spelling = Alphabet.GSM7_PACKED if alphabet is Alphabet.GSM7_PACKED else Alphabet.GSM7
        if spelling is Alphabet.GSM7_PACKED and max(octets, default=0) > 0x7F:
            raise UnencodableError("an octet over 0x7F is no septet, and the carrier has them packed")
        return Encoded(data_coding, octets, len(octets), Encoding.GSM7, gsm7.decode(octets), spelling)
    if charset is Charset.UCS2:
        text = octets.decode("utf-16-be", "replace")
        return Encoded(data_coding, octets, (len(octets) + 1) // 2, Encoding.UCS2, text)
    encoding = _OCTET_ENCODINGS.get(charset, Encoding.BINARY)
    text = "" if encoding is Encoding.BINARY else octets.decode("latin-1")
    return Encoded(data_coding, octets, len(octets), encoding, text)


def _check_class(message_class: int | None) -> None:
    if message_class is not None and not 0 <= message_class <= 3:
        raise UnencodableError(f"message class {message_class} is not 0 to 3")


def _spelled_anew(data_coding: int, septets: bytes, alphabet: Alphabet) -> Encoded:
    text = gsm7.decode(septets)
    encoded = _as_seven_bits(text, alphabet, None)
    if encoded is None:
        raise _outside(text, alphabet, Encoding.GSM7)
    return encoded._replace(data_coding=data_coding)


_OCTET_ENCODINGS = {Charset.LATIN1: Encoding.LATIN1, Charset.ASCII: Encoding.ASCII}


def _spelling(alphabet: Alphabet, message_class: int | None) -> Alphabet:
    """How seven-bit text is spelled: by the carrier's data_coding 0, or, with a class, in the GSM alphabet."""
    if message_class is None or alphabet is Alphabet.GSM7_PACKED:
        return alphabet
    return Alphabet.GSM7


def _as_seven_bits(text: str, alphabet: Alphabet, message_class: int | None) -> Encoded | None:
    """`text` for the GSM alphabet on the phone, or None when it, or the carrier's alphabet, lacks a character."""
    septets = gsm7.try_encode(text)
    if septets is None:
        composed = unicodedata.normalize("NFC", text)  # 'n' and U+0303 are ñ: canonically the same words
        if composed == text or (septets := gsm7.try_encode(composed)) is None:
            return None
        text = composed
    spelling = _spelling(alphabet, message_class)
    octets = septets
    if spelling in _CODECS:
        try:
            octets = text.encode(_CODECS[spelling])
        except UnicodeEncodeError:
            return None
    data_coding = dcs.DEFAULT if message_class is None else dcs.GSM7_CLASS | message_class
    return Encoded(data_coding, octets, len(septets), Encoding.GSM7, text, spelling)


def _transliterated(text: str, alphabet: Alphabet, message_class: int | None, *, last_resort: bool) -> Encoded | None:
    """`text` in the characters that seven bits have here, or None when one would stay outside."""
    written = write_in(text, _TARGETS[_spelling(alphabet, message_class)], last_resort=last_resort)
    return None if written is None else _as_seven_bits(written, alphabet, message_class)


def _with_spanish_shift(text: str, alphabet: Alphabet, message_class: int | None) -> Encoded | None:
    """`text` over the Spanish single shift table, where the carrier takes GSM septets at all."""
    if alphabet not in (Alphabet.GSM7, Alphabet.GSM7_PACKED):
        return None
    composed = unicodedata.normalize("NFC", text)
    septets = gsm7.try_encode_spanish(composed)
    if septets is None:
        return None
    data_coding = dcs.DEFAULT if message_class is None else dcs.GSM7_CLASS | message_class
    return Encoded(data_coding, septets, len(septets), Encoding.GSM7, composed, alphabet, Shift(single=SPANISH))


def _as_ucs2(text: str, message_class: int | None) -> Encoded:
    try:
        octets = text.encode("utf-16-be")  # never "utf-16", which would add a BOM
    except UnicodeEncodeError as error:
        raise UnencodableError("half a surrogate pair is no character", text[error.start], error.start) from None
    data_coding = dcs.UCS2 if message_class is None else dcs.UCS2_CLASS | message_class
    return Encoded(data_coding, octets, len(octets) // 2, Encoding.UCS2, text)


def _as_octets(text: str, asked: Encoding, alphabet: Alphabet, message_class: int | None) -> Encoded:
    """Latin-1 or ASCII as asked; under data_coding 0 where that is the carrier's own alphabet."""
    if message_class is not None:
        raise UnencodableError(f"a message class needs gsm7 or ucs2, not {asked}")
    codec, data_coding = ("latin-1", dcs.LATIN1) if asked is Encoding.LATIN1 else ("ascii", dcs.IA5)
    try:
        octets = text.encode(codec)
    except UnicodeEncodeError as error:
        raise UnencodableError(f"not in {asked}", text[error.start], error.start) from None
    if alphabet.value == asked.value:
        data_coding = dcs.DEFAULT
    return Encoded(data_coding, octets, len(octets), asked, text)


def _outside(text: str, alphabet: Alphabet, asked: Encoding) -> UnencodableError:
    """The error for a text that seven bits cannot carry here and UCS-2 may not."""
    allowed = REPERTOIRES[_TARGETS[alphabet]]
    why = "gsm7 was asked for" if asked is Encoding.GSM7 else "the carrier takes no UCS-2"
    index = next((i for i, character in enumerate(text) if character not in allowed), 0)
    return UnencodableError(f"not in the carrier's seven-bit alphabet, and {why}", text[index : index + 1], index)
