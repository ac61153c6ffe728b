"""Batches: taken in, counted, paused, resumed, cancelled, gone on with after a fault or a restart."""

import asyncio
from typing import cast

import pytest

from gateway.batches import Refused, Upload
from gateway.batches.upload import MOST_ERRORS
from gateway.errors import Refusal, StoreError
from gateway.message import Message, Status
from gateway.store.batch import by_batch
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from tests.batches.rig import Site, batches
from tests.support.store import a_message


class Shaky(MemoryStore):
    """A store that refuses a commit with accepts when told."""

    failing = False

    async def commit(self, changes: Changes) -> None:
        if self.failing and changes.accepted:
            self.failing = False
            raise StoreError("disk full")
        await super().commit(changes)


async def numbers(site: Site, batch_id: str) -> list[str]:
    """The recipients of a batch's messages as they are on disk."""
    await site.lookups.flushed()
    return [message.to for message in await site.world.store.found_after("bank", by_batch(batch_id), "", 10_000)]


async def begin(site: Site, key: str = "") -> Upload:
    upload, _ = await site.batches.begin("bank", key, "", "")
    assert upload is not None
    return upload


async def test_batch_is_on_disk_when_its_body_has_ended() -> None:
    async with batches() as site:
        batch_id = await site.send(150)
        assert sorted(map(int, await numbers(site, batch_id))) == sorted(site.plan.ahead)
        assert site.counts.rows == len(site.plan.ahead) == 150
        batch = await site.world.store.batch(batch_id)
        assert batch is not None
        assert (batch.complete, batch.rows, batch.rejected, batch.digest) == (True, 150, 0, "digest")
        assert await site.words(batch_id) == {"accepted": 150}


async def test_bad_row_refuses_no_other() -> None:
    async with batches() as site:
        upload = await begin(site)
        good, bad_lane, bad_number = site.rows(2), site.rows(1, lane="none")[0], site.rows(1)[0]
        bad_number.to = "12"
        refused = Refused("x" * 99, Refusal("missing_field", "no to"))
        await upload.take([good[0], refused, good[1], bad_lane, bad_number])
        await upload.end("d")
        batch = upload.batch
        assert [(error.index, error.code) for error in batch.errors] == [
            (1, "missing_field"),
            (3, "lane_not_allowed"),
            (4, "invalid_number"),
        ]
        assert (batch.rows, batch.rejected, len(batch.errors[0].to)) == (5, 3, 64)
        assert site.counts.codes == ["missing_field", "lane_not_allowed", "invalid_number"]


async def test_errors_are_listed_up_to_a_bound() -> None:
    async with batches() as site:
        upload = await begin(site)
        await upload.take([Refused("x", Refusal("invalid_number"))] * (MOST_ERRORS + 5))
        await upload.end("d")
        assert (upload.batch.rejected, len(upload.batch.errors)) == (MOST_ERRORS + 5, MOST_ERRORS)


async def test_rows_keep_their_order_where_some_must_be_asked_about() -> None:
    async with batches() as site:
        upload = await begin(site)
        rows = site.rows(6)
        rows[2].to = "5512340099"
        await upload.take(rows)
        await upload.end("d")
        assert (await numbers(site, upload.batch.id))[2] == "525512340099"


async def test_counts_follow_the_messages() -> None:
    async with batches() as site:
        batch_id = await site.send(3)
        site.world.up("telcel-1")
        await site.world.settle()
        site.world.binds["telcel-1"].answer()
        site.world.binds["telcel-1"].answer(0x0B)
        assert await site.words(batch_id) == {"accepted": 1, "submitted": 1, "rejected": 1}
        tally = await site.batches.get("bank", batch_id)
        assert (tally.total, tally.ended, tally.waiting) == (3, 1, 1)


async def test_counts_are_exact_after_a_restart() -> None:
    store = MemoryStore()
    async with batches(store) as site:
        batch_id = await site.send(5)
        site.world.up("telcel-1")
        await site.world.settle()
        for _ in range(2):
            site.world.binds["telcel-1"].answer()
    async with batches(store) as site:
        await site.batches.tick()
        assert await site.words(batch_id) == {"accepted": 3, "submitted": 2}


async def test_batch_that_has_ended_is_read_and_a_late_receipt_counts_all_the_same() -> None:
    async with batches() as site:
        batch_id = await site.send(1)
        site.world.up("telcel-1")
        await site.world.settle()
        message = site.world.binds["telcel-1"].sent[0][1].outgoing.message
        site.world.binds["telcel-1"].answer()
        await site.world.settle()
        for status in (Status.UNKNOWN, Status.DELIVERED):
            message.status = status
            site.world.commits.update(message)
            await site.world.settle()
            site.world.clock.advance(60)
            await site.batches.tick()
            await site.world.settle()
            assert await site.words(batch_id) == {status.word: 1}
        batch = await site.world.store.batch(batch_id)
        assert batch is not None
        assert batch.ended


