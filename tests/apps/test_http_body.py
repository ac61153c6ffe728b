"""A request's body: how much of it is kept, and what it unpacks to."""

import asyncio
import gzip
import zlib

import pytest

from gateway.apps.http_body import MOST_KEPT, SLICE, Body, BrokenBody, PackedBody


class Tap:
    """Counts how often it was turned off and on."""

    def __init__(self) -> None:
        self.held = 0

    def hold(self) -> None:
        self.held += 1

    def release(self) -> None:
        self.held -= 1


def a_body(*pieces: bytes, ended: bool = True) -> Body:
    body = Body(Tap())
    for piece in pieces:
        body.feed(piece)
    if ended:
        body.end()
    return body


async def read(body: Body | PackedBody) -> bytes:
    octets = b""
    while piece := await body.read():
        octets += piece
    return octets


async def test_body_is_taken_whole_or_read() -> None:
    body = a_body(b"a", b"b")
    assert body.whole
    assert body.take() == b"ab"
    assert body.empty
    assert await body.read() == b""
    assert a_body().empty
    assert not a_body(ended=False).empty


async def test_reader_waits_for_what_comes() -> None:
    body = a_body(ended=False)
    reading = asyncio.create_task(read(body))
    for piece in (b"a", b"b"):
        await asyncio.sleep(0)
        body.feed(piece)
    await asyncio.sleep(0)
    body.end()
    assert await reading == b"ab"


async def test_body_fails_behind_what_has_come() -> None:
    body = a_body(b"a", ended=False)
    body.fail(ConnectionResetError("gone"))
    body.fail(BrokenBody("later"))
    assert await body.read() == b"a"
    with pytest.raises(ConnectionResetError):
        await body.read()
    whole = a_body(b"a")
    whole.fail(BrokenBody("too late"))
    assert await read(whole) == b"a"


async def test_sender_waits_while_much_is_kept() -> None:
    tap = Tap()
    body = Body(tap)
    body.feed(bytes(MOST_KEPT))
    assert tap.held == 0
    body.feed(b"x")
    body.feed(b"y")
    assert tap.held == 1
    assert len(await body.read()) == MOST_KEPT + 2
    assert tap.held == 0
    body.feed(bytes(MOST_KEPT + 1))
    discarding = asyncio.create_task(body.discard())
    await asyncio.sleep(0)
    assert tap.held == 0
    body.feed(bytes(MOST_KEPT + 1))
    assert tap.held == 0
    body.end()
    await discarding
    assert body.empty


def bare(octets: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(octets) + packing.flush()


@pytest.mark.parametrize("size", [0, 1, 1000, SLICE - 1, SLICE, SLICE * 3, SLICE * 3 + 1])
@pytest.mark.parametrize("pieces", [1, 3, 100])
@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare)])
async def test_packed_body_is_unpacked_in_slices(size: int, pieces: int, encoding: str, pack: type[bytes]) -> None:
    octets = bytes(n % 251 for n in range(size))
    packed = pack(octets)
    step = -(-len(packed) // pieces)
    body = PackedBody(a_body(*(packed[at : at + step] for at in range(0, len(packed), step))), encoding)
    assert not body.whole
    read_octets = b""
    while piece := await body.read():
        assert len(piece) <= SLICE
        read_octets += piece
    assert read_octets == octets
    assert body.empty


async def test_gzip_may_have_several_members() -> None:
    packed = gzip.compress(b"a" * 10) + gzip.compress(b"b" * 10)
    assert await read(PackedBody(a_body(packed), "gzip")) == b"a" * 10 + b"b" * 10
    assert await read(PackedBody(a_body(*(packed[at : at + 1] for at in range(len(packed)))), "gzip")) == (
        b"a" * 10 + b"b" * 10
    )


async def turns_while_reading(packed: bytes) -> tuple[int, bytes]:
    """How often others had a turn of the loop while a packed body was read that had come whole; and what it was."""
    turns, reading = 0, asyncio.create_task(read(PackedBody(a_body(packed), "gzip")))
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    return turns, await reading


@pytest.mark.parametrize("octets", [b"", b"a"])
async def test_thousands_of_members_hold_up_nobody(octets: bytes) -> None:
    turns, unpacked = await turns_while_reading(gzip.compress(octets) * 1000)
    assert unpacked == octets * 1000
    assert turns >= 1000


async def test_little_that_unpacks_to_much_holds_up_nobody() -> None:
    turns, unpacked = await turns_while_reading(gzip.compress(b"\n" * SLICE * 100))
    assert len(unpacked) == SLICE * 100
    assert turns >= 100


async def test_gzip_has_two_names() -> None:
    assert await read(PackedBody(a_body(gzip.compress(b"a")), "x-gzip")) == b"a"


async def test_packed_body_of_nothing_is_empty() -> None:
    assert await read(PackedBody(a_body(), "gzip")) == b""


@pytest.mark.parametrize(
    ("octets", "encoding", "why"),
    [
        (gzip.compress(b"a" * 1000)[:-9], "gzip", "what is packed does not end"),
        (b"no gzip", "gzip", "incorrect header"),
        (b"x", "br", "Content-Encoding br is not understood"),
        (b"x", "gzip, gzip", "Content-Encoding gzip, gzip is not understood"),
    ],
)
async def test_packed_body_that_is_none_is_broken(octets: bytes, encoding: str, why: str) -> None:
    with pytest.raises(BrokenBody, match=why):
        await read(PackedBody(a_body(octets), encoding))
