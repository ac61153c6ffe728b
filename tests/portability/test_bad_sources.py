"""A source outside that is dead, slow, lies or comes and goes: the others are answered as if it were not there.

Real sockets on this machine, with 500 numbers under way that only the bad source could know. How the loop is doing is
counted in its turns: on each of them a number that an earlier source knows has its answer at once, without one more.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import dns.message
import dns.name
import pytest

from portability.answer import Answer
from portability.cache import Cache
from portability.enum_dns import EnumDns
from portability.http_lookup import HttpLookup
from portability.remote import AT_ONCE, Outside, Remote
from portability.source import Resolver
from tests.portability.test_enum_dns import with_record
from tests.support.numbering import networks

KNOWN, UNKNOWN = 525512345678, range(525500000000, 525500000500)
TIMEOUT_S = 0.05
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{"network":"188","ported":true}  '
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Fixed:
    """Knows some numbers, at once."""

    def __init__(self, name: str, network: str, numbers: range) -> None:
        self.name = name
        self.unavailable = None
        self._answer = Answer(network, name)
        self._numbers = numbers

    def lookup(self, number: int) -> Answer | None:
        return self._answer if number in self._numbers else None


class Counted:
    """An outside that counts what is asked of it, in all and at once."""

    def __init__(self, outside: Outside) -> None:
        self.name = outside.name
        self.asked = self.most = self._now = 0
        self._outside = outside

    async def question(self, number: int) -> Answer | None:
        self.asked += 1
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._outside.question(number)
        finally:
            self._now -= 1

    async def close(self) -> None:
        await self._outside.close()


def saying(octets: bytes) -> Serve:
    """Answers every request with these octets and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(octets)
        await writer.drain()

    return serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers of a good answer, then an octet a turn for as long as somebody listens."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.wait_for(reader.read(1), 10) if reader.at_eof() else await asyncio.sleep(0.01)


def flapping() -> Serve:
    """Every other connection is answered, the others are cut off."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await (saying(OK) if count % 2 else saying(b""))(reader, writer)

    return serve


LIES = {
    "error": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "login page": b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
    "no HTTP": b"220 smtp.example.net ESMTP\r\n",
    "short": b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"network":',
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    "no UTF-8": b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"network":"\xff"}',
    "deep": b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b'{"a":' * 12_000,
    "false gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "nobody's network": b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"network":"999"}',
}
SERVERS: dict[str, Callable[[], Serve]] = {
    **{"silent": lambda: silent, "dripping": lambda: dripping, "flapping": flapping},
    **{name: (lambda octets=octets: saying(octets)) for name, octets in LIES.items()},  # type: ignore[misc]
}


@asynccontextmanager
async def http_outside(serve: Serve) -> AsyncIterator[Outside]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client hung up first, which is what it should do
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield HttpLookup(f"http://127.0.0.1:{port}/{{number}}", networks(), at_once=AT_ONCE)
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def resolving(outside: Outside) -> AsyncIterator[tuple[Resolver, Counted]]:
    """The table before the bad source, the plan after it."""
    counted = Counted(outside)
    remote = Remote(counted, Cache(10_000, 60.0, 60.0), timeout_s=TIMEOUT_S, monotonic=time.monotonic, utc=time.time)
    table, plan = Fixed("table", "att", range(KNOWN, KNOWN + 1)), Fixed("plan", "movistar", range(10**12))
    resolver = Resolver([table, remote, plan])
    try:
        yield resolver, counted
    finally:
        await resolver.close()


async def known_beside_unknown(resolver: Resolver) -> tuple[int, int, list[Answer]]:
    """Turns of the loop while the unknown are under way; on how many the known had its; the unknown's answers."""
    asking = asyncio.gather(*(resolver.resolve(number) for number in UNKNOWN))
    turns = answered = 0
    while not asking.done():
        found = resolver.resolve_now(KNOWN)
        answered += isinstance(found, Answer) and (found.network, found.source) == ("att", "table")
        turns += 1
        await asyncio.sleep(0)
    return turns, answered, asking.result()


@pytest.mark.parametrize("kind", SERVERS)
async def test_known_numbers_have_their_answer_on_every_turn_beside_a_bad_http_source(kind: str) -> None:
    async with http_outside(SERVERS[kind]()) as outside, resolving(outside) as (resolver, counted):
        turns, answered, found = await known_beside_unknown(resolver)

    assert answered == turns > 0
    assert {answer.source for answer in found} <= {"plan", "http"}
    assert "plan" in {answer.source for answer in found}
    assert counted.most <= AT_ONCE
    if kind not in {"flapping", "nobody's network"}:  # what fails every time is left alone after the first that did
        assert counted.asked <= AT_ONCE
        assert {answer.network for answer in found} == {"movistar"}


async def test_known_numbers_have_their_answer_on_every_turn_beside_an_http_source_that_is_not_there() -> None:
    async with resolving(HttpLookup("http://127.0.0.1:1/{number}", networks(), at_once=AT_ONCE)) as (resolver, counted):
        turns, answered, found = await known_beside_unknown(resolver)

    assert answered == turns > 0
    assert {answer.source for answer in found} == {"plan"}
    assert counted.asked <= AT_ONCE


class LyingNameServer(asyncio.DatagramProtocol):
    """Spoils its answers: an octet changed, the end cut off, or another's altogether."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = bytearray(with_record(dns.message.from_wire(data)).to_wire())
        match self._random.randrange(3):
            case 0:
                wire[self._random.randrange(2, len(wire))] = self._random.randrange(256)
            case 1:
                del wire[self._random.randrange(2, len(wire)) :]
            case 2:
                wire[2:] = self._random.randbytes(self._random.randrange(60))
        self._transport.sendto(bytes(wire), addr)  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(3))
async def test_known_numbers_have_their_answer_on_every_turn_beside_a_lying_name_server(seed: int) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: LyingNameServer(Random(seed)), local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    outside = EnumDns("127.0.0.1", port, "e164.arpa", networks(), timeout_s=TIMEOUT_S)
    try:
        async with resolving(outside) as (resolver, counted):
            turns, answered, found = await known_beside_unknown(resolver)
    finally:
        transport.close()

    assert answered == turns > 0
    assert {answer.network for answer in found} <= {"movistar", "telcel"}
    assert counted.most <= AT_ONCE
