"""Kannel's sendsms: what it takes, what it answers, and what becomes of it."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from gateway.apps.lockout import MOST_FAILURES
from gateway.message import Message, Status
from tests.apps.http_gateway import BANK, FAR, NOW, Caller, Reply, Shaky, calling

TO = "+525512345670"
YES = "0: Accepted for delivery"
LOGIN = {"username": "bank", "password": BANK}


async def sendsms(app: Caller, login: Mapping[str, str] = LOGIN, /, **fields: Any) -> Reply:
    """GET /cgi-bin/sendsms; `dlr_url` is dlr-url, `from_` is from."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in fields.items() if value is not None}
    query = {**login, "to": TO, "text": "hola", **named}
    return await app.by(None).call("GET", "/cgi-bin/sendsms?" + urlencode(query))


def said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body.decode()


def only(app: Caller) -> Message:
    [message] = app.site.live.values()
    return message


async def test_kannel_call_is_answered_as_smsbox_does_and_sends() -> None:
    async with calling() as app:
        reply = await sendsms(app, from_="BANCO", account="acme", pid="65", mclass="1", priority="1")
        message = only(app)
    assert said(reply) == (202, YES)
    assert reply.headers["X-Message-Id"] == message.id
    assert (message.to, message.sender, message.lane, message.interface) == (TO[1:], "BANCO", "fast", "kannel")
    assert (message.content.text, message.content.protocol_id, message.content.message_class) == ("hola", 65, 1)
    assert (message.reference, message.receipt) == ("acme", "none")
    assert app.site.metrics.accepted("bank", "fast", "kannel").n == 1


@pytest.mark.parametrize("secret", [BANK, "s3cret"])
async def test_kannel_login_takes_a_key_and_the_smpp_password(secret: str) -> None:
    async with calling() as app:
        assert said(await sendsms(app, {"user": "bank", "pass": secret})) == (202, YES)


@pytest.mark.parametrize(
    "login", [{}, {"username": "bank"}, {"username": "bank", "password": "no"}, {"username": "shop", "password": BANK}]
)
async def test_kannel_login_that_is_wrong_is_refused(login: dict[str, str]) -> None:
    async with calling() as app:
        assert said(await sendsms(app, login)) == (403, "Authorization failed for sendsms")


async def test_kannel_login_from_elsewhere_is_refused_in_the_same_words() -> None:
    async with calling() as app:
        reply = await sendsms(app, {"username": "far", "password": FAR})
    assert said(reply) == (403, "Authorization failed for sendsms")


async def test_kannel_login_that_is_guessed_at_is_locked_out() -> None:
    async with calling() as app:
        for _ in range(MOST_FAILURES):
            await sendsms(app, {"username": "bank", "password": "guess"})
        assert (await sendsms(app)).status == 403
        app.site.clock.advance(901.0)
        assert (await sendsms(app)).status == 202


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"to": None}, "Missing receiver number, rejected"),
        ({"to": " "}, "Empty receiver number not allowed, rejected"),
        ({"text": ""}, "Missing text, rejected"),
        ({"coding": "3"}, "Coding field misformed, rejected"),
        ({"coding": "x"}, "Coding field misformed, rejected"),
        ({"mclass": "4"}, "MClass field misformed, rejected"),
        ({"pid": "256"}, "PID field misformed, rejected"),
        ({"priority": "4"}, "Priority field misformed, rejected"),
        ({"dlr_mask": "64"}, "DLR-Mask field misformed, rejected"),
        ({"dlr_url": "ftp://x/"}, "DLR-URL field misformed, rejected"),
        ({"dlr_url": "https://elsewhere.example/"}, "DLR-URL field is none of the app's callbacks, rejected"),
        (
            {"validity": "5", "deferred": "5"},
            "Validity field misformed, rejected: it ends before the message may be sent",
        ),
        ({"charset": "klingon"}, "Charset or body misformed, rejected"),
        ({"coding": "2", "text": "abc"}, "Charset or body misformed, rejected"),
        ({"coding": "1", "charset": "UTF-8"}, "Charset field with octets, rejected"),
        ({"udh": "\x07abc"}, "UDH field misformed, rejected"),
        ({"account": "[x]"}, "Account field misformed or too long, rejected"),
        ({"from_": "á"}, "From field misformed, rejected"),
        ({"mwi": "1"}, "mwi is not supported, rejected"),
        ({"binfo": "gold"}, "binfo is not supported, rejected"),
        ({"alt_dcs": "1"}, "alt-dcs is not supported, rejected"),
        ({"colour": "red"}, "colour is unknown, rejected"),
        ({"user": "bank"}, "username is given twice, rejected"),
        ({"meta_data": "smpp"}, "Meta-Data field misformed, rejected: it has to be ?group?name=value&name=value"),
        (
            {"meta_data": "?smpp?message_payload=x"},
            "Meta-Data field misformed, rejected: message_payload is no optional parameter that an app may set",
        ),
        ({"to": "x"}, "invalid_number: "),
        ({"to": "5512345678"}, "not_mobile: "),
        ({"text": "x" * 2000}, "text_too_long: "),
    ],
)
async def test_kannel_field_that_is_wrong_is_named(fields: dict[str, str | None], answer: str) -> None:
    async with calling() as app:
        query = {**LOGIN, "to": TO, "text": "hola"}
        for name, value in fields.items():
            query.pop(name, None)
            if value is not None:
                query[name.rstrip("_").replace("_", "-")] = value
        reply = await app.by(None).call("GET", "/cgi-bin/sendsms?" + urlencode(query))
    assert (reply.status, reply.body.decode()[: len(answer)]) == (400, answer)
    assert app.site.live == {}


