"""An HTTP client's connection and origin: what is an answer, what is kept, what is closed, and when."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from gateway.apps import client_connection as module
from gateway.apps.client_connection import MOST_READ, ClientConnection, NoAnswer, Said, Told
from gateway.apps.client_origin import Origin

REQUEST = b"POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True


Answered = asyncio.Future[Said]


def connected() -> tuple[ClientConnection, Transport]:
    connection, transport = ClientConnection(lambda _: None), Transport()
    connection.connection_made(transport)
    return connection, transport


def request(connection: ClientConnection, within_s: float = 60.0) -> Answered:
    loop = asyncio.get_running_loop()
    answered: Answered = loop.create_future()
    connection.request(REQUEST, loop.time() + within_s, telling(answered))
    return answered


def telling(answered: Answered) -> Told:
    def told(what: Said | Exception) -> None:
        if isinstance(what, Said):
            answered.set_result(what)
        else:
            answered.set_exception(what)

    return told


async def ask(origin: Origin) -> Said:
    answered: Answered = asyncio.get_running_loop().create_future()
    origin.ask(REQUEST, 5.0, telling(answered))
    return await answered


def asked() -> tuple[ClientConnection, Transport, Answered]:
    connection, transport = connected()
    return connection, transport, request(connection)


@pytest.mark.parametrize(
    ("octets", "said", "kept"),
    [
        (EMPTY, Said(204, b""), True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Said(200, b"ok"), True),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Said(200, b"ok"), True),
        (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", Said(200, b"ok"), True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + EMPTY, Said(204, b""), True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Said(200, b""), False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Said(200, b""), False),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Said(101, b""), False),
        (EMPTY + b"HTTP/1.1 2", Said(204, b""), False),  # more than was asked for
        (EMPTY + b"0\r\n\r\n", Said(204, b""), False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", Said(200, b"ok"), False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nokay", Said(200, b"ok"), False),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Said(200, b"ok"),
            False,
        ),
        (EMPTY + b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", Said(204, b""), False),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_connection_reads_an_answer_and_is_kept_where_it_may(
    octets: bytes, said: Said, kept: bool, at_once: bool
) -> None:
    connection, transport, answer = asked()
    for piece in [octets] if at_once else [octets[at : at + 1] for at in range(len(octets))]:
        connection.data_received(piece)
    assert await answer == said
    assert (connection.open, transport.aborted) == (kept, not kept)
    if kept:
        again = request(connection)
        connection.data_received(EMPTY)
        assert await again == Said(204, b"")
        assert transport.written == REQUEST * 2
    connection.abort()


async def test_connection_takes_its_end_for_an_answers_end_where_nothing_else_says_it() -> None:
    connection, _, answer = asked()
    connection.data_received(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nsome")
    connection.data_received(b"thing")
    assert not answer.done()
    connection.connection_lost(None)
    assert await answer == Said(200, b"something")
    assert not connection.open


async def test_connection_gives_up_an_answer_that_says_too_much() -> None:
    connection, transport, answer = asked()
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + bytes(MOST_READ))
    assert not answer.done()
    connection.data_received(b"x")
    assert (await answer).status == 200
    assert transport.aborted


async def test_connection_gives_up_a_head_that_does_not_end() -> None:
    connection, transport, answer = asked()
    connection.data_received(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (MOST_READ // 6))
    with pytest.raises(NoAnswer, match="the answer's head does not end"):
        await answer
    assert transport.aborted


async def test_connection_gives_up_chunks_that_do_not_end() -> None:
    connection, transport, answer = asked()
    connection.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n")
    connection.data_received(b"Trailer: " + b"b" * MOST_READ)
    with pytest.raises(NoAnswer, match="the answer's chunks do not end"):
        await answer
    assert transport.aborted


async def test_connection_that_is_told_what_nobody_asked_for_is_closed() -> None:
    for octets in (EMPTY, b"HTTP/1.1 2", b"SSH"):
        connection, transport = connected()
        connection.data_received(octets)
        assert transport.aborted
        with pytest.raises(NoAnswer, match="the connection is closed"):
            await request(connection)


async def test_connection_that_ends_says_why() -> None:
    connection, _, answer = asked()
    connection.connection_lost(ConnectionResetError("reset"))
    with pytest.raises(NoAnswer, match="the connection ended before it was answered: reset"):
        await answer


async def test_answer_is_late_at_its_own_time_whenever_the_timer_rang_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.0)
    loop = asyncio.get_running_loop()
    connection, transport, answer = asked()
    connection.data_received(EMPTY)  # its timer is to ring in a minute, then in no time at all
    await answer
    began = loop.time()
    late = request(connection, 0.03)
    with pytest.raises(TimeoutError):
        await late
    assert loop.time() - began >= 0.029
    assert transport.aborted


async def test_connection_that_nobody_uses_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_S", 0.01)
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EMPTY)
        await reader.read()
        closed.set()
        writer.close()

    async with serving(serve) as origin:
        assert await ask(origin) == Said(204, b"")
        async with asyncio.timeout(5):
            await closed.wait()


@asynccontextmanager
async def serving(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Origin]:
    talks: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        await talk(reader, writer)
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    server = await asyncio.start_server(tracked, "127.0.0.1", 0)
    origin = Origin(URL(f"http://localhost:{server.sockets[0].getsockname()[1]}/"))
    try:
        yield origin
    finally:
        origin.close()
        server.close()
        if talks:
            await asyncio.wait(talks, timeout=5)


async def test_origin_has_as_many_connections_as_requests_at_once_and_uses_them_again() -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await reader.read(1000):
            writer.write(EMPTY)
        writer.close()

    async with serving(serve) as origin:
        for _ in range(3):
            await asyncio.gather(*(ask(origin) for _ in range(4)))
    assert connections == 4


async def test_origin_makes_another_connection_where_the_one_it_kept_has_ended() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EMPTY)
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with serving(serve) as origin, asyncio.timeout(5):
        for _ in range(2):
            assert await ask(origin) == Said(204, b"")
            await ended.wait()
            ended.clear()
            await asyncio.to_thread(lambda: None)  # the end was read by now


async def test_origin_asks_for_addresses_once_and_connects_to_one_that_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def resolve(host: str, port: int, **_: object) -> Sequence[object]:
        lookups.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    async with serving(serve) as origin:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        for _ in range(3):
            assert await ask(origin) == Said(200, b"")
    assert lookups == ["localhost"]


async def test_closing_an_origin_ends_what_is_asked() -> None:
    heard = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        heard.set()
        await reader.read()
        writer.close()

    async with serving(serve) as origin:
        asking = asyncio.create_task(ask(origin))
        await heard.wait()
        origin.close()
        with pytest.raises(NoAnswer):
            await asking


class Ending:
    """Answers once over each connection; a second request ends it as `end` does."""

    def __init__(self, end: Callable[[asyncio.StreamWriter], None]) -> None:
        self.end = end
        self.connections = 0
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(EMPTY)
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        self.requests += 1
        self.end(writer)


def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def say_more(writer: asyncio.StreamWriter) -> None:
    writer.write(b"0\r\n\r\n")  # the end of chunks that a 204 does not have
    writer.close()


@pytest.mark.parametrize("end", [hang_up, reset, say_more])
async def test_request_that_crosses_the_end_of_a_kept_connection_is_made_anew(
    end: Callable[[asyncio.StreamWriter], None],
) -> None:
    server = Ending(end)
    async with serving(server.serve) as origin, asyncio.timeout(5):
        for _ in range(3):
            assert await ask(origin) == Said(204, b"")
    assert (server.connections, server.requests) == (3, 5)


async def test_request_that_a_new_connection_does_not_answer_either_is_not_made_a_third_time() -> None:
    requests = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        while await reader.read(1000):
            requests += 1
            if requests > 1:
                break
            writer.write(EMPTY)
        writer.close()

    async with serving(serve) as origin, asyncio.timeout(5):
        assert await ask(origin) == Said(204, b"")
        with pytest.raises(NoAnswer, match="ended before it was answered"):
            await ask(origin)
    assert requests == 3


async def test_request_over_a_kept_connection_is_not_made_anew_once_its_origin_is_closed() -> None:
    heard = asyncio.Event()
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EMPTY)
        await reader.readuntil(b"\r\n\r\n")
        heard.set()
        await reader.read()
        writer.close()

    async with serving(serve) as origin, asyncio.timeout(5):
        await ask(origin)
        asking = asyncio.create_task(ask(origin))
        await heard.wait()
        origin.close()
        with pytest.raises(NoAnswer):
            await asking
    assert connections == 1


async def test_requests_that_wait_for_addresses_wait_for_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups = 0
    answered = asyncio.Event()

    async def resolve(host: str, port: int, **_: object) -> Sequence[object]:
        nonlocal lookups
        lookups += 1
        await answered.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    origin = Origin(URL("http://app.example"))
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    for round_ in (1, 2):
        answered.clear()
        asking = [asyncio.create_task(ask(origin)) for _ in range(32)]
        for _ in range(5):
            await asyncio.sleep(0)
        assert lookups == round_
        answered.set()
        for each in asking:
            with pytest.raises(socket.gaierror):
                await each
    origin.close()


async def test_look_up_that_nobody_waits_for_any_more_fails_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = asyncio.Event()

    async def resolve(host: str, port: int, **_: object) -> Sequence[object]:
        await answered.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    origin = Origin(URL("http://app.example"))
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    late: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
    origin.ask(REQUEST, 0.0, telling(late))
    with pytest.raises(TimeoutError):
        await late
    looking = origin._resolving
    assert looking is not None
    answered.set()
    await asyncio.wait([looking])
    origin.close()
