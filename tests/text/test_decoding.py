"""Inbound octets to words: the order of the table, and what is forgiven."""

import pytest

from gateway.text.data_coding import Alphabet
from gateway.text.decoding import Decoded, decode, read
from gateway.text.encoding import Encoding
from gateway.text.oddity import Oddity
from gateway.text.udh import Shift

PLAIN = [
    (0x00, "0053657d6f72", "@Señor"),
    (0x01, "4142", "AB"),
    (0x03, "53ed", "Sí"),
    (0x03, "8035", "€5"),  # Windows' euro in what is called Latin-1
    (0x03, "81", "\x81"),
    (0x06, "bfe0d8d2d5e2", "Привет"),
    (0x05, "1b2442467c4b5c1b2842", "日本"),
    (0x05, "93fa967b", "日本"),
    (0x0E, "c7d1b1db", "한글"),
    (0x08, "00a1005300ed0021", "¡Sí!"),
    (0x08, "feff0041", "A"),
    (0x08, "d83ddc4d", "👍"),
    (0x08, "", ""),
    (0x00, "", ""),
    (0x10, "0041", "@A"),
    (0x11, "1b65", "€"),
    (0x19, "00e1", "á"),
    (0xF0, "7d", "ñ"),
    (0xF1, "00", "@"),
    (0xC8, "7d", "ñ"),
    (0xE0, "00e1", "á"),
]


@pytest.mark.parametrize(("data_coding", "octets", "text"), PLAIN)
def test_text_is_read_by_its_data_coding(data_coding, octets, text):
    decoded = read(data_coding, bytes.fromhex(octets))
    assert (decoded.text, decoded.oddities) == (text, ())
    assert decode(data_coding, bytes.fromhex(octets)) == text


ODD = [
    (0x08, "fffe41004200", "AB", (Oddity.LITTLE_ENDIAN,)),
    (0x08, "48006f006c006100", "Hola", (Oddity.LITTLE_ENDIAN,)),
    (0x08, "d83d0041", "\ufffdA", (Oddity.BROKEN_UTF16,)),
    (0x08, "004100", "A\ufffd", (Oddity.BROKEN_UTF16,)),
    (0x00, "0048006f006c0061", "Hola", (Oddity.UCS2_UNDER_DEFAULT,)),
    (0x00, "0053006900ed0021", "Sií!", (Oddity.UCS2_UNDER_DEFAULT,)),
    (0x00, "feff00e1", "á", (Oddity.UCS2_UNDER_DEFAULT,)),
    (0x01, "0048006f006c0061", "Hola", (Oddity.UCS2_UNDER_DEFAULT,)),
    (0x00, "53ed", "Sí", (Oddity.EIGHTH_BIT,)),
    (0x01, "53ed", "Sí", (Oddity.EIGHTH_BIT,)),
    (0x00, "53c3ad", "Sí", (Oddity.EIGHTH_BIT, Oddity.UTF8)),
    (0x0F, "0041", "@A", (Oddity.DATA_CODING_RESERVED,)),
    (0x40, "7d", "ñ", (Oddity.DATA_CODING_RESERVED,)),
    (0x04, "486f6c61", "Hola", (Oddity.TEXT_IN_BINARY,)),
    (0x05, "81ff", "\ufffd\ufffd", (Oddity.UNDECODABLE,)),
]


@pytest.mark.parametrize(("data_coding", "octets", "text", "oddities"), ODD)
def test_odd_text_is_read_and_told(data_coding, octets, text, oddities):
    decoded = read(data_coding, bytes.fromhex(octets))
    assert (decoded.text, decoded.oddities) == (text, oddities)


def test_at_sign_and_a_letter_are_not_taken_for_ucs2():
    assert read(0, b"\x00a") == Decoded("@a", Encoding.GSM7)
    assert read(0, b"\x00\x00\x00\x00") == Decoded("@@@@", Encoding.GSM7)


def test_binary_data_gives_no_text():
    assert read(4, bytes(range(140))) == Decoded("", Encoding.BINARY)
    assert read(2, b"\xff\x00") == Decoded("", Encoding.BINARY)
    assert read(4, b"") == Decoded("", Encoding.BINARY)


def test_data_coding_zero_is_the_carriers_alphabet():
    assert decode(0, b"@\xf1$", Alphabet.LATIN1) == "@ñ$"
    assert decode(0, b"@_`", Alphabet.ASCII) == "@_`"
    assert read(0, b"@\xf1", Alphabet.ASCII) == Decoded("@ñ", Encoding.LATIN1, (Oddity.EIGHTH_BIT,))
    assert decode(0x10, b"\x00\x7d", Alphabet.LATIN1) == "@ñ"


def test_national_shift_of_the_header_decides_the_tables():
    assert decode(0, b"d\x1bias", shift=Shift(0, 2)) == "días"
    assert decode(0, b"d\x1bias", Alphabet.ASCII, Shift(0, 2)) == "días"
    assert decode(0, b"d\x1bias", Alphabet.LATIN1, Shift(0, 2)) == "días"
    assert read(0, b"a", shift=Shift(6, 6)).oddities == (Oddity.SHIFT_UNKNOWN,)
