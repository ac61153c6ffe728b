"""Callbacks of the compatible calls: what is called for which status, where it may go, and what becomes of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.apps.callback_call import Callback, Caller
from gateway.apps.callback_rules import PublicResolver, is_allowed, is_inside, is_public
from gateway.apps.callbacks import Callbacks
from gateway.apps.event_line import IN_FLIGHT, KEPT
from gateway.apps.webhook_post import Answer
from gateway.config.apps import App
from gateway.deliveries import Outcome, Parcel
from gateway.message import Content, Delivery, Event, Message, Segment, Status
from gateway.metrics import Metrics
from tests.support.web import answering

AT = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
URL = "https://bank.example/dlr"
S = Status


def a_message(interface: str = "kannel", **more: object) -> Message:
    """A message that a carrier took as X1 and delivered with error 007."""
    told = (Event(AT, S.ACCEPTED), Event(AT, S.SUBMITTED, "telcel", segment=1), Event(AT, S.DELIVERED, segment=1))
    segment = Segment(1, S.DELIVERED, "telcel", "telcel-1", "X1", 0, "007")
    given: dict[str, object] = {
        "id": "m1", "app": "bank", "lane": "bulk", "interface": interface, "to": "525512345670", "sender": "45555",
        "network": "telcel", "content": Content(text="hola & adios, amigos míos"), "created_at": AT,
        "expires_at": AT + 600, "carrier": "telcel", "status": S.DELIVERED, "segments": (segment,), "events": told,
    }  # fmt: skip
    return Message(**{**given, **more})  # type: ignore[arg-type]


def a_parcel(message: Message, status: Status = S.DELIVERED, url: str = URL, number: int = 1) -> Parcel:
    delivery = Delivery(
        id=f"d{number}", app=message.app, kind="receipt", subject=message.id, status=status, url=url, created_at=AT + 60
    )
    return Parcel(delivery, message, None)


class FakeCaller:
    """Calls that are answered when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callback, asyncio.Future[Answer]]] = []
        self.closed = False

    async def call(self, callback: Callback) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.calls.append((callback, future))
        return await future

    async def close(self) -> None:
        self.closed = True


class Way:
    """The way over a fake caller, and what it told."""

    def __init__(self, *patterns: str) -> None:
        self.caller = FakeCaller()
        self.told: list[tuple[str, Outcome, str]] = []
        self.metrics = Metrics("1", process=False)
        apps = {"bank": App(callbacks=patterns or ("https://bank.example/*",))}
        self.callbacks = Callbacks(apps, self.metrics, monotonic=lambda: 0.0, caller=self.caller)

    def done(self, parcel: Parcel, outcome: Outcome, why: str) -> Outcome:
        self.told.append((parcel.delivery.id, outcome, why))
        return outcome

    async def called(self, parcel: Parcel, answer: Answer = Answer(True)) -> Callback | None:  # noqa: B008 (immutable)
        """What a parcel comes to, once it is answered; None where nothing is called."""
        assert self.callbacks.send(parcel, self.done)
        assert not self.told  # not before `send` has returned
        async with asyncio.timeout(5):
            while not (self.told or self.caller.calls):  # noqa: ASYNC110 (what is waited for tells nobody)
                await asyncio.sleep(0)
            if self.caller.calls:
                self.caller.calls[-1][1].set_result(answer)
            while not self.told:  # noqa: ASYNC110
                await asyncio.sleep(0)
        return self.caller.calls[-1][0] if self.caller.calls else None


async def test_way_serves_what_came_with_a_url() -> None:
    way = Way()
    assert way.callbacks.serves("bank", a_parcel(a_message()))
    assert not way.callbacks.serves("bank", a_parcel(a_message(), url=""))


@pytest.mark.parametrize(
    ("mask", "status", "value"),
    [
        (31, S.SUBMITTED, "8"), (31, S.DELIVERED, "1"), (31, S.UNDELIVERED, "2"), (31, S.EXPIRED, "2"),
        (31, S.UNKNOWN, "2"), (31, S.CANCELLED, "2"), (31, S.REJECTED, "16"),
        (7, S.SUBMITTED, "4"), (3, S.SUBMITTED, None), (1, S.UNDELIVERED, None), (2, S.DELIVERED, None),
        (18, S.REJECTED, "16"), (32, S.DELIVERED, None),
    ],
)  # fmt: skip
async def test_kannel_callback_is_made_for_what_the_mask_asks(mask: int, status: Status, value: str | None) -> None:
    way = Way()
    message = a_message(extras={"kannel_mask": str(mask)})
    called = await way.called(a_parcel(message, status, URL + "?%d"))
    assert called == (None if value is None else Callback("GET", f"{URL}?{value}"))
    assert way.told == [("d1", Outcome.TAKEN, "not asked for" if value is None else "")]


RECEIPT = (
    "id%3AX1+sub%3A001+dlvrd%3A001+submit+date%3A2311142213+done+date%3A2311142214+stat%3ADELIVRD+err%3A007+text%3A"
)


