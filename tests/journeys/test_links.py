"""The network to a carrier fails as TCP does not tell: it is noticed, others do not feel it, books balance.

`bin/test -m bench tests/journeys/test_links.py -s` prints what a hole costs the other carriers.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.journeys.books import balanced
from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.load import Load
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until
from tests.support.link import Link

ENQUIRE_LINK_S = 1.0
RESPONSE_TIMEOUT_S = 2.0
NOTICED_WITHIN_S = ENQUIRE_LINK_S + RESPONSE_TIMEOUT_S + 1.5  # and the loaded machine's
PATIENCE = {"enquire_link": f"{ENQUIRE_LINK_S:g}s", "response_timeout": f"{RESPONSE_TIMEOUT_S:g}s"}

MakeLink = Callable[[Smsc], Awaitable[Link]]


@pytest.fixture
async def make_link() -> AsyncIterator[MakeLink]:
    """Makes networks to carriers."""
    made: list[Link] = []

    async def make(smsc: Smsc) -> Link:
        made.append(Link(smsc.port))
        await made[-1].start()
        return made[-1]

    yield make
    for link in made:
        await link.stop()


@pytest.fixture
async def link(make_link: MakeLink, smsc: Smsc) -> Link:
    """The network to the first carrier."""
    return await make_link(smsc)


def one_carrier(make_gateway: MakeGateway, link: Link, **settings: Any) -> GatewayProcess:
    """A gateway with the one carrier behind the link."""
    carriers = {"one": carrier("one", [link.port], **{**PATIENCE, **settings})}
    return make_gateway(carriers=carriers, apps={"shop": app()})


async def state_of(gateway: GatewayProcess, bind: str = "one-1") -> dict[str, Any]:
    """A bind's line of the status."""
    (found,) = [row for row in (await gateway.status())["binds"] if row["bind"] == bind]
    return dict(found)


async def is_bound(gateway: GatewayProcess, bind: str = "one-1") -> bool:
    return bool((await state_of(gateway, bind))["state"] == "bound")


async def lost(gateway: GatewayProcess, carrier: str = "one", within_s: float = NOTICED_WITHIN_S) -> float:
    """Wait until a carrier's bind counts as down; how long that took in seconds."""
    began = time.monotonic()
    await until(lambda: is_down(gateway, carrier), within_s, "the loss to be noticed")
    return time.monotonic() - began


async def is_down(gateway: GatewayProcess, carrier: str) -> bool:
    return await gateway.metric("relevo_bind_up", carrier=carrier) == 0


@pytest.mark.slow
async def test_silent_link_without_traffic_is_noticed_and_made_anew(make_gateway: MakeGateway, link: Link) -> None:
    gateway = one_carrier(make_gateway, link)
    await gateway.start()
    link.silent = True
    await lost(gateway)
    assert gateway.logged("bind_lost")[0]["reason"] == "link_dead"
    link.silent = False
    await until(lambda: is_bound(gateway), 15, "the bind again")


async def test_messages_of_a_silent_link_go_by_the_next_carrier_and_others_are_untouched(
    make_gateway: MakeGateway, make_link: MakeLink, make_smsc: MakeSmsc
) -> None:
    one, two = await make_smsc(), await make_smsc()
    link = await make_link(one)
    gateway = make_gateway(
        carriers={"one": carrier("one", [link.port], **PATIENCE), "two": carrier("two", [two.port], **PATIENCE)},
        routes=[{"network": ["home"], "via": ["one", "two"]}],
        apps={"shop": app()},
    )
    await gateway.start()
    await until(lambda: two.there.bound, 5, "both carriers")
    ids = [await gateway.send(f"before {n}") for n in range(20)]
    link.silent = True
    ids += [await gateway.send(f"into the hole {n}") for n in range(60)]
    await lost(gateway)
    ids += [await gateway.send(f"after {n}") for n in range(20)]
    await until(lambda: len(set(two.texts)) >= 80, 10, "the second carrier to have taken over")
    link.silent = False
    await until(lambda: is_bound(gateway), 15, "the first carrier again")
    await balanced(gateway, ids, one, two)
    assert not gateway.logged("task_died")


@pytest.mark.slow
async def test_messages_of_a_silent_link_wait_where_there_is_no_other_carrier(
    make_gateway: MakeGateway, smsc: Smsc, link: Link
) -> None:
    gateway = one_carrier(make_gateway, link)
    await gateway.start()
    link.silent = True
    ids = [await gateway.send(f"waits {n}") for n in range(60)]
    await lost(gateway)
    assert smsc.taken == []
    link.silent = False
    await balanced(gateway, ids, smsc)
    assert len(smsc.taken) == 60, "the hole took none of them"


@pytest.mark.slow
async def test_connection_cut_in_the_middle_of_a_pdu_loses_nothing(
    make_gateway: MakeGateway, smsc: Smsc, link: Link
) -> None:
    gateway = one_carrier(make_gateway, link)
    await gateway.start()
    ids: list[str] = []
    for octets in (1, 15, 16, 20, 40):  # in the length, at the end of a header, in a body, in the second PDU
        await until(lambda: is_bound(gateway), 10, "a bind")
        before = link.connects
        link.cut_after(octets)
        ids += [await gateway.send(f"cut after {octets}, {n}") for n in range(10)]
        await until(lambda before=before: link.connects > before, 10, "a new connection")
    await balanced(gateway, ids, smsc)


