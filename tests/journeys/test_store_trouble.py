"""The store cannot be written for a while: whoever submits hears "later", nothing is lost, and it goes on by itself."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from gateway.smpp.status import CommandStatus
from tests.journeys.parties import Hook, SmppApp, Smsc
from tests.support.gateway import GatewayProcess, until

Trouble = Callable[[GatewayProcess], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def locked(gateway: GatewayProcess) -> AsyncIterator[None]:
    """Somebody else's transaction holds the file."""
    holder = sqlite3.connect(gateway.store, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
    finally:
        holder.close()


@asynccontextmanager
async def full(gateway: GatewayProcess) -> AsyncIterator[None]:
    """Not an octet more fits into the write-ahead log: writes fail as on a file system that is full or over quota."""
    assert gateway.process is not None
    wal = Path(f"{gateway.store}-wal")
    size: int = await until(lambda: grown(gateway, wal), 10, "a log larger than all other files")
    limits = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, limits)


async def grown(gateway: GatewayProcess, wal: Path) -> int:
    """The log's size once it is large enough that only it meets the limit, else 0."""
    await gateway.send("one more")
    size = size_of(wal)
    return size if size > 65_536 + max(size_of(gateway.log), size_of(gateway.store)) else 0


def size_of(path: Path) -> int:
    return path.stat().st_size


@pytest.mark.parametrize("trouble", [locked, full])
async def test_gateway_says_later_while_the_store_is_away_and_goes_on_by_itself(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook, trouble: Trouble
) -> None:
    bank = await SmppApp.bind(gateway.smpp_port)
    early = [await bank.send(f"early {n}") for n in range(5)]
    async with trouble(gateway):
        posts = asyncio.gather(*(gateway.post({"to": "5512345678", "text": f"web {n}"}) for n in range(5)))
        submits = asyncio.gather(*(bank.submit(f"smpp {n}") for n in range(5)))
        assert {status for status, _ in await posts} == {503}
        assert {answer.command_status for answer in await submits} == {CommandStatus.ESME_RMSGQFUL}
        assert "store" in (await gateway.failing() or [])
        assert await gateway.metric("relevo_store_errors_total") > 0
        smsc.there.mo("525587654321", "45555", "Hola")  # waits at the carrier, or with us, until it is on disk
    await gateway.ready()
    later = await bank.send("later")
    web = await gateway.send("later, by HTTP")
    await until(
        lambda: set(bank.receipts) >= {*early, later} and hook.of(web) and bank.inbound, 15, "all that was said"
    )
    assert not [text for text in smsc.texts if text.startswith(("web", "smpp"))], "a no is a no"
    told = [text for text in smsc.texts if text != "one more"]
    assert sorted(told) == sorted([*(f"early {n}" for n in range(5)), "later", "later, by HTTP"])
    await bank.unbind()
