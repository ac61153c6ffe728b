"""Lookup by HTTP: the shapes of answers, and a real server that answers, errs, hangs up and is not there."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from portability.answer import Answer
from portability.http_lookup import HttpLookup, read_answer
from portability.source import SourceUnavailable
from tests.support.numbering import networks

NUMBER = 525512345678


@pytest.mark.parametrize(
    ("said", "network", "ported"),
    [
        ({"network": "188", "ported": True}, "telcel", True),
        ({"network": 188, "ported": False}, "telcel", False),
        ({"network": "334-020", "ported": None}, "telcel", None),
        ({"network": "33402"}, "telcel", None),
        ({"network": "At&t", "ported": False}, "att", False),
        ({"network": None, "ported": False}, None, False),
        ({"msisdn": "x", "connectivity_status": "CONNECTED", "mccmnc": "334030"}, "movistar", None),
        ({"network": "AT&T", "mccmnc": "334020", "networkType": "mobile", "isPorted": True}, "telcel", True),
        ({"number": "x", "network": None, "mccmnc": "334050", "isPorted": None}, "att", None),
        ({"operatorCode": "0156", "ported": True, "roaming": False, "status": "ok", "valid": True}, "att", True),
        ({"mcc": "334", "mnc": "020", "ported": "yes"}, "telcel", True),
    ],
)
def test_answer_is_read_in_the_shapes_met(said: dict[str, object], network: str | None, ported: bool | None) -> None:
    found = read_answer(json.dumps(said).encode(), networks())
    assert found == Answer(network, "http", ported)


@pytest.mark.parametrize("said", [{}, {"network": None, "ported": None}, {"valid": False, "network": "188"}])
def test_answer_without_anything_is_nothing(said: dict[str, object]) -> None:
    assert read_answer(json.dumps(said).encode(), networks()) is None


def test_network_that_is_not_configured_is_named_and_never_guessed() -> None:
    found = read_answer(b'{"network": "Nobody", "mccmnc": "99999", "ported": true}', networks())
    assert found is not None
    assert (found.network, found.ported) == (None, True)
    assert found.detail == "'99999', 'Nobody' is no network of the configuration"


def test_hosted_network_says_its_host() -> None:
    found = read_answer(b'{"network": "weex"}', networks())
    assert found is not None
    assert found.hosts == ("movistar",)


NO_ANSWERS = [
    *(b"", b"<html>", b"[]", b'"telcel"', b'{"ported": "perhaps"}', b'{"ported": []}'),
    b'{"network":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"network": "\xff"}',
    b'{"\xff": 1}',
    b'{"network": "\\ud800"}',
    b'{"network": ' + b"9" * 60_000 + b"}",
    b'{"ported": 1e999}',
]


@pytest.mark.parametrize("body", NO_ANSWERS)
def test_answer_that_is_none_makes_the_source_unavailable(body: bytes) -> None:
    with pytest.raises(SourceUnavailable):
        read_answer(body, networks())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
)
KEYS = st.sampled_from(["network", "ported", "isPorted", "mccmnc", "mcc", "mnc", "operator_code", "valid", "carrier"])


@given(st.binary(max_size=200) | st.dictionaries(KEYS, JSON).map(lambda said: json.dumps(said).encode()))
def test_any_octets_are_an_answer_or_make_the_source_unavailable(body: bytes) -> None:
    with suppress(SourceUnavailable):
        found = read_answer(body, networks())
        assert found is None or found.network in {None, "telcel", "att", "movistar", "weex"}


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[HttpLookup]:
    app = web.Application()
    app.router.add_get("/lookup/{number}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    lookup = HttpLookup(f"http://127.0.0.1:{port}/lookup/{{number}}", networks(), at_once=4)
    try:
        yield lookup
    finally:
        await lookup.close()
        await runner.cleanup()


async def test_number_stands_in_the_address_and_the_connection_is_kept() -> None:
    seen: list[tuple[str, object]] = []

    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        seen.append((request.match_info["number"], request.transport.get_extra_info("peername")))
        return web.json_response({"network": "188", "ported": True})

    async with serving(answer) as lookup:
        for at in range(3):
            assert await lookup.question(NUMBER + at) == Answer("telcel", "http", ported=True)

    assert [number for number, _ in seen] == [str(NUMBER + at) for at in range(3)]
    assert len({peer for _, peer in seen}) == 1


@pytest.mark.parametrize("status", [204, 400, 404, 410, 422])
async def test_status_that_knows_nothing_of_the_number_is_nothing(status: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(answer) as lookup:
        assert await lookup.question(NUMBER) is None


@pytest.mark.parametrize("status", [302, 401, 429, 500, 503])
async def test_status_that_is_no_answer_makes_the_source_unavailable(status: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/"})

    async with serving(answer) as lookup:
        with pytest.raises(SourceUnavailable, match=f"answers {status}"):
            await lookup.question(NUMBER)


async def test_endless_answer_is_cut_off() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b'{"network": "' + b"x" * 1_000_000)

    async with serving(answer) as lookup:
        with pytest.raises(SourceUnavailable, match="more than 65536"):
            await lookup.question(NUMBER)


async def test_server_that_is_not_there_makes_the_source_unavailable() -> None:
    lookup = HttpLookup("http://127.0.0.1:1/{number}", networks(), at_once=1)
    with pytest.raises(SourceUnavailable):
        await lookup.question(NUMBER)
    await lookup.close()
