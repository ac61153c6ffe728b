"""A number is ported while the gateway runs: another process loads the table, and messages go the new way."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from gateway.sim.faults import Faults
from gateway.smpp.status import CommandStatus
from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.parties import Smsc
from tests.journeys.test_alarms import reload
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


async def test_carrier_that_says_not_mine_makes_the_gateway_ask_outside_and_go_by_that(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, tmp_path: Path
) -> None:
    telcel, att = await make_smsc(faults=Faults(errors={CommandStatus.ESME_RINVDSTADR: 1.0})), await make_smsc()
    plan = tmp_path / "plan.csv"
    plan.write_text("start,end,network\n525500000000,525599999999,telcel\n")
    async with lookup_service({"525512345678": "att"}) as (url, asked):
        gateway = make_gateway(
            networks={"telcel": {"name": "Telcel", "codes": ["188"]}, "att": {"name": "AT&T", "codes": ["156"]}},
            portability={"sources": [{"type": "plan", "path": str(plan)}, {"type": "http", "url": url}]},
            carriers={
                "telcel": carrier("telcel", [telcel.port], errors={0x0B: "wrong_network"}),
                "att": carrier("att", [att.port], price={"currency": "MXN", "per_segment": "0.18"}),
            },
            routes=[
                {"network": ["telcel"], "via": ["telcel"]},
                {"network": ["att"], "tag": "otp", "via": {"least_cost": ["att"]}},
                {"network": ["att"], "deny": True},
            ],
            apps={"shop": app()},
        )
        await gateway.start()

        ported = await gateway.send("ported", to="5512345678", lane="fast", tags=["otp"])
        stayed = await gateway.send("stayed", to="5512345679", lane="fast", tags=["otp"])
        await until(lambda: ended(gateway, ported, "delivered"), 5, "the ported number's message to be delivered")
        await until(lambda: ended(gateway, stayed, "rejected"), 5, "the other one's to end")

        message = await gateway.message(ported)
        assert (message["network"], message["carrier"]) == ("att", "att")
        assert "looked up again: http says att: by att" in [event["detail"] for event in message["events"]][2]
        assert (att.texts, sorted(asked)) == (["ported"], ["525512345678", "525512345679"])
        assert (await gateway.message(stayed))["error"]["code"] == "carrier_refused"
        assert await gateway.metric("relevo_wrong_network_total", network="telcel", carrier="telcel") == 2


async def test_installed_plan_is_taken_over_at_a_reload(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, tmp_path: Path
) -> None:
    telcel, att = await make_smsc(), await make_smsc()
    plan = tmp_path / "plan.csv"
    plan.write_text("start,end,network\n525500000000,525599999999,telcel\n")
    (tmp_path / "deny.txt").write_text("# nobody yet\n")
    gateway = make_gateway(
        networks={"telcel": {"name": "Telcel"}, "att": {"name": "AT&T"}},
        portability={"sources": [{"type": "plan", "path": str(plan)}]},
        carriers={"telcel": carrier("telcel", [telcel.port]), "att": carrier("att", [att.port])},
        routes=[
            {"to_list": str(tmp_path / "deny.txt"), "deny": True},
            {"network": ["telcel"], "via": ["telcel"]},
            {"network": ["att"], "via": ["att"]},
        ],
        apps={"shop": app()},
    )
    await gateway.start()
    await goes(gateway, telcel, "5512345678")

    plan.write_text("start,end,network\n525500000000,525599999999,att\n")
    (tmp_path / "deny.txt").write_text("+52 55 1234 5679\n")
    assert await reload(gateway) == [f"{plan}: a plan of 1 rows"]

    await goes(gateway, att, "5512345678")
    status, refused = await gateway.post({"to": "5512345679", "text": "x"})
    assert (status, refused["errors"][0]["code"]) == (422, "denied")


async def ended(gateway: GatewayProcess, message_id: str, status: str) -> bool:
    return bool((await gateway.message(message_id))["status"] == status)


@asynccontextmanager
async def lookup_service(known: dict[str, str]) -> AsyncIterator[tuple[str, list[str]]]:
    """A look-up by HTTP that knows these numbers; its URL, and the numbers it was asked for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.match_info["number"])
        return web.json_response({"network": known.get(asked[-1]), "ported": asked[-1] in known})

    server = web.Application()
    server.router.add_get("/{number}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/{{number}}", asked
    finally:
        await runner.cleanup()
