"""A simulator on a real socket, and whoever binds to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

from gateway.clock import SystemClock
from gateway.sim.profile import Profile
from gateway.sim.smsc import Simulator
from gateway.smpp.pdu import BindRequest, BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm
from tests.support.peer import DEADLINE_S, Peer

SUBMIT = SubmitSm(
    source_addr_ton=3,
    source_addr="45555",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="525512345678",
    registered_delivery=1,
    short_message=b"Su clave es 1234",
)


@asynccontextmanager
async def running(**changes: Any) -> AsyncIterator[tuple[Simulator, int]]:
    """A simulator and its port. Receipts come at once unless told otherwise."""
    profile = replace(Profile(receipts_after_s=0.0), **changes)
    simulator = Simulator(profile, SystemClock(), Random(7).random)
    port = await simulator.start()
    try:
        yield simulator, port
    finally:
        await simulator.stop()


@asynccontextmanager
async def bound(port: int, pdu: BindRequest | None = None) -> AsyncIterator[Peer]:
    """An ESME that has bound, as transceiver unless told otherwise."""
    esme = await Peer.connect("127.0.0.1", port)
    try:
        await esme.bind(pdu or BindTransceiver(system_id="acme", password="secret"))
        yield esme
    finally:
        await esme.close()


async def next_deliver(esme: Peer, status: int = 0) -> DeliverSm:
    """The next deliver_sm, answered."""
    received = await esme.expect(DeliverSm)
    esme.answer(received, DeliverSmResp(), status)
    assert isinstance(received.pdu, DeliverSm)
    return received.pdu


async def until(so: Callable[[], bool]) -> None:
    """Let the loop turn until something is so. Raises TimeoutError when it does not become so within DEADLINE_S."""
    async with asyncio.timeout(DEADLINE_S):
        while not so():  # noqa: ASYNC110 (what is waited for tells nobody)
            await asyncio.sleep(0)
