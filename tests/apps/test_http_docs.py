"""docs/http.md and docs/migrate.md: their command lines are run by a shell as written, against a running listener."""

import asyncio
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from gateway.errors import REFUSALS
from tests.apps.http_gateway import BANK, Site, serving
from tests.support.clock import ManualClock

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "http.md"


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


async def run(lines: str) -> str:
    """What a shell says that stops at the first line that fails."""
    shell = await asyncio.create_subprocess_exec(
        "sh",
        "-ec",
        lines,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"]},  # no proxy
    )
    async with asyncio.timeout(60):
        said, _ = await shell.communicate()
    assert shell.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_every_command_of_the_page_works_in_the_order_of_the_page() -> None:
    settings, *commands = blocks(PAGE)
    assert sum(block.count("curl ") for block in commands) == PAGE.read_text(encoding="utf-8").count("curl -sS")
    async with serving(Site(clock=ManualClock(utc=time.time()))) as site:
        own = re.sub("=.*:8080", f"=http://127.0.0.1:{site.port}", settings).replace("the-api-key-of-your-app", BANK)
        assert own != settings
        statuses = re.findall(r'"status":"(\w+)"', await run(own + "\n".join(commands)))
    assert {"accepted", "scheduled", "cancelled"} <= set(statuses)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_compatible_calls_work_as_the_page_on_them_writes_them() -> None:
    kannel, jasmin = (block for block in blocks(DOCS / "migrate.md") if "curl" in block)
    async with serving() as site:
        there = f"127.0.0.1:{site.port}"
        said = [await run(f"KEY={BANK}\n" + each.replace("127.0.0.1:8080", there)) for each in (kannel, jasmin)]
    assert said[0] == "0: Accepted for delivery"
    assert said[1].startswith('Success "')


def test_page_names_every_code_that_an_app_may_have_to_tell_apart() -> None:
    page = PAGE.read_text(encoding="utf-8")
    codes = {code for code, answer in REFUSALS.items() if answer.http_status in {403, 409, 422}}
    assert [code for code in codes - {"carrier_refused"} if f"`{code}`" not in page] == []  # that comes after the 202


def test_page_names_every_path_of_the_listener() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for route in Site().server.routes:
        assert route.path.partition("{")[0] in page, route.path