@pytest.mark.slow
async def test_slow_link_is_used_with_its_window_and_not_taken_for_a_dead_one(
    make_gateway: MakeGateway, smsc: Smsc, link: Link
) -> None:
    link.delay_s = 0.4  # a round trip of 0.8 s, of a response_timeout of 2 s
    gateway = one_carrier(make_gateway, link, window=50)
    await gateway.start()
    ids = [await gateway.send(f"slow {n}") for n in range(100)]
    await balanced(gateway, ids, smsc)
    assert len(smsc.taken) == 100
    assert await gateway.metric("relevo_bind_reconnects_total") == 0
    assert await gateway.metric("relevo_uncertain_total") == 0


@pytest.mark.slow
async def test_carrier_that_answers_too_late_gets_no_message_twice_while_it_is_held(
    make_gateway: MakeGateway, smsc: Smsc, link: Link
) -> None:
    """Answers come after the response_timeout and within the hold of `uncertain`: they settle what was held."""
    smsc.there.faults = smsc.there.faults.changed({"slow": 1.0, "slow_s": 1.5})
    gateway = one_carrier(make_gateway, link, response_timeout="1s", uncertain={"hold": {"fast": "5s", "bulk": "5s"}})
    await gateway.start()
    ids = [await gateway.send(f"late {n}") for n in range(2)]  # three in a row would end the session
    await balanced(gateway, ids, smsc)
    assert sorted(smsc.texts) == ["late 0", "late 1"]
    assert await gateway.metric("relevo_uncertain_total", outcome="settled") == 2


@pytest.mark.slow
async def test_flapping_link_is_not_hammered_and_loses_nothing(
    make_gateway: MakeGateway, smsc: Smsc, link: Link
) -> None:
    link.lives_s = 0.3
    reconnect = {"min": "100ms", "max": "400ms", "stable_after": "10s"}
    gateway = one_carrier(make_gateway, link, reconnect=reconnect, failover={"after_errors": 1000})
    began = time.monotonic()
    gateway.launch()
    await until(gateway.readiness, 15, "it to run")
    await until(lambda: link.connects >= 2, 10, "the link to flap")
    ids = [await gateway.send(f"flap {n}") for n in range(100)]
    await until(lambda: link.connects >= 8, 15, "the link to flap on")
    assert link.connects <= 2 + (time.monotonic() - began) / 0.3, "a life each, at most"
    link.lives_s = None
    await balanced(gateway, ids, smsc)


@pytest.mark.slow
async def test_bind_that_the_carrier_forgot_is_made_anew(make_gateway: MakeGateway, smsc: Smsc, link: Link) -> None:
    """Half open: our side is told nothing, the carrier's has restarted."""
    gateway = one_carrier(make_gateway, link)
    await gateway.start()
    link.silent = True
    await smsc.stop()
    await smsc.start()
    ids = [await gateway.send(f"half open {n}") for n in range(10)]
    link.silent = False
    await balanced(gateway, ids, smsc)
    assert len(smsc.taken) == 10


@pytest.mark.slow  # RALYBND is answered with a pause of a minute
async def test_bind_that_the_carrier_still_holds_is_asked_for_slowly_until_it_is_free(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, make_link: MakeLink
) -> None:
    """Half open the other way: the carrier allows one bind, and believes in one of ours that is gone."""
    smsc = await make_smsc(max_binds=1)
    link = await make_link(smsc)
    gateway = one_carrier(make_gateway, link)
    await gateway.start()
    link.forget_caller()
    await lost(gateway)
    ids = [await gateway.send(f"held {n}") for n in range(10)]
    await until(lambda: gateway.logged("bind_refused"), 10, "ESME_RALYBND")
    connects = link.connects
    await smsc.stop()  # its own timers let go of the dead bind
    await smsc.start()
    await balanced(gateway, ids, smsc, within_s=90)
    assert link.connects == connects + 1, "no try in the minute between"


SPAN_S = 15.0
RATE = 300


@pytest.mark.bench
async def test_silent_link_costs_another_carrier_no_message_a_second(
    make_gateway: MakeGateway, make_link: MakeLink, make_smsc: MakeSmsc
) -> None:
    """Two carriers with a bind and traffic each, `two` at the rate of its contract: counted there over SPAN_S each."""
    one, two = await make_smsc(), await make_smsc()
    link = await make_link(one)
    settings = {**PATIENCE, "tps": RATE, "window": 100}
    gateway = make_gateway(
        carriers={"one": carrier("one", [link.port], **settings), "two": carrier("two", [two.port], **settings)},
        routes=[{"app": ["first"], "via": ["one"]}, {"via": ["two"]}],
        apps={name: app(system_id=name, api_keys=[], tps=RATE * 1.1) for name in ("first", "second")},
    )
    await gateway.start()
    loads = [Load(gateway, name, name) for name in ("first", "second")]
    async with asyncio.TaskGroup() as group:
        for load in loads:
            group.create_task(load.smpp())
        await until(lambda: len(two.taken) > 2 * RATE, 20, "a steady pace")
        before = await taken_in_a_span(two)
        link.silent = True
        during = await taken_in_a_span(two)
        for load in loads:
            load.stop()
    noticed = gateway.logged("bind_lost")
    link.silent = False
    print(f"\ncarrier two: {before:.1f} messages/s before the hole, {during:.1f} beside it; {noticed[0]['reason']}")
    assert during >= 0.95 * before
    ids = [message_id for load in loads for message_id in load.accepted.values()]
    await balanced(gateway, ids, one, two, within_s=90)
    for load in loads:
        await load.unbind()


async def taken_in_a_span(smsc: Smsc) -> float:
    """Messages a second that a carrier took in the next SPAN_S."""
    began, count = time.monotonic(), len(smsc.taken)
    await asyncio.sleep(SPAN_S)
    return (len(smsc.taken) - count) / (time.monotonic() - began)