async def test_paused_batch_sends_nothing_until_it_is_resumed() -> None:
    async with batches() as site:
        bind = site.world.binds["telcel-1"]
        batch_id = await site.send(5)
        await site.batches.pause("bank", batch_id)
        assert site.world.dispatch.live == {}
        site.world.up("telcel-1")
        await site.world.settle()
        site.world.feed.tick()
        await site.world.settle()
        assert bind.sent == []
        await site.batches.resume("bank", batch_id)
        await site.world.settle()
        assert len(bind.sent) == 5


async def test_pause_lets_what_a_carrier_has_go_on_and_holds_new_rows() -> None:
    async with batches() as site:
        bind = site.world.binds["telcel-1"]
        upload = await begin(site)
        batch_id = upload.batch.id
        await upload.take(site.rows(2))
        await site.world.settle()
        site.world.up("telcel-1")
        await site.world.settle()
        await site.batches.pause("bank", batch_id)
        await upload.take(site.rows(4))
        await upload.end("d")
        bind.answer()
        assert await site.words(batch_id) == {"submitted": 1, "accepted": 5}
        assert len(bind.sent) == 1
        await site.batches.resume("bank", batch_id)
        await site.world.settle()
        assert len(bind.history) == 6


async def test_paused_batch_stays_paused_over_a_restart() -> None:
    store = MemoryStore()
    async with batches(store) as site:
        batch_id = await site.send(4)
        await site.batches.pause("bank", batch_id)
    async with batches(store) as site:
        site.world.feed.restore(await store.depths(""), await store.last_id())
        site.world.up("telcel-1")
        site.world.feed.tick()
        await site.world.settle()
        assert site.world.binds["telcel-1"].sent == []
        await site.batches.resume("bank", batch_id)
        await site.world.settle()
        assert len(site.world.binds["telcel-1"].sent) == 4


async def test_cancelled_batch_ends_what_no_carrier_has() -> None:
    async with batches() as site:
        upload = await begin(site)
        batch_id = upload.batch.id
        await upload.take(site.rows(1))
        site.world.up("telcel-1")
        await site.world.settle()
        site.world.binds["telcel-1"].lose()  # the one under way is uncertain
        await upload.take(site.rows(700))
        await upload.end("d")
        await site.batches.cancel("bank", batch_id)
        while (await site.batches.get("bank", batch_id)).batch.state != "cancelled":
            await site.world.settle()
        assert await site.words(batch_id) == {"accepted": 1, "cancelled": 700}
        assert len(site.world.roads.told) == 700
        with pytest.raises(Refusal, match="cancelled"):
            await site.batches.resume("bank", batch_id)


def others_come_in(site: Site, count: int) -> None:
    """So many rows of somebody else's batch wait to be written."""
    for n in range(count):
        site.world.commits.accept(a_message(n), lambda message, error: None)


async def test_cancelling_does_not_wait_for_rows_of_others_that_come_in() -> None:
    async with batches() as site:
        batch_id = await site.send(400)
        others_come_in(site, 3_000)
        await site.batches.cancel("bank", batch_id)
        async with asyncio.timeout(5):
            while len(site.world.roads.told) < 400:  # noqa: ASYNC110 (what is waited for tells nobody)
                await asyncio.sleep(0)
        assert site.world.commits.gathered > 1_500


async def test_cancelling_ends_rows_that_a_body_left_under_way_when_it_broke_off() -> None:
    async with batches() as site:
        upload = await begin(site)
        others_come_in(site, 3_000)
        await upload.take(site.rows(40))
        ending = asyncio.create_task(upload.end())
        await asyncio.sleep(0)
        ending.cancel()  # as when the app's connection is lost
        await asyncio.wait([ending])
        await site.batches.cancel("bank", upload.batch.id)
        await site.pass_s(0)
        assert await site.words(upload.batch.id) == {"cancelled": 40}


async def test_cancelling_goes_on_after_a_restart() -> None:
    store = MemoryStore()
    async with batches(store) as site:
        batch_id = await site.send(3)
        tally = await site.batches.get("bank", batch_id)
        tally.batch.state = "cancelling"
        site.world.commits.batch(tally.batch)
    async with batches(store) as site:
        await site.batches.tick()
        assert (await site.words(batch_id)).get("cancelled") == 3


async def test_body_that_broke_off_goes_on_under_its_key() -> None:
    async with batches() as site:
        upload = await begin(site, "k")
        await upload.take(site.rows(70))
        await upload.end()
        assert (upload.batch.complete, upload.batch.rows) == (False, 70)
        again = await begin(site, "k")
        assert again.batch.id == upload.batch.id
        await again.take(site.rows(100))
        await again.end("d")
        assert len(set(await numbers(site, again.batch.id))) == 100
        assert (site.counts.rows, again.batch.rows, again.batch.rejected) == (100, 100, 0)
        done, tally = await site.batches.begin("bank", "k", "", "")
        assert (done, tally.batch.digest) == (None, "d")


