"""Numbers and inbound messages over HTTP."""

import pytest

from gateway.message import Inbound
from gateway.store.store import Changes
from tests.apps.http_gateway import NOW, SHOP, Caller, Shaky, calling


@pytest.mark.parametrize("written", ["5512345670", "%2B525512345670", "+525512345670", "044%2055%201234%205670"])
async def test_lookup_reads_every_written_form(written: str) -> None:
    async with calling() as app:
        reply = await app.call("GET", f"/v1/lookup/{written}")
    assert reply.status == 200
    assert reply.json == {
        "number": "+525512345670",
        "valid": True,
        "region": "MX",
        "type": "mobile",
        "network": "telcel",
        "source": "plan",
        "ported": False,
        "timezones": ["America/Mexico_City"],
    }


async def test_lookup_of_no_number_says_so() -> None:
    async with calling() as app:
        reply = await app.call("GET", "/v1/lookup/hola")
    assert (reply.status, reply.json["valid"], reply.json["network"]) == (200, False, None)


async def test_opt_out_is_put_seen_obeyed_and_taken_back() -> None:
    async with calling() as app:
        path = "/v1/optouts/+525512345670"
        assert (await app.call("GET", path)).status == 404
        put = await app.call("PUT", "/v1/optouts/5512345670")
        assert (put.status, put.json["number"]) == (200, "+525512345670")
        assert [row.number for row in await app.site.store.opt_outs()] == ["525512345670"]
        assert (await app.call("GET", path)).json == put.json
        assert (await app.by(SHOP).call("GET", path)).status == 404
        assert (await app.send()).codes == [("to", "opted_out")]
        app.site.clock.advance(5)
        assert (await app.call("PUT", path)).json == put.json
        gone = await app.call("DELETE", path)
        assert (gone.status, gone.body) == (204, b"")
        assert await app.site.store.opt_outs() == []
        assert (await app.call("DELETE", path)).status == 404
        assert (await app.send()).status == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_opt_out_of_no_number_is_422(method: str) -> None:
    async with calling() as app:
        reply = await app.call(method, "/v1/optouts/hola")
    assert (reply.status, reply.codes) == (422, [("number", "invalid_number")])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_opt_out_is_503_while_the_store_is_away(method: str) -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        await app.send()
        reply = await app.call(method, "/v1/optouts/5512345670")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
        assert app.site.opt_outs.get("bank", "525512345670") is None


async def test_inbound_messages_are_listed_in_pages_newest_first() -> None:
    async with calling() as app:
        await keep_inbound(app, 5)
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await app.call("GET", f"/v1/inbound?limit=2{cursor}")).json
            seen += [item["text"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == ["m4", "m3", "m2", "m1", "m0"]
        exact = (await app.call("GET", "/v1/inbound?limit=5")).json
        assert exact["next_cursor"] is None
        since = (await app.call("GET", "/v1/inbound?since=2023-11-14T22:13:23Z")).json
        assert [item["text"] for item in since["items"]] == ["m4", "m3"]
        offset = (await app.call("GET", "/v1/inbound?since=2023-11-15T00:13:23%2B02:00")).json
        assert offset == since
        assert (await app.by(SHOP).call("GET", "/v1/inbound")).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=0", ("limit", "invalid_field")),
        ("limit=1001", ("limit", "invalid_field")),
        ("limit=x", ("limit", "invalid_field")),
        ("limit=%D9%A1", ("limit", "invalid_field")),
        ("limit=99999999999999999999", ("limit", "invalid_field")),
        ("since=yesterday", ("since", "invalid_field")),
        ("since=2023-11-14T22:13:23", ("since", "invalid_field")),
        ("cursor=%27", ("cursor", "invalid_field")),
        ("cursor=" + "a" * 37, ("cursor", "invalid_field")),
        ("until=now", ("until", "unknown_field")),
    ],
)
async def test_inbound_refuses_a_bad_query(query: str, error: tuple[str, str]) -> None:
    async with calling() as app:
        reply = await app.call("GET", f"/v1/inbound?{query}")
    assert (reply.status, reply.codes) == (422, [error])


async def keep_inbound(app: Caller, count: int) -> None:
    for n in range(count):
        at = NOW + n
        row = Inbound(
            id=f"018bcfe5-6800-7000-8000-00000000000{n}",
            app="bank",
            carrier="telcel",
            to="45555",
            sender="525512345670",
            text=f"m{n}",
            received_at=at,
        )
        await app.site.store.commit(Changes(inbound={row.id: row}))
