"""Every call, every way to be refused: a table over the routes, so that none is forgotten and none answers otherwise.

The compatible calls answer in words of their own, which test_kannel.py and test_jasmin.py know; here only the status.
"""

import io
from typing import Any, NamedTuple

import pytest

from gateway.apps.http_call import Route
from gateway.apps.idempotency import HEADER
from tests.apps.http_gateway import BANK, FAR, SHOP, Caller, Reply, Shaky, Site, calling

ID = "018bcfe5-6800-7000-8000-00000000ffff"
TO = "5512345670"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MESSAGE = {"to": TO, "text": "hola"}
BATCH = {"text": "hola", "messages": [{"to": TO}]}
LARGE = 1 << 21


class Row(NamedTuple):
    """A call: how it is made well, and which refusals there are for it.

    `body` is JSON; `query` stands behind the path, or is the form that is posted. `is_open`: no key is asked for;
    `names`: what the path names may be missing; `takes`: it has a body of JSON; `writes`: it needs the store to take
    something; `sends`: it counts for the app's tps; `streams`: its body may be of any length.
    """

    body: Any = None
    query: str = ""
    ok: int = 200
    is_open: bool = False
    names: bool = False
    takes: bool = False
    writes: bool = False
    sends: bool = False
    streams: bool = False


KANNEL = f"?username=bank&password={BANK}&to={TO}&text=hola"
JASMIN = f"?username=bank&password={BANK}&to={TO}&content=hola"
CALLS = {
    "POST /v1/messages": Row(MESSAGE, ok=202, takes=True, writes=True, sends=True),
    "GET /v1/messages/{id}": Row(names=True),
    "DELETE /v1/messages/{id}": Row(names=True),
    "POST /v1/explain": Row(MESSAGE, takes=True),
    "GET /v1/lookup/{number}": Row(),
    "GET /v1/optouts/{number}": Row(names=True),
    "PUT /v1/optouts/{number}": Row(writes=True),
    "DELETE /v1/optouts/{number}": Row(ok=204, names=True, writes=True),
    "GET /v1/inbound": Row(),
    "POST /v1/batches": Row(BATCH, ok=202, takes=True, writes=True, streams=True),
    "GET /v1/batches/{id}": Row(names=True),
    "POST /v1/batches/{id}/pause": Row(names=True, writes=True),
    "POST /v1/batches/{id}/resume": Row(names=True, writes=True),
    "POST /v1/batches/{id}/cancel": Row(names=True, writes=True),
    "GET /v1/batches/{id}/report.csv": Row(names=True),
    "GET /v1/messages": Row(),
    "GET /v1/receipts": Row(),
    "GET /cgi-bin/sendsms": Row(query=KANNEL, ok=202, is_open=True, writes=True, sends=True),
    "POST /cgi-bin/sendsms": Row(query=KANNEL, ok=202, is_open=True, writes=True, sends=True),
    "GET /send": Row(query=JASMIN, is_open=True, writes=True, sends=True),
    "POST /send": Row(query=JASMIN, is_open=True, writes=True, sends=True),
    "GET /ping": Row(is_open=True),
    "GET /balance": Row(query=f"?username=bank&password={BANK}", is_open=True),
    "GET /rate": Row(query=JASMIN, is_open=True),
    "GET /v1/openapi.json": Row(is_open=True),
    "GET /docs": Row(is_open=True),
}
NATIVE = [name for name, row in CALLS.items() if not row.is_open]
COMPATIBLE = [name for name, row in CALLS.items() if row.query]


def calls(**what: bool) -> list[str]:
    """Those of the native calls of which this is so."""
    return [name for name in NATIVE if all(getattr(CALLS[name], key) is value for key, value in what.items())]


