"""A reload while messages go: carriers and binds come, change and go, and nothing is lost or sent twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.message import Status
from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.load import Load, doubled, missing
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

TPS = 500
EACH_TURN = 100


def a_carrier(name: str, *smscs: Smsc, **settings: Any) -> dict[str, Any]:
    return carrier(name, [smsc.port for smsc in smscs], **{"tps": TPS, "burst": 5, **settings})


async def reload(gateway: GatewayProcess, **sections: Any) -> list[str]:
    """Write the sections and have them taken over; the changes."""
    gateway.configure(**sections)
    status, answer = await gateway.command("/v1/reload")
    assert status == 200, answer
    changes: list[str] = answer["changes"]
    return changes


async def binds(gateway: GatewayProcess) -> dict[str, str]:
    return {bind["bind"]: bind["state"] for bind in (await gateway.status())["binds"]}


def bound(gateway: GatewayProcess, *names: str) -> Callable[[], Any]:
    """Whether these binds are there, all bound, and no others."""

    async def check() -> bool:
        return await binds(gateway) == dict.fromkeys(names, "bound")

    return check


@pytest.fixture
async def one(make_smsc: MakeSmsc) -> Smsc:
    return await make_smsc(latency_s=0.02, jitter_s=0.02)


@pytest.fixture
async def two(make_smsc: MakeSmsc) -> Smsc:
    return await make_smsc(latency_s=0.02, jitter_s=0.02)


async def test_changed_bind_is_drained_and_rebound_while_the_other_stays(make_gateway: MakeGateway, one: Smsc) -> None:
    gateway = make_gateway(carriers={"one": a_carrier("one", one, one)}, apps={"bank": app(system_id="bank")})
    await gateway.start()
    await until(bound(gateway, "one-1", "one-2"), 5, "both binds")
    load = Load(gateway)
    sections = a_carrier("one", one, one)
    sections["binds"][0]["system_type"] = "NEW"
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        await until(lambda: len(load.accepted) > 50, 5, "a load")
        changes = await reload(gateway, carriers={"one": sections})
        await until(lambda: len(gateway.logged("bind_left")) == 1, 10, "the bind's leaving")
        await until(bound(gateway, "one-1", "one-2"), 10, "both binds again")
        load.stop()

    assert changes == ["carriers.one.binds[0].system_type:  -> NEW"]
    assert [line["bind"] for line in gateway.logged("bind_up")] == ["one-1", "one-2", "one-1"]
    await until(lambda: not missing(load, one), 10, "all messages")
    assert doubled(one) == 0
    assert (gateway.audit().wrong, load.refused) == ([], {})
    await load.unbind()


async def test_limits_and_settings_change_under_a_bind_that_stays_bound(make_gateway: MakeGateway, one: Smsc) -> None:
    gateway = make_gateway(carriers={"one": a_carrier("one", one)}, apps={"bank": app()})
    await gateway.start()

    changes = await reload(
        gateway,
        carriers={"one": a_carrier("one", one, tps=77, window=7, service_type="VMA", senders={"allow": ["46666"]})},
        apps={"bank": app(senders=["46666"])},
        lanes={"fast": {"reserve": "30%"}, "bulk": {"share": {"bank": 3}}},
        store={"url": f"sqlite://{gateway.store}", "sync": "full", "retention": "7d"},
    )

    assert len(changes) == 9
    (bind,) = (await gateway.status())["binds"]
    assert (bind["state"], bind["window"], bind["rate_limit"]) == ("bound", 7, 77.0)
    await gateway.send("hola", **{"from": "46666"})
    await until(lambda: one.taken, 5, "the message")
    assert one.taken[0].pdu.service_type == "VMA"
    assert len(gateway.logged("bind_up")) == 1


async def test_new_carrier_takes_what_a_removed_one_leaves_though_old_routes_did_not_know_it(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, two: Smsc
) -> None:
    slow = await make_smsc(latency_s=0.5)
    gateway = make_gateway(
        carriers={"old": a_carrier("old", slow, tps=5, burst=1, window=2)}, apps={"bank": app(lane="bulk")}
    )
    await gateway.start()
    sent = [await gateway.send(f"n {n}") for n in range(40)]
    await until(lambda: slow.taken, 5, "the first messages")

    changes = await reload(
        gateway, carriers={"new": a_carrier("new", two)}, routes=[{"network": ["home"], "via": ["new"]}]
    )

    assert changes == ["carriers.old: removed", "carriers.new: added", "routes[0].via: ('old',) -> ('new',)"]
    await until(lambda: len(slow.taken) + len(two.taken) >= len(sent), 15, "all messages")
    await until(lambda: gateway.logged("carrier_removed"), 10, "the old carrier's end")
    await until(bound(gateway, "new-1"), 5, "the new bind alone")
    assert (await gateway.series("relevo_bind_up"), await gateway.series("relevo_bind_window_size")) == ([1.0], [20.0])
    assert sorted(slow.texts + two.texts) == sorted(f"n {n}" for n in range(40))
    assert 0 < len(slow.taken) < 10
    assert gateway.audit().wrong == []


async def test_file_that_is_wrong_or_wants_a_restart_is_refused_whole(make_gateway: MakeGateway, one: Smsc) -> None:
    gateway = make_gateway(carriers={"one": a_carrier("one", one)}, apps={"bank": app()})
    await gateway.start()

    gateway.configure(carriers={"one": a_carrier("one", one, tps=77)}, node="other", store={"url": "sqlite:x.db"})
    status, answer = await gateway.command("/v1/reload")

    assert status == 422
    assert {error["field"] for error in answer["errors"]} == {"node", "store.url"}
    lines = [gateway.path.read_text().splitlines().index(line) + 1 for line in ("  url: sqlite:x.db", "node: other")]
    (refused,) = gateway.logged("reload_refused")
    assert {problem.split(": ")[0] for problem in refused["problems"]} == {f"{gateway.path}:{line}" for line in lines}
    gateway.configure(carriers={"one": a_carrier("one", one, tps=-1)}, node="journey")
    assert (await gateway.command("/v1/reload"))[0] == 422
    (bind,) = (await gateway.status())["binds"]
    assert (bind["state"], bind["rate_limit"]) == ("bound", float(TPS))
    assert len(gateway.logged("reload_refused")) == 2


async def test_bind_stopped_by_an_operator_stays_so_when_it_is_replaced(make_gateway: MakeGateway, one: Smsc) -> None:
    gateway = make_gateway(carriers={"one": a_carrier("one", one, one)}, apps={"bank": app()})
    await gateway.start()
    await gateway.command("/v1/binds/one-2/stop")
    await until(lambda: gateway.logged("bind_commanded"), 5, "the command")

    await reload(gateway, carriers={"one": a_carrier("one", one, one, enquire_link="7s")})

    await until(lambda: len(gateway.logged("bind_left")) == 2, 10, "both binds' leaving")

    async def settled() -> bool:
        return await binds(gateway) == {"one-1": "bound", "one-2": "stopped"}

    await until(settled, 5, "the first bound again, the second stopped")


async def test_messages_on_disk_of_a_removed_carrier_go_by_the_new_routes(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, two: Smsc
) -> None:
    away = await make_smsc()
    await away.stop()
    gateway = make_gateway(carriers={"old": a_carrier("old", away)}, apps={"bank": app(lane="bulk")})
    gateway.launch()

    async def waits_for_its_carrier() -> bool:
        return await gateway.failing() == ["binds"]

    await until(waits_for_its_carrier, 15, "all but a bind")
    sent = [await gateway.send(f"n {n}") for n in range(20)]

    await reload(gateway, carriers={"new": a_carrier("new", two)}, routes=[{"network": ["home"], "via": ["new"]}])

    await until(lambda: len(two.taken) >= len(sent), 10, "all messages")
    assert sorted(two.texts) == sorted(f"n {n}" for n in range(20))


@pytest.mark.slow
async def test_nothing_is_lost_or_doubled_by_many_reloads_under_load(
    make_gateway: MakeGateway, one: Smsc, two: Smsc
) -> None:
    gateway = make_gateway(carriers={"one": a_carrier("one", one, one)}, apps={"bank": app(system_id="bank")})
    await gateway.start()
    load = Load(gateway)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        group.create_task(load.http())
        for turn in range(30):
            sections = a_carrier("one", one, one, tps=TPS + turn, window=10 + turn % 7)
            sections["binds"][turn % 2]["system_type"] = f"T{turn}"
            both = {"one": sections} | ({"two": a_carrier("two", two)} if turn % 3 else {})
            await reload(gateway, carriers=both, routes=[{"network": ["home"], "via": list(reversed(both))}])
            enough = len(load.accepted) + EACH_TURN
            await until(lambda enough=enough: len(load.accepted) > enough, 10, "a load under these settings")
        load.stop()
    accepted = set(load.accepted)
    await until(lambda: accepted <= {*one.texts, *two.texts}, 20, "all messages")
    texts = one.texts + two.texts
    assert len(accepted) > 30 * EACH_TURN
    assert len(texts) == len(set(texts))

    async def all_ended() -> bool:
        return all(not sums.keys() & {Status.ACCEPTED} for sums in gateway.audit().sums.values())

    await until(all_ended, 10, "nothing waits")
    assert gateway.audit().wrong == []
    assert not gateway.logged("task_died")
    await load.unbind()