@pytest.mark.parametrize(
    ("escapes", "filled"),
    [
        ("%d.%p.%P.%q.%Q", "1.%2B525512345670.45555.%2B525512345670.45555"),
        ("%t.%T", "2023-11-14+22:14:20.1700000060"),
        ("%i.%I.%F.%n.%B", "telcel.m1.X1.bank.007"),
        ("%A", RECEIPT),
        ("%a", RECEIPT),
        ("%b", RECEIPT),
        ("%k.%s.%S.%r", "id%3AX1.sub%3A001.dlvrd%3A001." + RECEIPT.partition("dlvrd%3A001+")[2]),
        ("%c.%C.%m.%M.%O.%u.%f", "0.UTF-8.-1.-1.00.."),
        ("%o.%D.%#smpp#a#.%#x#y#", "acme.%3Fsmpp%3Fa%3Db%2526c.b%26c."),
        ("%v.%V", "9."),
        ("%R", "https%3A%2F%2Fbank.example%2Fdlr%3Fx%3D%25R"),
        ("%%.%20.%z.100%", "%.%20.%z.100%"),
    ],
)  # fmt: skip
async def test_kannel_callback_has_its_escapes_filled_in(escapes: str, filled: str) -> None:
    extras = {
        "kannel_mask": "1", "kannel_account": "acme", "kannel_meta": "?smpp?a=b%26c", "kannel_to": "+525512345670",
    }  # fmt: skip
    called = await Way().called(a_parcel(a_message(extras=extras), url=f"{URL}?x={escapes}"))
    assert called is not None
    assert called.url == f"{URL}?x={filled}"


@pytest.mark.parametrize(
    ("status", "filled"), [(S.SUBMITTED, "ACK%2F"), (S.REJECTED, "NACK%2F11%2FRefused+by+telcel.")]
)
async def test_kannel_callback_says_what_answered_a_submit_sm(status: Status, filled: str) -> None:
    segments = (Segment(1, status, "telcel", command_status=11),)
    message = a_message(segments=segments, extras={"kannel_mask": "31"}, error_detail="Refused by telcel.")
    called = await Way().called(a_parcel(message, status, URL + "?%A"))
    assert called is not None
    assert called.url == f"{URL}?{filled}"


FIRST = {"id": ["m1"], "level": ["1"], "message_status": ["ESME_ROK"], "connector": ["telcel"]}
SECOND = {
    "id": ["m1"], "level": ["2"], "message_status": ["DELIVRD"], "connector": ["telcel"], "id_smsc": ["X1"],
    "sub": ["001"], "dlvrd": ["001"], "subdate": ["2311142213"], "donedate": ["2311142214"], "err": ["007"],
    "text": ["hola & adios, amigos"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("level", "status", "told"),
    [
        ("1", S.SUBMITTED, FIRST), ("2", S.SUBMITTED, None), ("3", S.SUBMITTED, FIRST),
        ("1", S.DELIVERED, None), ("2", S.DELIVERED, SECOND), ("3", S.DELIVERED, SECOND),
    ],
)  # fmt: skip
async def test_jasmin_callback_is_made_at_the_level_asked_for(
    level: str, status: Status, told: dict[str, list[str]] | None
) -> None:
    message = a_message("jasmin", extras={"jasmin_level": level, "jasmin_method": "POST"})
    called = await Way().called(a_parcel(message, status))
    if called is None:
        assert told is None
        return
    assert (called.method, called.url, called.says) == ("POST", URL, b"ACK/Jasmin")
    assert parse_qs(called.form.decode()) == told


@pytest.mark.parametrize(
    ("level", "status", "command_status", "word"),
    [
        ("1", S.REJECTED, 11, "ESME_RINVDSTADR"), ("3", S.REJECTED, 11, "ESME_RINVDSTADR"),
        ("1", S.EXPIRED, None, "ESME_RSUBMITFAIL"), ("2", S.REJECTED, 11, "REJECTD"),
        ("1", S.DELIVERED, None, "ESME_ROK"),
    ],
)  # fmt: skip
async def test_jasmin_callback_tells_of_what_was_never_submitted(
    level: str, status: Status, command_status: int | None, word: str
) -> None:
    segments = (Segment(1, status, "telcel", command_status=command_status),)
    extras = {"jasmin_level": level, "jasmin_method": "GET"}
    message = a_message("jasmin", segments=segments, events=(Event(AT, status),), extras=extras)
    called = await Way().called(a_parcel(message, status, URL + "?a=b"))
    assert called is not None
    assert (called.method, called.form) == ("GET", b"")
    assert called.url.startswith(URL + "?a=b&id=m1&")
    assert parse_qs(called.url)["message_status"] == [word]


async def test_jasmin_callback_with_half_a_character_is_made_all_the_same() -> None:
    message = a_message("jasmin", content=Content(text="a\ud83d"), extras={"jasmin_level": "2"})
    called = await Way().called(a_parcel(message))
    assert called is not None
    assert called.form.endswith(b"text=a%3F")


async def test_callback_that_is_not_taken_is_tried_again_and_counted() -> None:
    way = Way()
    await way.called(a_parcel(a_message(extras={"kannel_mask": "1"})), Answer(False, "HTTP 500"))
    assert way.told == [("d1", Outcome.RETRY, "HTTP 500")]
    assert way.metrics.webhooks("bank", "retry").n == 1


async def test_callback_that_is_not_allowed_any_more_is_dead_without_a_call() -> None:
    way = Way("https://elsewhere.example/*")
    assert await way.called(a_parcel(a_message(extras={"kannel_mask": "1"}))) is None
    assert way.told == [("d1", Outcome.DEAD, "the app's callbacks do not allow the URL any more")]


async def test_callbacks_of_an_app_have_so_much_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.apps.callbacks.STOP_S", 0.01)
    way = Way()
    room = IN_FLIGHT - IN_FLIGHT // KEPT
    parcels = [a_parcel(a_message(id=f"m{n}", extras={"kannel_mask": "1"}), number=n) for n in range(room + 1)]
    assert [way.callbacks.send(parcel, way.done) for parcel in parcels] == [True] * room + [False]
    await way.callbacks.stop()
    assert way.caller.closed


@pytest.mark.parametrize(
    ("url", "pattern", "allowed"),
    [
        ("https://a.example/dlr?x=%d", "https://a.example/*", True),
        ("https://A.example:443/dlr", "https://a.example/dlr*", True),
        ("https://a.example/only", "https://a.example/only", True),
        ("https://a.example/only?x", "https://a.example/only", False),
        ("https://a.example", "https://a.example/*", True),
        ("http://a.example/", "https://a.example/*", False),
        ("https://a.example:8443/", "https://a.example/*", False),
        ("https://a.example.evil/", "https://a.example/*", False),
        ("https://a.example@evil/", "https://a.example/*", False),
        ("https://evil\\@a.example/", "https://a.example/*", False),
        ("https://a.example/dlr/../admin", "https://a.example/dlr/*", False),
        ("https://a.example/dlr/%2e%2E/admin", "https://a.example/dlr/*", False),
        ("https://a.example/x#y", "https://a.example/*", False),
        ("https://a.example/ x", "https://a.example/*", False),
        ("https://a.example:x/", "https://a.example/*", False),
        ("https://[::1/", "https://a.example/*", False),
        ("file:///etc/passwd", "https://a.example/*", False),
    ],
)
def test_url_is_allowed_where_a_pattern_names_it(url: str, pattern: str, allowed: bool) -> None:
    assert is_allowed(url, [pattern]) is allowed


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe"],
)  # fmt: skip
def test_address_inside_is_not_public_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


