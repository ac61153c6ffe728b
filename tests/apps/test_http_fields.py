"""Every field of a message, good and bad."""

from typing import Any

import pytest

from gateway.apps.http_message_body import FURTHEST_S, LONGEST_TEXT, PAST_S, read_submission
from gateway.apps.problem import Invalid
from gateway.errors import Refusal
from tests.apps.http_gateway import NOW, SHOP, calling

HOUR_ON = "2023-11-14T23:13:20Z"

GOOD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"to": "5512345670"}, {"to": "+525512345670"}),
    ({"to": "044 55 1234-5670"}, {"to": "+525512345670"}),
    ({"from": "BANCO"}, {"from": "BANCO"}),
    ({"from": None}, {"from": "45555"}),
    ({"lane": "bulk"}, {"lane": "bulk"}),
    ({"lane": "fast"}, {"lane": "fast"}),
    ({"reference": "order-7/ñ"}, {"reference": "order-7/ñ"}),
    ({"reference": "x" * 255}, {"reference": "x" * 255}),
    ({"ttl": 1}, {}),
    ({"ttl": 10_000_000}, {}),
    ({"send_at": HOUR_ON}, {"status": "scheduled"}),
    ({"send_at": "2023-11-14T17:13:20.500-06:00"}, {"status": "scheduled"}),
    ({"send_at": "2023-11-14T22:12:50Z"}, {"status": "accepted"}),
    ({"encoding": "auto", "text": "€ cuánto"}, {"encoding": "ucs2"}),
    ({"encoding": "gsm7"}, {"encoding": "gsm7"}),
    ({"encoding": "ucs2"}, {"encoding": "ucs2"}),
    ({"encoding": "latin1", "text": "áéí"}, {"encoding": "latin1"}),
    ({"encoding": "binary", "text": ..., "data": "00ff10"}, {"encoding": "binary"}),
    ({"text": ..., "data": "00FF10"}, {"encoding": "binary"}),
    ({"text": None, "data": "aa" * 300}, {"encoding": "binary", "segments": 3}),
    ({"transliterate": True, "text": "á ó"}, {"encoding": "gsm7"}),
    ({"transliterate": False, "text": "á ó"}, {"encoding": "ucs2"}),
    ({"class": 0}, {}),
    ({"class": 3}, {}),
    ({"udh": "0605040b8423f0", "text": ..., "data": "dada"}, {"segments": 1}),
    ({"text": "x" * 161}, {"segments": 2}),
    ({"text": "ñ" * 160}, {"segments": 1, "encoding": "gsm7"}),
    ({"receipt": "all"}, {}),
    ({"receipt": "final"}, {}),
    ({"receipt": "none"}, {}),
]

