"""Who is let in, who is not, and what an app is told then."""

import asyncio
import contextlib
import select
import socket
import ssl
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.apps import smpp_admission
from gateway.apps.auth import AppCredentials
from gateway.apps.lockout import MOST_FAILURES
from gateway.apps.smpp_anteroom import CALLS_S, MOST_CALLS, MOST_UNBOUND, MOST_UNBOUND_OF_ONE, Anteroom
from gateway.apps.tls import ListenerTls
from gateway.config.secret import Secret
from gateway.smpp.codec import encode
from gateway.smpp.events import Answered, BindRefused, Bound, Unbound
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSmResp,
    EnquireLink,
    UnknownPdu,
)
from gateway.smpp.status import CommandStatus as S
from tests.apps.smpp_rig import BANK, SHOP, SUBMIT, HeldStore, Rig, bind, running, until
from tests.support.certificates import Authority
from tests.support.peer import Peer


async def refused(rig: Rig, **fields: Any) -> int:
    """The status a bind is refused with; the connection is closed behind it."""
    peer = await rig.connect()
    peer.send(bind(**fields))
    status = (await peer.expect_event(BindRefused)).command_status
    await peer.expect_closed()
    return status


@pytest.mark.parametrize(
    ("kind", "state", "name"),
    [
        (BindTransmitter, State.BOUND_TX, "transmitter"),
        (BindReceiver, State.BOUND_RX, "receiver"),
        (BindTransceiver, State.BOUND_TRX, "transceiver"),
    ],
)
async def test_app_binds_in_each_way_and_is_told_3_4(rig: Rig, kind: type, state: State, name: str) -> None:
    peer = await rig.connect()
    assert await peer.bind(bind(kind)) == Bound(state, "relevo", 0x34)
    (status,) = rig.server.status()["bank"]
    assert (status["type"], status["system_id"], status["window"]) == (name, "bank1", 10)
    assert str(status["address"]).startswith("127.0.0.1:")
    assert rig.value("app_binds", app="bank") == 1


@pytest.mark.parametrize(("version", "told"), [(0x33, None), (0x00, None), (0x34, 0x34), (0x50, 0x34)])
async def test_app_of_another_version_is_taken_as_it_is(rig: Rig, version: int, told: int | None) -> None:
    peer = await rig.connect()
    assert (await peer.bind(bind(interface_version=version))).peer_version == told


async def test_whatever_is_wrong_with_who_they_are_gets_the_same_answer() -> None:
    elsewhere = replace(BANK, allow_from=(ip_network("192.0.2.0/24"),))
    async with running({"bank": elsewhere, "shop": SHOP}) as rig:
        answers = [
            await refused(rig, system_id="nobody"),
            await refused(rig, system_id="shop1", password="wrong"),
            await refused(rig, system_id="shop1", password=""),
            await refused(rig),  # right, but from here it may not
        ]
        assert answers == [S.ESME_RBINDFAIL] * 4
        await rig.bound(bind(system_id="shop1", password="other"))


async def test_app_that_guesses_is_locked_out_and_its_neighbour_is_not(rig: Rig) -> None:
    for _ in range(MOST_FAILURES):
        assert await refused(rig, password="guess") == S.ESME_RBINDFAIL
    assert await refused(rig) == S.ESME_RBINDFAIL
    await rig.bound(bind(system_id="shop1", password="other"))


async def test_app_with_a_long_password_binds() -> None:
    async with running({"bank": replace(BANK, password=Secret("p" * 40))}) as rig:
        await rig.bound(bind(password="p" * 40))


async def test_bind_over_max_binds_is_refused_while_all_others_live(rig: Rig) -> None:
    others = [await rig.bound(bind(system_id="shop1", password="other")) for _ in range(SHOP.max_binds)]
    assert await refused(rig, system_id="shop1", password="other") == S.ESME_RALYBND
    assert rig.value("app_binds", app="shop") == SHOP.max_binds
    for other in others:
        assert (await other.ask(SUBMIT._replace(source_addr=""))).command_status == S.ESME_ROK


