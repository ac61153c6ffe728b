"""The disk fails for a while, under load: apps hear "later", nothing is lost, it goes on by itself, books balance."""

import asyncio
import errno
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from gateway.smpp.status import CommandStatus
from tests.journeys.books import balanced
from tests.journeys.conftest import MakeGateway
from tests.journeys.load import Load, doubled
from tests.journeys.parties import SmppApp, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until
from tests.support.world import World

REFUSALS = 100
"""So many while the trouble lasts; the load asks again a few dozen times a second."""
BACK_S = 5.0
MESSAGES = 200
LATER = {503, int(CommandStatus.ESME_RMSGQFUL)}

Trouble = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def gateway(make_gateway: MakeGateway, smsc: Smsc) -> GatewayProcess:
    """Not started yet."""
    return make_gateway(
        carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app(system_id="bank"), "quick": app(api_keys=[])}
    )


@pytest.fixture
def world(gateway: GatewayProcess, tmp_path: Path) -> World:
    return World(tmp_path, gateway)


async def live_through(gateway: GatewayProcess, smsc: Smsc, trouble: Trouble) -> None:
    """Load before, in and after the trouble; then everything that was accepted has its end."""
    await gateway.start()
    load = Load(gateway)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        group.create_task(load.http())
        await until(lambda: len(load.accepted) > MESSAGES, 10, "a load")
        async with trouble():
            await until(lambda: set(load.refused) >= LATER, 10, "both kinds of apps to hear: later")
            assert "store" in (await gateway.failing() or [])
            accepted, refused = len(load.accepted), load.refused.total()
            await until(lambda: load.refused.total() >= refused + REFUSALS, 20, "more refusals")
            assert len(load.accepted) == accepted, "what cannot be kept is not accepted"
            assert (await gateway.status())["store"]["healthy"] is False
        began = time.monotonic()
        await gateway.ready()
        assert time.monotonic() - began < BACK_S
        await until(lambda: len(load.accepted) > accepted + MESSAGES, 10, "the load again")
        load.stop()
    assert set(load.refused) == LATER
    assert await gateway.metric("relevo_store_errors_total") > 0
    await balanced(gateway, load.accepted.values(), smsc)
    assert set(smsc.texts) == set(load.accepted), "a no is a no"
    assert doubled(smsc) == 0
    assert not gateway.logged("task_died")
    await load.unbind()


@pytest.mark.slow
@pytest.mark.parametrize("error", [errno.EROFS, errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
async def test_gateway_outlives_a_disk_that_refuses_writes(
    gateway: GatewayProcess, smsc: Smsc, world: World, error: int
) -> None:
    @asynccontextmanager
    async def refusing() -> AsyncIterator[None]:
        world.refuse_writes(error)
        yield
        world.refuse_writes(0)

    await live_through(gateway, smsc, refusing)


@pytest.mark.slow
async def test_gateway_outlives_a_program_that_holds_the_lock_of_its_store(gateway: GatewayProcess, smsc: Smsc) -> None:
    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        with closing(sqlite3.connect(gateway.store, isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    await live_through(gateway, smsc, locked)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MiB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(directory)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.strip()}")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.mark.slow
async def test_gateway_outlives_a_disk_that_others_fill(gateway: GatewayProcess, smsc: Smsc, small_disk: Path) -> None:
    gateway.configure(store={"url": f"sqlite://{small_disk / 'relevo.db'}", "sync": "full"})
    ballast = small_disk / "ballast"

    @asynccontextmanager
    async def filled() -> AsyncIterator[None]:
        with ballast.open("wb", buffering=0) as file:
            fill(file.fileno())
            yield
        ballast.unlink()

    await live_through(gateway, smsc, filled)


def fill(file: int) -> None:
    """Write until nothing more fits."""
    size = 1 << 20
    while size:
        try:
            os.write(file, bytes(size))
        except OSError as error:
            assert error.errno == errno.ENOSPC
            size //= 2


@pytest.mark.slow
async def test_slow_disk_makes_answers_late_and_nothing_else(gateway: GatewayProcess, smsc: Smsc, world: World) -> None:
    """A sync takes half a second: as many messages share one as came meanwhile, and the loop waits for none."""
    await gateway.start()
    bank = await SmppApp.bind(gateway.smpp_port)
    world.slow_down_syncs(0.5)
    began = time.monotonic()
    answers = [bank.submit(f"slow {n}") for n in range(MESSAGES)]
    ids = [(await answer).message_id for answer in answers]
    assert time.monotonic() - began < 5.0
    asked = time.monotonic()
    assert await gateway.readiness() == 200
    assert time.monotonic() - asked < 0.4, "whoever asks does not wait for the disk"
    ids.append(await bank.send("an OTP", priority_flag=1))
    await balanced(gateway, ids, smsc, within_s=30)
    assert sorted(set(smsc.texts)) == sorted(smsc.texts)
    await bank.unbind()
