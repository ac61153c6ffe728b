"""Messages over HTTP: sent, shown, cancelled, explained."""

import asyncio

import pytest

from gateway.message import Status
from tests.apps.http_gateway import SHOP, Shaky, calling

MISSING = "018bcfe5-6800-7000-8000-ffffffffffff"


async def test_message_is_answered_with_its_whole_shape() -> None:
    async with calling() as app:
        reply = await app.send(reference="r1")
        assert app.site.live[reply.json["id"]].status is Status.ACCEPTED
    assert reply.status == 202
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json == {
        "id": "018bcfe5-6800-7000-8000-000000000001",
        "app": "bank",
        "batch": None,
        "reference": "r1",
        "tags": [],
        "to": "+525512345670",
        "from": "45555",
        "lane": "fast",
        "status": "accepted",
        "network": "telcel",
        "carrier": "telcel",
        "encoding": "gsm7",
        "segments": 1,
        "created_at": "2023-11-14T22:13:20.000Z",
        "updated_at": "2023-11-14T22:13:20.000Z",
        "error": None,
        "events": [
            {
                "at": "2023-11-14T22:13:20.000Z",
                "status": "accepted",
                "carrier": None,
                "bind": None,
                "command_status": None,
                "carrier_message_id": None,
                "segment": None,
                "detail": None,
            }
        ],
    }


async def test_message_keeps_its_tags_and_shows_them() -> None:
    async with calling() as app:
        reply = await app.send(tags=["otp", "branch.7_a-1"])
        assert reply.json["tags"] == ["otp", "branch.7_a-1"]
        assert (await app.call("GET", f"/v1/messages/{reply.json['id']}")).json["tags"] == ["otp", "branch.7_a-1"]


@pytest.mark.parametrize("tags", ["otp", ["a b"], ["otp\n"], [""], ["x" * 65], ["t"] * 17, [7]])
async def test_tags_are_few_plain_words(tags: object) -> None:
    async with calling() as app:
        reply = await app.send(tags=tags)
    assert reply.status == 422
    [(field, code)] = reply.codes
    assert (str(field).partition("[")[0], code) == ("tags", "invalid_field")


async def test_message_is_answered_only_after_its_commit() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.gate.clear()
        sending = asyncio.create_task(app.send())
        while not app.site.commits.backlog:  # noqa: ASYNC110  the request travels over a socket
            await asyncio.sleep(0)
        assert not sending.done()
        assert not app.site.live
        store.gate.set()
        reply = await sending
        assert await store.message(reply.json["id"]) is not None


async def test_message_for_a_number_that_must_be_asked_about_is_sent() -> None:
    async with calling() as app:
        reply = await app.send(to="5512345679")
    assert (reply.status, reply.json["network"]) == (202, "telcel")


async def test_message_is_counted_when_it_is_accepted_or_refused() -> None:
    async with calling() as app:
        await app.send()
        await app.send(to="x")
        await app.send(text=5)
        metrics = app.site.metrics
    assert metrics.accepted("bank", "fast", "http").n == 1
    assert metrics.refused("bank", "invalid_number").n == 1
    assert metrics.refused("bank", "invalid_field").n == 1


async def test_app_over_its_tps_is_told_when_to_try_again() -> None:
    async with calling() as app:
        replies = [await app.send() for _ in range(21)]
        assert [reply.status for reply in replies] == [202] * 20 + [429]
        after_s = int(replies[-1].headers["Retry-After"])
        assert after_s >= 1
        assert replies[-1].codes == [(None, "over_tps")]
        app.site.clock.advance(after_s)
        assert (await app.send()).status == 202


async def test_store_error_is_503_and_nothing_is_kept() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        reply = await app.send()
        assert (reply.status, reply.codes) == (503, [(None, "store_unavailable")])
        assert reply.headers["Retry-After"] == "1"
        assert b"disk full" not in reply.body
        assert not app.site.live
        assert app.site.metrics.refused("bank", "store_unavailable").n == 1
        assert app.site.metrics.accepted("bank", "fast", "http").n == 0
        assert (await app.send()).status == 503, "while the store is away, nothing is tried"
        store.failing = False
        async with asyncio.timeout(5):
            while not app.site.commits.healthy:  # noqa: ASYNC110  the writer finds out by itself, after a pause
                await asyncio.sleep(0.01)
        assert (await app.send()).status == 202
        assert await store.message("018bcfe5-6800-7000-8000-000000000001") is None


async def test_message_is_shown_as_it_is_now() -> None:
    async with calling() as app:
        sent = (await app.send()).json
        app.site.live[sent["id"]].status = Status.SUBMITTED
        reply = await app.call("GET", f"/v1/messages/{sent['id']}")
        assert (reply.status, reply.json["status"]) == (200, "submitted")
        del app.site.live[sent["id"]]
        reply = await app.call("GET", f"/v1/messages/{sent['id']}")
        assert (reply.status, reply.json) == (200, sent)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_message_of_another_app_is_not_found(method: str) -> None:
    async with calling() as app:
        sent = (await app.send()).json
        for path in (sent["id"], MISSING, "x" * 5000, "%00", ".."):
            reply = await app.by(SHOP).call(method, f"/v1/messages/{path}")
            assert reply.status == 404, path


async def test_message_is_cancelled_once() -> None:
    async with calling() as app:
        sent = (await app.send()).json
        reply = await app.call("DELETE", f"/v1/messages/{sent['id']}")
        assert (reply.status, reply.json["status"]) == (200, "cancelled")
        reply = await app.call("DELETE", f"/v1/messages/{sent['id']}")
        assert (reply.status, reply.codes) == (409, [(None, "not_cancellable")])


async def test_explain_says_all_and_sends_nothing() -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/explain", {"to": "5512345676", "text": "hola"})
        refused = await app.call("POST", "/v1/explain", {"to": "5512345677", "text": "hola"})
        invalid = await app.call("POST", "/v1/explain", {"to": 7})
        assert not app.site.live
    assert reply.status == 200
    assert {key: reply.json[key] for key in ("number", "network", "carriers", "lane", "encoding", "refusal")} == {
        "number": "+525512345676",
        "network": "movistar",
        "carriers": ["movistar"],
        "lane": "fast",
        "encoding": "gsm7",
        "refusal": None,
    }
    assert {"step", "asked", "answer", "why"} == reply.json["steps"][0].keys()
    assert (refused.status, refused.json["refusal"]) == (200, "no_route")
    assert invalid.status == 422
