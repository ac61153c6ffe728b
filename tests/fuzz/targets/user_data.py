"""`user_data.opened` and `udh.parse`: a header, none or a broken one; packed or not; and the words behind it."""

from collections.abc import Iterator

from gateway.smpp.codec import decode
from gateway.smpp.pdu import DeliverSm, SubmitSm
from gateway.text import udh
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import read
from gateway.text.errors import BadHeaderError
from gateway.text.oddity import Oddity
from gateway.text.packed import pack
from gateway.text.segments import Sar
from gateway.text.user_data import UserData, opened
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.fuzz.targets.decoding import check_words
from tests.smpp.vectors import VECTORS

_ALPHABETS = (Alphabet.GSM7, Alphabet.GSM7_PACKED, Alphabet.LATIN1, Alphabet.ASCII)
_CODINGS = (0, 8, 4, 0x10, 0xF1, 0xF5, 3)
_UDHI, _SAR = 1, 2
_PAYLOAD = 65_535


def user_data(data: bytes) -> None:
    choices = Octets(data)
    shape, alphabet, data_coding = choices.byte(), choices.one_of(_ALPHABETS), choices.one_of(_CODINGS)
    sar = Sar(choices.short(), choices.byte(), choices.byte()) if shape & _SAR else None
    octets = choices.stretched(_PAYLOAD)
    found = opened(octets, udhi=bool(shape & _UDHI), sar=sar, data_coding=data_coding, alphabet=alphabet)
    _check(found, octets)
    _check_header(octets)
    check_words(read(data_coding, found.octets, alphabet, found.shift), len(found.octets))


def _check(found: UserData, octets: bytes) -> None:
    assert len(found.octets) <= len(octets) * 8 // 7
    assert all(type(oddity) is Oddity for oddity in found.oddities)
    if found.concat is not None:
        assert 1 <= found.concat.number <= found.concat.total <= 255
        assert found.concat.total > 1
        assert found.concat.bits in {8, 16}
        assert 0 <= found.concat.reference < 1 << found.concat.bits


def _check_header(octets: bytes) -> None:
    """Header and body are all there is, once; a header without oddities is built again as it was."""
    header = udh.parse(octets)
    assert octets[header.length :] == header.body
    if header.length and not header.oddities and header.length <= 140:
        again = udh.build(header.elements)
        assert again == octets[: header.length] or not header.elements
        assert udh.strict(again) == header.elements
    try:
        assert udh.build(udh.strict(octets)) in {octets, b""}
    except BadHeaderError as error:
        assert str(error)  # the sentence goes to the app that gave the header


def _seeds() -> Iterator[bytes]:
    for octets in VECTORS.values():
        pdu = decode(octets).pdu
        if isinstance(pdu, SubmitSm | DeliverSm):
            udhi = pdu.esm_class >> 6 & 1
            coding = _CODINGS.index(pdu.data_coding) if pdu.data_coding in _CODINGS else 0
            for alphabet in range(2):
                yield bytes((udhi, alphabet, coding, 0)) + pdu.short_message
                yield bytes((udhi | _SAR, alphabet, coding, 0, 7, 2, 1, 0)) + pdu.short_message
    yield bytes((_UDHI, 1, 0, 0)) + b"\x05\x00\x03\x07\x02\x01" + pack(b"hola", 1)
    yield bytes((_UDHI, 0, 0, 0)) + b"\x0c\x05\x04\x15\x81\x00\x00\x24\x01\x02\x25\x01\x03" + b"hola"
    yield bytes((_UDHI, 0, 0, 0)) + b"\x04\x04\x02\x15\x81hola"


TARGET = Target(
    "user_data", user_data, _seeds, 512, (b"\x05\x00\x03", b"\x06\x08\x04", b"\x05\x04", b"id:", b"\x24\x01")
)
