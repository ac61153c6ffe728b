"""A caller's connection: what is HTTP, what is kept for how long, and what a caller cannot have us keep."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from gateway.apps import http_call, http_listener
from gateway.apps.http_answer import Answer, StreamedAnswer
from gateway.apps.http_body import MOST_KEPT
from gateway.apps.http_call import Call, Route
from gateway.apps.http_connection import HttpConnection, Patience
from gateway.apps.http_listener import HttpListener
from gateway.apps.http_parser import MOST_HEAD, MOST_HEADERS
from gateway.config.units import Address
from tests.apps.test_http_listener import Wire

GET = b"GET /n HTTP/1.1\r\nHost: relevo\r\n\r\n"


class Listening:
    """A listener whose calls count how often they were made; `size` and `parts` make a body."""

    def __init__(self) -> None:
        self.port = 0
        self.calls = 0
        self.called = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        routes = [Route("GET", "/n", self.count, open=True), Route("POST", "/size", self.size, open=True)]
        routes += [Route("GET", "/parts", self.parts, open=True), Route("POST", "/no", self.no, open=True)]
        self.listener = HttpListener(
            routes, NoKeys(), max_body=1 << 20, stopping=lambda: False, new_id=lambda: f"r{self.calls}"
        )

    async def count(self, _: Call) -> Answer:
        self.calls += 1
        self.called.set()
        number = self.calls
        await self.gate.wait()
        return Answer(200, b"%d" % number)

    async def size(self, call: Call) -> Answer:
        return Answer(200, b"%d" % len(await call.octets()))

    async def no(self, _: Call) -> Answer:
        return Answer(403)

    async def parts(self, _: Call) -> Answer:
        return StreamedAnswer(self._pieces(), "text/plain")

    async def _pieces(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            self.calls += 1
            yield b"x" * 100_000


class NoKeys:
    """Nobody has a key."""

    def by_api_key(self, key: str) -> str | None:
        return None

    def by_basic(self, user: str, key: str) -> str | None:
        return None

    def allows(self, app: str, address: str) -> bool:
        return False


@pytest.fixture
async def here() -> AsyncIterator[Listening]:
    listening = Listening()
    listening.port = await listening.listener.start(Address("127.0.0.1", 0))
    yield listening
    await listening.listener.stop()


async def said(wire: Wire, octets: bytes) -> tuple[int, bytes]:
    wire.say(octets)
    status, _, body = await wire.reply()
    return status, body


async def to(here: Listening) -> Wire:
    return Wire(*await asyncio.open_connection("127.0.0.1", here.port))


async def being_answered(here: Listening) -> Wire:
    """A caller whose call waits for the gate."""
    wire = await to(here)
    wire.say(GET)
    async with asyncio.timeout(5):
        await here.called.wait()
    return wire


@pytest.mark.parametrize(
    ("octets", "status", "why"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, ""),
        (
            b"POST /n HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            501,
            "Of transfer codings only chunked is known here.",
        ),
        (b"GET /n HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP 1.0 and 1.1 are spoken here."),
        (b"GET /n HTTP/1.1\r\n\r\n", 400, "There is no Host."),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400, "There are two headers host."),
        (b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, ""),
        (
            b"GET /n HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
            400,
            "There are two headers authorization.",
        ),
        (
            b"POST /n HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n",
            400,
            "There are two headers idempotency-key.",
        ),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nA: b\x00c\r\n\r\n", 400, ""),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", 400, ""),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400, ""),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 9000 + b"\r\n\r\n", 431, "The headers are too long."),
        (b"GET /n HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * MOST_HEADERS + b"\r\n", 431, "The headers are too long."),
        (b"GET /n HTTP/1.1\r\nHost: a\r\nA: " + b"b" * MOST_HEAD * 2, 431, "The headers are too long."),
        (b"GET /" + b"n" * 9000, 414, "The request target is too long."),
    ],
)
async def test_what_is_no_http_is_refused_behind_the_answers_before_it(
    here: Listening, octets: bytes, status: int, why: str
) -> None:
    wire = await to(here)
    wire.say(GET + octets)
    assert (await wire.reply())[0] == 200
    refused, headers, body = await wire.reply()
    assert (refused, headers["connection"], headers["x-request-id"]) == (status, "close", "r1")
    assert json.loads(body)["detail"].startswith(why or "The request is not valid HTTP")
    assert await wire.at_end()
    wire.close()


async def test_stop_does_not_wait_for_who_was_told_that_it_speaks_no_http(here: Listening) -> None:
    wire = await to(here)
    assert (await said(wire, b"SSH-2.0-OpenSSH\r\n\r\n"))[0] == 400
    assert await wire.at_end()
    async with asyncio.timeout(1):
        await here.listener.stop()
    wire.close()


@pytest.mark.parametrize("slow", [False, True])
async def test_heads_may_come_octet_by_octet(here: Listening, slow: bool) -> None:
    wire = await to(here)
    octets = (
        b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: b\r\n\r\n" + GET
    )
    for piece in [octets[at : at + 1] for at in range(len(octets))] if slow else [octets]:
        wire.say(piece)
        await wire.writer.drain()
        await asyncio.to_thread(lambda: None)
    assert [(await wire.reply())[2] for _ in range(2)] == [b"3", b"1"]
    wire.close()


async def test_offer_of_another_protocol_is_passed_over(here: Listening) -> None:
    offer = b"Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    wire = await to(here)
    wire.say(b"GET /n HTTP/1.1\r\n" + offer + b"\r\n")
    assert (await wire.reply())[2] == b"1"
    whole = b"POST /size HTTP/1.1\r\n" + offer + b"Content-Length: 3\r\n\r\nabc"
    chunked = b"POST /size HTTP/1.1\r\n" + offer + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    wire.say((whole + chunked + GET) * 50)
    for number in range(2, 52):
        assert [(await wire.reply())[2] for _ in range(3)] == [b"3", b"2", b"%d" % number]
    for octet in whole + GET:
        wire.say(bytes([octet]))
        await wire.writer.drain()
    assert [(await wire.reply())[2] for _ in range(2)] == [b"3", b"52"]
    wire.close()


async def test_requests_behind_many_others_wait_in_the_socket(here: Listening) -> None:
    here.gate.clear()
    wire = await to(here)
    wire.say(GET * 5_000)
    async with asyncio.timeout(5):
        await here.called.wait()
    [connection] = here.listener._connections
    waiting = len(connection._requests)
    assert 0 < waiting < 1_000
    here.gate.set()
    for number in range(1, 5_001):
        assert (await wire.reply())[2] == b"%d" % number
    wire.close()


@pytest.mark.parametrize("length", [10, MOST_KEPT * 3])
async def test_connection_goes_on_after_a_body_that_nobody_read(here: Listening, length: int) -> None:
    wire = await to(here)
    body = bytes(length)
    for _ in range(3):
        status, _ = await said(wire, b"POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length + body)
        assert status == 403
    assert await said(wire, GET) == (200, b"1")
    wire.close()


async def test_body_may_come_in_the_smallest_chunks(here: Listening) -> None:
    wire = await to(here)
    chunks = b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"
    head = b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert await said(wire, head + chunks + GET) == (200, b"100000")
    assert (await wire.reply())[2] == b"1"
    wire.close()


@pytest.mark.parametrize(
    "endless", [b"0\r\n" + b"A: b\r\n" * MOST_HEAD, b"0\r\nA: " + b"b" * MOST_HEAD * 4, b"1;" + b"b" * MOST_HEAD * 4]
)
async def test_what_is_no_body_does_not_go_on_for_ever(here: Listening, endless: bytes) -> None:
    wire = await to(here)
    wire.say(b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + endless)
    status, headers, body = await wire.reply()
    assert (status, headers["connection"]) == (400, "close")
    assert "too long" in json.loads(body)["detail"]
    wire.close()


async def test_broken_chunk_is_400_and_ends_the_connection(here: Listening) -> None:
    wire = await to(here)
    wire.say(b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n")
    status, headers, body = await wire.reply()
    assert (status, headers["connection"]) == (400, "close")
    assert json.loads(body)["detail"].startswith("The body cannot be read: The request is not valid HTTP")
    assert await wire.at_end()
    wire.close()


async def test_who_says_much_behind_a_broken_chunk_gets_to_read_why(here: Listening) -> None:
    wire = await to(here)
    wire.say(b"POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    for _ in range(64):
        wire.say(bytes(1 << 16))
        await wire.writer.drain()
    assert (await wire.reply())[0] == 400
    wire.close()


async def test_who_goes_on_talking_gets_the_last_answer(here: Listening) -> None:
    here.gate.clear()
    wire = await being_answered(here)
    wire.say(b"POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000) + GET * 200_000)
    here.listener.leave()
    here.gate.set()
    status, headers, body = await wire.reply()
    assert (status, headers["connection"], body) == (200, "close", b"1")
    await wire.writer.drain()
    wire.close()
    assert here.calls == 1


async def test_who_does_not_hang_up_after_the_last_answer_holds_up_the_end_for_a_moment_only(here: Listening) -> None:
    here.gate.clear()
    wire = await to(here)
    wire.say(GET * 3)
    async with asyncio.timeout(5):
        await here.called.wait()
        stopping = asyncio.create_task(here.listener.stop())
        await asyncio.sleep(0)
        here.gate.set()
        assert (await wire.reply())[2] == b"1"
        loop = asyncio.get_running_loop()
        answered = loop.time()
        await stopping
    assert loop.time() - answered < http_listener.LINGER_S
    assert here.calls == 1
    wire.close()


async def test_who_asks_many_things_at_once_holds_up_nobody(here: Listening) -> None:
    wire = await to(here)
    wire.say(GET * 200)
    most = 0
    async with asyncio.timeout(5):
        while here.calls < 200:
            before = here.calls
            await asyncio.sleep(0)
            most = max(most, here.calls - before)
    assert most <= 2, "in one turn of the loop"
    wire.close()


async def test_answer_of_many_pieces_waits_for_a_slow_reader(here: Listening) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port, limit=1 << 12)
    writer.write(b"GET /parts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in await reader.readuntil(b"\r\n\r\n")
    made = here.calls
    async with asyncio.timeout(5):
        while here.calls > made or not here.calls:
            made = here.calls
            await asyncio.to_thread(lambda: None)
        assert here.calls < 100
        octets = await reader.read(-1)
    assert octets.endswith(b"0\r\n\r\n")
    assert octets.count(b"x") == 100 * 100_000
    writer.close()


@pytest.mark.parametrize("begun", [b"", GET[:10]])
async def test_connection_over_which_no_request_comes_is_closed_in_time(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_listener, "KEEP_ALIVE_S", 0.05)
    here = Listening()
    here.port = await here.listener.start(Address("127.0.0.1", 0))
    wire = await to(here)
    assert await said(wire, GET) == (200, b"1")
    wire.say(begun)
    assert await wire.at_end()
    here.gate.clear()
    busy = await to(here)
    busy.say(GET)
    async with asyncio.timeout(5):
        while here.calls < 2:  # noqa: ASYNC110  it travels over a socket
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.12, here.gate.set)  # what is being answered takes as long as it likes
    assert (await busy.reply())[2] == b"2"
    assert await busy.at_end()
    wire.close()
    busy.close()
    await here.listener.stop()


class Closing(asyncio.Transport):
    """Its other end is gone, which nobody was told yet: to pause it or go on is an error."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        """It is."""

    def abort(self) -> None:
        """It is."""


async def test_connection_that_is_closing_is_neither_held_nor_released(here: Listening) -> None:
    connection = HttpConnection(here.listener, Patience(75.0, 2.0, 30.0))
    connection.connection_made(Closing())
    connection.hold()
    connection.release()
    with pytest.raises(ConnectionResetError):
        connection.write(b"x")
    connection.connection_lost(None)
    await connection.ended(5.0)


async def test_caller_that_is_gone_is_forgotten(here: Listening) -> None:
    here.gate.clear()
    wire = await being_answered(here)
    async with asyncio.timeout(5):
        wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.writer.transport.abort()  # with a reset
        connections = here.listener._connections
        while connections:  # noqa: ASYNC110  so does its end
            await asyncio.sleep(0)
    here.gate.set()
    other = await to(here)
    assert await said(other, GET) == (200, b"2")
    other.close()


async def test_connection_that_may_not_be_is_cut_off() -> None:
    class Full(Listening):
        def __init__(self) -> None:
            super().__init__()
            self.listener.entered = lambda connection, transport: False  # type: ignore[method-assign]

    here = Full()
    here.port = await here.listener.start(Address("127.0.0.1", 0))
    wire = await to(here)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await said(wire, GET)
    wire.close()
    await here.listener.stop()


@pytest.mark.parametrize("target", ["/n?a=http://b", "http://relevo/n", "HTTP://relevo:80/n?a"])
async def test_target_may_name_the_server_too(here: Listening, target: str) -> None:
    wire = await to(here)
    assert await said(wire, GET.replace(b"/n", target.encode())) == (200, b"1")
    wire.close()


async def test_caller_that_reads_nothing_is_cut_off(here: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, "UNREAD_S", 0.05)
    await here.listener.stop()
    here.port = await here.listener.start(Address("127.0.0.1", 0))
    wire = await to(here)
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a WriteTransport by its type, both in truth
    wire.say(GET.replace(b"/n", b"/parts"))
    async with asyncio.timeout(5):
        while not here.listener._connections:
            await asyncio.to_thread(lambda: None)
        while here.listener._connections:
            await asyncio.to_thread(lambda: None)
    assert here.calls < 100
    wire.writer.transport.abort()


async def test_http_1_0_is_not_told_to_continue(here: Listening) -> None:
    wire = await to(here)
    wire.say(b"POST /size HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    await asyncio.to_thread(lambda: None)
    assert await said(wire, b"abc") == (200, b"3")
    wire.close()


async def test_chunks_that_http_1_0_says_are_read_and_end_the_connection(here: Listening) -> None:
    wire = await to(here)
    head = b"POST /size HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.say(head + b"3\r\nabc\r\n0\r\n\r\n" + GET)
    status, headers, body = await wire.reply()
    assert (status, headers["connection"], body) == (200, "close", b"3")
    assert await wire.at_end()
    wire.close()


async def test_body_that_comes_drop_by_drop_is_late_all_the_same(
    here: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_call, "BODY_WITHIN_S", 0.2)
    wire = await to(here)
    wire.say(b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    reply = asyncio.ensure_future(wire.reply())
    while not reply.done():
        wire.say(b"x")
        await asyncio.wait([reply], timeout=0.02)
    assert (await reply)[0] == 408
    wire.close()


@pytest.mark.parametrize("times", [1, 5])
async def test_who_says_nothing_more_is_answered_all_that_was_asked(here: Listening, times: int) -> None:
    wire = await to(here)
    here.gate.clear()
    wire.say(GET * times + b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + b"x" * 9000)
    wire.writer.write_eof()
    async with asyncio.timeout(5):
        await here.called.wait()
    here.gate.set()

    assert [(await wire.reply())[2] for _ in range(times + 1)] == [b"%d" % (n + 1) for n in range(times)] + [b"9000"]
    assert await wire.at_end()
    wire.close()


async def test_who_has_hung_up_while_being_answered_is_forgotten_then(here: Listening) -> None:
    here.gate.clear()
    wire = await being_answered(here)
    async with asyncio.timeout(5):
        wire.close()
        await wire.writer.wait_closed()
        here.gate.set()
        while here.listener._connections:  # noqa: ASYNC110  so does its end
            await asyncio.sleep(0)


async def test_who_ends_in_the_middle_of_a_request_is_answered_what_was_whole(here: Listening) -> None:
    wire = await to(here)
    wire.say(GET + b"POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + b"x" * 8999)
    wire.writer.write_eof()

    assert (await wire.reply())[2] == b"1"
    assert await wire.at_end()
    wire.close()


@pytest.mark.parametrize(("encoding", "status"), [("identity", 200), ("br", 400), ("compress", 400)])
async def test_body_packed_in_a_way_that_is_not_known_is_not_taken_for_plain(
    here: Listening, encoding: str, status: int
) -> None:
    wire = await to(here)
    head = f"POST /size HTTP/1.1\r\nHost: a\r\nContent-Encoding: {encoding}\r\nContent-Length: 1\r\n\r\n"

    assert (await said(wire, head.encode() + b"x"))[0] == status
    wire.close()
