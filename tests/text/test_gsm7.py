"""The GSM alphabet: tables, escapes, what is outside, and the packed form."""

import time

import pytest

from gateway.text import gsm7
from gateway.text.errors import UnencodableError
from gateway.text.gsm7_tables import (
    DEFAULT,
    EXTENSION,
    LOCKING,
    PORTUGUESE,
    SINGLE,
    SPANISH,
    SPANISH_SINGLE,
    TURKISH,
)
from gateway.text.packed import fill_bits, pack, unpack

TEN_ESCAPES = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}


def test_every_code_of_the_default_table_encodes_and_decodes_as_itself():
    for code, character in enumerate(DEFAULT):
        if code != 0x1B:
            assert gsm7.encode(character) == bytes([code])
            assert gsm7.decode(bytes([code])) == character


def test_tables_hold_128_characters_with_escape_and_controls_in_their_places():
    for table in LOCKING.values():
        assert len(table) == len(set(table)) == 128
        assert (table[0x0A], table[0x0D], table[0x1B], table[0x20]) == ("\n", "\r", "\x1b", " ")
        assert table[0x41:0x5B] == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert table[0x61:0x7B] == "abcdefghijklmnopqrstuvwxyz"


def test_extension_holds_the_ten_of_the_specification_and_no_others():
    assert {character: code for code, character in EXTENSION.items()} == TEN_ESCAPES
    for character, code in TEN_ESCAPES.items():
        assert gsm7.encode(character) == bytes([0x1B, code])
        assert gsm7.septets(character) == 2


@pytest.mark.parametrize(
    ("character", "code"), [("@", 0x00), ("$", 0x02), ("_", 0x11), ("ñ", 0x7D), ("Ç", 0x09), ("¤", 0x24), ("¡", 0x40)]
)
def test_the_codes_that_differ_from_ascii(character, code):
    assert gsm7.encode(character) == bytes([code])


@pytest.mark.parametrize("character", "`\t\xa0“”‘’…–—•°´ªº«»áíóúçÁ\x00\x1b\x80😀\ud83d\ufffe")
def test_encode_names_the_character_outside_and_its_index(character):
    with pytest.raises(UnencodableError) as caught:
        gsm7.encode("ab€" + character + "c")
    assert (caught.value.character, caught.value.index) == (character, 3)
    assert gsm7.septets(character) is None
    assert gsm7.try_encode(character) is None


def test_encode_writes_several_escapes_and_at_signs_among_plain_text():
    assert gsm7.encode("a@{b}€@") == bytes.fromhex("61 00 1b28 62 1b29 1b65 00")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b\x41", "A"),  # not in the extension: the base table's character
        (b"\x1b\x00", "@"),
        (b"a\x1b", "a "),
        (b"\x1b", " "),
        (b"\x1b\x1b", " "),
        (b"\x1b\x1b\x65", " e"),
        (b"a\x1b\x65b\x1b\x28", "a€b{"),
        (b"", ""),
        (b"\x09", "Ç"),
    ],
)
def test_decode_reads_escapes_as_the_specification_says(octets, text):
    assert gsm7.decode(octets) == text


def test_decode_never_raises_and_gives_latin1_for_eight_bits():
    assert gsm7.decode(bytes(range(256)))[-1] == "ÿ"
    assert gsm7.decode(b"\x1b\xe1") == "á"
    assert gsm7.decode(b"a", locking=7, single=99) == "a"


def test_spanish_single_shift_writes_accents_in_two_septets():
    assert gsm7.try_encode_spanish("Buenos días") == b"Buenos d\x1bias"
    for code, character in SPANISH_SINGLE.items():
        assert gsm7.try_encode_spanish(character) == bytes([0x1B, code])
    assert gsm7.try_encode_spanish("ã") is None
    assert (
        gsm7.decode(b"\x1b\x41\x1b\x49\x1b\x4f\x1b\x55\x1b\x61\x1b\x69\x1b\x6f\x1b\x75\x1b\x09", single=SPANISH)
        == "ÁÍÓÚáíóúç"
    )


def test_portuguese_and_turkish_tables_decode():
    assert gsm7.decode(b"A\x1b\x0b\x1b\x7b\x0e", single=PORTUGUESE) == "AÔãÅ"
    assert gsm7.decode(b"\x04\x06\x7b\x7c\x09\x0f\x18", locking=PORTUGUESE) == "êúãõçá€"
    assert gsm7.decode(b"\x1b\x49\x1b\x73\x1b\x67", single=TURKISH) == "İşğ"
    assert gsm7.decode(b"\x07\x1c\x1d\x60\x04", locking=TURKISH) == "ıŞşç€"


def test_national_single_tables_keep_the_ten_escapes():
    for table in SINGLE.values():
        assert EXTENSION.items() <= table.items()


@pytest.mark.parametrize(
    ("septets", "packed"),
    [  # computed by hand from 23.038 §6.1.2.1.1: septet k at bits 7k
        (b"", ""),
        (b"a", "61"),
        (b"ab", "6131"),
        (b"hello", "e8329bfd06"),
        (b"1234567", "31d98c56b3dd1a"),
        (b"12345678", "31d98c56b3dd70"),
    ],
)
def test_pack_puts_septets_low_bits_first(septets, packed):
    assert pack(septets).hex() == packed
    assert unpack(bytes.fromhex(packed)) == septets


def test_unpack_of_the_longest_payload_does_not_hold_up_the_loop():
    """Found by fuzzing: 65,535 octets took 0.36 s, the square of what a short text takes."""
    octets = pack(bytes(index & 0x7F for index in range(320))) * 240
    before = time.process_time()

    septets = unpack(octets[:65_535])

    assert time.process_time() - before < 0.15
    assert septets[320:640] == septets[:320]
    assert len(septets) == 65_535 * 8 // 7


def test_pack_pads_seven_free_bits_with_a_carriage_return_and_unpack_drops_it():
    assert pack(b"1234567")[-1] == 0x0D << 1
    assert unpack(pack(b"1234567")) == b"1234567"
    assert unpack(bytes.fromhex("31d98c56b3dd00")) == b"1234567"  # a peer that pads with zero: no stray '@'
    assert unpack(bytes.fromhex("31d98c56b3dd00"), more_follows=True) == b"1234567\0"


@pytest.mark.parametrize(("header", "fill"), [(0, 0), (1, 6), (6, 1), (7, 0), (4, 3), (9, 5)])
def test_fill_bits_bring_the_text_to_a_septet_boundary(header, fill):
    assert fill_bits(header) == fill
    assert (header * 8 + fill) % 7 == 0


def test_packed_part_of_153_septets_fills_134_octets_behind_six_of_header():
    assert len(pack(b"a" * 153, fill_bits(6))) == 134
    assert unpack(pack(b"a" * 153, fill_bits(6)), fill_bits(6)) == b"a" * 153
