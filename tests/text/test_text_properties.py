"""What holds for every text: join undoes split, encode and decode are inverse, parts fit, nothing inbound raises."""

import random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.text import gsm7, udh
from gateway.text.assembly import Assembly, Piece, Sender
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import read
from gateway.text.encoding import Encoded, Encoding, carried, choose
from gateway.text.gsm7_tables import DEFAULT, EXTENSION
from gateway.text.oddity import Oddity
from gateway.text.packed import fill_bits, pack, unpack
from gateway.text.segments import LongMessages, Part, Sar, count, split
from gateway.text.transliterate import REPERTOIRES, Target, transliterate
from gateway.text.user_data import UserData, opened

GSM_CHARACTERS = DEFAULT.replace("\x1b", "") + "".join(EXTENSION.values())
GSM = st.text(st.sampled_from(GSM_CHARACTERS), max_size=700)
ESCAPES = st.text(st.sampled_from("a@€{}ñ"), min_size=140, max_size=700)
CLUSTERS = st.text(st.sampled_from("aáж👍🏽🇲🇽\u200d\u0301字\ufe0f"), min_size=60, max_size=400)
ANY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff"), max_size=300)
TEXTS = st.one_of(GSM, ESCAPES, CLUSTERS, ANY)
SENDER = Sender("carrier", "525512345678", "45555")
GUESSES = {Oddity.LITTLE_ENDIAN, Oddity.UCS2_UNDER_DEFAULT}  # texts that look like another encoding's, and are told
COMMON = settings(max_examples=150, deadline=None)


def open_again(part: Part, encoded: Encoded, alphabet: Alphabet) -> UserData:
    octets = part.udh + part.octets
    return opened(octets, udhi=bool(part.udh), sar=part.sar, data_coding=encoded.data_coding, alphabet=alphabet)


def joined(parts: list[Part], encoded: Encoded, alphabet: Alphabet) -> tuple[bytes, str, set[Oddity]]:
    """What a receiver makes of the parts: the octets, the words, and what it found odd."""
    assembly = Assembly()
    for part in parts:
        data = open_again(part, encoded, alphabet)
        assert data.oddities == ()
        if data.concat is None:
            assert len(parts) == 1
            decoded = read(encoded.data_coding, data.octets, alphabet, data.shift)
            return data.octets, decoded.text, set(decoded.oddities)
        piece = Piece(data.concat.number, data.octets, encoded.data_coding, data.shift)
        taken = assembly.add(SENDER, data.concat, piece, 0.0)
        assert not taken.duplicate
        if taken.closed:
            whole = taken.closed[0]
            decoded = whole.read(alphabet)
            return b"".join(piece.octets for piece in whole.pieces), decoded.text, set(decoded.oddities)
    raise AssertionError("no part completed the message")


@COMMON
@given(
    text=TEXTS,
    mode=st.sampled_from(LongMessages),
    alphabet=st.sampled_from(Alphabet),
    reference=st.integers(0, 0xFFFF),
    shift=st.booleans(),
    chance=st.randoms(use_true_random=False),
)
def test_join_undoes_split_in_any_order(*, text, mode, alphabet, reference, shift, chance: random.Random):
    if alphabet is Alphabet.GSM7_PACKED:  # octet counts leave a last '@' or CR in doubt, by design
        text = text.replace("@", "a").replace("\r", "b")
    encoded = choose(text, alphabet=alphabet, spanish_shift=shift)
    parts = split(encoded, mode, reference, max_parts=255)
    chance.shuffle(parts)
    octets, words, oddities = joined(parts, encoded, alphabet)
    assert octets == encoded.octets
    assert words == encoded.text or oddities & GUESSES


