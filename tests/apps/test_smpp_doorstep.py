"""Who is let in, and who is held, on sockets of both kinds of loop, with TLS and without."""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from gateway.apps import smpp_doorstep
from gateway.apps.smpp_doorstep import Doorstep
from gateway.apps.tls import ListenerTls
from tests.support.certificates import Authority

Run = Callable[[Coroutine[Any, Any, None]], None]
CUT_OFF = (ConnectionError, asyncio.IncompleteReadError)
BOTH_LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


class Echo(asyncio.Protocol):
    """Says what it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


async def let_in(server_tls: ssl.SSLContext | None, tls: ssl.SSLContext | None) -> None:
    doorstep = Doorstep(lambda address: address == "127.0.0.1", Echo)
    server = await asyncio.get_running_loop().create_server(doorstep.caller, "127.0.0.1", 0, ssl=server_tls)
    port = server.sockets[0].getsockname()[1]
    name = "gateway.test" if tls else None
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
    writer.write(b"hello")

    async with asyncio.timeout(5.0):
        assert await reader.readexactly(5) == b"hello"
    writer.close()
    server.close()


@BOTH_LOOPS
def test_caller_that_is_let_in_is_served(run: Run) -> None:
    run(let_in(None, None))


@BOTH_LOOPS
def test_caller_that_is_let_in_is_served_over_tls(run: Run, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    signed = authority.sign("gateway.test")
    run(let_in(ListenerTls(signed.certificate, signed.key).context, authority.trusting()))


@BOTH_LOOPS
def test_caller_that_is_turned_away_is_held_unread_and_only_so_many_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp_doorstep, "HOLD_S", 0.2)
    monkeypatch.setattr(smpp_doorstep, "MOST_HELD", 1)

    async def journey() -> None:
        doorstep = Doorstep(lambda address: False, Echo)
        server = await asyncio.get_running_loop().create_server(doorstep.caller, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        began = time.monotonic()
        held, held_writer = await asyncio.open_connection("127.0.0.1", port)
        held_writer.write(bytes(1 << 22))
        cut, cut_writer = await asyncio.open_connection("127.0.0.1", port)

        with pytest.raises(CUT_OFF):
            await cut.readexactly(1)
        assert time.monotonic() - began < 0.15
        with pytest.raises(CUT_OFF):
            await held.readexactly(1)

        assert time.monotonic() - began > 0.15
        for writer in (held_writer, cut_writer):
            writer.close()
        server.close()

    run(journey())


async def test_held_callers_are_cut_off_when_the_listener_stops() -> None:
    doorstep = Doorstep(lambda address: False, Echo)
    server = await asyncio.get_running_loop().create_server(doorstep.caller, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    await asyncio.sleep(0)
    server.close()
    async with asyncio.timeout(0.5):
        while not reader.at_eof() and reader.exception() is None:
            doorstep.close()
            await asyncio.sleep(0)
    writer.close()