async def test_bind_over_max_binds_takes_the_place_of_a_silent_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_admission, "SIGN_OF_LIFE_S", 0.02)
    alive = await rig.bound(bind(system_id="shop1", password="other"))
    dead = await rig.bound(bind(system_id="shop1", password="other"))
    dead.pause()
    await rig.bound(bind(system_id="shop1", password="other"))
    assert (await alive.ask(SUBMIT._replace(source_addr=""))).command_status == S.ESME_ROK
    await until(lambda: rig.value("app_binds", app="shop") == SHOP.max_binds)
    assert len(rig.server.status()["shop"]) == SHOP.max_binds


async def test_bind_that_waits_for_a_place_gets_one_that_is_left(rig: Rig) -> None:
    leaver = await rig.bound(bind(system_id="shop1", password="other"))
    silent = await rig.bound(bind(system_id="shop1", password="other"))
    silent.pause()
    waits = await rig.connect()
    waits.send(bind(system_id="shop1", password="other"))
    leaver.session.unbind(0.0)
    leaver.flush()
    assert isinstance(await waits.expect_event(Bound), Bound)
    await leaver.expect_closed()


async def test_bind_that_gives_up_waiting_takes_no_place(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_admission, "SIGN_OF_LIFE_S", 0.05)
    silent = [await rig.bound(bind(system_id="shop1", password="other")) for _ in range(2)]
    for peer in silent:
        peer.pause()
    gives_up = await rig.connect()
    gives_up.send(bind(system_id="shop1", password="other"))
    await asyncio.sleep(0)
    await until(lambda: rig.server._admission._claims)
    gives_up.abort()
    await until(lambda: not rig.server._admission._claims)
    assert rig.value("app_binds", app="shop") == 2


async def test_app_without_any_binds_allowed_is_refused() -> None:
    async with running({"bank": replace(BANK, max_binds=0)}) as rig:
        assert await refused(rig) == S.ESME_RALYBND


async def test_app_that_unbinds_is_answered_and_forgotten(rig: Rig) -> None:
    peer = await rig.bound()
    peer.session.unbind(0.0)
    peer.flush()
    await peer.expect_closed()
    assert rig.server.status()["bank"] == []
    assert rig.value("app_binds", app="bank") == 0


async def test_second_bind_on_one_connection_is_refused_and_the_first_stays(rig: Rig) -> None:
    peer = await rig.bound()
    peer.raw(encode(bind(), 77))
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK
    assert len(rig.server.status()["bank"]) == 1


async def test_request_before_bind_and_unknown_request_are_refused_and_the_session_goes_on(rig: Rig) -> None:
    peer = await rig.connect()
    peer.raw(encode(SUBMIT, 5) + encode(UnknownPdu(0x00010203, b"x"), 6) + encode(EnquireLink(), 7))
    await peer.bind(bind())
    peer.raw(encode(UnknownPdu(0x00010203, b"x"), 8))
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\0\0\0\x04", b"\xff" * 64],
    ids=["http", "tls", "short", "noise"],
)
async def test_garbage_costs_only_its_own_connection(rig: Rig, octets: bytes) -> None:
    bystander = await rig.bound()
    peer = await rig.connect()
    peer.raw(octets)
    await peer.expect_closed()
    assert (await bystander.ask(SUBMIT)).command_status == S.ESME_ROK
    await until(lambda: rig.server.unbound == 0)


async def test_malformed_submit_is_refused_and_the_bind_stays(rig: Rig) -> None:
    peer = await rig.bound()
    whole = encode(SUBMIT, 100)
    cut = (len(whole) - 2).to_bytes(4, "big") + whole[4:-2]
    peer.raw(cut)
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK


async def test_half_a_pdu_waits_for_its_rest_and_nobody_else_does(rig: Rig) -> None:
    slow, other = await rig.bound(), await rig.bound()
    sequence_number = slow.session.request(SUBMIT, 0.0)
    octets = slow.session.data_to_send()
    slow.raw(octets[:30])
    assert (await other.ask(SUBMIT)).command_status == S.ESME_ROK
    slow.raw(octets[30:])
    answered = await slow.expect_event(Answered)
    assert (answered.sequence_number, answered.command_status) == (sequence_number, S.ESME_ROK)


