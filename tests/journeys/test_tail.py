"""Live events of a gateway that runs: what happens to a message, from its bind to its app."""

import asyncio
import json
from typing import Any

from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, until


async def test_listener_hears_a_message_on_its_whole_way(gateway: GatewayProcess, smsc: Smsc, hook: Hook) -> None:
    heard: list[dict[str, Any]] = []
    url = f"http://127.0.0.1:{gateway.admin_port}/v1/events"
    async with gateway.session.get(url) as answer:
        await answer.content.readline()

        async def listen() -> None:
            async for line in answer.content:
                if line.strip():
                    heard.append(json.loads(line))  # noqa: PERF401  it is read while more comes

        listening = asyncio.create_task(listen())
        message_id = await gateway.send("hola", to="5512345678")
        smsc.there.mo("525512345679", "46666", "hola")
        await until(lambda: {"delivery", "inbound", "receipt"} <= {one["event"] for one in heard}, 5, "events")
        await smsc.stop()
        await until(lambda: [one for one in heard if one["event"] == "bind"], 5, "a bind's event")
        await gateway.stop()
        await asyncio.wait_for(listening, 5)

    way = [one for one in heard if one.get("message_id") == message_id]
    assert [one["event"] for one in way] == ["submitted", "response", "receipt"]
    assert {(one["app"], one["carrier"], one["to"]) for one in way} == {("shop", "one", "+52******5678")}
    assert (way[1]["status"], way[2]["status"]) == ("ESME_ROK", "delivered")
    told = next(one for one in heard if one["event"] == "delivery" and one["subject"] == message_id)
    assert (told["outcome"], told["kind"]) == ("taken", "receipt")
    inbound = next(one for one in heard if one["event"] == "inbound")
    assert (inbound["from"], inbound["to"]) == ("52******5679", "46666")
    assert {one["bind"] for one in heard if one["event"] == "bind"} == {"one-1", "one-2"}
