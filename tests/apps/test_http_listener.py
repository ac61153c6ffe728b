"""The listener: paths, methods, bodies, connections, and every error as problem+json."""

import asyncio
import gzip
import io
import json
from http import HTTPStatus
from typing import Any

import pytest

from gateway.apps import http_call, http_listener
from gateway.apps.http_messages import Messages
from tests.apps.http_gateway import BANK, Caller, Site, calling, serving

DEADLINE_S = 5.0
BODY = b'{"to":"5512345670","text":"hola"}'


class Wire:
    """A connection on which octets are said as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, site: Site) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", site.port))

    def say(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def reply(self, *, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(DEADLINE_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
            length = 0 if bodiless else int(headers.get("content-length", 0))
            return int(line.split()[1]), headers, await self._reader.readexactly(length)

    async def at_end(self) -> bool:
        async with asyncio.timeout(DEADLINE_S):
            return await self._reader.read(1) == b""

    def close(self) -> None:
        self.writer.close()


def post(body: bytes = BODY, *headers: str, path: str = "/v1/messages", version: str = "1.1") -> bytes:
    lines = [
        f"POST {path} HTTP/{version}",
        "Host: relevo",
        f"Authorization: Bearer {BANK}",
        "Content-Type: application/json",
        *(headers or (f"Content-Length: {len(body)}",)),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.fixture
def no_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the rest of a body that was refused."""
    monkeypatch.setattr(http_listener, "LINGER_S", 0.0)


# -- paths and methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/messages/", "/v2/messages", "/v1/batche", "/v1/messages/a/b", "//"])
async def test_unknown_path_is_404(path: str) -> None:
    async with calling() as app:
        reply = await app.call("GET", path)
    assert (reply.status, reply.codes) == (404, [(None, "not_found")])
    assert reply.json["type"] == "urn:relevo:problem:not_found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/explain", "POST"),
        ("PUT", "/v1/messages", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/messages", "GET, HEAD, POST"),
        ("GET", "/v1/batches/x/pause", "POST"),
        ("POST", "/v1/messages/x", "DELETE, GET, HEAD"),
        ("PATCH", "/v1/optouts/5512345670", "DELETE, GET, HEAD, PUT"),
        ("POST", "/v1/inbound", "GET, HEAD"),
        ("DELETE", "/docs", "GET, HEAD"),
    ],
)
async def test_other_method_is_405_with_allow(method: str, path: str, allow: str) -> None:
    async with calling() as app:
        reply = await app.call(method, path)
    assert (reply.status, reply.headers["Allow"], reply.codes) == (405, allow, [(None, "method_not_allowed")])


async def test_query_does_not_hide_a_path() -> None:
    async with calling() as app:
        assert (await app.call("POST", "/v1/messages?x=1", {"to": "5512345670", "text": "a"})).status == 202


async def test_head_is_a_get_without_its_body() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(b"HEAD /v1/openapi.json HTTP/1.1\r\nHost: relevo\r\n\r\n")
        status, headers, _ = await wire.reply(bodiless=True)
        assert (status, int(headers["content-length"]) > 1000) == (200, True)
        wire.say(post())
        assert (await wire.reply())[0] == 202
        wire.close()


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 202),
        ("Application/JSON; charset=UTF-8", 202),
        ('application/json;charset="utf-8"', 202),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("", 415),
    ],
)
async def test_body_has_to_be_called_json(content_type: str, status: int) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/messages", data=BODY, headers={"Content-Type": content_type})
    assert reply.status == status
    if status == 415:
        assert reply.codes == [("Content-Type", "unsupported_media_type")]


async def test_body_that_is_announced_too_large_is_413_before_it_comes(no_linger: None) -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(post(b"", f"Content-Length: {(1 << 20) + 1}"))
        status, headers, body = await wire.reply()
        assert (status, headers["content-type"]) == (413, "application/problem+json")
        assert json.loads(body)["errors"][0]["code"] == "body_too_large"
        wire.close()


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
async def test_body_is_bounded(size: int) -> None:
    body = BODY[:-2] + b" " * (size - len(BODY)) + BODY[-2:]
    async with calling() as app:
        headers = {"Content-Type": "application/json"}
        reply = await app.call("POST", "/v1/messages", data=io.BytesIO(body), headers=headers)
    assert reply.status == (413 if size > 1 << 20 else 422), "a text of a megabyte is too long, but it is read"


async def test_chunked_body_is_read_and_bounded() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        chunk = b"%x\r\n%b\r\n" % (len(BODY), BODY)
        wire.say(post(chunk + b"0\r\n\r\n", "Transfer-Encoding: chunked"))
        assert (await wire.reply())[0] == 202
        big = b"%x\r\n%b\r\n" % (1 << 19, b" " * (1 << 19))
        wire.say(post(big * 3 + b"0\r\n\r\n", "Transfer-Encoding: chunked"))
        assert (await wire.reply())[0] == 413
        wire.close()