async def test_rows_that_a_failing_store_lost_are_taken_again_and_no_others() -> None:
    store = Shaky()
    async with batches(store) as site:
        site.world.commits._slice_rows = 20
        upload = await begin(site, "k")
        await upload.take([Refused("x", Refusal("invalid_number")), *site.rows(30)])
        await site.world.settle()
        store.failing = True
        with pytest.raises(StoreError):
            await upload.take(site.rows(90)[29:])
            await upload.end("d")
        with pytest.raises(StoreError):
            await upload.end()
        kept = set(await numbers(site, upload.batch.id))
        assert 30 <= len(kept) < 90
        again = await begin(site, "k")
        await again.take([Refused("x", Refusal("invalid_number")), *site.rows(30), *site.rows(90)[29:]])
        await again.end("d")
        found = await numbers(site, again.batch.id)
        assert (len(set(found)), len(found)) == (90, 91)  # row 29 stands twice in the body
        assert (again.batch.rows, again.batch.rejected) == (92, 1)


async def test_crash_loses_no_row_of_a_body_and_sends_none_twice() -> None:
    store = MemoryStore()
    async with batches(store) as site:
        upload = await begin(site, "k")
        await upload.take(site.rows(150))
        await site.world.settle()  # never ended: nothing was written down but the rows
    async with batches(store) as site:
        site._ids = 1_000
        again = await begin(site, "k")
        await again.take(site.rows(200))
        await again.end("d")
        found = await numbers(site, again.batch.id)
        assert (len(set(found)), len(found)) == (200, 200)
        assert await site.words(again.batch.id) == {"accepted": 200}


async def test_another_body_under_the_same_key_is_a_conflict() -> None:
    async with batches() as site:
        await site.send(1, "k")
        with pytest.raises(Refusal) as refusal:
            await site.batches.begin("bank", "k", "other", "")
        assert refusal.value.code == "idempotency_conflict"


async def test_batch_of_another_app_is_not_found() -> None:
    async with batches() as site:
        batch_id = await site.send(1)
        for app, name in (("shop", batch_id), ("bank", "none")):
            with pytest.raises(Refusal, match="not_found"):
                await site.batches.get(app, name)


async def test_end_is_estimated_from_what_went_in_the_last_minute() -> None:
    async with batches() as site:
        batch_id = await site.send(4)
        tally = cast("object", await site.batches.get("bank", batch_id))
        await site.batches.tick()
        site.world.up("telcel-1")
        await site.world.settle()
        site.world.binds["telcel-1"].answer()
        site.world.clock.advance(10)
        await site.world.settle()
        found = await site.batches.get("bank", batch_id)
        assert found is tally
        assert found.end_at(site.world.clock.utc()) == pytest.approx(site.world.clock.utc() + 30)


async def test_body_is_refused_while_stopping_and_after_cancelling() -> None:
    async with batches() as site:
        upload = await begin(site)
        site.intake.stopping = True
        with pytest.raises(Refusal, match="stopping"):
            await upload.take(site.rows(1))
        site.intake.stopping = False
        await site.batches.cancel("bank", upload.batch.id)
        with pytest.raises(Refusal, match="cancelled"):
            await upload.take(site.rows(1))
        await upload.end()


async def test_messages_of_a_paused_batch_end_when_their_time_to_live_passes() -> None:
    async with batches() as site:
        upload = await begin(site)
        await upload.take([*site.rows(3, ttl_s=600.0), *site.rows(2, ttl_s=3_600.0)])
        await upload.end("d")
        batch_id = upload.batch.id
        await site.batches.pause("bank", batch_id)
        await site.pass_s(0)
        await site.pass_s(590)
        assert await site.words(batch_id) == {"accepted": 5}
        await site.pass_s(59)
        assert await site.words(batch_id) == {"accepted": 5}  # walked at most once a minute
        await site.pass_s(1)
        assert await site.words(batch_id) == {"accepted": 2, "expired": 3}
        await site.pass_s(3_000)
        assert await site.words(batch_id) == {"expired": 5}
        assert [status for _, status in site.world.roads.told] == [Status.EXPIRED] * 5
        await site.batches.resume("bank", batch_id)
        site.world.up("telcel-1")
        await site.world.settle()
        assert site.world.binds["telcel-1"].sent == []


async def test_paused_batch_is_walked_after_a_restart_too_and_again_when_the_store_was_away() -> None:
    store = Shaky()
    async with batches(store) as site:
        upload = await begin(site)
        await upload.take(site.rows(1, ttl_s=600.0))
        await upload.end("d")
        await site.batches.pause("bank", upload.batch.id)
    async with batches(store) as site:
        await site.pass_s(0)
        await site.pass_s(0)
        read, store.found_after = store.found_after, away  # type: ignore[method-assign]
        await site.pass_s(1_000)
        store.found_after = read  # type: ignore[method-assign]
        assert await site.words(upload.batch.id) == {"accepted": 1}
        await site.pass_s(61)
        assert await site.words(upload.batch.id) == {"expired": 1}


async def away(*_: object) -> list[Message]:
    raise StoreError("disk gone")