class Well:
    """Makes calls well, but for what a test says."""

    def __init__(self, app: Caller) -> None:
        self.app = app
        self.ids: dict[str, str] = {}

    async def prepare(self) -> None:
        """A message, a batch and an opt-out that paths can name."""
        self.ids["messages"] = (await self.app.send(lane="bulk")).json["id"]
        self.ids["batches"] = (await self.app.call("POST", "/v1/batches", BATCH)).json["id"]
        assert (await self.app.call("PUT", "/v1/optouts/5512345671")).status == 200

    async def call(
        self,
        name: str,
        by: Caller | None = None,
        *,
        id_: str = "",
        query: str | None = None,
        headers: dict[str, str] | None = None,
        data: Any = None,
    ) -> Reply:
        method, path = name.split(" ")
        row = CALLS[name]
        path = path.replace("{number}", id_ or "5512345671")
        path = path.replace("{id}", id_ or self.ids.get(path.split("/")[2] if "/v1/" in path else "", ""))
        query = row.query if query is None else query
        if row.query and method == "POST" and data is None:
            data, query, headers = query[1:], "", {"Content-Type": FORM}
        return await (by or self.app).call(method, path + query, None if data is not None else row.body, headers, data)


def test_table_has_every_route() -> None:
    routes: list[Route] = Site().server.routes
    assert CALLS.keys() == {f"{route.method} {route.path}" for route in routes}
    assert {name for name, row in CALLS.items() if row.is_open} == {
        f"{route.method} {route.path}" for route in routes if route.open
    }


