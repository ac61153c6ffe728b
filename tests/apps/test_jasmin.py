"""Jasmin's /send: what it takes, what it answers, and what becomes of it."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.message import Message, Status
from tests.apps.http_gateway import BANK, NOW, Caller, Reply, Shaky, calling

TO = "+525512345670"
LOGIN = {"username": "bank", "password": BANK}


def arguments(**fields: Any) -> dict[str, Any]:
    """`dlr_url` is dlr-url, `from_` is from; None takes one out."""
    given = {**LOGIN, "to": TO, "content": "hola"}
    given |= {name.rstrip("_").replace("_", "-"): value for name, value in fields.items()}
    return {name: value for name, value in given.items() if value is not None}


async def send(app: Caller, **fields: Any) -> Reply:
    return await app.by(None).call("GET", "/send?" + urlencode(arguments(**fields)))


def said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body.decode()


def only(app: Caller) -> Message:
    [message] = app.site.live.values()
    return message


async def test_jasmin_call_is_answered_with_the_id_and_sends() -> None:
    async with calling() as app:
        reply = await send(app, from_="BANCO", priority="2", tags="a,b-1")
        message = only(app)
    assert said(reply) == (200, f'Success "{message.id}"')
    assert (message.to, message.sender, message.lane, message.interface) == (TO[1:], "BANCO", "fast", "jasmin")
    assert (message.content.text, message.reference, message.receipt) == ("hola", "a,b-1", "none")
    assert message.tags == ("a", "b-1")
    assert app.site.metrics.accepted("bank", "fast", "jasmin").n == 1


@pytest.mark.parametrize("kind", ["form", "json"])
async def test_jasmin_post_is_a_form_or_json(kind: str) -> None:
    async with calling() as app:
        given = arguments(content="año", coding=0 if kind == "json" else "0")
        if kind == "json":
            reply = await app.by(None).call("POST", "/send", body=given)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            reply = await app.by(None).call("POST", "/send", headers=headers, data=urlencode(given))
        assert reply.status == 200
        assert only(app).content.text == "año"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"to": None}, "Mandatory argument [to] is not found."),
        ({"to": "55-12"}, "Argument [to] has an invalid value: [55-12]."),
        ({"password": None}, "Mandatory argument [password] is not found."),
        ({"password": ""}, "Argument [password] has an invalid value."),
        ({"content": None}, "content or hex-content not present."),
        ({"hex_content": "00"}, "content and hex-content cannot be used both in same request."),
        ({"content": None, "hex_content": "0"}, "Argument [hex-content] has an invalid value: [0]."),
        ({"coding": "11"}, "Argument [coding] has an invalid value: [11]."),
        ({"priority": "4"}, "Argument [priority] has an invalid value: [4]."),
        ({"sdt": "tomorrow"}, "Argument [sdt] has an invalid value: [tomorrow]."),
        ({"validity_period": "x"}, "Argument [validity-period] has an invalid value: [x]."),
        ({"dlr": "maybe"}, "Argument [dlr] has an invalid value: [maybe]."),
        ({"dlr_level": "4"}, "Argument [dlr-level] has an invalid value: [4]."),
        ({"dlr_method": "PUT"}, "Argument [dlr-method] has an invalid value: [PUT]."),
        ({"dlr_url": "ftp://x"}, "Argument [dlr-url] has an invalid value: [ftp://x]."),
        ({"dlr_url": "http://x/"}, "Argument [dlr-url] is none of the app's callbacks."),
        ({"tags": "a b"}, "Argument [tags] has an invalid value: [a b]."),
        ({"custom_tlvs": "[]"}, None),
        ({"colour": "red"}, "Argument [colour] is unknown."),
        (
            {"validity_period": "5", "sdt": "000000001000000R"},
            "Argument [validity-period] ends before the message may be sent.",
        ),
        ({"content": b"\xff"}, "Argument [content] has an invalid value: it is not UTF-8."),
    ],
)  # fmt: skip
async def test_jasmin_argument_that_is_wrong_is_named(fields: dict[str, Any], answer: str | None) -> None:
    async with calling() as app:
        reply = await send(app, **fields)
    assert reply.status == 400
    assert answer is None or reply.body.decode() == f'Error "{answer}"'
    assert app.site.live == {}


async def test_jasmin_call_without_arguments_says_so() -> None:
    async with calling() as app:
        reply = await app.by(None).call("GET", "/send")
    words = "Mandatory arguments not found, please refer to the HTTPAPI specifications."
    assert said(reply) == (400, f'Error "{words}"')


async def test_jasmin_custom_tlvs_are_not_supported_and_say_so() -> None:
    async with calling() as app:
        reply = await app.by(None).call("POST", "/send", body={**arguments(), "custom_tlvs": [[1, 2, "Int1", 3]]})
    assert said(reply) == (400, 'Error "Argument [custom_tlvs] is not supported."')


async def test_jasmin_login_that_is_wrong_is_refused() -> None:
    async with calling() as app:
        assert said(await send(app, password="no")) == (403, 'Error "Authentication failure for username:bank"')
        assert (await send(app, password="s3cret")).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "answer"),
    [
        ({"to": "5512345677"}, 412, 'Error "No route found"'),
        ({"from_": "OTHER"}, 400, 'Error "telcel: '),
        ({"to": "5512345678"}, 400, 'Error "The number'),
    ],
)
async def test_jasmin_message_that_may_not_go_is_refused(fields: dict[str, str], status: int, answer: str) -> None:
    async with calling() as app:
        reply = await send(app, **fields)
    assert (reply.status, reply.body.decode()[: len(answer)]) == (status, answer)


async def test_jasmin_app_over_its_tps_is_refused() -> None:
    async with calling() as app:
        replies = [await send(app) for _ in range(21)]
    assert said(replies[-1]) == (403, 'Error "User throughput exceeded"')
    assert replies[-1].headers["Retry-After"] == "2"  # rounded up: a second is measured with some slack


async def test_jasmin_message_that_cannot_be_taken_now_is_to_be_tried_again() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        reply = await send(app)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    ("fields", "text", "data", "settled"),
    [
        ({"content": "está"}, "está", b"", "ucs2"),
        ({"content": "está", "coding": "0"}, "esta", b"", "gsm7"),
        ({"content": "está".encode("utf-16-be"), "coding": "8"}, "está", b"", "ucs2"),
        ({"content": None, "hex_content": "00e1", "coding": "8"}, "á", b"", "ucs2"),
        ({"content": None, "hex_content": "0061"}, "@a", b"", "gsm7"),
        ({"content": None, "hex_content": "00ff", "coding": "4"}, None, b"\x00\xff", "binary"),
        ({"content": None, "hex_content": "00ff", "coding": "13"}, None, b"\x00\xff", "binary"),
    ],
)
async def test_jasmin_content_is_read_as_its_coding_says(
    fields: dict[str, Any], text: str | None, data: bytes, settled: str
) -> None:
    async with calling() as app:
        assert (await send(app, **fields)).status == 200
        content = only(app).content
    assert (content.text, content.data, content.settled) == (text, data, settled)


async def test_jasmin_sdt_and_validity_count_from_now() -> None:
    async with calling() as app:
        reply = await send(app, sdt="000000001000000R", validity_period="12")
        message = await app.site.store.message(reply.body.decode().split('"')[1])
    assert message is not None
    assert (message.status, message.send_at, message.expires_at) == (Status.SCHEDULED, NOW + 600, NOW + 720)


@pytest.mark.parametrize(
    ("fields", "receipt", "extras"),
    [
        ({"dlr_url": "https://bank.example/dlr"}, "all", {"jasmin_level": "1", "jasmin_method": "POST"}),
        (
            {"dlr": "yes", "dlr_url": "https://bank.example/dlr", "dlr_level": "2", "dlr_method": "get"},
            "final",
            {"jasmin_level": "2", "jasmin_method": "GET"},
        ),
        ({"dlr": "yes", "dlr_level": "3"}, "all", {}),
        ({"dlr": "no"}, "none", {}),
    ],
)
async def test_jasmin_dlr_says_what_is_told_and_where(
    fields: dict[str, str], receipt: str, extras: dict[str, str]
) -> None:
    async with calling() as app:
        assert (await send(app, **fields)).status == 200
        message = only(app)
    assert (message.receipt, message.callback, message.extras) == (receipt, fields.get("dlr_url", ""), extras)
