"""The books of a gateway that runs: `relevo audit` balances and `relevo export` bills what the carrier took."""

import asyncio
import csv
import io
import json
import sys
import time
from datetime import UTC, datetime

from gateway.message import FINAL
from tests.journeys.parties import Smsc
from tests.support.gateway import ROOT, GatewayProcess, until

FINAL_WORDS = {status.word for status in FINAL}


async def _relevo(gateway: GatewayProcess, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli.main", *words, "-c", str(gateway.path),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_books_of_a_running_gateway_balance_and_bill_what_the_carrier_took(
    gateway: GatewayProcess, smsc: Smsc
) -> None:
    sent = [await gateway.send(f"mensaje {n}") for n in range(5)] + [await gateway.send("larga " * 60)]
    in_an_hour = datetime.fromtimestamp(time.time() + 3600, UTC).isoformat()
    later = await gateway.send("para luego", send_at=in_an_hour)

    async def all_ended() -> bool:
        return all([(await gateway.message(one))["status"] in FINAL_WORDS for one in sent])

    await until(all_ended, 10, "final statuses")

    status, out = await _relevo(gateway, "audit", "--json")
    audit = json.loads(out)
    assert (status, audit["balanced"], audit["wrong"], audit["old"]) == (0, True, [], [])
    assert (audit["messages"], audit["segments"]) == (len(sent) + 1, len(smsc.taken) + 1)

    status, out = await _relevo(gateway, "export", "--since", "1h", "--by", "submitted")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert len(rows) == audit["segments"] - 1
    assert later not in {row["message_id"] for row in rows}
    assert {row["message_id"] for row in rows} == set(sent)
