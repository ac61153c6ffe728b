"""Lookup by ENUM: what NAPTR records say, and a name server that answers, loses, truncates and refuses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdata
import dns.rrset
import pytest
from dns.rdtypes.IN.NAPTR import NAPTR

from portability.answer import Answer
from portability.enum_dns import EnumDns, Parameters, parameters, read_records
from portability.source import SourceUnavailable
from tests.support.numbering import networks

NUMBER = 525512345678
TEL = "E2U+pstn:tel"


def naptr(regexp: str, order: int = 10, preference: int = 10, flags: str = "u", service: str = TEL) -> NAPTR:
    found = dns.rdata.from_text("IN", "NAPTR", f'{order} {preference} "{flags}" "{service}" "{regexp}" .')
    assert isinstance(found, NAPTR)
    return found


@pytest.mark.parametrize(
    ("regexp", "expected"),
    [
        ("!^.*$!tel:+525512345678;npdi;rn=188!", Parameters(True, "188", "")),
        ("!^.*$!tel:+525512345678;npdi!", Parameters(True, "", "")),
        ("!^.*$!tel:+525512345678;NPDI=yes;rn=+52188;rn-context=+52!", Parameters(True, "+52188", "")),
        ("/^(.*)$/tel:\\1;npdi;mccmnc=334020/", Parameters(True, "", "334020")),
        ("!^.*$!tel:+525512345678;mcc=334;mnc=020!", Parameters(False, "", "334020")),
        ("!^.*$!sip:+525512345678;npdi;rn=156@gw.example;user=phone!i", Parameters(True, "156", "")),
        ("!^.*$!tel:+525512345678!", Parameters(False, "", "")),
        ("!^.*$!mailto:a@b!", None),
        ("!broken", None),
        ("", None),
    ],
)
def test_parameters_are_read_from_the_regexp(regexp: str, expected: Parameters | None) -> None:
    assert parameters(regexp) == expected


@pytest.mark.parametrize(
    ("regexp", "expected"),
    [
        ("!^.*$!tel:+52;npdi;rn=188!", Answer("telcel", "enum", ported=True)),
        ("!^.*$!tel:+52;npdi;rn=+188!", Answer("telcel", "enum", ported=True)),
        ("!^.*$!tel:+52;npdi!", Answer(None, "enum", ported=False)),
        ("!^.*$!tel:+52;npdi;mccmnc=334050!", Answer("att", "enum", ported=False)),
        ("!^.*$!tel:+52;mccmnc=33405!", Answer("att", "enum", ported=None)),
        ("!^.*$!tel:+52;npdi;rn=777!", Answer(None, "enum", True, detail="rn=777 is no network of the configuration")),
        ("!^.*$!tel:+52!", None),
    ],
)
def test_record_says_network_and_ported(regexp: str, expected: Answer | None) -> None:
    assert read_records([naptr(regexp)], networks()) == expected


def test_first_record_in_order_that_speaks_of_portability_counts() -> None:
    records = [
        naptr("!^.*$!tel:+52;npdi;rn=166!", order=20),
        naptr("!^.*$!tel:+52;npdi;rn=156!", order=10, preference=20),
        naptr("!^.*$!tel:+52;npdi;rn=188!", order=10, preference=10),
        naptr("!^.*$!tel:+52;npdi;rn=901!", order=1, flags=""),
        naptr("!^.*$!tel:+52;npdi;rn=901!", order=2, service="SIP+D2U"),
        naptr("!^.*$!sip:info@example.net!", order=3, service="E2U+sip"),
    ]
    found = read_records(records, networks())
    assert found is not None
    assert found.network == "telcel"


Reply = Callable[[dns.message.Message, bool, int], dns.message.Message | None]


class NameServer(asyncio.DatagramProtocol):
    """Answers with what `reply(query, tcp, earlier)` says; None: not at all."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[tuple[str, bool]] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # (asyncio's own transport does not derive from DatagramTransport in 3.11)
        self.transport = cast("asyncio.DatagramTransport", transport)

    def answer(self, wire: bytes, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        earlier = len(self.asked)
        self.asked.append((query.question[0].name.to_text(), tcp))
        response = self.reply(query, tcp, earlier)
        return None if response is None else response.to_wire()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = self.answer(data, False)
        if wire is not None and self.transport is not None:
            self.transport.sendto(b"garbage", addr)
            self.transport.sendto(wire, addr)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        wire = self.answer(await reader.readexactly(length), True)
        if wire is not None:
            writer.write(len(wire).to_bytes(2, "big") + wire)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(
    reply: Reply, host: str = "127.0.0.1", timeout_s: float = 0.3
) -> AsyncIterator[tuple[NameServer, EnumDns]]:
    loop = asyncio.get_running_loop()
    server = NameServer(reply)
    tcp = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", port))
    try:
        yield server, EnumDns(host, port, "e164.arpa", networks(), timeout_s=timeout_s)
    finally:
        transport.close()
        tcp.close()
        await tcp.wait_closed()


def with_record(
    query: dns.message.Message, regexp: str = "!^.*$!tel:+525512345678;npdi;rn=188!"
) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.answer.append(dns.rrset.from_rdata(query.question[0].name, 60, naptr(regexp)))
    return response


def with_rcode(query: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(rcode)
    return response


async def test_digits_are_asked_reversed_under_the_suffix() -> None:
    async with serving(lambda query, tcp, earlier: with_record(query)) as (server, enum):
        assert await enum.question(NUMBER) == Answer("telcel", "enum", ported=True)
    assert server.asked == [("8.7.6.5.4.3.2.1.5.5.2.5.e164.arpa.", False)]


async def test_name_that_is_not_there_is_nothing_known() -> None:
    async with serving(lambda query, tcp, earlier: with_rcode(query, dns.rcode.NXDOMAIN)) as (_, enum):
        assert await enum.question(NUMBER) is None


async def test_name_without_records_is_nothing_known() -> None:
    async with serving(lambda query, tcp, earlier: dns.message.make_response(query)) as (_, enum):
        assert await enum.question(NUMBER) is None


async def test_lost_question_is_asked_once_more() -> None:
    async with serving(lambda query, tcp, earlier: with_record(query) if earlier else None) as (server, enum):
        assert await enum.question(NUMBER) == Answer("telcel", "enum", ported=True)
    assert len(server.asked) == 2


async def test_server_that_stays_silent_makes_the_source_unavailable() -> None:
    async with serving(lambda query, tcp, earlier: None, timeout_s=0.03) as (server, enum):
        with pytest.raises(SourceUnavailable, match="no answer"):
            await enum.question(NUMBER)
    assert len(server.asked) == 2


async def test_answer_that_is_too_long_is_asked_again_over_tcp() -> None:
    def reply(query: dns.message.Message, tcp: bool, earlier: int) -> dns.message.Message:
        response = with_record(query)
        if not tcp:
            response.answer.clear()
            response.flags |= dns.flags.TC
        return response

    async with serving(reply) as (server, enum):
        assert await enum.question(NUMBER) == Answer("telcel", "enum", ported=True)
    assert [tcp for _, tcp in server.asked] == [False, True]


async def test_server_that_refuses_makes_the_source_unavailable() -> None:
    async with serving(lambda query, tcp, earlier: with_rcode(query, dns.rcode.REFUSED)) as (_, enum):
        with pytest.raises(SourceUnavailable, match="REFUSED"):
            await enum.question(NUMBER)


async def test_server_may_be_given_by_name() -> None:
    async with serving(lambda query, tcp, earlier: with_record(query), host="localhost") as (_, enum):
        assert await enum.question(NUMBER) == Answer("telcel", "enum", ported=True)
