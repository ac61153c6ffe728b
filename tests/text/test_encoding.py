"""Which encoding a text gets."""

import pytest

from gateway.text.data_coding import Alphabet
from gateway.text.encoding import Encoded, Encoding, binary, carried, choose
from gateway.text.errors import UnencodableError
from gateway.text.udh import NO_SHIFT, Shift

AUTO, GSM7, UCS2, LATIN1, ASCII = Encoding.AUTO, Encoding.GSM7, Encoding.UCS2, Encoding.LATIN1, Encoding.ASCII


def shape(encoded: Encoded) -> tuple[int, Encoding, int]:
    return encoded.data_coding, encoded.encoding, encoded.units


def test_auto_takes_seven_bits_when_the_whole_text_fits():
    assert choose("¿Qué tal, Señor? €5") == Encoded(
        0, bytes.fromhex("605175052074616c2c2053657d6f723f201b6535"), 20, GSM7, "¿Qué tal, Señor? €5"
    )
    assert choose("") == Encoded(0, b"", 0, GSM7, "")


def test_auto_takes_ucs2_for_one_character_outside_and_writes_no_byte_order_mark():
    encoded = choose("¡Sí! 👍")
    assert shape(encoded) == (8, UCS2, 7)
    assert encoded.octets.hex() == "00a1005300ed00210020d83ddc4d"


def test_auto_composes_accents_where_that_makes_it_fit_and_only_there():
    assert choose("man\u0303ana").text == "mañana"
    assert choose("man\u0303ana").encoding is GSM7
    assert choose("a\u0301").text == "a\u0301"  # á would not fit either: the words go as they came


def test_transliterate_stays_in_seven_bits_and_reports_what_it_wrote():
    encoded = choose("Adiós", transliterate=True)
    assert shape(encoded) == (0, GSM7, 5)
    assert encoded.text == "Adios"


def test_transliterate_touches_nothing_when_ucs2_is_needed_anyway():
    encoded = choose("Adiós 👍", transliterate=True)
    assert (encoded.encoding, encoded.text) == (UCS2, "Adiós 👍")


def test_carrier_without_ucs2_gets_transliterated_text_or_refuses():
    assert choose("Adiós 👍", ucs2_allowed=False, transliterate=True).text == "Adios :thumbsup:"
    with pytest.raises(UnencodableError) as caught:
        choose("Adiós", ucs2_allowed=False)
    assert (caught.value.character, caught.value.index) == ("ó", 3)
    assert "UCS-2" in caught.value.reason


def test_ucs2_asked_of_a_carrier_without_it_keeps_words_that_fit_seven_bits():
    assert shape(choose("hola", UCS2, ucs2_allowed=False)) == (0, GSM7, 4)
    assert shape(choose("hola", UCS2)) == (8, UCS2, 4)
    with pytest.raises(UnencodableError):
        choose("holá", UCS2, ucs2_allowed=False)


def test_gsm7_asked_refuses_what_is_outside_unless_it_may_transliterate():
    with pytest.raises(UnencodableError) as caught:
        choose("so\u0301lo á", GSM7)
    assert caught.value.reason.endswith("gsm7 was asked for")
    assert choose("á 👍", GSM7, transliterate=True).text == "a :thumbsup:"


@pytest.mark.parametrize(
    ("asked", "text", "message_class", "data_coding"),
    [
        (AUTO, "Flash", 0, 0x10),
        (AUTO, "Flash", 1, 0x11),
        (AUTO, "¡Sí!", 0, 0x18),
        (UCS2, "a", 3, 0x1B),
        (GSM7, "a", 2, 0x12),
    ],
)
def test_message_class_goes_into_a_gsm_data_coding(asked, text, message_class, data_coding):
    assert choose(text, asked, message_class=message_class).data_coding == data_coding


def test_message_class_that_cannot_be_said_is_refused():
    for asked, message_class in ((LATIN1, 0), (ASCII, 1), (AUTO, 4), (AUTO, -1)):
        with pytest.raises(UnencodableError) as caught:
            choose("a", asked, message_class=message_class)
        assert caught.value.character == ""


