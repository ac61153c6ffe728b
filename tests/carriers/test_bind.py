"""One bind against a scripted SMSC on a real socket: how it comes, goes and comes again."""

import asyncio
import socket

import pytest

from gateway.carriers.bind import Bind, BindState
from gateway.carriers.bind_settings import Endpoint
from gateway.carriers.stops import Stop
from gateway.smpp.events import Unbound
from gateway.smpp.pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
)
from tests.carriers.bind_rig import Owner, bound, bound_listener, running, settings, until
from tests.support.clock import ManualClock
from tests.support.peer import DEADLINE_S, listening


@pytest.mark.parametrize(("response_timeout_s", "enquire_response_s"), [(30.0, 15.0), (4.0, 2.0), (120.0, 15.0)])
def test_two_missed_enquire_links_take_no_longer_than_the_response_timeout(
    response_timeout_s: float, enquire_response_s: float
) -> None:
    timers = settings(1, enquire_link_s=20.0, response_timeout_s=response_timeout_s).timers
    assert (timers.enquire_link_s, timers.response_s) == (20.0, response_timeout_s)
    assert timers.enquire_response_s == enquire_response_s


@pytest.mark.parametrize(
    ("mode", "pdu_class"),
    [("transceiver", BindTransceiver), ("transmitter", BindTransmitter), ("receiver", BindReceiver)],
)
async def test_bind_presents_itself_as_configured(mode: str, pdu_class: type) -> None:
    owner = Owner()
    async with listening() as smsc, running(smsc.port, owner, mode=mode, addr_ton=1, addr_npi=9) as bind:
        peer = await smsc.accept()
        pdu = (await peer.accept_bind()).pdu
        await owner.until("up")
        assert type(pdu) is pdu_class
        assert (pdu.system_id, pdu.password, pdu.system_type) == ("acme", "secret", "VMA")
        assert (pdu.interface_version, pdu.address_range, pdu.addr_ton, pdu.addr_npi) == (0x34, "^4555", 1, 9)
        assert bind.state is BindState.UP
        assert bind.settings.transmits is (mode != "receiver")


async def test_bind_comes_from_its_source_ip() -> None:
    owner = Owner()
    sources = asyncio.Queue[str]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sources.put_nowait(writer.get_extra_info("peername")[0])
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(port, owner, source_ip="127.0.0.77"), asyncio.timeout(DEADLINE_S):
        assert await sources.get() == "127.0.0.77"


async def test_refused_credentials_stop_the_bind_until_it_is_started() -> None:
    for status, name in ((0x0E, "ESME_RINVPASWD"), (0x0F, "ESME_RINVSYSID"), (0x53, "ESME_RINVSYSTYP")):
        owner = Owner()
        async with listening() as smsc, running(smsc.port, owner) as bind:
            peer = await smsc.accept()
            await peer.refuse_bind(status)
            await until(lambda bind=bind: bind.state is BindState.FAILED and bind._connection is None)  # type: ignore[misc]
            assert bind.reason == f"bind refused: {name}"
            assert bind.next_try_at is None
            assert bind.stop_reason is Stop.CREDENTIALS
            assert owner.told == []
            bind.start()
            await (await smsc.accept()).accept_bind()
            await owner.until("up")
            assert bind.reason == ""


@pytest.mark.parametrize(
    ("status", "pauses"), [(0x05, [60, 120, 240, 300, 300]), (0x0D, [60, 120, 240, 480, 900, 900])]
)
async def test_refusal_that_needs_patience_is_tried_again_slowly(status: int, pauses: list[float]) -> None:
    owner, clock = Owner(), ManualClock()
    async with listening() as smsc, running(smsc.port, owner, clock=clock.monotonic) as bind:
        for pause in pauses:
            await (await smsc.accept()).refuse_bind(status)
            await until(lambda: bind.next_try_at is not None)
            assert bind.next_try_at == clock.monotonic() + pause
            assert bind.state is BindState.DOWN
            bind.start()  # an operator does not wait
            await until(lambda: bind.next_try_at is None)


