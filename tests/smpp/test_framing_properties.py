"""How a stream is cut by the network never changes what is read from it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.codec import encode
from gateway.smpp.errors import FramingError
from gateway.smpp.framing import Framer
from gateway.smpp.pdu import Pdu
from tests.support.strategies import pdus


def whole_of(framer: Framer, pieces: list[bytes]) -> tuple[list[bytes], str | None, int]:
    """All PDUs, the reason the framing was lost, the octets pending."""
    whole: list[bytes] = []
    for piece in pieces:
        try:
            whole += framer.feed(piece)
        except FramingError as error:
            return [*whole, *error.whole], error.reason, 0
    return whole, None, framer.pending


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(pdus, max_size=6), st.lists(st.integers(0, 5_000), max_size=8))
def test_pdus_come_out_as_they_went_in_wherever_the_stream_is_cut(sent: list[Pdu], places: list[int]) -> None:
    octets = [encode(pdu, number) for number, pdu in enumerate(sent, 1)]
    assert whole_of(Framer(70_000), cut(b"".join(octets), places)) == (octets, None, 0)


@given(st.lists(pdus, max_size=3), st.binary(max_size=60))
def test_any_stream_is_read_the_same_whole_and_octet_by_octet(sent: list[Pdu], noise: bytes) -> None:
    stream = b"".join(encode(pdu, 1) for pdu in sent) + noise
    whole, reason, pending = whole_of(Framer(2_000), [stream])
    one_by_one = whole_of(Framer(2_000), [bytes([octet]) for octet in stream])
    assert one_by_one[0] == whole
    assert one_by_one[2] == pending
    assert (one_by_one[1] is None) == (reason is None)
