"""What hostile peers do to the listener for SMPP apps: python -m tests.bench.attacks NAME PORT (until it is ended).

Each attack is an endless coroutine around a few links that connect again whenever they are cut off. Those who know no
password come from 127.1.0.0/16, so that limits by address see them as many; the app that misbehaves, `mallory`, has
its own address and its right password.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, NamedTuple, cast

from gateway.smpp.codec import encode
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import (
    BindTransceiver,
    DeliverSmResp,
    EnquireLink,
    QuerySm,
    Request,
    Response,
    SubmitMulti,
    SubmitSm,
    Unbind,
)

SYSTEM_ID, PASSWORD = "mallory", "mallory8"
ADDRESS = "127.0.0.2"
"""Where `mallory` comes from; its allow_from in the configuration."""
MAX_BINDS = 10
NICENESS = 10
BLOB = 1 << 16
_PAUSE_S = 0.001
_TO = "525512345678"
# The beginning of a TLS 1.2 record with a ClientHello, and then nothing that matters to somebody who speaks SMPP.
_TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(194)


class Counts:
    """What an attack has come to: proof that it took place."""

    def __init__(self) -> None:
        self.connected = 0
        self.refused = 0
        self.octets_out = 0
        self.octets_in = 0


class Link(asyncio.Protocol):
    """One connection of an attacker: writes as fast as it is taken, and forgets what it reads."""

    def __init__(self, counts: Counts) -> None:
        self.heard = asyncio.Event()
        """Something was answered since it was last cleared."""
        self.closed = asyncio.Event()
        self._counts = counts
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=BLOB)
        self._counts.connected += 1

    def data_received(self, data: bytes) -> None:
        self._counts.octets_in += len(data)
        self.heard.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        self.heard.set()
        self._writable.set()

    def deafen(self) -> None:
        """Read nothing more."""
        assert self._transport is not None
        self._transport.pause_reading()

    def cut(self) -> None:
        """Be gone, without a word."""
        assert self._transport is not None
        self._transport.abort()

    async def write(self, octets: bytes) -> None:
        """Write, once what was written before has been taken. Raises ConnectionError when it is closed."""
        await self._writable.wait()
        if self.closed.is_set():
            raise ConnectionError("closed")
        assert self._transport is not None
        self._transport.write(octets)
        self._counts.octets_out += len(octets)

    async def pour(self, octets: bytes) -> None:
        """The same again and again, until it is closed: then ConnectionError."""
        while True:
            await self.write(octets)
            await asyncio.sleep(0)

    async def bind(self) -> None:
        """Bind as `mallory` and wait for the answer, whatever it says."""
        await self.write(pdus(BindTransceiver(system_id=SYSTEM_ID, password=PASSWORD)))
        await self.heard.wait()


Script = Callable[[Link], Awaitable[None]]


class Target(NamedTuple):
    """Whom it goes against, and what it has come to."""

    port: int
    counts: Counts


def pdus(*requests: Request | Response) -> bytes:
    """Their octets, numbered from 1."""
    return b"".join(encode(request, number) for number, request in enumerate(requests, 1))


def many(request: Request | Response, octets: int = BLOB) -> bytes:
    """So many octets of the same PDU, each with a number of its own."""
    return pdus(*[request] * max(1, octets // len(encode(request, 1))))


def submit(**fields: Any) -> SubmitSm:
    """A submit_sm that would be accepted but for the app's tps."""
    pdu = SubmitSm(source_addr="45555", dest_addr_ton=1, dest_addr_npi=1, destination_addr=_TO, short_message=b"hola")
    return pdu._replace(**fields)


