"""A connection over real sockets on the loopback, on the loop of asyncio and on uvloop."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop

from gateway.connection import Connection
from gateway.smpp.codec import encode
from gateway.smpp.events import Answered, Bound, Closing, Lost, Reason
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import BindTransceiver, EnquireLink, Request, SubmitSm, SubmitSmResp
from gateway.smpp.session import Session
from gateway.smpp.timers import Timers
from tests.support.owner import RecordingOwner
from tests.support.peer import DEADLINE_S, Peer, listening

SUBMIT = SubmitSm(destination_addr="525512345678", short_message=b"hola")

Journey = Callable[[Connection, RecordingOwner, Peer], Awaitable[None]]
Test = Callable[[Callable[[Coroutine[Any, Any, None]], None]], None]


def on_both_loops(timers: Timers | None = None) -> Callable[[Journey], Test]:
    """Run a journey, with an unbound connection, its owner and the SMSC it has called, on each kind of loop."""

    def decorate(journey: Journey) -> Test:
        async def main() -> None:
            owner = RecordingOwner()
            async with listening() as listener:
                session = Session(Role.ESME, timers or Timers(), time.monotonic())
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(session, owner, time.monotonic), "127.0.0.1", listener.port
                )
                try:
                    await journey(connection, owner, await listener.accept())
                finally:
                    connection.abort()
                    await owner.until_closed()

        def test(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
            run(main())

        marked: Test = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])(test)
        return marked

    return decorate


def request(connection: Connection, pdu: Request, context: object = None) -> None:
    connection.session.request(pdu, time.monotonic(), context)
    connection.flush_soon()


async def bind(connection: Connection, owner: RecordingOwner, smsc: Peer) -> None:
    request(connection, BindTransceiver(system_id="us"))
    await smsc.accept_bind()
    await owner.until(Bound)


@on_both_loops()
async def test_connection_binds_sends_and_parts(connection: Connection, owner: RecordingOwner, smsc: Peer) -> None:
    await bind(connection, owner, smsc)

    request(connection, SUBMIT, "m")
    smsc.answer(await smsc.expect(SubmitSm), SubmitSmResp("id"))
    assert (await owner.until(Answered)).context == "m"
    connection.session.unbind(time.monotonic())
    connection.flush_soon()
    await owner.until_closed()

    assert owner.events[-1] == Closing(Reason.UNBOUND)
    assert owner.lost == []
    await smsc.expect_closed()


@on_both_loops()
async def test_connection_does_not_delay_small_pdus(connection: Connection, owner: RecordingOwner, smsc: Peer) -> None:
    transport = connection._transport
    assert transport is not None

    assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@on_both_loops(Timers(session_init_s=0.02))
async def test_connection_rings(connection: Connection, owner: RecordingOwner, smsc: Peer) -> None:
    assert await owner.until(Closing) == Closing(Reason.SESSION_INIT)
    await owner.until_closed()
    await smsc.expect_closed()


@on_both_loops()
async def test_connection_hears_that_the_peer_has_cut_it(
    connection: Connection, owner: RecordingOwner, smsc: Peer
) -> None:
    smsc.abort()

    await owner.until_closed()

    assert connection.closing


@on_both_loops()
async def test_connection_knows_whom_it_called(connection: Connection, owner: RecordingOwner, smsc: Peer) -> None:
    assert connection.peer[0] == "127.0.0.1"
    connection.abort()
    await owner.until_closed()
    assert connection.peer == ("", 0)


@on_both_loops()
async def test_connection_is_not_writable_while_the_peer_does_not_read(
    connection: Connection, owner: RecordingOwner, smsc: Peer
) -> None:
    await bind(connection, owner, smsc)
    smsc.pause()

    async with asyncio.timeout(DEADLINE_S):
        while connection.writable:
            request(connection, SubmitSm(tlvs=((0x0424, bytes(60_000)),)), "m")
            await asyncio.sleep(0)  # a turn of the loop, in which it is written
    connection.abort()
    await owner.until_closed()

    [lost] = owner.lost
    assert isinstance(lost, Lost)
    assert set(lost.contexts) == {"m"}


class InDebt:
    """An allowance that has nothing left, until `go_on` is called."""

    def __init__(self) -> None:
        self.go_on: Callable[[], None] | None = None

    def spend(self, pdus: int) -> bool:
        return False

    def await_turn(self, go_on: Callable[[], None]) -> None:
        self.go_on = go_on

    def leave(self, go_on: Callable[[], None]) -> None:
        self.go_on = None


@on_both_loops()
async def test_connection_that_waits_for_its_turn_finds_that_the_peer_has_hung_up(
    connection: Connection, owner: RecordingOwner, smsc: Peer
) -> None:
    debt = InDebt()
    connection.pace(debt)
    await bind(connection, owner, smsc)
    smsc.raw(encode(EnquireLink(), 1) * 100)
    await smsc.close()

    assert debt.go_on is not None
    debt.go_on()

    await owner.until_closed()
