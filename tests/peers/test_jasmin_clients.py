"""What others wrote for Jasmin's HTTP API, over us instead; and Jasmin's own code as the judge of our /send.

Jasmin's REST API (`jasmin.protocols.rest`) is a client of Jasmin's HTTP API: it asks it for /ping, /balance, /rate and
/send, and makes batches of it. It runs unchanged; only the port it asks is ours.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest
from aiohttp import web

from tests.journeys.parties import Smsc
from tests.peers.tools import interpreter_with
from tests.support.gateway import KEY, GatewayProcess, app, carrier, until
from tests.support.web import answering

pytestmark = pytest.mark.peers

CLIENTS = Path(__file__).parent / "jasmin_clients"
VERSION = "0.11.1"
TO = "525512345670"
LOGIN = {"username": "bank", "password": "s3cret", "to": TO, "content": "hola"}


class Report(NamedTuple):
    """A DLR as it came: method, Content-Type, and the arguments in their order, from the query or the form."""

    method: str
    kind: str
    arguments: list[tuple[str, str]]


class Site:
    """A gateway, what was called back, and Jasmin's REST API in front of the gateway."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.batches: list[dict[str, str]] = []
        self.url = ""
        self.callbacks = ""
        self.rest = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/batch":
            self.batches.append(dict(request.query))
            return web.Response()
        body = (await request.read()).decode()
        kind = request.headers.get("Content-Type", "") if request.method == "POST" else ""
        said = body if request.method == "POST" else request.query_string
        self.reports.append(Report(request.method, kind, parse_qsl(said, keep_blank_values=True)))
        return web.Response(text="ACK/Jasmin")

    def statuses(self) -> list[str]:
        """What the DLRs say."""
        return [value for report in self.reports for name, value in report.arguments if name == "message_status"]