@pytest.mark.parametrize("name", CALLS)
async def test_call_that_is_made_well_is_answered(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        await well.prepare()
        assert (await well.call(name)).status == CALLS[name].ok


@pytest.mark.parametrize("name", NATIVE)
async def test_401_without_a_key_and_with_a_wrong_one(name: str) -> None:
    async with calling() as app:
        for key in (None, "wrong"):
            reply = await Well(app).call(name, app.by(key), id_=ID)
            problem(reply, 401, "unauthorized")
            assert "Bearer" in reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize("name", NATIVE)
async def test_403_from_where_the_app_may_not_come(name: str) -> None:
    async with calling() as app:
        problem(await Well(app).call(name, app.by(FAR), id_=ID), 403, "not_allowed")


@pytest.mark.parametrize("name", COMPATIBLE)
async def test_403_for_a_wrong_login_at_the_compatible_calls(name: str) -> None:
    async with calling() as app:
        assert (await Well(app).call(name, query=CALLS[name].query.replace(BANK, "wrong"))).status == 403


@pytest.mark.parametrize("name", [*calls(sends=True), *COMPATIBLE])
async def test_403_or_400_for_what_the_app_may_not_send(name: str) -> None:
    async with calling() as app:
        if CALLS[name].query:
            assert (await Well(app).call(name, query=CALLS[name].query + "&from=OTHER")).status in (400, 403)
        else:
            problem(await app.send(from_="OTHER"), 403, "sender_not_allowed")
            problem(await app.by(SHOP).send(lane="fast"), 403, "lane_not_allowed")


@pytest.mark.parametrize("name", calls(names=True))
async def test_404_for_what_is_not_there_and_for_what_is_another_apps(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        problem(await well.call(name, id_=ID if "{id}" in name else TO), 404, "not_found")
        await well.prepare()
        problem(await well.call(name, app.by(SHOP)), 404, "not_found")


@pytest.mark.parametrize("name", calls(names=True))
async def test_404_for_an_id_of_any_length(name: str) -> None:
    if "{id}" in name:
        async with calling() as app:
            problem(await Well(app).call(name, id_="x" * 4_000), 404, "not_found")


@pytest.mark.parametrize("name", CALLS)
async def test_405_names_the_methods_there_are(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        await well.prepare()
        path = name.split(" ")[1].replace("{number}", TO).replace("{id}", ID)
        reply = await app.call("PATCH", path)
        problem(reply, 405, "method_not_allowed")
        assert name.partition(" ")[0] in reply.headers["Allow"].split(", ")


@pytest.mark.parametrize("name", calls(takes=True))
async def test_413_for_a_body_or_a_row_that_is_too_long(name: str) -> None:
    async with calling() as app:
        text = b'{"to": "5512345670", "text": "' + b"x" * LARGE + b'"}'
        data = b'{"messages": [' + text + b"]}" if CALLS[name].streams else text
        reply = await Well(app).call(name, headers={"Content-Type": JSON}, data=io.BytesIO(data))
        if CALLS[name].streams:
            assert reply.status in (400, 413)
        else:
            problem(reply, 413, "body_too_large")


@pytest.mark.parametrize("name", [name for name in COMPATIBLE if name.startswith("POST")])
async def test_413_for_a_form_that_is_too_long(name: str) -> None:
    async with calling() as app:
        data = CALLS[name].query[1:].encode() + b"x" * LARGE
        assert (
            await Well(app).call(name, query="", headers={"Content-Type": FORM}, data=io.BytesIO(data))
        ).status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=latin-1", "application/xml", ""])
@pytest.mark.parametrize("name", calls(takes=True))
async def test_415_for_a_body_that_is_called_something_else(name: str, kind: str) -> None:
    async with calling() as app:
        reply = await Well(app).call(name, headers={"Content-Type": kind}, data=b"{}")
        problem(reply, 415, "unsupported_media_type")


@pytest.mark.parametrize("name", [name for name in COMPATIBLE if name.startswith("POST")])
async def test_415_for_a_body_that_is_no_form(name: str) -> None:
    async with calling() as app:
        reply = await Well(app).call(name, headers={"Content-Type": "application/xml"}, data=b"<x/>")
        assert reply.status == 415


@pytest.mark.parametrize("name", calls(takes=True))
async def test_400_for_a_body_that_is_not_json(name: str) -> None:
    async with calling() as app:
        for data in (b"", b"{", b"\xff"):
            problem(await Well(app).call(name, headers={"Content-Type": JSON}, data=data), 400, "invalid_json")


@pytest.mark.parametrize("name", [name for name in NATIVE if not CALLS[name].takes])
async def test_422_for_a_parameter_that_is_not_known(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        await well.prepare()
        problem(await well.call(name, query="?colour=1"), 422, "unknown_field")


@pytest.mark.parametrize("name", calls(takes=True))
async def test_422_for_a_field_that_is_not_known_or_missing(name: str) -> None:
    async with calling() as app:
        for data, code in ((b'{"colour": 1}', "unknown_field"), (b"{}", "missing_field"), (b"[]", "invalid_field")):
            reply = await Well(app).call(name, headers={"Content-Type": JSON}, data=data)
            assert reply.status == 422
            assert code in [found for _, found in reply.codes]


@pytest.mark.parametrize("name", COMPATIBLE)
async def test_400_for_a_parameter_that_is_not_known(name: str) -> None:
    async with calling() as app:
        assert (await Well(app).call(name, query=CALLS[name].query + "&colour=1")).status == 400


@pytest.mark.parametrize("name", [*calls(sends=True), *(name for name in COMPATIBLE if CALLS[name].sends)])
async def test_429_or_its_like_over_the_tps_says_when_to_come_again(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        replies = [await well.call(name) for _ in range(21)]
        assert {reply.status for reply in replies[:20]} == {CALLS[name].ok}
        assert replies[20].status == {"messages": 429, "sendsms": 503, "send": 403}[name.rpartition("/")[2]]
        assert int(replies[20].headers["Retry-After"]) >= 1


@pytest.mark.parametrize("name", [name for name, row in CALLS.items() if row.writes])
async def test_503_while_the_store_is_away_says_when_to_come_again(name: str) -> None:
    async with calling() as app:
        well = Well(app)
        await well.prepare()
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        await app.send()  # what finds out
        reply = await well.call(name)
        assert reply.status == 503, reply.body
        assert int(reply.headers["Retry-After"]) >= 1
        if not CALLS[name].is_open:
            problem(reply, 503, "store_unavailable")


@pytest.mark.parametrize("name", CALLS)
async def test_503_while_the_gateway_stops_says_when_to_come_again(name: str) -> None:
    async with calling() as app:
        app.site.intake.stopping = True
        reply = await Well(app).call(name, id_=ID)
        problem(reply, 503, "stopping")
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.headers["Connection"] == "close"


@pytest.mark.parametrize("name", calls(takes=True, writes=True))
async def test_409_for_a_key_that_was_used_for_another_body(name: str) -> None:
    async with calling() as app:
        well, headers = Well(app), {HEADER: "k", "Content-Type": JSON}
        assert (await well.call(name, headers={HEADER: "k"})).status == 202
        other = b'{"messages": []}' if CALLS[name].streams else b'{"to": "5512345670", "text": "b"}'
        problem(await well.call(name, headers=headers, data=other), 409, "idempotency_conflict")
        problem(await well.call(name, headers={HEADER: "no blanks"}), 422, "invalid_field")


def problem(reply: Reply, status: int, code: str) -> None:
    """It is a problem of this status and code."""
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["status"] == status
    assert code in [found for _, found in reply.codes]
