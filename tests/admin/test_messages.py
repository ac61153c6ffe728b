"""Messages of any app, /v1/send, dead deliveries."""

import json
import math
from io import BytesIO
from typing import Any

import pytest

from gateway.errors import Refusal
from tests.admin.conftest import MEANT, Caller
from tests.admin.fake import FakeControl, a_message

JSON = {"Content-Type": "application/json"}


async def test_message_of_any_app_is_shown_with_its_events(call: Caller, control: FakeControl) -> None:
    control.messages["0193-1"] = [a_message()]

    status, body, _ = await call("GET", "/v1/messages/0193-1")

    assert (status, body["id"], body["to"], body["app"]) == (200, "0193-1", "+525512345678", "bank")
    assert body["events"][0]["status"] == "accepted"


async def test_message_that_is_not_there_is_404(call: Caller) -> None:
    status, body, _ = await call("GET", "/v1/messages/none")

    assert (status, body["errors"][0]["code"]) == (404, "not_found")


async def test_send_submits_as_the_app_and_answers_the_message(call: Caller, control: FakeControl) -> None:
    asked = {"app": "shop", "to": "+525512345678", "text": "¿hola?", "from": "45555", "lane": "bulk"}

    status, body, _ = await call("POST", "/v1/send", JSON, json.dumps(asked).encode())

    assert (status, body["id"], body["app"]) == (202, "0193-9", "shop")
    assert control.told == [("send", "shop", "+525512345678", "¿hola?", "45555", "bulk")]


async def test_send_leaves_out_what_was_not_said(call: Caller, control: FakeControl) -> None:
    assert (await call("POST", "/v1/send", JSON, b'{"to": "5512345678", "text": "hola"}'))[0] == 202
    assert control.told == [("send", "", "5512345678", "hola", "", "")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b'{"to": "\xff", "text": "x"}', 400, "invalid_json"),
        (b'{"to": "5512345678", "x": ' + b"[" * 100_000, 422, "invalid_field"),
        (b'{"to": "5512345678"}', 422, "invalid_field"),
        (b'{"to": 5512345678, "text": "x"}', 422, "invalid_field"),
        (b'{"to": "5512345678", "text": "x", "form": "y"}', 422, "invalid_field"),
    ],
)
async def test_send_refuses_a_body_that_says_nothing_usable(
    call: Caller, control: FakeControl, body: bytes, status: int, code: str
) -> None:
    answered, found, _ = await call("POST", "/v1/send", JSON, body)

    assert (answered, found["errors"][0]["code"]) == (status, code)
    assert control.told == []


async def test_send_passes_on_the_gateways_refusal(call: Caller, control: FakeControl) -> None:
    control.error = Refusal("sender_not_allowed", "telcel: BANCO is not in its list", "from")

    status, body, _ = await call("POST", "/v1/send", JSON, b'{"to": "5512345678", "text": "hola"}')

    assert status == 403
    assert body["errors"] == [
        {"field": "from", "code": "sender_not_allowed", "detail": "telcel: BANCO is not in its list"}
    ]


async def test_send_refuses_a_body_beyond_a_mebibyte(call: Caller) -> None:
    body = BytesIO(b'{"to": "5512345678", "text": "' + b"x" * (1 << 20) + b'"}')

    assert (await call("POST", "/v1/send", JSON, body))[0] == 413


async def test_dead_deliveries_come_in_pages_without_their_urls(call: Caller) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(3):
        _, body, _ = await call("GET", f"/v1/deliveries?state=dead&limit=2&cursor={cursor}")
        seen += body["items"]
        cursor = body["next_cursor"]

    assert cursor is None
    assert [row["id"] for row in seen] == ["d0", "d1", "d2", "d3", "d4"]
    assert seen[0]["detail"] == "HTTP 500"
    assert seen[0]["status"] == "delivered"
    assert "hunter2" not in str(seen)


@pytest.mark.parametrize(
    "query", ["", "?state=waiting", "?state=dead&limit=0", "?state=dead&limit=x", "?state=dead&a=b"]
)
async def test_deliveries_refuse_what_they_do_not_know(call: Caller, query: str) -> None:
    assert (await call("GET", f"/v1/deliveries{query}"))[0] == 422


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"since": "2026-11-23T06:00:00Z"}, (1_795_413_600.0, math.inf, "")),
        (
            {"since": "2026-11-23T00:00:00-06:00", "until": "2026-11-23T06:00:01Z", "app": "shop"},
            (1_795_413_600.0, 1_795_413_601.0, "shop"),
        ),
    ],
)
async def test_replay_of_a_time_says_how_many(
    call: Caller, control: FakeControl, asked: dict[str, str], told: tuple[object, ...]
) -> None:
    status, body, _ = await call("POST", "/v1/deliveries/replay", JSON, json.dumps(asked).encode())

    assert (status, body) == (202, {"replayed": 5})
    assert control.told == [("replay_these", *told)]


@pytest.mark.parametrize(
    "body", [b"{}", b'{"since": "yesterday"}', b'{"since": "2026-11-23T06:00:00"}', b'{"since": null, "a": 1}']
)
async def test_replay_of_a_time_refuses_what_is_no_time(call: Caller, control: FakeControl, body: bytes) -> None:
    assert (await call("POST", "/v1/deliveries/replay", JSON, body))[0] == 422
    assert control.told == []


async def test_replay_makes_a_dead_delivery_wait_again(call: Caller) -> None:
    status, body, _ = await call("POST", "/v1/deliveries/d3/replay", MEANT)

    assert (status, body["state"], body["attempts"]) == (202, "waiting", 0)
    assert (await call("POST", "/v1/deliveries/d3/replay", MEANT))[0] == 404
