"""TLS towards an SMSC: verified, by the name asked for, with a certificate of our own."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.carriers.bind import Bind, BindState
from gateway.carriers.building import bind_settings
from gateway.config import carriers as config
from gateway.smpp.events import Unbound
from gateway.smpp.matrix import Role
from tests.carriers.bind_rig import Owner, until
from tests.carriers.rig import a_bind, a_carrier
from tests.support.certificates import Authority
from tests.support.peer import DEADLINE_S, Listener


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "Carrier CA")


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other"), "Somebody else")


@asynccontextmanager
async def tls_smsc(authority: Authority, name: str, *, asks_client: bool = False) -> AsyncIterator[Listener]:
    signed = authority.sign(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)
    listener = Listener(Role.SMSC)
    server = await asyncio.start_server(listener.connected, "127.0.0.1", 0, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        await listener.close()
        await server.wait_closed()


@asynccontextmanager
async def running(port: int, owner: Owner, tls: config.BindTls) -> AsyncIterator[Bind]:
    each = a_bind("telcel-1", port=port, tls=tls)
    settings = bind_settings(each, "telcel", a_carrier(each))._replace(reconnect_min_s=60.0)
    bind = Bind(settings, owner, monotonic=asyncio.get_running_loop().time, random=lambda: 0.0)
    task = asyncio.create_task(bind.run())
    try:
        yield bind
    finally:
        await asyncio.wait_for(bind.stop(), DEADLINE_S)
        await asyncio.wait_for(task, DEADLINE_S)


async def test_verified_bind_comes_up_and_unbinds(authority: Authority) -> None:
    owner = Owner()
    tls = config.BindTls(ca=authority.certificate, server_name="smsc.example")
    async with tls_smsc(authority, "smsc.example") as smsc:
        async with running(smsc.port, owner, tls):
            peer = await smsc.accept()
            await peer.accept_bind()
            await owner.until("up")
        await peer.expect_event(Unbound)
        assert owner.told == ["up", "ending", "down"]


@pytest.mark.parametrize("wrong", ["name", "authority"])
async def test_bind_sends_no_password_to_whom_it_cannot_verify(
    authority: Authority, other_authority: Authority, wrong: str
) -> None:
    owner = Owner()
    trusted = other_authority if wrong == "authority" else authority
    name = "another.example" if wrong == "name" else "smsc.example"
    tls = config.BindTls(ca=trusted.certificate, server_name=name)
    async with tls_smsc(authority, "smsc.example") as smsc, running(smsc.port, owner, tls) as bind:
        await until(lambda: bind.next_try_at is not None)
        assert bind.state is BindState.DOWN
        assert "certificate verify failed" in bind.reason
        assert owner.told == []


async def test_bind_goes_unverified_only_where_told_to(authority: Authority) -> None:
    owner = Owner()
    async with tls_smsc(authority, "smsc.example") as smsc, running(smsc.port, owner, config.BindTls(verify=False)):
        await (await smsc.accept()).accept_bind()
        await owner.until("up")


async def test_bind_shows_its_own_certificate(authority: Authority) -> None:
    owner = Owner()
    ours = authority.sign("acme.example")
    tls = config.BindTls(
        ca=authority.certificate, server_name="smsc.example", certificate=ours.certificate, key=ours.key
    )
    async with tls_smsc(authority, "smsc.example", asks_client=True) as smsc, running(smsc.port, owner, tls):
        await (await smsc.accept()).accept_bind()
        await owner.until("up")


async def test_bind_without_the_certificate_asked_for_does_not_come_up(authority: Authority, tmp_path: Path) -> None:
    owner = Owner()
    tls = config.BindTls(ca=authority.certificate, server_name="smsc.example")
    async with tls_smsc(authority, "smsc.example", asks_client=True) as smsc, running(smsc.port, owner, tls) as bind:
        await until(lambda: bind.next_try_at is not None)
        assert owner.told == []


async def test_host_that_never_answers_the_handshake_is_given_up(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain SMPP on the port, or a middlebox that accepts and says nothing: another host may do."""
    monkeypatch.setattr("gateway.carriers.connecting.CONNECT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        async with running(port, Owner(), config.BindTls(ca=authority.certificate)) as bind:
            await until(lambda: bind.state is BindState.DOWN and bool(bind.reason))
            assert bind.reason == f"cannot connect to 127.0.0.1:{port}: TimeoutError"
