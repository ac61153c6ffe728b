"""A batch's whole way: in by HTTP, killed with the gateway, paused, counted anew, sent on and reported."""

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp

from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

ROWS = 3_000
NDJSON = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "offer"}


def row(n: int) -> bytes:
    return b'{"to":"55%08d","vars":{"n":%d}}\n' % (20_000_000 + n, n)


async def call(gateway: GatewayProcess, method: str, path: str, data: Any = None, **headers: str) -> Any:
    """The JSON of an answer, or its text."""
    url = f"http://127.0.0.1:{gateway.http_port}{path}"
    sent = {**gateway.authorization, **headers}
    async with gateway.session.request(method, url, data=data, headers=sent) as answer:
        assert answer.status < 300, await answer.text()
        return await (answer.json() if answer.content_type == "application/json" else answer.text())


async def broken_off(gateway: GatewayProcess, rows: int) -> None:
    """A body that stops in the middle of a row, and the gateway's death a moment later."""

    said = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for n in range(rows):
            yield row(n)
        yield row(rows)[:9]
        said.set()
        await asyncio.Event().wait()  # the connection ends it

    async def post() -> None:
        with suppress(aiohttp.ClientError):
            await call(gateway, "POST", "/v1/batches?text=oferta%20%7Bn%7D", body(), **NDJSON)

    posting = asyncio.create_task(post())
    await said.wait()
    await until(lambda: gateway.metric("relevo_accepted_total", app="shop"), 10, "the first rows on disk")
    await gateway.kill()
    await posting


async def test_batch_survives_a_kill_while_it_comes_in_and_one_while_it_is_paused(
    make_gateway: MakeGateway, smsc: Smsc
) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port], window=100)}, apps={"shop": app(lane="bulk")})
    await gateway.start()
    await broken_off(gateway, ROWS // 2)
    await gateway.start()
    sent = await call(gateway, "POST", "/v1/batches?text=oferta%20%7Bn%7D", b"".join(map(row, range(ROWS))), **NDJSON)
    assert (sent["accepted"], sent["rejected"]) == (ROWS, 0)
    path = f"/v1/batches/{sent['id']}"
    paused = await call(gateway, "POST", path + "/pause")
    assert paused["status"] == "paused"
    await gateway.kill()
    await gateway.start()
    batch = await call(gateway, "GET", path)
    assert (batch["status"], batch["total"], sum(batch["counts"].values())) == ("paused", ROWS, ROWS)
    held = await call(gateway, "GET", f"/v1/messages?batch={sent['id']}&status=paused&limit=1")
    assert held["items"][0]["status"] == "paused"
    assert (await gateway.admin(f"/v1/messages/{held['items'][0]['id']}"))["status"] == "paused"
    await call(gateway, "POST", path + "/resume")

    async def finished() -> bool:
        return bool((await call(gateway, "GET", path))["counts"] == {"delivered": ROWS})

    await until(finished, 30, "the end of the batch")
    said = Counter(smsc.texts)
    assert set(said) == {f"oferta {n}" for n in range(ROWS)}
    assert said.total() <= ROWS + 2 * 300  # what was in a window, or not yet on disk as taken, at each kill
    report = list(csv.DictReader((await call(gateway, "GET", path + "/report.csv")).splitlines()))
    assert Counter(line["status"] for line in report) == {"delivered": ROWS}
    listed = await call(gateway, "GET", f"/v1/messages?batch={sent['id']}&status=delivered&limit=1000")
    assert (len(listed["items"]), listed["next_cursor"] is None) == (1000, False)
