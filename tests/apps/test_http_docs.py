"""docs/http.md: its command lines are run by a shell as they are written, against a running listener."""

import asyncio
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from tests.apps.http_gateway import BANK, Site, serving
from tests.support.clock import ManualClock

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_every_command_of_the_page_works_in_the_order_of_the_page() -> None:
    settings, *commands = BLOCKS
    assert sum(block.count("curl ") for block in commands) == PAGE.read_text(encoding="utf-8").count("curl -sS")
    async with serving(Site(clock=ManualClock(utc=time.time()))) as site:
        own = re.sub("=.*:8080", f"=http://127.0.0.1:{site.port}", settings).replace("the-api-key-of-your-app", BANK)
        assert own != settings
        shell = await asyncio.create_subprocess_exec(
            "sh",
            "-ec",
            own + "\n".join(commands),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": os.environ["PATH"]},  # no proxy
        )
        async with asyncio.timeout(60):
            said, _ = await shell.communicate()
        assert shell.returncode == 0, said.decode()
        statuses = re.findall(r'"status":"(\w+)"', said.decode())
    assert {"accepted", "scheduled", "cancelled"} <= set(statuses)


def test_page_names_every_path_of_the_listener() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for route in Site().server.routes:
        assert route.path.partition("{")[0] in page, route.path
