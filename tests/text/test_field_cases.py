"""Cases seen in the field, and the texts of worked PDUs, each through the way it takes."""

import pytest

from gateway.text import gsm7
from gateway.text.assembly import Assembly, Piece, Sender
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import read
from gateway.text.encoding import Encoded, Encoding, choose
from gateway.text.oddity import Oddity
from gateway.text.packed import pack
from gateway.text.segments import LongMessages, Part, Sar, split
from gateway.text.udh import Concat, Shift
from gateway.text.user_data import opened

UDH = LongMessages.UDH


# --- worked PDUs: text, how it was encoded, short_message in hex ---------------------------------------------------


def test_gsm7_text_with_inverted_marks_and_euro():
    encoded = choose("¿Qué tal, Señor? €5")
    assert split(encoded, UDH, 1) == [Part(b"", bytes.fromhex("605175052074616c2c2053657d6f723f201b6535"))]


def test_ucs2_part_one_of_two_with_a_whole_surrogate_pair():
    text = "¡Sí! 👍"
    parts = split(choose(text + "ж" * 64), UDH, 0xA7)
    assert (parts[0].udh + parts[0].octets).hex().startswith("050003a70201" + "00a1005300ed00210020d83ddc4d")
    data = opened(bytes.fromhex("050003a7020100a1005300ed00210020d83ddc4d"), udhi=True)
    assert data.concat == Concat(0xA7, 8, 2, 1)
    assert read(8, data.octets).text == text


def test_sar_part_one_of_two():
    parts = split(choose("Parte uno" + "." * 152), LongMessages.SAR, 0x01A7)
    assert parts[0].octets.startswith(bytes.fromhex("506172746520756e6f"))
    assert parts[0].sar == Sar(0x01A7, 2, 1)


def test_message_payload():
    encoded = choose("Cuerpo en TLV" * 13)
    assert encoded.octets[:13].hex() == "43756572706f20656e20544c56"
    assert split(encoded, LongMessages.PAYLOAD, 1) == [Part(b"", encoded.octets, payload=True)]


def test_flash():
    assert choose("Flash", message_class=0) == Encoded(0x10, bytes.fromhex("466c617368"), 5, Encoding.GSM7, "Flash")


def test_spanish_single_shift():
    part = split(choose("Buenos días", spanish_shift=True), UDH, 1)[0]
    assert (part.udh + part.octets).hex() == "03240102" + "4275656e6f7320641b696173"
    data = opened(part.udh + part.octets, udhi=True)
    assert data.shift == Shift(0, 2)
    assert read(0, data.octets, shift=data.shift).text == "Buenos días"


def test_inbound_part_two_of_three_with_a_16_bit_reference():
    data = opened(bytes.fromhex("0608041f2e030242414a4120007961"), udhi=True)
    assert data.concat == Concat(0x1F2E, 16, 3, 2)
    assert read(0, data.octets).text == "BAJA @ya"


# --- nasty cases -----------------------------------------------------------------------------------------------------


def test_case_34_at_sign_in_a_text_is_kept_as_zero():
    encoded = choose("a@b.mx")
    assert encoded.octets == b"a\x00b.mx"
    assert read(0, encoded.octets).text == "a@b.mx"


@pytest.mark.parametrize("alphabet", [Alphabet.ASCII, Alphabet.LATIN1])
def test_case_35_data_coding_zero_that_is_really_ascii_or_latin1(alphabet):
    text = "@$_[" + ("ñ" if alphabet is Alphabet.LATIN1 else "")
    encoded = choose(text, alphabet=alphabet)
    assert (encoded.data_coding, encoded.octets) == (0, text.encode("latin-1"))
    assert read(0, encoded.octets, alphabet).text == text


def test_case_36_data_coding_zero_that_is_packed():
    part = split(choose("Hola, ¿qué tal?", alphabet=Alphabet.GSM7_PACKED), UDH, 1)[0]
    assert part.octets == pack(gsm7.encode("Hola, ¿qué tal?"))
    data = opened(part.octets, udhi=False, alphabet=Alphabet.GSM7_PACKED)
    assert read(0, data.octets, Alphabet.GSM7_PACKED).text == "Hola, ¿qué tal?"


@pytest.mark.parametrize("character", "{€")
def test_case_37_escaped_character_at_the_edge_is_not_split(character):
    parts = split(choose("a" * 152 + character + "b" * 20), UDH, 1)
    assert [gsm7.decode(part.octets) for part in parts] == ["a" * 152, character + "b" * 20]


def test_case_38_emoji_at_the_edge_is_not_split():
    parts = split(choose("a" * 66 + "👍" + "b" * 20), UDH, 1)
    assert [part.octets.decode("utf-16-be") for part in parts] == ["a" * 66, "👍" + "b" * 20]


@pytest.mark.parametrize("mode", [UDH, LongMessages.UDH16, LongMessages.SAR])
def test_case_39_ucs2_parts_are_even(mode):
    assert [len(part.octets) % 2 for part in split(choose("ж" * 200), mode, 1)] == [0] * (3 if mode is UDH else 4)


def test_case_40_ucs2_goes_out_big_endian_without_a_mark_and_comes_in_either_way():
    assert choose("ж").octets == b"\x04\x36"
    assert read(8, b"\xfe\xff\x04\x36").text == "ж"
    assert read(8, b"\xff\xfe\x36\x04") == ("ж", Encoding.UCS2, (Oddity.LITTLE_ENDIAN,))


def test_case_41_sar_parts_are_152_septets():
    assert [len(part.octets) for part in split(choose("a" * 305), LongMessages.SAR, 1)] == [152, 152, 1]


def test_case_42_header_inside_message_payload_is_opened():
    payload = bytes.fromhex("050003a70202") + b"x" * 300
    data = opened(payload, udhi=True)
    assert (data.concat, len(data.octets)) == (Concat(0xA7, 8, 2, 2), 300)
    assembly = Assembly()
    sender = Sender("c", "1", "2")
    assembly.add(sender, data.concat, Piece(2, data.octets), 0.0)
    taken = assembly.add(sender, Concat(0xA7, 8, 2, 1), Piece(1, b"y"), 0.0)
    assert taken.closed[0].read().text == "y" + "x" * 300


def test_receipt_with_udhi_but_no_header_keeps_its_text():
    text = b"id:1597639105 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000 text:"
    data = opened(text + b"x" * 20, udhi=True)
    assert (data.octets, data.oddities) == (text + b"x" * 20, (Oddity.HEADER_IS_RECEIPT,))
