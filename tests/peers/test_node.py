"""An app in JavaScript, on the npm package smpp."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.parties import Smsc
from tests.peers.tools import tool
from tests.support.gateway import GatewayProcess, until

pytestmark = pytest.mark.peers

SOURCE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the app and what it requires, installed by npm."""
    directory = tmp_path_factory.mktemp("node") / "app"
    shutil.copytree(SOURCE, directory, ignore=shutil.ignore_patterns("node_modules"))
    npm = tool("npm", "npm")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"npm could not install the package smpp; it needs the network once:\n{done.stderr}", False)
    return directory


async def run(project: Path, gateway: GatewayProcess, smsc: Smsc) -> dict[str, Any]:
    """Run the app while the subscriber writes to it; what it saw."""
    process = await asyncio.create_subprocess_exec(
        tool("node", "nodejs"), "app.js", str(gateway.smpp_port),
        cwd=project, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await until(lambda: smsc.taken, 10, "the app's first message")
    smsc.there.mo("525587654321", "45555", "Hola")
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    seen: dict[str, Any] = json.loads(out)
    return seen


async def test_node_app_binds_submits_and_takes_receipts_and_inbound(
    project: Path, gateway: GatewayProcess, smsc: Smsc
) -> None:
    seen = await run(project, gateway, smsc)
    assert seen["bound"] == {"status": 0, "system_id": "relevo", "version": 0x34}
    assert {answer["status"] for answer in seen["answers"]} == {0}
    ids = {answer["id"] for answer in seen["answers"]}
    assert {receipt["id"] for receipt in seen["receipts"]} == ids
    assert {receipt["state"] for receipt in seen["receipts"]} == {2}
    assert all(f"id:{receipt['id']} " in receipt["text"] for receipt in seen["receipts"])
    assert seen["inbound"] == [{"from": "525587654321", "to": "45555", "text": "Hola"}]
    texts = [answer["text"] for answer in seen["answers"]]
    assert [text for text in smsc.texts if text in texts] == texts[:3]
    assert "".join(smsc.texts[3:]) == texts[3]