@pytest.mark.parametrize("field", ["mwi", "compress", "rpi", "alt_dcs", "validity", "coding", "mclass"])
async def test_kannel_field_that_asks_for_nothing_is_taken(field: str) -> None:
    async with calling() as app:
        assert said(await sendsms(app, **{field: "-1"})) == (202, YES)


@pytest.mark.parametrize(
    ("fields", "text", "data", "encoding"),
    [
        ({"text": "hola"}, "hola", b"", "gsm7"),
        ({"text": "está 😀"}, "está 😀", b"", "ucs2"),
        ({"text": "está", "coding": "0"}, "esta", b"", "gsm7"),
        ({"text": "hola", "coding": "2", "charset": "UTF-8"}, "hola", b"", "ucs2"),
        ({"text": "está".encode("utf-16-be"), "coding": "2"}, "está", b"", "ucs2"),
        ({"text": "año".encode("latin-1"), "charset": "ISO-8859-1"}, "año", b"", "gsm7"),
        ({"text": b"\x00\xff", "coding": "1"}, None, b"\x00\xff", "binary"),
        ({"text": b"\x01", "udh": b"\x06\x05\x04\x15\x82\x00\x00"}, None, b"\x01", "binary"),
    ],
)
async def test_kannel_text_is_read_as_its_coding_and_charset_say(
    fields: Mapping[str, Any], text: str | None, data: bytes, encoding: str
) -> None:
    async with calling() as app:
        assert said(await sendsms(app, **fields)) == (202, YES)
        content = only(app).content
    assert (content.text, content.data, content.settled) == (text, data, encoding)
    assert content.udh == fields.get("udh", b"")


async def test_kannel_validity_and_deferred_count_from_now() -> None:
    async with calling() as app:
        reply = await sendsms(app, deferred="10", validity="12")
        message = await app.site.store.message(reply.headers["X-Message-Id"])
    assert said(reply) == (202, "3: Queued for later delivery")
    assert message is not None
    assert (message.status, message.send_at, message.expires_at) == (Status.SCHEDULED, NOW + 600, NOW + 720)


async def test_kannel_call_goes_to_several_numbers_and_names_those_denied() -> None:
    async with calling() as app:
        reply = await sendsms(app, to="+525512345670 5512345677 525512345671")
        assert sorted(message.to for message in app.site.live.values()) == ["525512345670", "525512345671"]
    assert said(reply) == (202, f"{YES} Denied receivers are: 5512345677 (no_route)")
    assert reply.headers["X-Message-Id"].count(",") == 1


@pytest.mark.parametrize(
    ("fields", "status", "answer"),
    [
        ({"to": "5512345677"}, 403, "Not routable. Do not try again. no_route: "),
        ({"from_": "OTHER"}, 403, "sender_not_allowed: "),
        ({"smsc": "movistar"}, 403, "Not routable. Do not try again. no_route: 'movistar' is no carrier"),
    ],
)
async def test_kannel_message_that_may_not_go_is_forbidden(fields: Mapping[str, Any], status: int, answer: str) -> None:
    async with calling() as app:
        reply = await sendsms(app, **fields)
    assert (reply.status, reply.body.decode()[: len(answer)]) == (status, answer)


async def test_kannel_message_goes_by_the_smsc_it_names() -> None:
    async with calling() as app:
        assert said(await sendsms(app, smsc="telcel")) == (202, YES)
        assert only(app).carriers == ("telcel",)


async def test_kannel_message_that_cannot_be_taken_now_is_to_be_tried_again() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        reply = await sendsms(app)
    assert said(reply) == (503, "Temporal failure, try again later.")
    assert reply.headers["Retry-After"] == "1"
    assert app.site.metrics.refused("bank", "store_unavailable").n == 1


