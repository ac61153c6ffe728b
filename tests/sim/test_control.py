from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.clock import SystemClock
from gateway.sim.control import Control
from gateway.sim.smsc import Simulator
from gateway.smpp.pdu import SubmitSmResp
from tests.sim.running import SUBMIT, bound, next_deliver, running


class Running:
    """A simulator with its control port, and a client of that."""

    def __init__(self, simulator: Simulator, port: int, http: ClientSession) -> None:
        self.simulator = simulator
        self.port = port
        self._http = http

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        async with self._http.request(method, path, json=body) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def post_text(self, path: str, text: str) -> tuple[int, Any]:
        async with self._http.post(path, data=text) as response:
            return response.status, await response.json()


@pytest.fixture
async def controlled() -> AsyncIterator[Running]:
    async with running(name="telcel", receipts_after_s=None) as (simulator, port):
        control = Control(simulator, SystemClock())
        http_port = await control.start()
        async with ClientSession(f"http://127.0.0.1:{http_port}") as http:
            yield Running(simulator, port, http)
        await control.stop()


async def test_control_shows_what_was_taken_newest_first(controlled: Running) -> None:
    async with bound(controlled.port) as esme:
        for text in (b"uno", b"dos", b"tres"):
            await esme.ask(SUBMIT._replace(short_message=text))
        await esme.ask(SUBMIT._replace(destination_addr="525599999999"))
    status, answer = await controlled.call("GET", "/messages?to=%2B525512345678&limit=2")
    assert status == 200
    assert [item["text"] for item in answer["items"]] == ["tres", "dos"]
    item = answer["items"][0]
    assert (item["from"], item["to"], item["state"], item["part"]) == ("45555", "525512345678", "ENROUTE", None)
    assert item["at"].endswith("Z")
    assert len((await controlled.call("GET", "/messages"))[1]["items"]) == 4
    assert (await controlled.call("DELETE", "/messages"))[0] == 204
    assert (await controlled.call("GET", "/messages"))[1] == {"items": []}


async def test_control_shows_which_part_a_message_is(controlled: Running) -> None:
    async with bound(controlled.port) as esme:
        await esme.ask(SUBMIT._replace(esm_class=0x40, short_message=b"\x05\0\x03\xa7\x02\x01hola"))
    item = (await controlled.call("GET", "/messages"))[1]["items"][0]
    assert item["text"] == "hola"
    assert (item["part"]["reference"], item["part"]["total"], item["part"]["number"]) == (0xA7, 2, 1)


async def test_control_counts(controlled: Running) -> None:
    controlled.simulator.faults = controlled.simulator.faults.changed({"errors": {"0x58": 1.0}})
    async with bound(controlled.port) as esme:
        await esme.ask(SUBMIT)
        stats = (await controlled.call("GET", "/stats"))[1]
    assert stats["name"] == "telcel"
    assert (stats["submits"], stats["accepted"], stats["refused"]) == (1, 0, {"ESME_RTHROTTLED": 1})
    assert (stats["per_second"], stats["peak_per_second"], stats["bound"]) == (1, 1, {"acme": 1})
    assert stats["deeds"] == {"refuse": 1}


async def test_control_writes_as_a_subscriber(controlled: Running) -> None:
    async with bound(controlled.port) as esme:
        body = {"from": "525512345678", "to": "45555", "text": "ACEPTO"}
        assert await controlled.call("POST", "/mo", body) == (202, {"parts": 1})
        assert (await next_deliver(esme)).short_message == b"ACEPTO"
        assert await controlled.call("POST", "/mo", body | {"encoding": "ucs2", "system_id": "acme"}) == (
            202,
            {"parts": 1},
        )
        assert (await next_deliver(esme)).data_coding == 8


async def test_control_changes_faults_while_it_runs(controlled: Running) -> None:
    async with bound(controlled.port) as esme:
        changes = {"errors": {"ESME_RSYSERR": 1}, "fail": 0.25}
        status, faults = await controlled.call("POST", "/faults", changes)
        assert (status, faults["errors"], faults["fail"]) == (200, {"8": 1.0}, 0.25)
        assert (await esme.ask(SUBMIT)).command_status == 8
        await controlled.call("POST", "/faults", {"errors": {}})
        assert (await controlled.call("GET", "/faults"))[1] == faults | {"errors": {}}
        assert isinstance((await esme.ask(SUBMIT)).pdu, SubmitSmResp)


async def test_control_cuts_connections(controlled: Running) -> None:
    async with bound(controlled.port) as esme:
        assert await controlled.call("POST", "/disconnect", {"system_id": "who"}) == (200, {"connections": 0})
        assert await controlled.post_text("/disconnect", "") == (200, {"connections": 1})
        await esme.expect_closed()


@pytest.mark.parametrize(
    ("path", "text", "status", "named"),
    [
        ("/mo", "{", 400, "truncated"),
        ("/mo", '{"from":"1","to":"2"}', 400, "text"),
        ("/mo", '{"from":"1","to":"2","text":"x","colour":1}', 400, "colour"),
        ("/mo", '{"from":"1","to":"2","text":"x"}', 409, "nobody"),
        ("/mo", '{"from":"1","to":"2","text":"x","system_id":"who"}', 409, "who"),
        ("/faults", '{"drop": 2}', 400, "drop"),
        ("/faults", '{"drop": 0.6, "silent": 0.6}', 400, "add up"),
        ("/nowhere", "{}", 404, "Not Found"),
        ("/stats", "{}", 405, "Method Not Allowed"),
    ],
)
async def test_control_says_what_is_wrong(controlled: Running, path: str, text: str, status: int, named: str) -> None:
    answer = await controlled.post_text(path, text)
    assert answer[0] == status
    assert named in answer[1]["error"]
