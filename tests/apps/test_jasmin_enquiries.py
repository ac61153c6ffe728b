"""Jasmin's /ping, /balance and /rate."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.apps.http_gateway import BANK, Caller, Reply, calling

LOGIN = {"username": "bank", "password": BANK}
TO = "+525512345670"


async def ask(app: Caller, path: str, **fields: Any) -> Reply:
    given = {name.rstrip("_").replace("_", "-"): value for name, value in fields.items()}
    return await app.by(None).call("GET", path + "?" + urlencode(given))


async def test_ping_is_answered_as_jasmin_does() -> None:
    async with calling() as app:
        reply = await app.by(None).call("GET", "/ping")
        asked = await ask(app, "/ping", colour="red")
    assert (reply.status, reply.body) == (200, b"Jasmin/PONG")
    assert (asked.status, asked.body) == (400, b"Argument [colour] is unknown.")


async def test_balance_has_no_limit() -> None:
    async with calling() as app:
        reply = await ask(app, "/balance", **LOGIN)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json == {"balance": "ND", "sms_count": "ND"}


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({"content": "hola"}, {"unit_rate": 0.18, "submit_sm_count": 1}),
        ({"content": "x" * 161}, {"unit_rate": 0.18, "submit_sm_count": 2}),
        ({"content": "✓" * 71}, {"unit_rate": 0.18, "submit_sm_count": 2}),
        ({"hex_content": "6869", "coding": "4"}, {"unit_rate": 0.18, "submit_sm_count": 1}),
        ({}, {"unit_rate": 0.18, "submit_sm_count": 1}),
        ({"content": ""}, {"unit_rate": 0.18, "submit_sm_count": 1}),
        ({"to": TO[:-1] + "6", "content": "hola"}, {"unit_rate": 0.0, "submit_sm_count": 1}),
    ],
)
async def test_rate_is_the_price_and_how_often(fields: dict[str, Any], rate: object) -> None:
    async with calling() as app:
        reply = await ask(app, "/rate", **{**LOGIN, "to": TO, **fields})
        assert (reply.status, reply.json) == (200, rate)
        assert app.site.live == {}


@pytest.mark.parametrize(
    ("path", "fields", "status", "said"),
    [
        ("/balance", {"username": "bank"}, 400, "Mandatory argument [password] is not found."),
        ("/balance", {**LOGIN, "to": TO}, 400, "Argument [to] is unknown."),
        ("/balance", {**LOGIN, "password": "wrong"}, 403, "Authentication failure for username:bank"),
        ("/rate", {**LOGIN}, 400, "Mandatory argument [to] is not found."),
        ("/rate", {**LOGIN, "to": TO, "dlr": "yes"}, 400, "Argument [dlr] is unknown."),
        ("/rate", {**LOGIN, "to": TO, "password": "wrong"}, 403, "Authentication failure for username:bank"),
        ("/rate", {**LOGIN, "to": TO[:-1] + "7"}, 412, "No route found"),
        ("/rate", {**LOGIN, "to": "12"}, 400, None),
        ("/rate", {**LOGIN, "to": TO, "from_": "OTHER"}, 400, None),
        ("/rate", {**LOGIN, "to": TO, "content": "a", "hex_content": "61"}, 400, None),
    ],
)
async def test_errors_are_strings_in_json(path: str, fields: dict[str, Any], status: int, said: str | None) -> None:
    async with calling() as app:
        reply = await ask(app, path, **fields)
    assert reply.status == status
    assert isinstance(reply.json, str)
    if said is not None:
        assert reply.json == said