async def test_kannel_app_over_its_tps_is_to_try_again() -> None:
    async with calling() as app:
        replies = [await sendsms(app) for _ in range(21)]
    assert said(replies[-1]) == (503, "Temporal failure, try again later.")
    assert replies[-1].headers["Retry-After"] == "2"  # rounded up: a second is measured with some slack
    assert app.site.metrics.refused("bank", "over_tps").n == 1


@pytest.mark.parametrize(
    ("mask", "receipt", "kept"),
    [("0", "none", False), ("1", "final", True), ("2", "failure", True), ("16", "failure", True), ("31", "all", True)],
)
async def test_kannel_mask_says_what_is_told_and_where(mask: str, receipt: str, kept: bool) -> None:
    url = "https://bank.example/dlr?id=7&type=%d"
    async with calling() as app:
        await sendsms(app, dlr_mask=mask, dlr_url=url)
        message = only(app)
    assert (message.receipt, message.callback) == (receipt, url if kept else "")


async def test_kannel_report_without_a_url_takes_the_apps_own_way() -> None:
    async with calling() as app:
        await sendsms(app, dlr_mask="31")
        message = only(app)
    assert (message.receipt, message.callback) == ("all", "")


async def test_kannel_optional_parameters_go_to_the_carrier() -> None:
    meta = "?smpp?destination_port=5060&0x1400=11012&callback_num=%2B52?mine?a=b"
    async with calling() as app:
        assert said(await sendsms(app, meta_data=meta)) == (202, YES)
        assert only(app).content.tlvs == ((0x020B, b"\x13\xc4"), (0x1400, b"11012"), (0x0381, b"+52"))


async def test_kannel_form_is_read_like_a_query() -> None:
    async with calling() as app:
        form = urlencode({**LOGIN, "to": TO, "text": "a b+c"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await app.by(None).call("POST", "/cgi-bin/sendsms", headers=headers, data=form)
        assert said(reply) == (202, YES)
        assert only(app).content.text == "a b+c"


async def test_kannel_field_in_query_and_form_is_refused() -> None:
    async with calling() as app:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/cgi-bin/sendsms?{urlencode(LOGIN)}&text=a"
        reply = await app.by(None).call("POST", path, headers=headers, data=f"to={quote(TO)}&text=b")
    assert said(reply) == (400, "text is given twice.")


async def test_kannel_post_has_its_fields_in_headers_and_its_text_in_the_body() -> None:
    headers = {
        "X-Kannel-Username": "bank",
        "X-Kannel-Password": BANK,
        "X-Kannel-To": TO,
        "X-Kannel-UDH": "06050415820000",
        "Content-Type": "application/octet-stream",
    }
    async with calling() as app:
        reply = await app.by(None).call("POST", "/cgi-bin/sendsms", headers=headers, data=b"\x01\x02")
        assert said(reply) == (202, YES)
        content = only(app).content
    assert (content.data, content.udh.hex()) == (b"\x01\x02", "06050415820000")


@pytest.mark.parametrize(
    ("headers", "status", "answer"),
    [
        ({"Content-Type": "text/xml"}, 415, "Unsupported content-type, rejected"),
        ({"Content-Type": "text/plain", "X-Kannel-Colour": "red"}, 400, "colour is unknown, rejected"),
        ({"Content-Type": "text/plain", "X-Kannel-UDH": "xyz"}, 400, "UDH field misformed, rejected"),
    ],
)
async def test_kannel_post_that_cannot_be_read_is_refused(headers: dict[str, str], status: int, answer: str) -> None:
    async with calling() as app:
        reply = await app.by(None).call("POST", "/cgi-bin/sendsms", headers=headers, data=b"hola")
    assert said(reply) == (status, answer)


@pytest.mark.parametrize("path", ["/cgi-bin/sendsms", "/send"])
async def test_head_sends_nothing(path: str) -> None:
    query = {**LOGIN, "to": TO, "text" if "cgi" in path else "content": "hola"}
    async with calling() as app:
        reply = await app.by(None).call("HEAD", f"{path}?{urlencode(query)}")
        assert app.site.live == {}
    assert reply.status == 405


async def test_kannel_answer_is_no_html() -> None:
    async with calling() as app:
        reply = await app.by(None).call("GET", "/cgi-bin/sendsms?" + urlencode({"<script>": "1"}))
    assert (reply.status, reply.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


async def test_kannel_call_ignores_a_header_that_logs_in_elsewhere() -> None:
    basic = base64.b64encode(f"bank:{BANK}".encode()).decode()
    async with calling() as app:
        reply = await app.by(None).call(
            "GET", f"/cgi-bin/sendsms?to={quote(TO)}&text=a", headers={"Authorization": f"Basic {basic}"}
        )
    assert reply.status == 403
