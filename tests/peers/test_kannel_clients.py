"""Libraries that apps send with over Kannel's smsbox, sending over us instead: only the URL and the login are ours."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from tests.journeys.parties import Smsc
from tests.peers.tools import interpreter_with, tool
from tests.support.gateway import KEY, GatewayProcess, app, carrier, until
from tests.support.web import answering

pytestmark = pytest.mark.peers

CLIENTS = Path(__file__).parent / "kannel_clients"
TO = "525512345670"


class Site:
    """A gateway, and the reports that were called back."""

    def __init__(self) -> None:
        self.reports: list[str] = []
        self.url = ""
        self.reports_url = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.reports.append(request.query_string)
        return web.Response()

    def states(self) -> list[str]:
        """The reports' states, 8 (a carrier has it) and then 1 (delivered) or 2."""
        return [
            value for query in self.reports for name in ("status", "dlr") for value in parse_qs(query).get(name, [])
        ]


@pytest.fixture
async def site(tmp_path: Path, smsc: Smsc) -> AsyncIterator[Site]:
    site = Site()
    async with answering(site.answer) as site.reports_url:
        bank = app(callbacks=[site.reports_url + "/*"])
        gateway = GatewayProcess(tmp_path, carriers={"one": carrier("one", [smsc.port])}, apps={"bank": bank})
        try:
            await gateway.start()
            site.url = f"http://127.0.0.1:{gateway.http_port}/cgi-bin/sendsms"
            yield site
        finally:
            await gateway.close()


@pytest.fixture(scope="module")
def rapidsms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment of its own, with RapidSMS and its Django."""
    return interpreter_with(tmp_path_factory.mktemp("rapidsms"), "rapidsms==2.2.0")


async def run(*command: str | Path, given: str = "") -> tuple[int, str, str]:
    """A program to its end: exit status, output, errors."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    out, err = await process.communicate(given.encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_rapidsms_sends_over_us_and_takes_our_reports(rapidsms: Path, site: Site, smsc: Smsc) -> None:
    program = CLIENTS / "rapidsms_app.py"
    status, _, err = await run(rapidsms, program, "send", site.url, site.reports_url, KEY, TO, "Señal nº 1 ✓")
    assert (status, err) == (0, "")
    await until(lambda: "1" in site.states(), 15, "the report")
    assert smsc.texts == ["Señal nº 1 ✓"]
    status, out, err = await run(rapidsms, program, "reports", given="\n".join(site.reports))
    assert (status, err) == (0, "")
    kept = json.loads(out)
    assert [row["status"] for row in kept] == [8, 1]
    assert {(row["message_id"], row["identity"]) for row in kept} == {("m-1", TO)}


async def test_rapidsms_hears_that_a_message_is_refused(rapidsms: Path, site: Site, smsc: Smsc) -> None:
    program = CLIENTS / "rapidsms_app.py"
    status, _, err = await run(rapidsms, program, "send", site.url, site.reports_url, "wrong", TO, "hola")
    assert status == 1
    assert "403 Client Error" in err
    assert smsc.texts == []


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Su clave es 482913", ()),
        ("Prueba", ("validity", "10", "priority", "3", "mclass", "1")),
        ("Señal ✓", ("coding", "2")),
    ],
    ids=["plain", "options", "ucs2"],
)
async def test_netsds_sends_over_us_and_is_told(site: Site, smsc: Smsc, text: str, more: tuple[str, ...]) -> None:
    perl, program = perl_with_netsds(), CLIENTS / "netsds_app.pl"
    status, out, err = await run(perl, program, site.url, site.reports_url, KEY, TO, text, *more)
    assert (status, out) == (0, "0: Accepted for delivery"), err
    await until(lambda: "1" in site.states(), 15, "the report")
    assert smsc.texts == [text]
    assert {value for query in site.reports for value in parse_qs(query)["msgid"]} == {"m-1"}


async def test_netsds_hears_that_a_message_is_refused(site: Site, smsc: Smsc) -> None:
    perl, program = perl_with_netsds(), CLIENTS / "netsds_app.pl"
    status, _, err = await run(perl, program, site.url, site.reports_url, KEY, "12", "hola")
    assert (status, err.splitlines()[-1]) == (1, "400 Bad Request")
    assert smsc.texts == []


def perl_with_netsds() -> str:
    perl = tool("perl", "perl libnetsds-kannel-perl")
    if subprocess.run([perl, "-MNetSDS::Kannel", "-e1"], capture_output=True, check=False).returncode:
        pytest.fail("NetSDS::Kannel is missing. Debian, Ubuntu: apt-get install libnetsds-kannel-perl", False)
    return perl