async def again_and_again(target: Target, address: str, script: Script) -> None:
    """One link after the other, each until its script or the gateway ends it."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            _, link = await loop.create_connection(
                lambda: Link(target.counts), "127.0.0.1", target.port, local_addr=(address, 0)
            )
        except OSError:
            target.counts.refused += 1
            await asyncio.sleep(_PAUSE_S)
            continue
        try:
            await script(link)
        except ConnectionError:
            await asyncio.sleep(_PAUSE_S)
        finally:
            link.cut()


async def from_everywhere(target: Target, links: int, script: Script) -> None:
    """So many links at once, five from each address of strangers."""
    await asyncio.gather(
        *(again_and_again(target, f"127.1.{n // 5 // 250}.{n // 5 % 250 + 1}", script) for n in range(links))
    )


async def as_mallory(target: Target, links: int, script: Script) -> None:
    """So many links of the app that misbehaves; bound, then the script."""

    async def bound(link: Link) -> None:
        await link.bind()
        await script(link)

    await asyncio.gather(*(again_and_again(target, ADDRESS, bound) for _ in range(links)))


# -- without a password ------------------------------------------------------------------------------------------------


async def garbage(target: Target) -> None:
    """Octets drawn at random."""
    octets = random.Random(1).randbytes(BLOB)
    await from_everywhere(target, 20, lambda link: link.pour(octets))


async def lengths(target: Target) -> None:
    """PDUs said to be of 4 GiB, of 0, of 15 and of 69,999 octets."""
    headers = [length.to_bytes(4, "big") + bytes(12) for length in (0xFFFFFFFF, 0, 15, 69_999)]
    turn = count()
    await from_everywhere(target, 20, lambda link: link.pour(headers[next(turn) % len(headers)] + bytes(4096)))


async def half_pdus(target: Target) -> None:
    """Binds of which an octet comes each second: as many as may stand in the anteroom, and more."""
    octets = pdus(BindTransceiver(system_id=SYSTEM_ID, password=PASSWORD))

    async def drip(link: Link) -> None:
        for octet in octets:
            await link.write(bytes([octet]))
            await asyncio.sleep(1.0)

    await from_everywhere(target, 200, drip)


async def connections(target: Target) -> None:
    """A thousand connections at once that say nothing, each made anew as soon as it is closed."""

    async def silent(link: Link) -> None:
        await link.closed.wait()

    await from_everywhere(target, 1000, silent)


async def passwords(target: Target) -> None:
    """Passwords tried one after the other, from twenty addresses."""
    tried = count()

    async def guess(link: Link) -> None:
        await link.write(
            pdus(BindTransceiver(system_id=f"bench{next(tried) % 3 or ''}", password=f"{next(tried):08x}"))
        )
        await link.closed.wait()

    await from_everywhere(target, 100, guess)


async def tls_hellos(target: Target) -> None:
    """A TLS hello on the port that speaks none."""

    async def hello(link: Link) -> None:
        await link.write(_TLS_HELLO)
        await link.closed.wait()

    await from_everywhere(target, 20, hello)


async def enquiries_unbound(target: Target) -> None:
    """enquire_link as fast as it is taken, before any bind."""
    octets = many(EnquireLink())
    await from_everywhere(target, 20, lambda link: link.pour(octets))


async def states(target: Target) -> None:
    """Requests that belong to bound peers, and such as are in no book, before any bind."""
    unknown = b"".join(
        bytes([0, 0, 1, 0]) + number.to_bytes(4, "big") + bytes(248) for number in range(0x200, 0x200 + 100)
    )
    octets = many(submit(), BLOB // 2) + unknown
    await from_everywhere(target, 20, lambda link: link.pour(octets))


# -- with a password ---------------------------------------------------------------------------------------------------


async def binds(target: Target) -> None:
    """Bind, unbind and away, on twice as many links as the app may have."""

    async def unbind(link: Link) -> None:
        link.heard.clear()
        await link.write(pdus(Unbind()))
        await link.heard.wait()

    await as_mallory(target, 2 * MAX_BINDS, unbind)


async def enquiries(target: Target) -> None:
    """enquire_link as fast as it is taken, on every bind."""
    octets = many(EnquireLink())
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(octets))


async def answers(target: Target) -> None:
    """Answers to nothing."""
    octets = many(DeliverSmResp())
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(octets))


async def submits(target: Target) -> None:
    """submit_sm far over the app's tps."""
    octets = many(submit())
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(octets))


async def deaf(target: Target) -> None:
    """submit_sm and enquire_link, without reading any answer."""
    octets = many(submit()) + many(EnquireLink())

    async def pour_unheard(link: Link) -> None:
        link.deafen()
        await link.pour(octets)

    await as_mallory(target, MAX_BINDS, pour_unheard)


async def multis(target: Target) -> None:
    """submit_multi to 254, again and again; and such as hold 254 empty addresses in a kilobyte."""
    whole = SubmitMulti(
        source_addr="45555",
        dest_address=tuple(Destination(1, 1, str(int(_TO) + n)) for n in range(254)),
        short_message=b"hola",
    )
    empty = whole._replace(dest_address=(Destination(1, 1, ""),) * 254)
    octets = many(whole) + many(empty)
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(octets))


async def tlvs(target: Target) -> None:
    """submit_sm with sixteen thousand TLVs, and with texts of 64 KiB."""
    crowded = bytearray(encode(submit(), 1) + bytes.fromhex("14000000") * 16_000)
    crowded[:4] = len(crowded).to_bytes(4, "big")
    long = encode(submit(short_message=b"", tlvs=((0x0424, b"x" * 65_535),)), 2)
    odd = encode(submit(short_message=b"", data_coding=8, tlvs=((0x0424, "ñ".encode("utf-16-be") * 32_000),)), 3)
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(bytes(crowded) + long + odd))


async def queries(target: Target) -> None:
    """query_sm for messages that are not there: each asks the store."""
    octets = many(QuerySm(message_id="01890000-0000-7000-8000-000000000000", source_addr="45555"))
    await as_mallory(target, MAX_BINDS, lambda link: link.pour(octets))


ATTACKS: dict[str, Callable[[Target], Awaitable[None]]] = {
    attack.__name__.replace("_", "-"): attack
    for attack in (
        garbage, lengths, half_pdus, connections, passwords, tls_hellos, enquiries_unbound, states,
        binds, enquiries, answers, submits, deaf, multis, tlvs, queries,
    )
}  # fmt: skip


async def run(name: str, port: int) -> Counts:
    """Attack until SIGTERM."""
    counts = Counts()
    attack = asyncio.ensure_future(ATTACKS[name](Target(port, counts)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, attack.cancel)
    await asyncio.wait([attack])
    if not attack.cancelled():
        attack.result()
    return counts


def main() -> int:
    """Run the attack of the command line; its counts on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.attacks", description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=list(ATTACKS))
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    os.nice(NICENESS)  # an attacker has a machine of its own, and takes no time of the gateway's
    print(json.dumps(vars(asyncio.run(run(options.name, options.port)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
