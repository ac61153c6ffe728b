"""A carrier says that another network serves the number: looked up once more, and sent by what is known then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway import second_look
from gateway.message import Message, Status
from portability.answer import Answer
from portability.source import Ask, Resolver
from tests.carriers.rig import World, a_bind, a_carrier, long_text, world

WRONG = 0x0B
ERRORS = {WRONG: "wrong_network"}


class Service:
    """A source outside whose answer a test may hold back."""

    name = "http"
    unavailable = None

    def __init__(self, network: str | None) -> None:
        self.network = network
        self.asked = 0
        self.forgotten: list[int] = []
        self.open = asyncio.Event()
        self.open.set()

    def lookup(self, number: int) -> Answer | Ask | None:
        return Ask.ASK

    def forget(self, number: int) -> None:
        self.forgotten.append(number)

    async def ask(self, number: int) -> Answer | None:
        self.asked += 1
        await self.open.wait()
        return None if self.network is None else Answer(self.network, self.name)


class Broken(Service):
    async def ask(self, number: int) -> Answer | None:
        raise RuntimeError("a fault of the source")


@asynccontextmanager
async def place(service: Service) -> AsyncIterator[World]:
    """Three carriers that say "not my number"; movistar's numbers go by movistar, then by att."""
    async with world() as w:
        w.resolver = Resolver([service])
        w.routes = {"telcel": ("telcel",), "movistar": ("movistar", "att")}
        for name in ("telcel", "movistar", "att"):
            w.add(name, a_carrier(a_bind(f"{name}-1"), errors=ERRORS))
            w.up(f"{name}-1")
        yield w


def told(message: Message) -> list[tuple[Status, str, str]]:
    return [(event.status, event.carrier, event.detail) for event in message.events]


async def being_looked_up(w: World, service: Service, **fields: Any) -> Message:
    """A message of which its carrier has said that the number is another's; `service` answers when it is opened."""
    service.open.clear()
    message = w.message(0, **fields)
    await w.send(message)
    w.binds["telcel-1"].answer(WRONG)
    await w.settle()
    return message


async def test_message_goes_by_the_network_that_a_fresh_look_names() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].answer(WRONG)
        await w.settle()

        assert len(w.binds["movistar-1"].sent) == 1
        assert (service.asked, service.forgotten[0]) == (1, int(message.to))
        w.binds["movistar-1"].answer(message_id="m1")
        stored = await w.stored(message)
        assert (stored.status, stored.network, stored.carriers) == (Status.SUBMITTED, "movistar", ("movistar", "att"))
        assert (stored.carrier, stored.rerouted) == ("movistar", True)
        assert told(stored)[-3:] == [
            (Status.ACCEPTED, "telcel", "ESME_RINVDSTADR"),
            (
                *(Status.ACCEPTED, "telcel"),
                "not telcel's number, says telcel; looked up again: http says movistar: by movistar, att",
            ),
            (Status.SUBMITTED, "movistar", ""),
        ]
        assert w.metrics.wrong_network("telcel", "telcel").n == 1


async def test_carrier_that_says_so_too_is_believed_and_the_number_not_looked_up_a_third_time() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = w.message(0)
        await w.send(message)
        for bind in ("telcel-1", "movistar-1", "att-1"):
            w.binds[bind].answer(WRONG)
            await w.settle()

        assert (message.status, message.error_code) == (Status.REJECTED, "carrier_refused")
        assert "att answered ESME_RINVDSTADR" in message.error_detail
        assert (service.asked, len(service.forgotten)) == (1, 4)
        assert w.metrics.wrong_network("movistar", "att").n == 1
        assert [len(bind.history) for bind in w.binds.values()] == [1, 1, 1]
        assert w.dispatch.live == {}


@pytest.mark.parametrize("network", ["telcel", None, "elsewhere"])
async def test_message_goes_by_the_next_in_via_where_a_fresh_look_leads_nowhere_else(network: str | None) -> None:
    async with place(Service(network)) as w:
        message = w.message(0, carriers=("telcel", "att"))
        await w.send(message)
        w.binds["telcel-1"].answer(WRONG)
        await w.settle()

        assert len(w.binds["att-1"].sent) == 1
        assert (message.network, message.carriers, message.rerouted) == ("telcel", ("telcel", "att"), False)
        assert message.events[-1].detail.endswith(f"says {network or 'nothing'}, which leads nowhere else")


async def test_message_ends_where_nobody_else_can_have_it() -> None:
    async with place(Service("telcel")) as w:
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].answer(WRONG)
        await w.settle()
        assert (message.status, message.error_code) == (Status.REJECTED, "carrier_refused")
        assert w.roads.told == [(message.id, Status.REJECTED)]


async def test_message_cancelled_while_its_number_is_looked_up_is_not_sent() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = await being_looked_up(w, service)
        await w.dispatch.cancel(message.app, message.id)
        service.open.set()
        await w.settle()

        assert (message.status, message.network) == (Status.CANCELLED, "telcel")
        assert w.binds["movistar-1"].history == []


async def test_message_whose_ttl_passes_while_its_number_is_looked_up_expires() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = await being_looked_up(w, service, expires_at=w.clock.utc() + 5)
        await w.advance(6)
        service.open.set()
        await w.settle()
        await w.advance(1)

        assert message.status is Status.EXPIRED
        assert w.binds["movistar-1"].history == []


async def test_rest_of_a_message_goes_nowhere_else_once_a_carrier_has_a_part() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = w.message(0, content=long_text(2))
        await w.send(message)
        w.binds["telcel-1"].answer()
        w.binds["telcel-1"].answer(WRONG)
        await w.settle()

        assert [segment.status for segment in message.segments] == [Status.SUBMITTED, Status.REJECTED]
        assert service.asked == 0
        assert w.metrics.wrong_network("telcel", "telcel").n == 1


async def test_fault_of_a_source_leaves_the_message_its_way(caplog: pytest.LogCaptureFixture) -> None:
    async with place(Broken("movistar")) as w:
        message = w.message(0, carriers=("telcel", "att"))
        await w.send(message)
        w.binds["telcel-1"].answer(WRONG)
        await w.settle()
        assert len(w.binds["att-1"].sent) == 1


async def test_carrier_that_says_so_of_everything_does_not_have_everything_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second_look, "MOST", 1)
    service = Service("movistar")
    async with place(service) as w:
        service.open.clear()
        messages = [w.message(n, carriers=("telcel", "att")) for n in range(3)]
        await w.send(*messages)
        for _ in messages:
            w.binds["telcel-1"].answer(WRONG)
        await w.settle()
        assert (service.asked, len(w.binds["att-1"].sent)) == (1, 2)
        service.open.set()
        await w.settle()
        assert len(w.binds["movistar-1"].sent) == 1


async def test_message_that_was_being_looked_up_at_a_stop_waits_on_disk() -> None:
    service = Service("movistar")
    async with place(service) as w:
        message = await being_looked_up(w, service)
        assert w.second_look is not None
        await w.second_look.stop()
        assert (await w.stored(message)).status is Status.ACCEPTED
