"""Descriptors run short: listeners rest, who calls waits, and all is as before once some are free."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from gateway.apps import descriptors
from gateway.apps.descriptors import Descriptors
from gateway.apps.listener import Listener

DEADLINE_S = 5.0


class Greeter(asyncio.Protocol):
    """Says hello to each caller."""

    def __init__(self, may_stay: Callable[[asyncio.BaseTransport], bool] = lambda _: True) -> None:
        self._may_stay = may_stay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._may_stay(transport):
            cast(asyncio.Transport, transport).write(b"hello")
        else:
            cast(asyncio.Transport, transport).abort()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener(Greeter, backlog=5)
    await listener.open("127.0.0.1", 0)
    yield listener
    listener.close()


def port_of(listener: Listener) -> int:
    return int(listener._held[0].getsockname()[1])


async def call(listener: Listener) -> asyncio.StreamReader:
    """Connect; what is said there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(listener))
    reader._writer = writer  # type: ignore[attr-defined]  # kept alive with it
    return reader


async def greeted(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(DEADLINE_S):
        said = await reader.read(5)
    reader._writer.close()  # type: ignore[attr-defined]
    return said == b"hello"


async def test_callers_wait_while_a_listener_rests_and_come_first_when_it_goes_on(listener: Listener) -> None:
    first = await call(listener)
    assert await greeted(first)
    listener.rest()
    assert not listener.listening
    waiting = [await call(listener) for _ in range(3)]
    await listener.go_on()
    assert listener.listening
    assert [await greeted(reader) for reader in [*waiting, await call(listener)]] == [True] * 4


async def test_listener_that_rests_can_be_closed(listener: Listener) -> None:
    port = port_of(listener)
    listener.rest()
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    await listener.go_on()
    assert not listener.listening


async def test_listener_that_goes_on_at_one_address_of_two_rests_at_both_and_is_to_be_asked_again(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = listener._serve
    listener._held.append(listener._held[0].dup())
    listener.rest()

    async def short(held: socket.socket) -> asyncio.Server:
        if held is listener._held[1]:
            raise OSError(24, "Too many open files")
        return await serve(held)

    monkeypatch.setattr(listener, "_serve", short)
    with pytest.raises(OSError, match="Too many"):
        await listener.go_on()
    assert not listener.listening
    monkeypatch.undo()
    await listener.go_on()
    assert listener.listening
    assert await greeted(await call(listener))


class System:
    """Descriptors as a test says; a transport of it has the number given."""

    def __init__(self, limit: int) -> None:
        self.most = limit
        self.taken = 0
        self.looks = 0

    def limit(self) -> int:
        return self.most

    def highest_of_next(self, count: int) -> int:
        self.looks += 1
        return min(self.taken + count - 1, self.most)

    def transport(self, number: int) -> asyncio.BaseTransport:
        class Numbered(asyncio.BaseTransport):
            def get_extra_info(self, name: str, default: Any = None) -> Any:
                return self

            def fileno(self) -> int:
                return number

        return Numbered()


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(descriptors, "LOOK_S", 0.01)
    return System(100)


@pytest.fixture
async def kept(system: System, listener: Listener) -> AsyncIterator[Descriptors]:
    """20 of 100 are kept back."""
    kept = Descriptors(20, limit=system.limit, highest_of_next=system.highest_of_next)
    kept.watch(listener)
    yield kept
    await kept.close()


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not so():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.005)


async def test_listeners_rest_when_only_those_kept_back_are_left_until_a_quarter_more_is_free(
    kept: Descriptors, system: System, listener: Listener
) -> None:
    assert kept.called(system.transport(79))
    assert listener.listening
    system.taken = 81
    assert kept.called(system.transport(80)), "it was accepted before, and there is room for it"
    assert kept.resting
    assert not listener.listening
    system.taken, looks = 75, system.looks
    await until(lambda: system.looks > looks + 1)
    assert not listener.listening
    system.taken = 74
    await until(lambda: not kept.resting)
    assert listener.listening
    assert await greeted(await call(listener))


async def test_callers_accepted_in_the_same_turn_are_cut_off_before_nothing_is_left(
    kept: Descriptors, system: System
) -> None:
    system.taken = 100
    assert [kept.called(system.transport(number)) for number in (80, 89, 90, 99)] == [True, True, False, False]


async def test_where_the_limit_is_low_half_of_it_is_kept_back(system: System) -> None:
    kept = Descriptors(1_000, limit=system.limit, highest_of_next=system.highest_of_next)
    assert kept.called(system.transport(49))
    assert not kept.resting
    kept.called(system.transport(50))
    assert kept.resting
    await kept.close()


async def test_listener_that_cannot_go_on_yet_is_asked_again(
    kept: Descriptors, system: System, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    go_on = listener.go_on

    async def reluctant() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(24, "Too many open files")
        await go_on()

    monkeypatch.setattr(listener, "go_on", reluctant)
    kept.called(system.transport(80))
    await until(lambda: listener.listening)
    assert len(tries) == 3


def test_highest_of_next_counts_from_the_lowest_number_that_is_free() -> None:
    free = descriptors.highest_of_next(1)
    with socket.socket() as opened:
        assert opened.fileno() == free
        with socket.socket() as higher:
            opened.close()  # a hole
            assert higher.fileno() > descriptors.highest_of_next(1) == free
            assert descriptors.highest_of_next(2) > higher.fileno()


def test_highest_of_next_is_the_limit_where_there_are_not_as_many() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = descriptors.highest_of_next(1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 50, limits[1]))
    try:
        assert descriptors.highest_of_next(500) == free + 50
        assert descriptors.highest_of_next(1) == free, "none is left open"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
