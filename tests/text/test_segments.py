"""Splitting: sizes, the three carriages, headers of the app's own, limits."""

import pytest

from gateway.text.data_coding import Alphabet
from gateway.text.encoding import Encoding, binary, carried, choose
from gateway.text.errors import BadHeaderError, TextTooLongError
from gateway.text.packed import fill_bits, pack
from gateway.text.segments import LongMessages, Part, Sar, capacity, count, split

UDH, UDH16, SAR, PAYLOAD = LongMessages.UDH, LongMessages.UDH16, LongMessages.SAR, LongMessages.PAYLOAD
PORTS = bytes.fromhex("06050415810000")


def sizes(parts):
    return [len(part.octets) for part in parts]


@pytest.mark.parametrize(
    ("header", "septets", "units", "octets"),
    [(0, 160, 70, 140), (6, 153, 67, 134), (7, 152, 66, 133), (9, 149, 65, 131), (4, 155, 68, 136)],
)
def test_capacity_is_what_140_octets_hold_beside_the_header(header, septets, units, octets):
    assert capacity(header, Encoding.GSM7) == septets
    assert capacity(header, Encoding.UCS2) == units
    assert capacity(header, Encoding.BINARY) == octets


@pytest.mark.parametrize(
    ("text", "single", "many"),
    [("a", 160, {UDH: 153, UDH16: 152, SAR: 152}), ("á", 70, {UDH: 134, UDH16: 132, SAR: 132})],
)
def test_text_is_cut_only_when_it_is_longer_than_one_segment(text, single, many):
    octets = 1 if text == "a" else 2
    for mode, size in many.items():
        assert split(choose(text * single), mode, 1) == [Part(b"", choose(text * single).octets)]
        parts = split(choose(text * (single + 1)), mode, 1)
        assert sizes(parts) == [size, (single + 1) * octets - size]


@pytest.mark.parametrize(("mode", "size"), [(UDH, 134), (UDH16, 133), (SAR, 133)])
def test_binary_is_cut_by_octets(mode, size):
    assert sizes(split(binary(bytes(140)), mode, 1)) == [140]
    assert sizes(split(binary(bytes(141)), mode, 1)) == [size, 141 - size]


def test_udh_parts_are_numbered_behind_a_low_octet_of_the_reference():
    parts = split(choose("a" * 307), UDH, 0x01A7)
    assert [part.udh.hex() for part in parts] == ["050003a70301", "050003a70302", "050003a70303"]
    assert all(part.sar is None and not part.payload for part in parts)


def test_udh16_parts_carry_the_whole_reference():
    parts = split(choose("a" * 161), UDH16, 0x01A7)
    assert [part.udh.hex() for part in parts] == ["06080401a70201", "06080401a70202"]


def test_sar_parts_have_no_header():
    parts = split(choose("a" * 161), SAR, 0x01A7)
    assert [part.sar for part in parts] == [Sar(0x01A7, 2, 1), Sar(0x01A7, 2, 2)]
    assert all(part.udh == b"" for part in parts)


def test_payload_is_used_when_more_than_one_segment_is_needed():
    assert split(choose("a" * 160), PAYLOAD, 1) == [Part(b"", b"a" * 160)]
    assert split(choose("a" * 161), PAYLOAD, 1) == [Part(b"", b"a" * 161, payload=True)]
    assert split(choose("a" * 161), PAYLOAD, 1, PORTS) == [Part(PORTS, b"a" * 161, payload=True)]


def test_spanish_shift_is_named_in_every_header():
    one = choose("á" * 77 + "a", spanish_shift=True)
    assert (one.units, split(one, UDH, 1)) == (155, [Part(bytes.fromhex("03240102"), one.octets)])
    long = choose("a" + "á" * 89, spanish_shift=True)
    parts = split(long, UDH, 0xA7)
    assert [part.udh.hex() for part in parts] == ["080003a70201240102", "080003a70202240102"]
    assert sizes(parts) == [149, 30]
    assert [part.udh.hex() for part in split(long, SAR, 0xA7)] == ["09080400a70201240102", "09080400a70202240102"]


def test_apps_header_stands_in_every_part_and_costs_its_room():
    assert split(choose("a" * 152), UDH, 1, PORTS) == [Part(PORTS, b"a" * 152)]
    parts = split(choose("a" * 153), UDH, 0xA7, PORTS)
    assert parts[0].udh.hex() == "0b0003a70201050415810000"
    assert sizes(parts) == [146, 7]
    assert count(choose("a" * 153), PORTS) == 2


def test_text_the_app_cut_itself_is_not_cut_again():
    own = bytes.fromhex("050003070201")
    assert split(carried(0, b"a" * 153), UDH, 1, own) == [Part(own, b"a" * 153)]
    with pytest.raises(TextTooLongError):
        split(carried(0, b"a" * 154), UDH, 1, own)


