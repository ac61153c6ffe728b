"""A trace of a bind of a gateway that runs: from the middle of a session, and through a new bind."""

import json
from typing import Any

from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess


async def test_trace_shows_both_directions_and_a_new_bind_without_its_password(
    gateway: GatewayProcess, smsc: Smsc
) -> None:
    assert (await gateway.command("/v1/binds/one-2/stop"))[0] == 202
    url = f"http://127.0.0.1:{gateway.admin_port}/v1/binds/one-1/trace"
    async with gateway.session.get(url) as answer:
        await answer.content.readline()

        async def next_of(command: str) -> dict[str, Any]:
            while True:
                line = await answer.content.readline()
                assert line, f"the trace ended before {command}"
                if line.strip() and (found := json.loads(line)).get("command") == command:
                    return dict(found)

        await gateway.send("Tu clave es 482913")
        submit = await next_of("submit_sm")
        response = await next_of("submit_sm_resp")
        receipt = await next_of("deliver_sm")
        smsc.there.disconnect()
        bind = await next_of("bind_transceiver")
        await next_of("bind_transceiver_resp")

    assert (submit["direction"], response["direction"]) == ("out", "in")
    assert submit["sequence_number"] == response["sequence_number"]
    assert receipt["receipt"]["stat"] == "DELIVRD"
    assert receipt["receipt"]["id"] == response["fields"]["message_id"]
    assert bind["fields"]["password"] == "***"
    assert b"secret".hex() not in bind["hex"]