async def test_pauses_grow_until_a_bind_has_held_long_enough() -> None:
    owner, clock = Owner(), ManualClock()
    async with listening() as smsc:
        bind = Bind(
            settings(smsc.port, reconnect_min_s=1.0, reconnect_max_s=60.0),
            owner,
            monotonic=clock.monotonic,
            random=lambda: 0.999999,
        )
        task = asyncio.create_task(bind.run())
        pauses = []
        for held_s in (0.0, 29.0, 0.0, 0.0, 0.0, 0.0, 0.0, 30.0, 0.0):
            peer = await smsc.accept()
            await peer.accept_bind()
            await until(lambda: bind.up)
            clock.advance(held_s)
            peer.abort()
            await until(lambda: bind.next_try_at is not None)
            assert bind.next_try_at is not None
            pauses.append(round(bind.next_try_at - clock.monotonic()))
            bind.start()
            await until(lambda: bind.next_try_at is None)
        task.cancel()
        await asyncio.wait([task])
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 2, 4]


async def test_backup_hosts_are_tried_in_turn() -> None:
    owner = Owner()
    reconnects = []
    async with listening() as first, listening() as second:
        dead = socket.create_server(("127.0.0.1", 0))
        port = dead.getsockname()[1]
        dead.close()  # nobody listens there any more
        endpoints = tuple(Endpoint("127.0.0.1", each) for each in (port, first.port, second.port))
        bind = Bind(
            settings(0, endpoints=endpoints),
            owner,
            monotonic=asyncio.get_running_loop().time,
            random=lambda: 0.0,
            on_reconnect=lambda: reconnects.append(1),
        )
        task = asyncio.create_task(bind.run())
        peer = await first.accept()
        await peer.accept_bind()
        await owner.until("up")
        assert bind.endpoint == endpoints[1]
        peer.abort()
        await (await second.accept()).accept_bind()
        await owner.until("up", 2)
        assert bind.endpoint == endpoints[2]
        assert len(reconnects) == 2
        task.cancel()
        await asyncio.wait([task])


async def test_stop_unbinds_and_waits_for_the_answer() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, task):
        stopping = asyncio.create_task(bind.stop())
        await peer.expect_event(Unbound)
        await asyncio.wait_for(stopping, DEADLINE_S)
        await asyncio.wait_for(task, DEADLINE_S)
        assert owner.told == ["up", "ending", "down"]


async def test_stop_while_connecting_binds_no_more() -> None:
    owner = Owner()
    async with listening() as smsc:
        bind = Bind(settings(smsc.port), owner, monotonic=asyncio.get_running_loop().time, random=lambda: 0.0)
        task = asyncio.create_task(bind.run())
        await asyncio.sleep(0)
        await bind.stop()
        await asyncio.wait_for(task, DEADLINE_S)
        assert owner.told == []


async def test_operators_stop_keeps_it_away_until_the_start() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        await bind.halt()
        assert (bind.state, bind.up) == (BindState.STOPPED, False)
        assert owner.told == ["up", "ending", "down"]
        assert bind.reason == "stopped by an operator"
        await peer.expect_closed()
        bind.start()
        assert (bind.state, bind.reason) == (BindState.DOWN, ""), "the operator's word is taken back"
        await (await bound_listener(bind).accept()).accept_bind()
        await owner.until("up", 2)


async def test_failed_bind_unbinds_and_stays_away() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.fail("submit_sm was answered ESME_RINVCMDID")
        assert owner.told == ["up", "ending"]
        await peer.expect_event(Unbound)
        await owner.until("down")
        assert (bind.state, bind.reason) == (BindState.FAILED, "submit_sm was answered ESME_RINVCMDID")
        assert bind.stop_reason is Stop.SUBMIT


async def test_rebind_ends_the_session_and_binds_anew() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.rebind("submit_sm was answered ESME_RINVBNDSTS")
        bind.rebind("again, for the next one")
        assert owner.told == ["up", "ending"]
        await peer.expect_event(Unbound)
        await (await bound_listener(bind).accept()).accept_bind()
        await owner.until("up", 2)


@pytest.mark.parametrize(
    ("ours", "theirs", "plain"), [(0x34, None, False), (0x34, 0x34, False), (0x34, 0x33, True), (0x33, 0x34, True)]
)
async def test_bind_is_plain_where_a_side_speaks_33(ours: int, theirs: int | None, plain: bool) -> None:
    owner = Owner()
    async with listening() as smsc, running(smsc.port, owner, interface_version=ours) as bind:
        peer = await smsc.accept()
        received = await peer.expect(BindTransceiver)
        peer.session.accept_bind(received.sequence_number, "SMSC", theirs)
        peer.flush()
        await owner.until("up")
        assert bind.plain is plain


async def test_garbage_ends_the_session_and_it_comes_back() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        peer.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await owner.until("down")
        assert bind.reason.startswith("framing")
        await (await bound_listener(bind).accept()).accept_bind()
        await owner.until("up", 2)
