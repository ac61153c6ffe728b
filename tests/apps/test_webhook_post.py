"""POSTs to servers of every kind, on real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.apps.webhook_post import MOST_READ, Answer, Poster
from tests.support.certificates import Authority

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers with fixed octets; keeps what it read."""

    def __init__(self, answer: bytes | Speak = OK) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length:"))
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(int(length)))
                if callable(self.answer):
                    await self.answer(reader, writer)
                    return
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}/hook?a=b"
    try:
        yield server
    finally:
        listening.close()


@asynccontextmanager
async def posting(
    url: str, *, timeout_s: float = 5.0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Callable[[], Awaitable[Answer]]]:
    poster = Poster(url, timeout_s=timeout_s, tls=tls)

    async def post() -> Answer:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        poster.post(b'{"type":"x"}', {"webhook-id": "1"}, answered.set_result)
        return await answered

    try:
        yield post
    finally:
        poster.close()


async def test_post_carries_body_and_headers_and_keeps_its_connection() -> None:
    async with serving(Server()) as server, posting(server.url) as post:
        for _ in range(3):
            assert await post() == Answer(True)
    assert server.connections == 1
    assert server.bodies == [b'{"type":"x"}'] * 3
    head = server.heads[0].lower()
    assert head.startswith("post /hook?a=b http/1.1\r\n")
    for line in ("webhook-id: 1", "content-type: application/json", "user-agent: relevo", "accept-encoding: identity"):
        assert f"{line}\r\n" in head


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Odd"])
async def test_every_2xx_is_a_yes(status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    async with serving(Server(answer)) as server, posting(server.url) as post:
        assert await post() == Answer(True)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 429, 500, 503])
async def test_anything_else_is_a_no_and_redirects_are_not_followed(status: int) -> None:
    answer = f"HTTP/1.1 {status} Status\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
    async with serving(Server(answer)) as server, posting(server.url) as post:
        assert await post() == Answer(False, f"HTTP {status}")
        assert len(server.heads) == 1


async def test_no_answer_in_time_is_a_no() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(Server(silent)) as server, posting(server.url, timeout_s=0.05) as post:
        assert await post() == Answer(False, "no answer within 0.05 s")


async def test_answer_that_drips_is_cut_off_in_time() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        await reader.read()

    async with serving(Server(drip)) as server, posting(server.url, timeout_s=0.05) as post:
        assert await post() == Answer(False, "no answer within 0.05 s")


async def test_long_answer_counts_and_is_not_read_to_its_end() -> None:
    ended = asyncio.Event()

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        try:
            while True:
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            ended.set()

    async with serving(Server(endless)) as server, posting(server.url) as post:
        assert await post() == Answer(True)
        async with asyncio.timeout(5):
            await ended.wait()


async def test_answer_of_some_length_keeps_the_connection() -> None:
    body = b"x" * (MOST_READ - 1)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with serving(Server(answer)) as server, posting(server.url) as post:
        assert [await post() for _ in range(2)] == [Answer(True)] * 2
        assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the connection ended before it was answered"),
        (b"HTTP/1.1 200", "the connection ended before the answer was whole"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the answer is not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", "the connection ended before the answer was whole"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx", "the connection ended before the answer was"),
    ],
)
async def test_answer_that_is_none_is_a_no(answer: bytes, why: str) -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async with serving(Server(speak)) as server, posting(server.url) as post:
        result = await post()
        assert not result.taken
        assert result.why.startswith(why)


async def test_url_with_a_user_logs_in() -> None:
    async with serving(Server()) as server, posting(server.url.replace("//", "//app:p%40ss@")) as post:
        assert await post() == Answer(True)
    assert "authorization: basic YXBwOnBAc3M=\r\n".lower() in server.heads[0].lower()
    assert f"host: {server.url.split('/')[2]}\r\n" in server.heads[0].lower()


async def test_nobody_there_is_a_no_and_says_where() -> None:
    async with serving(Server()) as server:
        url = server.url
    async with posting(url) as post:
        result = await post()
        assert not result.taken
        assert "127.0.0.1" in result.why
        assert len(result.why) <= 200


async def test_certificate_that_nobody_vouches_for_is_a_no(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*authority.sign("127.0.0.1"))
    async with serving(Server(), tls) as server:
        async with posting(server.url) as post:
            result = await post()
            assert not result.taken
            assert result.why.startswith("cannot connect to 127.0.0.1:")
            assert "certificate" in result.why.lower()
            assert server.heads == []
        async with posting(server.url, tls=authority.trusting()) as post:
            assert await post() == Answer(True)
