"""The same words at carriers that take them differently: octets, headers, counts, and what cannot be written."""

from typing import Any

import pytest

from gateway.message import Content
from gateway.parts import CannotWrite, Profile, Wire, settle, wires
from gateway.smpp.spec import Tag
from gateway.text import gsm7
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages

GSM7 = Profile()
LATIN1 = Profile(Alphabet.LATIN1)
ASCII = Profile(Alphabet.ASCII)
NO_UCS2 = Profile(ucs2=False)
UDH16 = Profile(long_messages=LongMessages.UDH16)
SAR = Profile(long_messages=LongMessages.SAR)
PAYLOAD = Profile(long_messages=LongMessages.PAYLOAD)
CONCAT_2_OF_3 = bytes.fromhex("050003070302")
PORTS = bytes.fromhex("06050415820000")


def one(content: Content, profile: Profile = GSM7) -> Wire:
    (wire,) = wires(settle(content, profile), profile, 0x1234)
    return wire


def many(content: Content, profile: Profile) -> list[Wire]:
    settled = settle(content, profile)
    return wires(settled, profile, 0x1234)


def refusal(content: Content, profile: Profile, **settling: Any) -> tuple[str, str]:
    with pytest.raises(CannotWrite) as refused:
        settle(content, profile, **settling)
    return refused.value.code, refused.value.field


@pytest.mark.parametrize(
    ("profile", "text", "octets"),
    [
        (GSM7, "¿Qué ñandu? @$_[", gsm7.encode("¿Qué ñandu? @$_[")),
        (LATIN1, "¿Qué ñandu? @$_[", "¿Qué ñandu? @$_[".encode("latin-1")),
        (ASCII, "Que tal @$_[", b"Que tal @$_["),
    ],
)
def test_text_is_spelled_in_the_carriers_alphabet(profile: Profile, text: str, octets: bytes) -> None:
    assert one(Content(text), profile) == Wire(octets, 0, 0, ())


def test_text_beyond_the_alphabet_goes_as_ucs2_big_endian_without_bom() -> None:
    assert one(Content("canción")) == Wire("canción".encode("utf-16-be"), 8, 0, ())
    assert one(Content("ñ"), ASCII) == Wire(b"\x00\xf1", 8, 0, ())


def test_latin1_is_written_where_the_app_asks_for_it() -> None:
    assert one(Content("canción", encoding="latin1")) == Wire("canción".encode("latin-1"), 3, 0, ())


def test_transliterated_text_stays_in_seven_bits_and_says_what_was_written() -> None:
    settled = settle(Content("canción más"), GSM7, transliterate=True)

    assert (settled.text, settled.settled, settled.parts) == ("cancion mas", "gsm7", 1)
    assert wires(settled, GSM7, 1)[0] == Wire(b"cancion mas", 0, 0, ())


def test_next_carrier_without_ucs2_transliterates_what_the_first_could_write() -> None:
    settled = settle(Content("¡Feliz cumpleaños 🎂!"), GSM7, transliterate=True)
    assert settled.settled == "ucs2"

    assert b"\x00" not in one(settled, NO_UCS2).short_message[1:]
    assert one(settled, NO_UCS2).data_coding == 0


def test_carrier_without_ucs2_refuses_such_text_unless_it_may_be_transliterated() -> None:
    assert refusal(Content("canción"), NO_UCS2) == ("bad_encoding", "text")
    assert settle(Content("canción"), NO_UCS2, transliterate=True).text == "cancion"
    assert one(Content("hola"), NO_UCS2).data_coding == 0


def test_ucs2_of_an_smpp_app_becomes_seven_bits_at_a_carrier_without_ucs2() -> None:
    """An app that always submits data_coding 8: its words are kept, where seven bits have them."""
    assert one(Content("mañana", encoding="ucs2"), NO_UCS2) == Wire(gsm7.encode("mañana"), 0, 0, ())
    assert refusal(Content("mañá", encoding="ucs2"), NO_UCS2) == ("bad_encoding", "text")


