"""Deliveries that were given up go out again when somebody asks for them, by id and by time."""

import sqlite3
from pathlib import Path

from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until


async def test_dead_deliveries_go_out_again_by_id_and_by_time(tmp_path: Path, smsc: Smsc, hook: Hook) -> None:
    hook.answer = 500
    bank = app(webhook=hook.settings)
    gateway = GatewayProcess(tmp_path, carriers={"one": carrier("one", [smsc.port])}, apps={"bank": bank})
    try:
        await gateway.start()
        sent = [await gateway.send("hola") for _ in range(5)]
        await until(lambda: _tried(gateway.store) == 5, 15, "a first try of each")
        await gateway.stop()
        _give_up(gateway.store)
        hook.answer = 204
        await gateway.start()

        dead = (await gateway.admin("/v1/deliveries?state=dead"))["items"]
        assert {row["subject"] for row in dead} == set(sent)
        assert (await gateway.command(f"/v1/deliveries/{dead[0]['id']}/replay"))[0] == 202
        await until(lambda: len(hook.events) == 1, 10, "the one by id")

        replay = "/v1/deliveries/replay"
        last = dead[-1]["created_at"]
        assert await gateway.command(replay, {"since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}) == (
            202,
            {"replayed": 0},
        )
        assert (await gateway.command(replay, {"since": "2020-01-01T00:00:00Z", "app": "nobody"}))[0] == 404
        status, said = await gateway.command(replay, {"since": "2020-01-01T00:00:00Z", "until": last, "app": "bank"})
        before = sum(row["created_at"] < last for row in dead[1:])  # times are written to the millisecond
        assert status == 202 and before <= said["replayed"] <= len(dead) - 1
        await gateway.command(replay, {"since": last})
        await until(lambda: len(hook.events) == 5, 10, "those by time")
        assert (await gateway.admin("/v1/deliveries?state=dead"))["items"] == []
    finally:
        await gateway.close()


def _tried(store: Path) -> int:
    with sqlite3.connect(store) as connection:
        found: int = connection.execute("SELECT count(*) FROM deliveries WHERE attempts > 0").fetchone()[0]
    return found


def _give_up(store: Path) -> None:
    """As if a day of tries was over."""
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE deliveries SET state = 'dead'")
