"""User data headers and the opening of user data."""

import pytest

from gateway.text.data_coding import Alphabet
from gateway.text.errors import BadHeaderError
from gateway.text.oddity import Oddity
from gateway.text.packed import fill_bits, pack
from gateway.text.segments import Sar
from gateway.text.udh import (
    Concat,
    Element,
    Ports,
    Shift,
    build,
    concat_element,
    concat_of,
    parse,
    ports_of,
    shift_of,
    strict,
)
from gateway.text.user_data import opened


def test_parse_reads_all_elements_in_order_and_keeps_unknown_ones():
    header = parse(bytes.fromhex("0c 0003a70201 240102 7002abcd") + b"text")
    assert header.elements == (Element(0, b"\xa7\x02\x01"), Element(0x24, b"\x02"), Element(0x70, b"\xab\xcd"))
    assert (header.body, header.oddities, header.length) == (b"text", (), 13)


@pytest.mark.parametrize(
    ("octets", "elements", "body", "oddity"),
    [
        ("", 0, "", Oddity.HEADER_MISSING),
        ("05000301", 0, "05000301", Oddity.HEADER_PAST_END),
        ("ff", 0, "ff", Oddity.HEADER_PAST_END),
        ("69643a31" + "00" * 120, 0, "69643a31" + "00" * 120, Oddity.HEADER_IS_RECEIPT),
        ("0500ff010201" + "41", 0, "41", Oddity.ELEMENT_PAST_HEADER),
        ("07" + "0003a70201" + "7005" + "41", 1, "41", Oddity.ELEMENT_PAST_HEADER),
        ("06" + "0003a70201" + "70" + "41", 1, "41", Oddity.ELEMENT_PAST_HEADER),
    ],
)
def test_parse_makes_the_best_of_a_broken_header(octets, elements, body, oddity):
    header = parse(bytes.fromhex(octets))
    assert len(header.elements) == elements
    assert (header.body, header.oddities) == (bytes.fromhex(body), (oddity,))


def test_empty_header_is_a_header():
    assert parse(b"\x00abc") == ((), b"abc", (), 1)


def test_build_undoes_parse():
    octets = bytes.fromhex("0b 0504 1581 0000 0003 a7 02 01")
    assert build(parse(octets).elements) == octets
    assert build(()) == b""
    with pytest.raises(BadHeaderError):
        build([Element(0x70, bytes(139))])


@pytest.mark.parametrize("octets", ["05", "0500", "0500030102", "0500030102034141", "06000301020370"])
def test_strict_refuses_an_apps_broken_header(octets):
    with pytest.raises(BadHeaderError):
        strict(bytes.fromhex(octets))


def test_concat_of_reads_both_widths_and_the_last_of_several():
    assert concat_of([Element(0, b"\xa7\x02\x01")]) == (Concat(0xA7, 8, 2, 1), None)
    assert concat_of([Element(8, b"\x1f\x2e\x03\x02")]) == (Concat(0x1F2E, 16, 3, 2), None)
    assert concat_of([Element(0, b"\x01\x02\x01"), Element(8, b"\x00\x05\x03\x02")])[0] == Concat(5, 16, 3, 2)
    assert concat_of([Element(5, b"\x00\x01\x00\x02")]) == (None, None)


@pytest.mark.parametrize("numbers", [(0, 0), (0, 1), (2, 0), (2, 3)])
def test_impossible_numbers_make_a_single_message(numbers):
    assert concat_of([Element(0, bytes((1, *numbers)))]) == (None, Oddity.CONCAT_NUMBERS)


def test_total_of_one_and_wrong_lengths_make_a_single_message():
    assert concat_of([Element(0, b"\x01\x01\x01")]) == (None, None)
    assert concat_of([Element(0, b"\x01\x01")]) == (None, Oddity.ELEMENT_LENGTH)


def test_concat_element_cuts_the_reference_to_its_width():
    assert concat_element(Concat(0x1A7, 8, 2, 1)) == Element(0, b"\xa7\x02\x01")
    assert concat_element(Concat(0x1A7, 16, 2, 1)) == Element(8, b"\x01\xa7\x02\x01")


def test_shift_and_ports_are_found():
    assert shift_of([Element(0x24, b"\x02"), Element(0x25, b"\x03")]) == Shift(3, 2)
    assert shift_of([Element(0x24, b"")]) == Shift(0, 0)
    assert ports_of([Element(5, b"\x15\x81\x00\x00")]) == Ports(0x1581, 0, 16)
    assert ports_of([Element(4, b"\x05\x06")]) == Ports(5, 6, 8)
    assert ports_of([Element(5, b"\x05")]) is None


def test_opened_prefers_the_header_to_sar_and_says_so():
    data = opened(bytes.fromhex("050003a70201") + b"x", udhi=True, sar=Sar(9, 3, 1))
    assert (data.concat, data.octets, data.oddities) == (Concat(0xA7, 8, 2, 1), b"x", (Oddity.HEADER_AND_SAR,))


def test_opened_takes_sar_where_the_header_is_none():
    data = opened(b"\x50abc", udhi=True, sar=Sar(9, 3, 1))
    assert (data.concat, data.octets) == (Concat(9, 16, 3, 1), b"\x50abc")
    assert data.oddities == (Oddity.HEADER_PAST_END,)


def test_opened_reads_sar_and_forgives_its_numbers():
    assert opened(b"x", udhi=False, sar=Sar(0x1A7, 2, 1)).concat == Concat(0x1A7, 16, 2, 1)
    assert opened(b"x", udhi=False, sar=Sar(1, 1, 1)).concat is None
    assert opened(b"x", udhi=False, sar=Sar(1, 2, 3)).oddities == (Oddity.CONCAT_NUMBERS,)
    assert opened(b"", udhi=False) == (b"", None, Shift(), None, (), ())


def test_opened_unpacks_septets_behind_the_fill_bits():
    header = bytes.fromhex("050003a70201")
    data = opened(header + pack(b"Hola", fill_bits(6)), udhi=True, alphabet=Alphabet.GSM7_PACKED)
    assert data.octets == b"Hola"
    assert opened(pack(b"Hola"), udhi=False, alphabet=Alphabet.GSM7_PACKED).octets == b"Hola"
    assert opened(b"\x00A", udhi=False, data_coding=8, alphabet=Alphabet.GSM7_PACKED).octets == b"\x00A"