def test_ucs2_part_that_an_app_cut_is_refused_at_a_carrier_without_ucs2() -> None:
    part = Content(None, "hola".encode("utf-16-be"), CONCAT_2_OF_3, data_coding=8)

    assert refusal(part, NO_UCS2) == ("bad_encoding", "data")
    assert one(part).data_coding == 8
    with pytest.raises(CannotWrite, match="no UCS-2"):
        wires(part, NO_UCS2, 1)


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "gsm7", 1),
        ("a" * 161, "gsm7", 2),
        ("a" * 306, "gsm7", 2),
        ("a" * 307, "gsm7", 3),
        ("€" * 80, "gsm7", 1),
        ("€" * 81, "gsm7", 2),
        ("á" * 70, "ucs2", 1),
        ("á" * 71, "ucs2", 2),
        ("á" * 135, "ucs2", 3),
        ("a" * 152 + "€" + "a" * 153, "gsm7", 3),  # the pair at the edge goes whole into the next part
    ],
)
def test_segments_are_those_a_phone_counts(text: str, encoding: str, parts: int) -> None:
    for profile in (GSM7, PAYLOAD):
        settled = settle(Content(text), profile)
        assert (settled.settled, settled.parts) == (encoding, parts)
    assert len(many(Content(text), GSM7)) == parts


@pytest.mark.parametrize("profile", [GSM7, UDH16, SAR])
@pytest.mark.parametrize("length", [160, 161, 304, 305, 306, 307, 1520])
def test_segments_counted_at_intake_are_those_that_are_sent(profile: Profile, length: int) -> None:
    settled = settle(Content("a" * length), profile)

    assert len(wires(settled, profile, 7)) == settled.parts


def test_wider_header_counts_its_segment_already_at_intake() -> None:
    assert [settle(Content("a" * 1530), profile).parts for profile in (GSM7, UDH16, SAR)] == [10, 11, 11]


def test_text_of_a_megabyte_is_counted_and_not_an_accident() -> None:
    assert settle(Content("a" * 1_000_000), UDH16).parts == 6536


def test_long_text_goes_in_udh_parts_with_an_8_bit_reference() -> None:
    first, second = many(Content("a" * 200), GSM7)

    assert first == Wire(bytes.fromhex("050003340201") + b"a" * 153, 0, 0x40, ())
    assert second == Wire(bytes.fromhex("050003340202") + b"a" * 47, 0, 0x40, ())


def test_long_text_goes_in_udh_parts_with_a_16_bit_reference() -> None:
    first, second = many(Content("a" * 200), UDH16)

    assert first == Wire(bytes.fromhex("06080412340201") + b"a" * 152, 0, 0x40, ())
    assert second.short_message == bytes.fromhex("06080412340202") + b"a" * 48


def test_long_text_goes_in_sar_parts_without_a_header() -> None:
    first, second = many(Content("a" * 200), SAR)

    def sar(number: int) -> tuple[tuple[int, bytes], ...]:
        return (
            (Tag.SAR_MSG_REF_NUM, b"\x12\x34"),
            (Tag.SAR_TOTAL_SEGMENTS, b"\x02"),
            (Tag.SAR_SEGMENT_SEQNUM, bytes([number])),
        )

    assert first == Wire(b"a" * 152, 0, 0, sar(1))
    assert second == Wire(b"a" * 48, 0, 0, sar(2))


def test_long_text_goes_whole_as_message_payload_and_a_short_one_does_not() -> None:
    (wire,) = many(Content("a" * 200), PAYLOAD)

    assert wire == Wire(b"", 0, 0, ((Tag.MESSAGE_PAYLOAD, b"a" * 200),))
    assert one(Content("hola"), PAYLOAD) == Wire(b"hola", 0, 0, ())


def test_long_text_of_a_latin1_carrier_is_cut_by_septets_and_spelled_in_latin1() -> None:
    first, second = many(Content("ñ" * 161), LATIN1)

    assert (first.short_message[6:], second.short_message[6:]) == (b"\xf1" * 153, b"\xf1" * 8)


def test_apps_own_header_stands_in_every_part() -> None:
    wire = one(Content(None, b"push", PORTS, "binary"))
    assert wire == Wire(PORTS + b"push", 4, 0x40, ())

    parts = many(Content(None, bytes(200), PORTS, "binary"), GSM7)
    assert [wire.short_message[:12].hex() for wire in parts] == [
        "0b0003340201050415820000",
        "0b0003340202050415820000",
    ]


