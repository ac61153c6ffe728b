"""The same call twice."""

import asyncio
from pathlib import Path

import pytest

from gateway.message import Status
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Changes
from tests.apps.http_gateway import SHOP, Shaky, Site, calling


async def test_same_key_and_body_give_the_first_answer_again() -> None:
    async with calling() as app:
        first = await app.send(headers=key("k1"))
        app.site.live[first.json["id"]].status = Status.DELIVERED
        again = await app.send(headers=key("k1"))
        assert (first.status, again.status, again.body) == (202, 202, first.body)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert len(app.site.live) == 1
        assert app.site.metrics.accepted("bank", "fast", "http").n == 1


async def test_same_key_with_another_body_is_409() -> None:
    async with calling() as app:
        await app.send(headers=key("k1"))
        reply = await app.send(headers=key("k1"), text="adios")
        assert (reply.status, reply.codes) == (409, [("Idempotency-Key", "idempotency_conflict")])
        other = await app.by(SHOP).send(headers=key("k1"), text="adios")
        assert other.status == 202, "keys are the app's own"


async def test_key_is_forgotten_after_a_day() -> None:
    async with calling() as app:
        first = await app.send(headers=key("k1"))
        app.site.clock.advance(86_399)
        assert (await app.send(headers=key("k1"))).json["id"] == first.json["id"]
        app.site.clock.advance(1)
        again = await app.send(headers=key("k1"), text="adios")
        assert again.status == 202
        assert again.json["id"] != first.json["id"]


async def test_key_outlives_a_restart(tmp_path: Path) -> None:
    async with calling(Site(SqliteStore(tmp_path / "relevo.db"))) as app:
        first = await app.send(headers=key("k1"), lane="bulk", text="¿á?")
    site = Site(SqliteStore(tmp_path / "relevo.db"))
    site.new_id()
    async with calling(site) as app:
        again = await app.send(headers=key("k1"), lane="bulk", text="¿á?")
        assert (again.status, again.body) == (202, first.body)
        assert not site.live
        assert (await app.send(headers=key("k1"), lane="bulk")).status == 409


async def test_calls_with_the_same_key_wait_for_the_first() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.gate.clear()
        calls = [asyncio.create_task(app.send(headers=key("k1"))) for _ in range(5)]
        while not app.site.commits.backlog:  # noqa: ASYNC110  the requests travel over sockets
            await asyncio.sleep(0)
        other = await app.send(headers=key("k1"), text="adios")
        assert other.status == 409
        store.gate.set()
        replies = await asyncio.gather(*calls)
        assert [reply.status for reply in replies] == [202] * 5
        assert len({reply.body for reply in replies}) == 1
        assert len(app.site.live) == 1


async def test_key_whose_message_was_not_kept_is_free_again() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        assert (await app.send(headers=key("k1"))).status == 503
        store.failing = False
        await app.site.commits.drain()
        assert await store.answer("bank", "k1") is not None, "the key was said, and is written when the store is back"
        reply = await app.send(headers=key("k1"), text="adios")
        assert reply.status == 202
        assert (await app.send(headers=key("k1"), text="adios")).body == reply.body


async def test_refused_call_leaves_its_key_free() -> None:
    async with calling() as app:
        assert (await app.send(headers=key("k1"), to="x")).status == 422
        assert (await app.send(headers=key("k1"))).status == 202


async def test_key_is_written_with_its_message_or_before() -> None:
    class Watching(Shaky):
        def __init__(self) -> None:
            super().__init__()
            self.order: list[str] = []

        async def commit(self, changes: Changes) -> None:
            self.order += ["key"] * len(changes.answers) + ["message"] * len(changes.accepted)
            await super().commit(changes)

    for lane in ("fast", "bulk"):
        store = Watching()
        async with calling(Site(store)) as app:
            await app.send(headers=key("k1"), lane=lane)
        assert store.order == ["key", "message"]


@pytest.mark.parametrize("bad", ["", "a b", "x" * 256, "ñ"])
async def test_bad_key_is_422(bad: str) -> None:
    async with calling() as app:
        reply = await app.send(headers=key(bad))
    assert (reply.status, reply.codes) == (422, [("Idempotency-Key", "invalid_field")])


async def test_keyed_call_about_a_number_that_must_be_asked_about_is_sent() -> None:
    async with calling() as app:
        assert (await app.send(headers=key("k1"), to="5512345679")).status == 202


def key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}