@pytest.fixture(scope="module")
def jasmin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment of its own, with Jasmin."""
    return interpreter_with(tmp_path_factory.mktemp("jasmin"), f"jasmin=={VERSION}", "setuptools<81")


@pytest.fixture
async def site(tmp_path: Path, smsc: Smsc) -> AsyncIterator[Site]:
    site = Site()
    async with answering(site.answer) as site.callbacks:
        bank = app(callbacks=[site.callbacks + "/*"], system_id="bank")
        one = carrier("one", [smsc.port], price={"currency": "MXN", "per_segment": "0.18"})
        gateway = GatewayProcess(tmp_path, carriers={"one": one}, apps={"bank": bank})
        try:
            await gateway.start()
            site.url = f"http://127.0.0.1:{gateway.http_port}"
            yield site
        finally:
            await gateway.close()


@pytest.fixture
async def front(jasmin: Path, site: Site, tmp_path: Path) -> AsyncIterator[Site]:
    """`site.rest` is where Jasmin's REST API listens."""
    config = tmp_path / "rest-api.cfg"
    config.write_text(
        f"[rest-api]\nhttp_api_host = 127.0.0.1\nhttp_api_port = {site.url.rpartition(':')[2]}\n"
        "log_file = /dev/stdout\nlog_level = CRITICAL\nhttp_throughput_per_worker = 0\nsmart_qos = no\n"
    )
    with (tmp_path / "front.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            jasmin, CLIENTS / "rest_front.py",
            env={"REST_API_CONFIG": str(config), "LOG_PATH": str(tmp_path)}, stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        port = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        assert port, (tmp_path / "front.log").read_text()
        site.rest = f"http://127.0.0.1:{port}"
        yield site
    finally:
        process.terminate()
        await process.wait()


async def rest(site: Site, method: str, path: str, *, key: str = KEY, **given: Any) -> tuple[int, Any]:
    """Ask Jasmin's REST API as the app `bank`."""
    headers = {"Authorization": "Basic " + b64encode(f"bank:{key}".encode()).decode()}
    async with (
        aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(20)) as session,
        session.request(method, site.rest + path, **given) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


async def oracle(jasmin: Path, tmp_path: Path, *command: str, given: Any) -> Any:
    """What Jasmin's own code says."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        jasmin, CLIENTS / "oracle.py", *command,
        env={"LOG_PATH": str(tmp_path)}, stdin=pipe, stdout=pipe, stderr=pipe,
    )  # fmt: skip
    out, err = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, err.decode()
    return json.loads(out) if out else None


# -- Jasmin's REST API -------------------------------------------------------------------------------------------------


async def test_rest_api_finds_us_and_asks_what_is_left_and_what_it_costs(front: Site) -> None:
    assert await rest(front, "GET", "/ping") == (200, {"data": "Jasmin/PONG"})
    assert await rest(front, "GET", "/secure/balance") == (200, {"data": {"balance": "ND", "sms_count": "ND"}})
    asked = {"to": TO, "content": "x" * 200}
    assert await rest(front, "GET", "/secure/rate", params=asked) == (
        200,
        {"data": {"unit_rate": 0.18, "submit_sm_count": 2}},
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"content": "Su clave es 482913", "from": "45555", "priority": 2}, "Su clave es 482913"),
        ({"hex_content": "004800692713", "coding": 8, "validity_period": 10, "tags": "otp"}, "Hi✓"),
    ],
    ids=["plain", "ucs2"],
)
async def test_rest_api_sends_one_message(front: Site, smsc: Smsc, given: dict[str, Any], text: str) -> None:
    status, said = await rest(front, "POST", "/secure/send", json={"to": TO, **given})
    assert (status, said["data"].partition(" ")[0]) == (200, "Success")
    await until(lambda: smsc.texts, 10, "the message")
    assert smsc.texts == [text]


async def test_rest_api_hears_why_not(front: Site, smsc: Smsc) -> None:
    assert await rest(front, "POST", "/secure/send", key="wrong", json={"to": TO, "content": "hola"}) == (
        403,
        {"message": 'Error "Authentication failure for username:bank'},
    )
    status, said = await rest(front, "POST", "/secure/send", json={"to": "12", "content": "hola"})
    assert (status, said["message"].partition(" ")[0]) == (400, "Error")
    batch = {"messages": [{"to": TO, "content": "hola"}]}
    assert (await rest(front, "POST", "/secure/sendbatch", key="wrong", json=batch))[0] == 412
    assert smsc.texts == []


async def test_rest_api_sends_a_batch_and_each_answer_is_called_back(front: Site, smsc: Smsc) -> None:
    batch = {
        "batch_config": {"callback_url": front.callbacks + "/batch", "errback_url": front.callbacks + "/batch"},
        "globals": {
            "from": "45555", "dlr": "yes", "dlr_level": 2, "dlr_method": "GET", "dlr_url": front.callbacks + "/dlr",
        },
        "messages": [
            {"to": [TO, "525512345671"], "content": "Promo"},
            {"to": "525512345672", "content": "Señal"},
            {"to": "12", "content": "nobody"},
        ],
    }  # fmt: skip
    status, said = await rest(front, "POST", "/secure/sendbatch", json=batch)
    assert (status, said["data"]["messageCount"]) == (200, 4)
    await until(lambda: len(front.reports) == 3, 15, "the reports")
    assert sorted(smsc.texts) == ["Promo", "Promo", "Señal"]
    assert front.statuses() == ["DELIVRD"] * 3
    answers = {row["to"]: (row["status"], row["statusText"].partition(" ")[0]) for row in front.batches}
    assert answers.pop("12") == ("0", "HTTPAPI")
    assert set(answers.values()) == {("1", "Success")}
    assert {row["batchId"] for row in front.batches} == {said["data"]["batchId"]}


# -- Jasmin as the judge -----------------------------------------------------------------------------------------------

CASES: list[dict[str, str]] = [
    {},
    LOGIN,
    {**LOGIN, "from": "45555"},
    *({name: value for name, value in LOGIN.items() if name != out} for out in LOGIN),
    *({**LOGIN, "to": to} for to in ("", "+", "55-12", "5512345670x", "55 12")),
    *({**LOGIN, "coding": coding} for coding in ("", "0", "3", "8", "10", "11", "12", "13", "14", "15", "08", "x")),
    *({**LOGIN, "priority": priority} for priority in ("", "0", "3", "4", "-1", "33")),
    *({**LOGIN, "validity-period": minutes} for minutes in ("", "0", "10", "-1", "1.5", "x")),
    *({**LOGIN, "sdt": sdt} for sdt in ("", "000000000100000R", "tomorrow", "00000000010000R", "000000000100000X")),
    *({**LOGIN, "dlr": dlr} for dlr in ("", "yes", "no", "YES", "maybe")),
    *({**LOGIN, "dlr": "yes", "dlr-level": level} for level in ("", "0", "1", "2", "3", "4")),
    *({**LOGIN, "dlr": "yes", "dlr-method": method} for method in ("", "get", "POST", "Get", "PUT")),
    *({**LOGIN, "dlr-url": url} for url in ("", "ftp://a/", "a.example/dlr", "//a")),
    *({**LOGIN, "tags": tags} for tags in ("", "a", "a,b-1", "a b", "ñ", "a;b")),
    {**LOGIN, "hex-content": "00"},
    {**{name: value for name, value in LOGIN.items() if name != "content"}, "hex-content": "6869", "coding": "4"},
    {**LOGIN, "colour": "red"},
    {**LOGIN, "Content": "hola"},
    {**LOGIN, "charset": "utf-8"},
]
STRICTER: list[dict[str, str]] = [{**LOGIN, "validity-period": "0"}]
"""What Jasmin takes and we answer with an error: a message that has expired before it is sent."""


async def test_arguments_are_right_and_wrong_as_jasmin_says(jasmin: Path, site: Site, tmp_path: Path) -> None:
    verdicts = await oracle(jasmin, tmp_path, "judge", given=CASES)
    otherwise = []
    async with aiohttp.ClientSession() as session:
        for arguments, verdict in zip(CASES, verdicts, strict=True):
            async with session.get(f"{site.url}/send?{urlencode(arguments)}") as answer:
                said = answer.status, (await answer.text()).partition(" ")[0]
            right = verdict is None and arguments not in STRICTER
            if said != ((200, "Success") if right else (400, "Error")):
                otherwise.append((arguments, said, verdict))
    assert otherwise == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("level", [1, 2])
async def test_dlrs_are_called_as_jasmin_calls_them(
    jasmin: Path, site: Site, tmp_path: Path, method: str, level: int
) -> None:
    asked = LOGIN | {"dlr-url": site.callbacks + "/dlr", "dlr-level": str(level), "dlr-method": method}
    async with aiohttp.ClientSession() as session, session.get(f"{site.url}/send?{urlencode(asked)}") as answer:
        assert answer.status == 200
    await until(lambda: site.reports, 10, "our DLR")
    [ours] = site.reports
    await oracle(jasmin, tmp_path, "throw", site.callbacks + "/dlr", method, given=dict(ours.arguments))
    assert site.reports == [ours, ours]