@COMMON
@given(text=TEXTS, mode=st.sampled_from(LongMessages), shift=st.booleans(), ports=st.booleans())
def test_no_part_passes_its_size_or_cuts_a_character(*, text, mode, shift, ports):
    encoded = choose(text, spanish_shift=shift)
    parts = split(encoded, mode, 1, bytes.fromhex("06050415810000") if ports else b"", max_parts=255)
    for part in parts:
        if part.payload:
            continue
        room = 140 - len(part.udh) - (7 if part.sar else 0)
        septets = encoded.encoding is Encoding.GSM7
        assert (-(-len(part.octets) * 7 // 8) if septets else len(part.octets)) <= room
        if encoded.encoding is Encoding.UCS2:
            assert part.octets.decode("utf-16-be").encode("utf-16-be") == part.octets
        else:
            assert part.octets.count(0x1B) == 0 or part.octets[-1] != 0x1B
    assert b"".join(part.octets for part in parts) == encoded.octets


@COMMON
@given(text=TEXTS, max_parts=st.integers(1, 255))
def test_count_agrees_with_split(*, text, max_parts):
    encoded = choose(text)
    segments = count(encoded)
    assume(segments <= max_parts)
    assert len(split(encoded, LongMessages.UDH, 1, max_parts=max_parts)) == segments


@COMMON
@given(GSM)
def test_septets_decode_to_the_text_they_encode(text):
    assert gsm7.decode(gsm7.encode(text)) == text
    assert gsm7.septets(text) == len(gsm7.encode(text)) == sum(2 if c in EXTENSION.values() else 1 for c in text)


@COMMON
@given(ANY)
def test_fast_encoder_agrees_with_the_table(text):
    outside = gsm7.first_outside(text)
    assert (gsm7.try_encode(text) is None) == (outside >= 0)
    assert (outside >= 0) == any(character not in GSM_CHARACTERS for character in text)


@COMMON
@given(st.binary(max_size=160).map(lambda octets: bytes(o & 0x7F for o in octets)), st.integers(0, 140))
def test_unpack_undoes_pack_but_for_padding(septets, header):
    fill = fill_bits(header)
    unpacked = unpack(pack(septets, fill), fill)
    assert unpacked == septets or (septets[-1] in (0, 0x0D) and unpacked == septets[:-1])
    assert len(pack(septets, fill)) == (-(-(fill + 7 * len(septets)) // 8) if septets else 0)


@COMMON
@given(TEXTS, st.sampled_from(Target), st.booleans())
def test_transliteration_ends_in_its_alphabet_and_does_nothing_twice(text, target, last_resort):
    written = transliterate(text, target, last_resort=last_resort)
    if written is not None:
        assert REPERTOIRES[target].issuperset(written)
        assert transliterate(written, target, last_resort=last_resort) == written


@COMMON
@given(st.binary(max_size=160), st.integers(0, 255), st.sampled_from(Alphabet), st.booleans(), st.integers(-1, 300))
def test_any_octets_are_opened_and_read_without_an_error(octets, data_coding, alphabet, udhi, number):
    sar = None if number < 0 else Sar(number, number % 256, number // 2 % 256)
    data = opened(octets, udhi=udhi, sar=sar, data_coding=data_coding, alphabet=alphabet)
    text = read(data_coding, data.octets, alphabet, data.shift).text
    assert text.encode("utf-8").decode("utf-8") == text
    assert data.concat is None or 1 <= data.concat.number <= data.concat.total


@COMMON
@given(st.binary(max_size=254), st.sampled_from([0, 1, 3, 4, 8, 0x10, 0x18, 0xF5]), st.sampled_from(LongMessages))
def test_carried_octets_come_out_of_split_as_they_went_in(octets, data_coding, mode):
    parts = split(carried(data_coding, octets), mode, 1)
    assert b"".join(part.octets for part in parts) == octets


@COMMON
@given(st.lists(st.builds(udh.Element, st.integers(0, 255), st.binary(max_size=20)), max_size=6))
def test_build_and_parse_of_a_header_are_inverse(elements):
    header = udh.build(elements)
    assume(header[:3].lower() != b"id:")
    parsed = udh.parse(header + b"text") if header else None
    assert parsed is None or (list(parsed.elements), parsed.body, parsed.oddities) == (elements, b"text", ())
