"""`decoding.read`: any octets under any data_coding become words that can be stored and shown."""

from collections.abc import Iterator

from gateway.smpp.codec import decode
from gateway.smpp.pdu import DeliverSm, SubmitSm
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import Decoded, read
from gateway.text.encoding import Encoding
from gateway.text.oddity import Oddity
from gateway.text.udh import Shift
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.smpp.vectors import VECTORS

_ALPHABETS = tuple(Alphabet)
_MOST = 65_535


def decoding(data: bytes) -> None:
    choices = Octets(data)
    data_coding, alphabet = choices.byte(), choices.one_of(_ALPHABETS)
    shift = Shift(choices.byte(), choices.byte())
    octets = choices.stretched(_MOST)
    check_words(read(data_coding, octets, alphabet, shift), len(octets))


def check_words(decoded: Decoded, octets: int) -> None:
    """Raises AssertionError for what a store, a JSON answer or a metric could not take."""
    decoded.text.encode("utf-8")
    assert len(decoded.text) <= octets + 1, f"{len(decoded.text)} characters of {octets} octets"
    assert type(decoded.encoding) is Encoding
    assert all(type(oddity) is Oddity for oddity in decoded.oddities)


def _seeds() -> Iterator[bytes]:
    for octets in VECTORS.values():
        pdu = decode(octets).pdu
        if isinstance(pdu, SubmitSm | DeliverSm):
            for alphabet in range(len(_ALPHABETS)):
                yield bytes((pdu.data_coding, alphabet, 0, 0, 0)) + pdu.short_message
    for data_coding, text in (
        (0, "\ufeffÑandú".encode("utf-16-le")),
        (0, "año".encode()),
        (0, "€ “hola”".encode("cp1252")),
        (4, b"plain text"),
        (5, "こんにちは".encode("shift_jis")),
        (10, "こんにちは".encode("iso2022_jp")),
        (13, "こんにちは".encode("euc_jp")),
        (14, "안녕".encode("euc_kr")),
        (6, "привет".encode("iso8859_5")),
        (7, "שלום".encode("iso8859_8")),
        (8, "👍".encode("utf-16-be")[:3]),
    ):
        yield bytes((data_coding, 0, 0, 0, 0)) + text
    yield bytes((0, 0, 3, 2, 0)) + b"a\x1b\x65\x1b\x1b\x1b"


TARGET = Target(
    "decoding", decoding, _seeds, 512, (b"\xff\xfe", b"\xfe\xff", b"\x1b\x1b", b"\x1b$B", b"\x1b(B", b"\x1b(I")
)
