"""docs/http.md and docs/migrate.md: their command lines are run by a shell as written, against a running listener."""

import asyncio
import os
import re
import shutil
import sys
import time
from pathlib import Path

import msgspec
import pytest

from gateway.apps.webhook_events import Signer, event_body
from gateway.apps.webhook_post import Answer, Poster
from gateway.deliveries import Parcel
from gateway.errors import REFUSALS
from tests.apps.http_gateway import BANK, Site, serving
from tests.support.clock import ManualClock
from tests.support.gateway import quiet_ports, until
from tests.support.store import a_delivery, a_message

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


async def test_receiver_of_the_page_takes_our_webhooks_and_nobody_elses(tmp_path: Path) -> None:
    [program] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    [secret] = re.findall(r'"(whsec_\w+)"', program)
    (port,) = quiet_ports(1)
    (tmp_path / "receiver.py").write_text(program.replace("9000", str(port)), encoding="utf-8")
    receiver = await asyncio.create_subprocess_exec(
        sys.executable, tmp_path / "receiver.py", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    poster = Poster(f"http://127.0.0.1:{port}/")
    message = a_message(1)
    body = event_body(Parcel(a_delivery(1), message, None))
    try:
        ours = Signer([secret]).headers("evt-1", body, time.time())
        others = Signer(["whsec_" + "A" * 32]).headers("evt-1", body, time.time())
        assert (await until(lambda: _taken(poster, body, ours), 10, "the receiver's yes")).taken
        assert (await _posted(poster, body, others)).why == "HTTP 401"
        assert receiver.stdout is not None
        said = (await receiver.stdout.readline()).decode()
        assert said.split() == [msgspec.json.decode(body)["type"], message.id]
    finally:
        poster.close()
        receiver.terminate()
        await receiver.wait()


async def _taken(poster: Poster, body: bytes, headers: dict[str, str]) -> Answer | None:
    answer = await _posted(poster, body, headers)
    return answer if answer.taken else None


async def _posted(poster: Poster, body: bytes, headers: dict[str, str]) -> Answer:
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    poster.post(body, headers, answered.set_result)
    return await answered


def test_page_names_every_code_that_an_app_may_have_to_tell_apart() -> None:
    page = PAGE.read_text(encoding="utf-8")
    codes = {code for code, answer in REFUSALS.items() if answer.http_status in {403, 409, 422}}
    assert [code for code in codes - {"carrier_refused"} if f"`{code}`" not in page] == []  # that comes after the 202


def test_page_names_every_path_of_the_listener() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for route in Site().server.routes:
        assert route.path.partition("{")[0] in page, route.path