@pytest.mark.parametrize(
    ("alphabet", "text", "data_coding", "octets"),
    [
        (Alphabet.LATIN1, "ñ@$_ç", 8, "00f10040002400" + "5f00e7"),  # ç is not in the GSM alphabet: UCS-2
        (Alphabet.LATIN1, "ñ@$_", 0, "f140245f"),
        (Alphabet.LATIN1, "á", 8, "00e1"),
        (Alphabet.LATIN1, "€", 8, "20ac"),  # in the GSM alphabet, not in Latin-1
        (Alphabet.LATIN1, "[x]", 0, "5b785d"),
        (Alphabet.ASCII, "a@$_[", 0, "6140245f5b"),
        (Alphabet.ASCII, "ñ", 8, "00f1"),
        (Alphabet.ASCII, "`", 8, "0060"),  # in ASCII, not in the GSM alphabet
        (Alphabet.GSM7, "@$_[", 0, "0002111b3c"),
    ],
)
def test_data_coding_zero_is_spelled_in_the_carriers_alphabet(alphabet, text, data_coding, octets):
    encoded = choose(text, alphabet=alphabet)
    assert (encoded.data_coding, encoded.octets.hex()) == (data_coding, octets)


def test_units_are_septets_of_the_phone_whatever_the_carriers_alphabet():
    assert choose("[x]", alphabet=Alphabet.LATIN1).units == 5
    assert choose("[x]", alphabet=Alphabet.ASCII).units == 5


def test_message_class_on_a_latin1_carrier_is_spelled_in_the_gsm_alphabet():
    encoded = choose("ñ", alphabet=Alphabet.LATIN1, message_class=0)
    assert (encoded.data_coding, encoded.octets, encoded.alphabet) == (0x10, b"\x7d", Alphabet.GSM7)


def test_transliterate_on_an_ascii_carrier_ends_in_ascii():
    encoded = choose("¿Señor Núñez?", alphabet=Alphabet.ASCII, transliterate=True)
    assert (encoded.data_coding, encoded.octets) == (0, b"?Senor Nunez?")


def test_latin1_and_ascii_are_sent_as_asked():
    assert choose("sí", LATIN1)[:4] == (3, b"s\xed", 2, LATIN1)
    assert choose("sí", LATIN1, Alphabet.LATIN1)[:4] == (0, b"s\xed", 2, LATIN1)
    assert choose("a`", ASCII)[:4] == (1, b"a`", 2, ASCII)
    with pytest.raises(UnencodableError) as caught:
        choose("a€", LATIN1)
    assert (caught.value.character, caught.value.index) == ("€", 1)


def test_binary_takes_data_only():
    assert binary(b"\x00\xff") == Encoded(4, b"\x00\xff", 2, Encoding.BINARY, "")
    assert binary(b"x", 2).data_coding == 0x16
    with pytest.raises(UnencodableError):
        choose("x", Encoding.BINARY)
    with pytest.raises(UnencodableError):
        binary(b"x", 4)


def test_half_a_surrogate_pair_is_refused_by_name():
    with pytest.raises(UnencodableError) as caught:
        choose("ab\ud83d")
    assert (caught.value.character, caught.value.index) == ("\ud83d", 2)


def test_spanish_shift_is_used_only_where_allowed_and_needed():
    encoded = choose("Buenos días", spanish_shift=True)
    assert (encoded.octets.hex(), encoded.units, encoded.shift) == ("4275656e6f7320641b696173", 12, Shift(0, 2))
    assert choose("Buenos", spanish_shift=True).shift == NO_SHIFT
    assert choose("Buenos días", spanish_shift=True, transliterate=True).text == "Buenos días"
    assert choose("Buenos días ã", spanish_shift=True).encoding is UCS2
    assert choose("Buenos días", alphabet=Alphabet.LATIN1, spanish_shift=True).encoding is UCS2


def test_carried_text_keeps_its_octets_where_the_carrier_reads_them_alike():
    half = b"abc\x1b"
    assert carried(0, half)[:4] == (0, half, 4, GSM7)
    assert carried(8, b"\xd8\x3d")[:4] == (8, b"\xd8\x3d", 1, UCS2)
    assert carried(0xF1, b"a")[:4] == (0xF1, b"a", 1, GSM7)
    assert carried(3, b"\xe1")[:4] == (3, b"\xe1", 1, LATIN1)
    assert carried(1, b"a").encoding is ASCII
    assert carried(4, b"\x00")[:4] == (4, b"\x00", 1, Encoding.BINARY)
    assert carried(0, b"a", Alphabet.GSM7_PACKED).alphabet is Alphabet.GSM7_PACKED


def test_carried_text_is_spelled_anew_for_another_alphabet():
    assert carried(0, b"\x00\x7d", Alphabet.LATIN1)[:3] == (0, b"@\xf1", 2)
    assert carried(0x10, b"\x00", Alphabet.LATIN1).octets == b"\x00"
    with pytest.raises(UnencodableError):
        carried(0, b"\x1b\x65", Alphabet.LATIN1)