def test_address_of_the_internet_is_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")


def test_name_without_a_dot_or_set_aside_is_inside() -> None:
    assert all(map(is_inside, ("app", "localhost", "crm.internal", "x.local", "x.home.arpa.")))
    assert not any(map(is_inside, ("a.example", "internal.example", "notlocal.com")))


class Names(AbstractResolver):
    """Every name is one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=self._address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


async def test_public_name_that_leads_inside_is_not_resolved() -> None:
    resolver = PublicResolver(Names("169.254.169.254"))
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("a.example", 80)
    assert (await resolver.resolve("metadata.internal", 80))[0]["host"] == "169.254.169.254"
    assert (await PublicResolver(Names("93.184.216.34")).resolve("a.example", 80))[0]["port"] == 80
    await resolver.close()


class Receiver:
    """An app's web server."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.status = 200
        self.body = "ACK/Jasmin\n"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.seen.append((request.method, request.raw_path, await request.text()))
        return web.Response(status=self.status, text=self.body, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, str, Caller]]:
    receiver, caller = Receiver(), Caller()
    async with answering(receiver.answer) as url:
        try:
            yield receiver, url, caller
        finally:
            await caller.close()


async def test_call_goes_out_as_it_is_written() -> None:
    async with receiving() as (receiver, at, caller):
        assert await caller.call(Callback("GET", at + "/d?a=%2B52&t=2023+1%20&b=%zz")) == Answer(True)
        assert await caller.call(Callback("POST", at + "/d", b"id=1", b"ACK/Jasmin")) == Answer(True)
    assert receiver.seen == [("GET", "/d?a=%2B52&t=2023+1%20&b=%zz", ""), ("POST", "/d", "id=1")]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(200, "ok", "the answer was not ACK/Jasmin"), (302, "ACK/Jasmin", "HTTP 302"), (500, "ACK/Jasmin", "HTTP 500")],
)
async def test_call_that_is_not_answered_with_its_yes_is_not_taken(status: int, body: str, why: str) -> None:
    async with receiving() as (receiver, at, caller):
        receiver.status, receiver.body = status, body
        assert await caller.call(Callback("POST", at + "/d", b"id=1", b"ACK/Jasmin")) == Answer(False, why)
        assert len(receiver.seen) == 1


async def test_call_to_nobody_is_not_taken() -> None:
    caller = Caller(timeout_s=5.0)
    assert await caller.call(Callback("GET", "http://a:b:c/?password=x")) == Answer(False, "the URL cannot be called")
    assert not (await caller.call(Callback("GET", "http://127.0.0.1:1/d"))).taken
    await caller.close()
