"""One bind against a scripted SMSC on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.carriers.bind import Bind, BindState, Respond
from gateway.carriers.bind_settings import BindSettings, Endpoint
from gateway.carriers.stops import Stop
from gateway.smpp.events import Answered, Unbound
from gateway.smpp.pdu import (
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    GenericNack,
    Outbind,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from tests.support.clock import ManualClock
from tests.support.peer import DEADLINE_S, Listener, Peer, listening

SUBMIT = SubmitSm(source_addr="45555", destination_addr="525512345678", short_message=b"hola")


class Owner:
    """A carrier that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.unanswered: list[object] = []
        self.answers: list[tuple[object, int, str]] = []
        self.late: list[tuple[object, int, str]] = []
        self.delivered_pdus: list[DeliverSm | DataSm] = []
        self.respond: list[Respond] = []
        self.turns = 0
        self._heard = asyncio.Event()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self._heard.set()

    def bind_up(self, bind: Bind) -> None:
        self._tell("up")

    def bind_ending(self, bind: Bind) -> None:
        self._tell("ending")

    def bind_down(self, bind: Bind, unanswered: Sequence[object]) -> None:
        self.unanswered = list(unanswered)
        self._tell("down")

    def answered(self, bind: Bind, context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        self.answers.append((context, command_status, message_id))
        self._tell("answered")

    def timed_out(self, bind: Bind, context: object) -> None:
        self._tell(f"timed_out {context}")

    def answered_late(self, bind: Bind, context: object, command_status: int, message_id: str) -> None:
        self.late.append((context, command_status, message_id))
        self._tell("late")

    def delivered(self, bind: Bind, pdu: DeliverSm | DataSm, respond: Respond) -> None:
        self.delivered_pdus.append(pdu)
        self.respond.append(respond)
        self._tell("delivered")

    def link_checked(self, bind: Bind, rtt_s: float) -> None:
        self._tell("link_checked")

    def end_of_turn(self, bind: Bind) -> None:
        self.turns += 1

    async def until(self, what: str, times: int = 1) -> None:
        """Wait until something has been told so often. Raises TimeoutError when it is not within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            while self.told.count(what) < times:
                self._heard.clear()
                await self._heard.wait()


def settings(port: int, **changes: Any) -> BindSettings:
    plain: dict[str, Any] = {
        "name": "telcel-1", "carrier": "telcel", "endpoints": (Endpoint("127.0.0.1", port),), "system_id": "acme",
        "password": "secret", "mode": "transceiver", "system_type": "VMA", "interface_version": 0x34, "addr_ton": 0,
        "addr_npi": 0, "address_range": "^4555", "source_ip": "", "enquire_link_s": 30.0, "response_timeout_s": 30.0,
        "reconnect_min_s": 0.001, "reconnect_max_s": 0.002, "stable_after_s": 30.0,
    }  # fmt: skip
    return BindSettings(**{**plain, **changes})


@asynccontextmanager
async def running(
    port: int, owner: Owner, *, clock: Callable[[], float] | None = None, **changes: Any
) -> AsyncIterator[Bind]:
    """A bind that is held until the end."""
    monotonic = clock or asyncio.get_running_loop().time
    bind = Bind(settings(port, **changes), owner, monotonic=monotonic, random=lambda: 0.0)
    task = asyncio.create_task(bind.run())
    try:
        yield bind
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(so: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not so():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0)


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
    async with listening() as smsc, running(smsc.port, owner, mode=mode) as bind:
        peer = await smsc.accept()
        pdu = (await peer.accept_bind()).pdu
        await owner.until("up")
        assert type(pdu) is pdu_class
        assert (pdu.system_id, pdu.password, pdu.system_type) == ("acme", "secret", "VMA")
        assert (pdu.interface_version, pdu.address_range, pdu.addr_ton, pdu.addr_npi) == (0x34, "^4555", 0, 0)
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


async def test_answers_come_with_their_context_in_any_order() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        for context in ("a", "b", "c"):
            bind.submit(SUBMIT, context)
        received = [await peer.expect(SubmitSm) for _ in range(3)]
        peer.answer(received[2], SubmitSmResp("id-c"))
        peer.answer(received[0], SubmitSmResp(""), 0x58)
        peer.answer(received[1], GenericNack(), 0x08)  # counts as the answer of the request it names
        await owner.until("answered", 3)
        assert owner.answers == [("c", 0, "id-c"), ("a", 0x58, ""), ("b", 0x08, "")]


async def test_all_that_a_turn_sends_goes_in_one_write() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        connection = bind._connection
        assert connection is not None
        written: list[int] = []
        connection._trace = lambda way, octets: written.append(len(octets)) if way == "out" else None
        for context in range(20):
            bind.submit(SUBMIT, context)
        for _ in range(20):
            await peer.expect(SubmitSm)
        assert len(written) == 1


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
        await (await bound_listener(bind).accept()).accept_bind()
        await owner.until("up", 2)


async def test_nothing_is_sent_after_the_peers_unbind_and_answers_still_come() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        received = await peer.expect(SubmitSm)
        peer.send(Unbind())
        await owner.until("ending")
        assert (bind.state, bind.reason) == (BindState.UNBINDING, "the carrier sent unbind")
        peer.answer(received, SubmitSmResp("id-a"))
        await owner.until("down")
        assert owner.answers == [("a", 0, "id-a")]
        assert owner.told == ["up", "ending", "answered", "down"]
        assert owner.unanswered == []


async def test_what_was_in_flight_is_handed_over_when_the_connection_breaks() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        bind.submit(SUBMIT, "b")
        await peer.expect(SubmitSm)
        peer.abort()
        await owner.until("down")
        assert owner.unanswered == ["a", "b"]
        assert owner.told[:3] == ["up", "ending", "down"]


async def test_silence_times_requests_out_and_ends_the_session() -> None:
    owner = Owner()
    async with bound(owner, response_timeout_s=0.05) as (bind, _peer, _):
        for context in "abc":
            bind.submit(SUBMIT, context)
        await owner.until("down")
        assert [what for what in owner.told if what.startswith("timed")] == [
            "timed_out a",
            "timed_out b",
            "timed_out c",
        ]
        assert owner.told.index("timed_out c") < owner.told.index("ending")
        assert owner.unanswered == []


async def test_late_answer_is_told_as_such() -> None:
    owner = Owner()
    async with bound(owner, response_timeout_s=0.03) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        received = await peer.expect(SubmitSm)
        await owner.until("timed_out a")
        peer.answer(received, SubmitSmResp("id-a"))
        await owner.until("late")
        assert owner.late == [("a", 0, "id-a")]


async def test_quiet_link_is_checked() -> None:
    owner = Owner()
    async with bound(owner, enquire_link_s=0.03):
        await owner.until("link_checked", 2)


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


async def test_deliver_sm_is_answered_over_its_own_session_only() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        peer.send(DeliverSm(source_addr="525512345678", destination_addr="45555", short_message=b"uno"))
        await owner.until("delivered")
        peer.abort()
        await owner.until("down")
        again = await bound_listener(bind).accept()
        await again.accept_bind()
        await owner.until("up", 2)
        number = again.send(DeliverSm(source_addr="525512345678", destination_addr="45555", short_message=b"dos"))
        await owner.until("delivered", 2)
        owner.respond[0](0x64)  # the first session is gone: this must not answer the second message
        owner.respond[1](0)
        first = await expect_answer(again)
        assert (first.sequence_number, first.command_status, type(first.pdu)) == (number, 0, DeliverSmResp)


async def test_data_sm_is_answered_with_data_sm_resp() -> None:
    owner = Owner()
    async with bound(owner) as (_, peer, _):
        peer.send(DataSm(source_addr="525512345678", destination_addr="45555"))
        await owner.until("delivered")
        owner.respond[0](0)
        assert type((await expect_answer(peer)).pdu) is DataSmResp


async def test_outbind_and_alerts_harm_nothing() -> None:
    owner = Owner()
    async with listening() as smsc, running(smsc.port, owner) as bind:
        peer = await smsc.accept()
        peer.send(Outbind("smsc", "secret"))
        await peer.accept_bind()
        await owner.until("up")
        peer.send(AlertNotification(source_addr="525512345678", esme_addr="45555"))
        bind.submit(SUBMIT, "a")
        peer.answer(await peer.expect(SubmitSm), SubmitSmResp("id-a"))
        await owner.until("answered")


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


async def expect_answer(peer: Peer) -> Answered:
    return await peer.expect_event(Answered)


_LISTENERS: dict[int, Listener] = {}


def bound_listener(bind: Bind) -> Listener:
    return _LISTENERS[bind.settings.endpoints[0].port]


@asynccontextmanager
async def bound(owner: Owner, **changes: Any) -> AsyncIterator[tuple[Bind, Peer, asyncio.Task[None]]]:
    """A bind that is up, its SMSC and its task."""
    async with listening() as smsc:
        _LISTENERS[smsc.port] = smsc
        bind = Bind(
            settings(smsc.port, **changes), owner, monotonic=asyncio.get_running_loop().time, random=lambda: 0.0
        )
        task = asyncio.create_task(bind.run())
        try:
            peer = await smsc.accept()
            await peer.accept_bind()
            await owner.until("up")
            yield bind, peer, task
        finally:
            task.cancel()
            await asyncio.wait([task])