def test_apps_broken_or_huge_header_is_refused():
    with pytest.raises(BadHeaderError):
        split(choose("a"), UDH, 1, b"\x05\x00")
    huge = bytes((132, 0x70, 130)) + bytes(130)
    assert split(choose("a" * 8), UDH, 1, huge)[0].octets == b"a" * 8
    with pytest.raises(BadHeaderError):
        split(choose("a" * 9), UDH, 1, huge)


def test_more_than_the_allowed_parts_are_refused_before_they_are_cut():
    assert len(split(choose("a" * 1530), UDH, 1)) == 10
    for mode in LongMessages:
        with pytest.raises(TextTooLongError) as caught:
            split(choose("a" * 1531), mode, 1)
        assert (caught.value.segments, caught.value.allowed) == (11, 10)
    with pytest.raises(TextTooLongError):
        split(choose("€" * 765 + "a"), UDH, 1)  # 1,531 septets
    assert len(split(choose("a" * 1531), UDH, 1, max_parts=11)) == 11


def test_escapes_at_every_edge_can_cost_one_part_more_than_septets_say():
    text = ("a" * 152 + "€") * 2 + "a"
    assert choose(text).units == 309  # 153 * 2 + 3
    assert sizes(split(choose(text), UDH, 1)) == [152, 153, 4]
    with pytest.raises(TextTooLongError) as caught:
        split(choose("a" * 152 + "€" + "a" * 152), UDH, 1, max_parts=1)
    assert caught.value.segments == 2
    with pytest.raises(TextTooLongError) as caught:
        split(choose("a" * 152 + "€" + "a" * 152), UDH, 1, max_parts=2)  # 306 septets, yet three parts
    assert caught.value.segments == 3


def test_count_is_what_a_phone_counts_whatever_the_carriage():
    assert [count(choose(text)) for text in ("", "a" * 160, "a" * 161, "á" * 70, "á" * 71)] == [1, 1, 2, 1, 2]
    assert count(choose("a" * 152 + "€" + "a" * 152)) == 3
    assert count(binary(bytes(141))) == 2
    assert count(choose("aá" * 60, spanish_shift=True)) == 2


@pytest.mark.parametrize(("alphabet", "codec"), [(Alphabet.LATIN1, "latin-1"), (Alphabet.ASCII, "ascii")])
def test_text_in_the_carriers_alphabet_is_cut_by_the_phones_septets(alphabet, codec):
    text = "a" * 152 + "[" + "b" * 20
    parts = split(choose(text, alphabet=alphabet), UDH, 1)
    assert [part.octets.decode(codec) for part in parts] == ["a" * 152, "[" + "b" * 20]
    assert split(choose("[" * 80, alphabet=alphabet), UDH, 1) == [Part(b"", b"[" * 80)]
    assert len(split(choose("[" * 81, alphabet=alphabet), UDH, 1)) == 2


def test_packed_parts_fit_140_octets_with_their_header():
    single = choose("a" * 160, alphabet=Alphabet.GSM7_PACKED)
    assert split(single, UDH, 1) == [Part(b"", pack(b"a" * 160))]
    parts = split(choose("a" * 306, alphabet=Alphabet.GSM7_PACKED), UDH, 1)
    assert [len(part.udh + part.octets) for part in parts] == [140, 140]
    assert parts[0].octets == pack(b"a" * 153, fill_bits(6))


FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SPAIN, MEXICO = "🇪🇸", "🇲🇽"


@pytest.mark.parametrize(
    "cluster",
    [FAMILY, SPAIN, "👍🏽", "e\u0323\u0301", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e007f", "\r\n", "हि", "각"],
)
def test_what_a_phone_shows_as_one_character_stays_in_one_part(cluster):
    for offset in range(1, len(cluster.encode("utf-16-be")) // 2 + 1):
        text = "ж" * (67 - offset) + cluster + "ж" * 70
        parts = split(choose(text), UDH, 1)
        assert any(cluster in part.octets.decode("utf-16-be") for part in parts)


def test_flags_in_a_row_are_kept_in_pairs():
    text = (SPAIN + MEXICO) * 10
    parts = split(choose("ж" + text), UDH, 1)
    assert [len(part.octets) // 2 for part in parts] == [65, 16]


def test_an_endless_cluster_is_cut_all_the_same():
    parts = split(choose("a" + "\u0301" * 200), UDH, 1)
    assert sizes(parts) == [134, 134, 134]
    parts = split(choose("ж" + "👍🏽" + "\u200d👍" * 40), UDH, 1)
    assert "".join(part.octets.decode("utf-16-be") for part in parts) == "ж" + "👍🏽" + "\u200d👍" * 40


def test_carried_octets_that_are_not_whole_characters_are_cut_without_harm():
    odd = carried(8, b"\x00a" * 80 + b"\xd8")
    parts = split(odd, UDH, 1)
    assert b"".join(part.octets for part in parts) == odd.octets
    escapes = carried(0, b"\x1b" * 200)
    assert sizes(split(escapes, UDH, 1)) == [152, 48]