def test_apps_own_udh_part_is_passed_on_as_it_is() -> None:
    part = Content(None, gsm7.encode("¿qué") + b"\x1b", CONCAT_2_OF_3)

    assert one(part) == Wire(CONCAT_2_OF_3 + part.data, 0, 0x40, ())
    assert settle(part, GSM7).parts == 1


def test_apps_own_udh_part_is_spelled_anew_for_another_alphabet() -> None:
    part = Content(None, gsm7.encode("mañana @"), CONCAT_2_OF_3)

    assert one(part, LATIN1) == Wire(CONCAT_2_OF_3 + "mañana @".encode("latin-1"), 0, 0x40, ())
    assert refusal(part, ASCII) == ("bad_encoding", "data")


def test_apps_own_part_that_is_longer_than_a_part_is_refused_at_once() -> None:
    assert refusal(Content(None, b"a" * 154, CONCAT_2_OF_3), GSM7) == ("text_too_long", "data")
    assert settle(Content(None, b"a" * 153, CONCAT_2_OF_3), GSM7).parts == 1


def test_apps_own_sar_part_is_passed_on_with_its_numbers_whatever_its_length() -> None:
    part = Content(None, b"a" * 200, sar=(300, 3, 2), tlvs=((0x1400, b"x"),))
    sar = ((Tag.SAR_MSG_REF_NUM, b"\x01\x2c"), (Tag.SAR_TOTAL_SEGMENTS, b"\x03"), (Tag.SAR_SEGMENT_SEQNUM, b"\x02"))

    assert one(part) == Wire(b"a" * 200, 0, 0, ((0x1400, b"x"), *sar))
    assert one(Content(None, b"a" * 300, sar=(1, 3, 2))).tlvs[-1] == (Tag.MESSAGE_PAYLOAD, b"a" * 300)


@pytest.mark.parametrize(
    ("text", "message_class", "data_coding"), [("hola", 0, 0x10), ("hola", 1, 0x11), ("canción", 0, 0x18)]
)
def test_message_class_is_said_in_a_gsm_data_coding(text: str, message_class: int, data_coding: int) -> None:
    assert one(Content(text, message_class=message_class), LATIN1).data_coding == data_coding


def test_binary_data_goes_untouched() -> None:
    assert one(Content(None, b"\x00\xff", encoding="binary"), LATIN1) == Wire(b"\x00\xff", 4, 0, ())
    assert one(Content(None, b"\x00\xff", encoding="binary", message_class=1)).data_coding == 0x15
    assert settle(Content(None, bytes(141), encoding="binary"), GSM7).parts == 2


def test_header_that_is_none_is_refused_with_its_field() -> None:
    assert refusal(Content(None, b"x", b"\x05\x00", "binary"), GSM7) == ("bad_encoding", "udh")


def test_seven_bits_asked_for_and_not_enough_are_refused() -> None:
    assert refusal(Content("canción", encoding="gsm7"), GSM7) == ("bad_encoding", "text")


def test_text_that_grew_too_long_for_a_carrier_is_refused_there() -> None:
    with pytest.raises(CannotWrite) as refused:
        wires(Content("a" * 1530), UDH16, 1)

    assert (refused.value.code, refused.value.field) == ("text_too_long", "text")


def test_tlvs_of_the_app_stand_on_every_segment() -> None:
    assert all(wire.tlvs[0] == (0x1400, b"x") for wire in many(Content("a" * 200, tlvs=((0x1400, b"x"),)), SAR))


def test_settled_content_that_says_it_all_already_is_not_made_again() -> None:
    content = Content("hola")

    assert settle(content, GSM7) is content


@pytest.mark.parametrize("octets", [b"\xe1", b"a" * 7 + b"\xff", b"b\xe1" * 100])
@pytest.mark.parametrize("way", [LongMessages.UDH, LongMessages.SAR])
def test_octets_that_are_no_septets_are_refused_where_the_carrier_packs_them(octets: bytes, way: LongMessages) -> None:
    packed = Profile(alphabet=Alphabet.GSM7_PACKED, long_messages=way)
    assert refusal(Content(None, octets), packed) == ("bad_encoding", "data")
    assert settle(Content(None, octets), Profile(long_messages=way)).settled == "gsm7"