async def test_connections_that_say_nothing_leave_room_for_those_that_bind(rig: Rig) -> None:
    hosts = range(2, 2 + MOST_UNBOUND // MOST_UNBOUND_OF_ONE)
    silent = [
        await asyncio.open_connection("127.0.0.1", rig.port, local_addr=(f"127.0.0.{host}", 0))
        for host in hosts
        for _ in range(MOST_UNBOUND_OF_ONE + 1)
    ]
    try:
        await until(lambda: rig.server.unbound == MOST_UNBOUND)
        one_more = await rig.connect()
        one_more.send(bind())
        await one_more.expect_closed()
        for _, writer in silent[:6]:
            writer.close()
        await until(lambda: rig.server.unbound < MOST_UNBOUND)
        await rig.bound()
    finally:
        for _, writer in silent:
            writer.close()
        for _, writer in silent:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def test_anteroom_is_as_wide_as_the_binds_that_may_come_from_an_address() -> None:
    apps = {
        "many": replace(BANK, system_id="many", max_binds=80, allow_from=(ip_network("10.0.0.0/8"),)),
        "few": replace(BANK, system_id="few", max_binds=2),
        "web": replace(BANK, system_id=None, password=None, max_binds=900),
    }
    room = Anteroom(apps, AppCredentials(apps))
    assert [room.enter("192.0.2.1", 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert sum(room.enter("10.0.0.1", 0.0) for _ in range(200)) == 82
    room.leave("192.0.2.1")
    assert room.enter("192.0.2.1", 0.0)
    assert len(room) == 87


def test_anteroom_takes_a_network_of_ipv6_for_one_address() -> None:
    anteroom = Anteroom({}, AppCredentials({}))
    entered = [anteroom.enter(f"2001:db8::{host:x}", 0.0) for host in range(10)]
    assert entered == [True] * MOST_UNBOUND_OF_ONE + [False] * (10 - MOST_UNBOUND_OF_ONE)
    assert anteroom.enter("2001:db8:0:1::1", 0.0)
    for host in range(MOST_UNBOUND_OF_ONE):
        anteroom.leave(f"2001:db8::{host:x}")
    assert anteroom.enter("2001:db8::ff", 0.0)
    assert len(anteroom) == 2


def test_anteroom_full_of_strangers_has_a_place_for_an_address_that_an_app_names() -> None:
    apps = {"named": replace(BANK, allow_from=(ip_network("10.0.0.0/8"),)), "open": SHOP}
    room = Anteroom(apps, AppCredentials(apps))
    strangers = [f"192.0.2.{host}" for host in range(1, 200)]
    assert sum(room.enter(address, 0.0) for address in strangers) == MOST_UNBOUND

    assert [room.enter("10.0.0.1", 0.0) for _ in range(7)] == [True] * 6 + [False]

    room.leave(strangers[0])
    assert room.enter(strangers[-1], 0.0)
    assert not room.enter(strangers[-2], 0.0)


def test_anteroom_turns_away_who_calls_too_often_until_it_has_been_quiet() -> None:
    apps = {"bank": replace(BANK, max_binds=1)}
    room = Anteroom(apps, AppCredentials(apps))

    def calls(times: int, now: float) -> int:
        entered = 0
        for _ in range(times):
            if room.enter("192.0.2.1", now):
                room.leave("192.0.2.1")
                entered += 1
        return entered

    assert calls(100, 0.0) == MOST_CALLS
    assert calls(100, CALLS_S / MOST_CALLS) == 1
    assert calls(100, 2 * CALLS_S) == MOST_CALLS


async def test_flood_of_one_bind_leaves_other_apps_their_pace_and_the_flooder_its_bind(rig: Rig) -> None:
    flooder, good = await rig.bound(bind(system_id="shop1", password="other")), await rig.bound()
    allowance = rig.server._admission._allowance("shop")
    allowance.rate_per_s = 100.0
    flooder.raw(encode(EnquireLink(), 7) * 16_000)
    for _ in range(20):
        assert (await good.ask(SUBMIT)).command_status == S.ESME_ROK
    assert [bind["type"] for bind in rig.server.status()["shop"]] == ["transceiver"]
    assert rig.server.unbound == 0


async def test_bind_that_sends_nothing_but_answers_to_nothing_is_cut_off(rig: Rig) -> None:
    peer = await rig.bound()
    peer.raw(encode(DeliverSmResp(), 7) * 100)
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK
    peer.raw(encode(DeliverSmResp(), 7) * 2_000)
    await peer.expect_closed()
    await until(lambda: rig.server.status()["bank"] == [])


async def test_caller_that_comes_too_often_is_held_unread_and_then_cut_off(rig: Rig) -> None:
    idle = [await rig.connect() for _ in range(BANK.max_binds + SHOP.max_binds)]
    held = await rig.connect()
    held.send(bind())
    await held.expect_closed()
    assert rig.server.unbound == len(idle)


async def test_reload_lets_new_apps_in_and_old_ones_out(rig: Rig) -> None:
    bank, shop = await rig.bound(), await rig.bound(bind(system_id="shop1", password="other"))
    apps = {"bank": replace(BANK, window=3), "new": replace(SHOP, system_id="new1")}
    rig.server.apply(apps, AppCredentials(apps))
    await shop.expect_closed()
    assert rig.server.status()["bank"][0]["window"] == 3
    assert (await bank.ask(SUBMIT)).command_status == S.ESME_ROK
    assert await refused(rig, system_id="shop1", password="other") == S.ESME_RBINDFAIL


async def test_stop_answers_what_was_asked_then_unbinds() -> None:
    store = HeldStore()
    async with running(store=store) as rig:
        peer = await rig.bound()
        idle = await rig.connect()
        store.gate.clear()
        numbers = [peer.send(SUBMIT) for _ in range(20)]
        await until(lambda: rig.server.status()["bank"][0]["pending"] == 20)
        stopping = asyncio.create_task(rig.server.stop(2.0))
        await idle.expect_closed()
        assert not peer.session.closed
        store.gate.set()
        assert [(await peer.expect_event(Answered)).sequence_number for _ in numbers] == numbers
        assert await peer.expect_event(Unbound)
        await peer.expect_closed()
        await stopping
        assert not rig.server.listening


async def test_stop_cuts_off_who_does_not_answer_unbind(rig: Rig) -> None:
    peer = await rig.bound()
    peer.pause()
    await rig.server.stop(0.05)
    assert rig.server.status()["bank"] == []


async def test_listener_with_tls_takes_binds(rig: Rig, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    host, port = await rig.server.start("127.0.0.1", 0, ListenerTls(*authority.sign("localhost")).context)
    await submits_over_tls(rig, authority, host, port)


async def test_who_has_called_a_socket_with_tls_before_it_was_handed_over_can_bind(rig: Rig, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    with socket.create_server(("127.0.0.1", 0)) as held:
        host, port = held.getsockname()
        calling = asyncio.create_task(submits_over_tls(rig, authority, host, port))
        await until(lambda: select.select([held], [], [], 0)[0])  # it waits in the queue
        context = ListenerTls(*authority.sign("localhost")).context
        assert await rig.server.start(host, port, context, [held.dup()]) == (host, port)
        await calling


async def submits_over_tls(rig: Rig, authority: Authority, host: str, port: int) -> None:
    trusting = authority.trusting()
    reader, writer = await asyncio.open_connection(host, port, ssl=trusting, server_hostname="localhost")
    peer = Peer(Role.ESME, reader, writer)
    rig.peers.append(peer)
    await peer.bind(bind())
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK


def test_certificate_that_is_none_is_an_error_at_the_start(tmp_path: Path) -> None:
    tmp_path.joinpath("certificate.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        ListenerTls(tmp_path / "certificate.pem", tmp_path / "certificate.pem")