BAD: list[tuple[dict[str, Any], list[tuple[str | None, str]]]] = [
    ({"to": ...}, [("to", "missing_field")]),
    ({"to": 525512345670}, [("to", "invalid_field")]),
    ({"to": None}, [("to", "invalid_field")]),
    ({"to": ""}, [("to", "invalid_number")]),
    ({"to": "hola"}, [("to", "invalid_number")]),
    ({"to": "+52551234"}, [("to", "invalid_number")]),
    ({"to": "9" * 5000}, [("to", "invalid_number")]),
    ({"to": "8001234567"}, [("to", "not_mobile")]),
    ({"to": "45555"}, [("to", "not_mobile")]),
    ({"to": "5512345678"}, [("to", "not_mobile")]),
    ({"to": "5512345677"}, [("to", "no_route")]),
    ({"text": ...}, [("text", "missing_field")]),
    ({"text": None}, [("text", "missing_field")]),
    ({"text": ""}, [("text", "invalid_field")]),
    ({"text": ["hola"]}, [("text", "invalid_field")]),
    ({"text": "x" * 1600}, [("text", "text_too_long")]),
    ({"text": "x" * (LONGEST_TEXT + 1)}, [("text", "text_too_long")]),
    ({"data": "00"}, [("data", "invalid_field")]),
    ({"text": ..., "data": ""}, [("data", "invalid_field")]),
    ({"text": ..., "data": "0"}, [("data", "invalid_field")]),
    ({"text": ..., "data": "00 11"}, [("data", "invalid_field")]),
    ({"text": ..., "data": "zz"}, [("data", "invalid_field")]),
    ({"text": ..., "data": 17}, [("data", "invalid_field")]),
    ({"text": ..., "data": "00", "encoding": "ucs2"}, [("encoding", "invalid_field")]),
    ({"text": ..., "data": "00", "transliterate": True}, [("transliterate", "invalid_field")]),
    ({"text": ..., "data": "aa" * 2000}, [("data", "text_too_long")]),
    ({"from": ""}, [("from", "invalid_field")]),
    ({"from": "x" * 21}, [("from", "invalid_field")]),
    ({"from": "BÁNCO"}, [("from", "invalid_field")]),
    ({"from": "A\nB"}, [("from", "invalid_field")]),
    ({"from": 45555}, [("from", "invalid_field")]),
    ({"lane": "express"}, [("lane", "invalid_field")]),
    ({"lane": 1}, [("lane", "invalid_field")]),
    ({"reference": "x" * 256}, [("reference", "invalid_field")]),
    ({"reference": 7}, [("reference", "invalid_field")]),
    ({"ttl": 0}, [("ttl", "invalid_field")]),
    ({"ttl": -1}, [("ttl", "invalid_field")]),
    ({"ttl": 1.5}, [("ttl", "invalid_field")]),
    ({"ttl": "60"}, [("ttl", "invalid_field")]),
    ({"ttl": True}, [("ttl", "invalid_field")]),
    ({"ttl": 10**30}, [("ttl", "invalid_field")]),
    ({"send_at": "2023-11-14T23:13:20"}, [("send_at", "invalid_field")]),
    ({"send_at": "tomorrow"}, [("send_at", "invalid_field")]),
    ({"send_at": 1_700_003_600}, [("send_at", "invalid_field")]),
    ({"send_at": "2023-11-14T22:11:00Z"}, [("send_at", "invalid_field")]),
    ({"send_at": "2026-01-01T00:00:00Z"}, [("send_at", "invalid_field")]),
    ({"send_at": "0001-01-01T00:00:00+14:00"}, [("send_at", "invalid_field")]),
    ({"send_at": "9999-12-31T23:59:59-14:00"}, [("send_at", "invalid_field")]),
    ({"encoding": "utf8"}, [("encoding", "invalid_field")]),
    ({"encoding": None}, [("encoding", "invalid_field")]),
    ({"encoding": "binary"}, [("encoding", "invalid_field")]),
    ({"encoding": "gsm7", "text": "áéí 中"}, [("text", "bad_encoding")]),
    ({"transliterate": "yes"}, [("transliterate", "invalid_field")]),
    ({"transliterate": 1}, [("transliterate", "invalid_field")]),
    ({"class": 4}, [("class", "invalid_field")]),
    ({"class": -1}, [("class", "invalid_field")]),
    ({"class": "0"}, [("class", "invalid_field")]),
    ({"udh": "06"}, [("udh", "bad_encoding")]),
    ({"udh": "0605x"}, [("udh", "invalid_field")]),
    ({"receipt": "failure"}, [("receipt", "invalid_field")]),
    ({"receipt": False}, [("receipt", "invalid_field")]),
    ({"Text": "hola"}, [("Text", "unknown_field")]),
    ({"from_": "BANCO"}, [("from_", "unknown_field")]),
]


@pytest.mark.parametrize(("fields", "expected"), GOOD, ids=lambda value: str(value)[:60])
async def test_message_is_accepted_with_field(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", body_of(fields))
    assert reply.status == 202, reply.body
    assert expected.items() <= reply.json.items()


@pytest.mark.parametrize(("fields", "errors"), BAD, ids=lambda value: str(value)[:60])
async def test_message_is_refused_with_field_and_reason(
    fields: dict[str, Any], errors: list[tuple[str | None, str]]
) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", body_of(fields))
        assert not app.site.live
    assert (reply.status, reply.codes) == (422, errors), reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert all(error["detail"] for error in reply.json["errors"])


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [({"from": "PIRATE"}, "sender_not_allowed", "from"), ({"lane": "fast"}, "lane_not_allowed", "lane")],
)
async def test_message_is_forbidden_with_what_the_app_may_not(fields: dict[str, Any], code: str, field: str) -> None:
    async with calling() as app:
        reply = await app.by(SHOP).call("POST", "/v1/messages", body_of(fields))
    assert (reply.status, reply.codes) == (403, [(field, code)])