async def test_compressed_body_is_bounded_by_what_it_comes_to() -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with calling() as app:
        assert (await app.call("POST", "/v1/messages", data=gzip.compress(BODY), headers=headers)).status == 202
        bomb = gzip.compress(b" " * (50 << 20))
        assert (await app.call("POST", "/v1/messages", data=bomb, headers=headers)).status == 413
        broken = await app.call("POST", "/v1/messages", data=b"no gzip", headers=headers)
        assert (broken.status, broken.headers["Content-Type"]) == (400, "application/problem+json")


async def test_caller_that_waits_for_100_continue_gets_it() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(post(b"", f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert (await wire.reply())[0] == 100
        wire.say(BODY)
        assert (await wire.reply())[0] == 202
        wire.close()


async def test_caller_without_a_key_is_answered_without_100_continue(no_linger: None) -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        octets = post(b"", f"Content-Length: {len(BODY)}", "Expect: 100-continue").replace(BANK.encode(), b"wrong")
        wire.say(octets)
        assert (await wire.reply())[0] == 401
        wire.close()


async def test_caller_that_was_not_invited_is_told_that_its_connection_ends() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(post(b"", f"Content-Length: {(1 << 20) + 1}", "Expect: 100-continue"))
        status, headers, _ = await wire.reply()
        assert (status, headers.get("connection")) == (413, "close")
        wire.close()


async def test_caller_that_sent_its_body_uninvited_keeps_its_connection() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        octets = post(BODY, f"Content-Length: {len(BODY)}", "Expect: 100-continue")
        for _ in range(2):
            wire.say(octets.replace(BANK.encode(), b"wrong"))
            status, headers, _ = await wire.reply()
            assert (status, headers.get("connection")) == (401, None)
        wire.close()


async def test_long_batch_is_invited_once() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        rows = b",".join([b'{"to":"+525512345670","text":"%b"}' % (b"a" * 100_000)] * 12)
        body = b'{"messages":[' + rows + b"]}"
        wire.say(post(b"", f"Content-Length: {len(body)}", "Expect: 100-continue", path="/v1/batches"))
        assert (await wire.reply())[0] == 100
        wire.say(body)
        assert (await wire.reply())[0] == 202
        wire.close()


async def test_body_that_does_not_come_is_408(monkeypatch: pytest.MonkeyPatch, no_linger: None) -> None:
    monkeypatch.setattr(http_call, "BODY_WITHIN_S", 0.0)
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(post(b'{"to"', "Content-Length: 40"))
        status, headers, body = await wire.reply()
        assert (status, headers["connection"], json.loads(body)["status"]) == (408, "close", 408)
        wire.close()


async def test_caller_that_goes_in_the_middle_of_its_body_troubles_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with calling() as app:
        wire = await Wire.to(app.site)
        wire.say(post(b'{"to"', "Content-Length: 40"))
        await wire.writer.drain()
        wire.close()
        assert (await app.send()).status == 202
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


# -- connections ------------------------------------------------------------------------------------------------------


async def test_connection_is_kept_and_pipelined_calls_are_answered_in_order() -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        bodies = [BODY.replace(b"hola", b"m%d" % n) for n in range(10)]
        wire.say(b"".join(post(body.replace(b"}", b',"reference":"%d"}' % n)) for n, body in enumerate(bodies)))
        answers = [await wire.reply() for _ in bodies]
        assert [json.loads(body)["reference"] for _, _, body in answers] == [str(n) for n in range(10)]
        wire.close()


@pytest.mark.parametrize(
    ("version", "header", "kept"),
    [
        ("1.1", "X: y", True),
        ("1.1", "Connection: close", False),
        ("1.0", "X: y", False),
        ("1.0", "Connection: keep-alive", True),
    ],
)
async def test_connection_is_kept_as_its_caller_wishes(version: str, header: str, kept: bool) -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(post(BODY, f"Content-Length: {len(BODY)}", header, version=version))
        _, headers, _ = await wire.reply()
        if kept:
            assert headers.get("connection", "keep-alive") == "keep-alive"
            wire.say(post(BODY))
            assert (await wire.reply())[0] == 202
        else:
            assert headers["connection"] == "close"
            assert await wire.at_end()
        wire.close()


@pytest.mark.parametrize(
    ("octets", "refused", "title"),
    [
        (b"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01", 400, "Bad Request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "Bad Request"),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 20_000), 414, HTTPStatus(414).phrase),
        (b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", 400, "Bad Request"),
        (post(BODY, "Content-Length: 5", "Transfer-Encoding: chunked"), 400, "Bad Request"),
    ],
)
async def test_what_is_no_http_is_refused_and_ends_the_connection(octets: bytes, refused: int, title: str) -> None:
    async with serving() as site:
        wire = await Wire.to(site)
        wire.say(octets)
        status, headers, body = await wire.reply()
        assert (status, headers["content-type"]) == (refused, "application/problem+json")
        assert json.loads(body)["title"] == title
        assert await wire.at_end()
        wire.close()


async def test_fault_of_ours_is_500_and_the_listener_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError("a fault")

    async with calling() as app:
        monkeypatch.setattr(Messages, "_accept", fail)
        reply = await app.send()
        monkeypatch.undo()
        assert (reply.status, reply.json["status"]) == (500, 500)
        assert b"a fault" not in reply.body
        assert (await app.send()).status == 202


# -- names of requests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("abc-123", "abc-123"),
        (None, "made-here"),
        ("", "made-here"),
        ("x" * 129, "made-here"),
        ("a b", "made-here"),
        ("ñ", "made-here"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/inbound", "/nowhere"])
async def test_request_id_is_echoed_or_made(path: str, given: str | None, answered: str) -> None:
    async with calling() as app:
        reply = await app.call("GET", path, headers={} if given is None else {"X-Request-Id": given})
    assert reply.headers["X-Request-Id"] == answered


async def test_answers_are_not_to_be_kept_by_whoever_passes_them_on() -> None:
    async with calling() as app:
        for path in ("/v1/inbound", "/nowhere"):
            headers = (await app.call("GET", path)).headers
            assert (headers["Cache-Control"], headers["Server"]) == ("no-store", "relevo")


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_stopping_gateway_answers_503_and_closes_after_it() -> None:
    async with calling() as app:
        wire = await Wire.to(app.site)
        wire.say(post())
        assert (await wire.reply())[0] == 202
        app.site.intake.stopping = True
        wire.say(post())
        status, headers, body = await wire.reply()
        assert (status, headers["retry-after"], headers["connection"]) == (503, "5", "close")
        assert json.loads(body)["errors"][0]["code"] == "stopping"
        assert await wire.at_end()
        assert (await app.call("GET", "/v1/inbound")).status == 503
        wire.close()


async def test_stop_waits_for_calls_under_way_and_closes_idle_connections() -> None:
    async with calling() as app:
        site = app.site
        idle, busy = await Wire.to(site), await Wire.to(site)
        for wire in (idle, busy):
            wire.say(post())
            assert (await wire.reply())[0] == 202
        await hold(app)
        busy.say(post())
        await until_said(app)
        site.intake.stopping = True
        stopping = asyncio.create_task(site.server.stop())
        assert await idle.at_end()
        assert not site.server.listening
        assert not stopping.done()
        site.store.gate.set()  # type: ignore[attr-defined]  # a Shaky store
        status, headers, _ = await busy.reply()
        assert (status, headers["connection"]) == (202, "close")
        await stopping
        with pytest.raises(OSError):
            await Wire.to(site)
        idle.close()
        busy.close()


async def test_server_that_is_to_leave_lets_in_and_ends_each_connection_with_an_answer() -> None:
    async with calling() as app:
        kept = await Wire.to(app.site)
        kept.say(post())
        assert "connection" not in (await kept.reply())[1]
        app.site.server.leave()
        for wire in (kept, await Wire.to(app.site)):
            wire.say(post())
            status, headers, _ = await wire.reply()
            assert (status, headers["connection"]) == (202, "close")
            assert await wire.at_end()
            wire.close()


async def test_who_is_connected_when_the_server_sees_off_is_answered_once_more() -> None:
    async with calling() as app:
        kept = await Wire.to(app.site)
        seeing_off = asyncio.create_task(app.site.server.see_off())
        async with asyncio.timeout(DEADLINE_S):
            while app.site.server.listening:  # noqa: ASYNC110  it has not begun
                await asyncio.sleep(0)
        kept.say(post())
        status, headers, _ = await kept.reply()
        assert (status, headers["connection"]) == (202, "close")
        await seeing_off
        kept.close()


async def test_listener_that_never_started_stops() -> None:
    site = Site()
    assert not site.server.listening
    await site.server.stop()


async def hold(app: Caller) -> None:
    """Let no commit come to its end."""
    app.site.store.gate.clear()  # type: ignore[attr-defined]  # a Shaky store


async def until_said(app: Caller) -> None:
    """Until a request has come as far as the writer."""
    async with asyncio.timeout(DEADLINE_S):
        while not app.site.commits.backlog:  # noqa: ASYNC110  it travels over a socket
            await asyncio.sleep(0)
