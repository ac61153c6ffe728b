"""A number is ported while the gateway runs: another process loads the table, and messages go the new way."""

import asyncio
import sys
from pathlib import Path

from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.parties import Smsc
from tests.support.gateway import ROOT, GatewayProcess, app, carrier, until

SEEN_S = 1.5  # the table's file is looked at once a second


async def load(gateway: GatewayProcess, file: Path, *options: str) -> None:
    """`relevo portability load`, as an operator runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli.main", "-c", str(gateway.path), "portability", "load", str(file), *options,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_loaded_table_changes_the_way_within_a_second_and_without_a_restart(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, tmp_path: Path
) -> None:
    telcel, att = await make_smsc(), await make_smsc()
    plan, ported = tmp_path / "plan.csv", tmp_path / "ported.csv"
    plan.write_text("start,end,network\n525500000000,525599999999,telcel\n")
    ported.write_text("number,network\n525512345678,att\n")
    gateway = make_gateway(
        networks={"telcel": {"name": "Telcel", "codes": ["188"]}, "att": {"name": "AT&T", "codes": ["156"]}},
        portability={
            "sources": [{"type": "table", "path": str(tmp_path / "ported.db")}, {"type": "plan", "path": str(plan)}]
        },
        carriers={"telcel": carrier("telcel", [telcel.port]), "att": carrier("att", [att.port])},
        routes=[{"network": ["telcel"], "via": ["telcel"]}, {"network": ["att"], "via": ["att"]}],
        apps={"shop": app()},
    )
    await gateway.start()
    assert gateway.process is not None
    pid = gateway.process.pid
    await goes(gateway, telcel, "5512345678")
    await goes(gateway, telcel, "5512345679")

    await load(gateway, ported)
    await until(lambda: known_as(gateway, "att"), SEEN_S, "the new table to be seen")
    await goes(gateway, att, "5512345678")
    await goes(gateway, telcel, "5512345679")

    ported.write_text("number,network\n525512345678,\n")
    await load(gateway, ported)
    await until(lambda: known_as(gateway, "telcel"), SEEN_S, "the number to be back where it began")
    await goes(gateway, telcel, "5512345678")
    assert gateway.process.pid == pid
    assert gateway.process.poll() is None


async def goes(gateway: GatewayProcess, smsc: Smsc, number: str) -> None:
    """A message to this number comes to this carrier."""
    text = f"{number} {len(smsc.taken)}"
    await gateway.send(text, to=number, lane="fast")
    await until(lambda: text in smsc.texts, 5, f"{number} by {smsc.port}")


async def known_as(gateway: GatewayProcess, network: str) -> bool:
    async with gateway.session.get(
        f"http://127.0.0.1:{gateway.http_port}/v1/lookup/5512345678", headers=gateway.authorization
    ) as answer:
        assert answer.status == 200, await answer.text()
        return bool((await answer.json())["network"] == network)