async def test_all_wrong_fields_are_named_at_once() -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", {"text": 5, "ttl": 0, "colour": "red"})
        assert set(reply.codes) == {
            ("to", "missing_field"),
            ("text", "invalid_field"),
            ("ttl", "invalid_field"),
            ("colour", "unknown_field"),
        }
        reply = await app.send(udh="x", from_="", encoding="binary", send_at="2020-01-01T00:00:00Z")
        assert {field for field, _ in reply.codes} == {"udh", "from", "encoding", "send_at"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"to": "1", "text": "\xff"}', b'{"to":1}x', b'"\\ud800"x', b"[" * 200_000, b"nul"],
)
async def test_broken_json_is_400(body: bytes) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", data=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.codes) == (400, [(None, "invalid_json")]), reply.body


@pytest.mark.parametrize("body", [b"[]", b'"hola"', b"7", b"null", b"true"])
async def test_json_that_is_no_object_is_422(body: bytes) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", data=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.codes) == (422, [(None, "invalid_field")])


async def test_nested_object_in_a_field_is_refused_by_the_field() -> None:
    body = b'{"to":"5512345670","text":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}"
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", data=body, headers={"Content-Type": "application/json"})
    assert reply.status in (400, 422)


def test_message_carries_all_that_was_asked_for() -> None:
    submission = read_submission(
        b'{"to":"1","text":"\\u00e1","from":"S","lane":"fast","reference":"r","ttl":60,"send_at":"2023-11-14T23:13:20Z",'
        b'"encoding":"latin1","transliterate":true,"class":1,"udh":"0102","receipt":"all"}',
        "bank",
        NOW,
    )
    content = submission.content
    assert (submission.app, submission.to, submission.sender, submission.lane) == ("bank", "1", "S", "fast")
    assert (submission.reference, submission.ttl_s, submission.send_at) == ("r", 60, NOW + 3600)
    assert (submission.receipt, submission.transliterate, submission.interface) == ("all", True, "http")
    assert (content.text, content.encoding, content.message_class, content.udh) == ("á", "latin1", 1, b"\x01\x02")


@pytest.mark.parametrize(
    ("at", "sends_at"),
    [(NOW, 0.0), (NOW - PAST_S, 0.0), (NOW + 1, NOW + 1), (NOW + FURTHEST_S, NOW + FURTHEST_S)],
)
def test_send_at_that_has_just_passed_means_now(at: float, sends_at: float) -> None:
    assert read_submission(at_body(at), "bank", NOW).send_at == sends_at


@pytest.mark.parametrize("at", [NOW - PAST_S - 1, NOW + FURTHEST_S + 1])
def test_send_at_out_of_reach_is_refused(at: float) -> None:
    with pytest.raises(Invalid) as caught:
        read_submission(at_body(at), "bank", NOW)
    assert [refusal.field for refusal in caught.value.refusals] == ["send_at"]


def test_last_of_a_field_given_twice_counts() -> None:
    assert read_submission(b'{"to":"1","text":"a","text":"b"}', "bank", NOW).content.text == "b"


def test_lone_surrogate_is_no_json() -> None:
    with pytest.raises(Refusal) as caught:
        read_submission(b'{"to":"1","text":"\\ud800"}', "bank", NOW)
    assert caught.value.code == "invalid_json"


def body_of(fields: dict[str, Any]) -> dict[str, Any]:
    """A good message with some fields changed, and those that are `...` left out."""
    whole = {"to": "+525512345670", "text": "hola", **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def at_body(at: float) -> bytes:
    from datetime import UTC, datetime

    return f'{{"to":"1","text":"a","send_at":"{datetime.fromtimestamp(at, UTC).isoformat()}"}}'.encode()
