"""`Framer.feed`: the same PDUs wherever the stream is cut, and nothing held beyond the one that has begun."""

from collections.abc import Iterator
from itertools import pairwise

from gateway.smpp.errors import FramingError
from gateway.smpp.framing import AFTER_BIND, BEFORE_BIND, Framer
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.smpp.vectors import VECTORS

_LIMITS = (BEFORE_BIND, AFTER_BIND, 64)
_STEPS = (1, 2, 3, 4, 5, 15, 16, 17, 255)


def framer(data: bytes) -> None:
    choices = Octets(data)
    limit, step, framed = choices.one_of(_LIMITS), choices.one_of(_STEPS), choices.byte() & 1
    cuts = [choices.short() for _ in range(choices.byte() & 7)]
    stream = _stream(choices) if framed else choices.rest()
    places = sorted({cut % (len(stream) + 1) for cut in cuts})
    whole, broken, pending = _fed(Framer(limit), [stream])
    for pieces in (_cut(stream, places), _cut(stream, list(range(step, len(stream), step)))):
        assert _fed(Framer(limit), pieces) == (whole, broken, pending), f"cut at {[len(piece) for piece in pieces]}"
    if not broken:
        assert stream[len(stream) - pending :] == stream[sum(map(len, whole)) :], "octets were lost or made up"


def _stream(choices: Octets) -> bytes:
    """PDUs of right length, as many as the input has; the last may be cut short."""
    stream = bytearray()
    while choices:
        size = choices.byte()
        stream += (16 + size).to_bytes(4, "big") + choices.take(12 + size)
    return bytes(stream)


def _cut(stream: bytes, places: list[int]) -> list[bytes]:
    return [stream[start:end] for start, end in pairwise([0, *places, len(stream)])]


def _fed(framer: Framer, pieces: list[bytes]) -> tuple[list[bytes], bool, int]:
    """The PDUs, whether the framing was lost, and the octets pending if not."""
    whole: list[bytes] = []
    for piece in pieces:
        try:
            whole += framer.feed(piece)
        except FramingError as error:
            _check([*whole, *error.whole], framer)
            _stays_lost(framer)
            return [*whole, *error.whole], True, 0
        assert framer.pending < framer.max_length
    _check(whole, framer)
    return whole, False, framer.pending


def _check(whole: list[bytes], framer: Framer) -> None:
    for octets in whole:
        assert 16 <= len(octets) == int.from_bytes(octets[:4], "big") <= framer.max_length


def _stays_lost(framer: Framer) -> None:
    try:
        framer.feed(b"\0\0\0\x10" + bytes(12))
    except FramingError:
        return
    raise AssertionError("a stream that was lost was read on")


def _seeds() -> Iterator[bytes]:
    for step, octets in enumerate(VECTORS.values()):
        yield bytes((step % 3, step, 0, 0)) + octets
        yield bytes((step % 3, step, 1, 1, 0, 20, len(octets) - 16)) + octets[4:]
    yield bytes((1, 5, 0, 2, 0, 100, 1, 0)) + b"".join(VECTORS.values())
    yield b"\x00\x00\x00\x00HTTP/1.1 400 Bad Request\r\n\r\n"


TARGET = Target("framer", framer, _seeds, 512, (b"\0\0\0\x10", b"\0\0\x02\0", b"\0\x01\x11p", b"HTTP", b"\x16\x03"))
