"""An OTP's receipt beside thousands of bulk's: over a webhook that is slow, at once and before all that wait."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

ROWS = 3_000
WAIT = 2_000
TAKES_S = 0.3
WITHIN_S = 1.0


class SlowHook(Hook):
    """Answers each event TAKES_S after it came, and keeps when each came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, float] = {}

    async def _take(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        self.at[event["data"]["id"]] = time.monotonic()
        await asyncio.sleep(TAKES_S)  # an app that is slow, and no test that waits
        return await super()._take(request)


@pytest.fixture
async def slow_hook() -> AsyncIterator[SlowHook]:
    hook = SlowHook()
    await hook.start()
    yield hook
    await hook.stop()


async def send_batch(gateway: GatewayProcess) -> None:
    rows = "".join(json.dumps({"to": f"55{20_000_000 + n}", "text": f"oferta {n}"}) + "\n" for n in range(ROWS))
    headers = {**gateway.authorization, "Content-Type": "application/x-ndjson"}
    url = f"http://127.0.0.1:{gateway.http_port}/v1/batches"
    async with gateway.session.post(url, data=rows.encode(), headers=headers) as answer:
        assert (await answer.json())["accepted"] == ROWS


@pytest.mark.parametrize("concurrency", [32, 4])  # with places kept for what is urgent, and without
async def test_receipts_of_otps_come_within_a_second_while_thousands_of_bulks_wait_at_a_slow_webhook(
    make_gateway: MakeGateway, smsc: Smsc, slow_hook: SlowHook, concurrency: int
) -> None:
    webhook: dict[str, Any] = {**slow_hook.settings, "concurrency": concurrency}
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port], window=200)}, apps={"shop": app(webhook=webhook)}
    )
    await gateway.start()
    await send_batch(gateway)
    await until(lambda: gateway.owed("shop") >= WAIT, 20, "thousands of receipts to wait")
    for n in range(3):
        sent = time.monotonic()
        otp = await gateway.send(f"{n} es tu código", lane="fast")
        await until(lambda otp=otp: otp in slow_hook.at, 5, "the OTP's receipt")
        assert slow_hook.at[otp] - sent < WITHIN_S
    assert gateway.owed("shop") > WAIT / 2
    await gateway.kill()
    await gateway.start()
    otp = await gateway.send("otro código", lane="fast")
    await until(lambda: otp in slow_hook.at, 2, "the receipt of an OTP right after a start")
