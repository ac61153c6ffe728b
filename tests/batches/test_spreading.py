"""Rows spread over a span: evenly wherever the body ends, kept over restarts, late rows not in a heap."""

from collections import Counter
from typing import Any

import pytest

from gateway.batches.spreading import Spread, share
from gateway.intake import Decision
from gateway.message import Message, Status
from gateway.store.batch import by_batch
from gateway.store.memory import MemoryStore
from gateway.submission import Submission
from tests.batches.rig import Site, batches

HOUR = 3_600.0


@pytest.mark.parametrize(
    ("rows", "parts", "off"),
    [(10, 5, 0.51), (100, 10, 0.21), (1_000, 20, 0.03), (8_192, 20, 0.01), (50_000, 20, 0.01), (300_000, 100, 0.06)],
)
def test_every_part_of_the_span_has_its_share_wherever_the_body_ends(rows: int, parts: int, off: float) -> None:
    even = rows / parts
    found = Counter(int(share(index) * parts) for index in range(rows))
    assert found.keys() == set(range(parts))
    assert max(abs(count - even) for count in found.values()) <= off * even


def test_share_is_in_the_span_and_no_two_rows_of_a_thousand_go_at_once() -> None:
    shares = [share(index) for index in range(200_000)]
    assert 0.0 <= min(shares) <= max(shares) < 1.0
    assert len(set(shares[:1_000])) == 1_000


def test_rows_that_follow_one_another_lie_together_in_the_schedule() -> None:
    places = {int(share(index) * 4_000) for index in range(600_000, 600_150)}
    assert len(places) <= 8


def test_row_goes_at_once_behind_the_span_and_in_what_is_left_of_it_before() -> None:
    spread = Spread(1_000.0, HOUR)
    assert [spread.due(index, 0.0) for index in (0, 1)] == [1_000.0, 1_000.0 + share(1) * HOUR]
    late = 1_000.0 + HOUR * 0.75
    due = [spread.due(index, late) for index in range(100)]
    assert late <= min(due) <= max(due) < 1_000.0 + HOUR
    assert spread.due(5, 1_000.0 + HOUR) == 1_000.0 + HOUR
    assert spread.due(5, 9_000.0) == 9_000.0


async def messages(site: Site, batch_id: str) -> list[Message]:
    return await site.world.store.found_after("bank", by_batch(batch_id), "", 10_000)


async def test_spread_batch_waits_on_disk_and_goes_bit_by_bit_over_a_restart() -> None:
    store = MemoryStore()
    async with batches(store) as site:
        began = site.world.clock.utc()
        batch_id = await site.send(100, spread=Spread(began + HOUR, HOUR))
        assert {one.status for one in await messages(site, batch_id)} == {Status.SCHEDULED}
        assert await released(site, batch_id, HOUR - 1) == 0
        assert await released(site, batch_id, HOUR / 4 + 1) == pytest.approx(25, abs=2)
        passed = site.world.clock.utc() - began
    async with batches(store) as site:
        site.world.clock.advance(passed)
        assert await released(site, batch_id, HOUR / 4) == pytest.approx(50, abs=2)
        assert await released(site, batch_id, HOUR / 2) == 100
        for one in await messages(site, batch_id):
            assert one.expires_at == pytest.approx(one.send_at + 86_400.0)


async def test_spread_begins_when_its_batch_did_where_a_body_goes_on() -> None:
    async with batches() as site:
        spread = Spread(0.0, HOUR)
        began = site.world.clock.utc()
        upload, _ = await site.batches.begin("bank", "k", "", "", spread)
        assert upload is not None
        await upload.take(site.rows(10))
        await upload.end()  # broken off
        site.world.clock.advance(HOUR / 2)
        upload, _ = await site.batches.begin("bank", "k", "", "", spread)
        assert upload is not None
        await upload.take(site.rows(20))
        await upload.end("d")
        due = [one.send_at or one.created_at for one in await messages(site, upload.batch.id)]
        assert len(due) == 20
        assert began <= min(due[:10]) <= max(due[:10]) < began + HOUR
        assert began + HOUR / 2 <= min(due[10:]) <= max(due[10:]) < began + HOUR


async def test_row_goes_the_way_that_routes_have_for_when_it_is_due() -> None:
    async with batches() as site:
        began = site.world.clock.utc()
        asked: list[float] = []
        decide = site.intake.decide

        def noting(row: Submission, *known: Any) -> Decision:
            asked.append(row.send_at)
            return decide(row, *known)

        site.intake.decide = noting  # type: ignore[method-assign]
        batch_id = await site.send(10, spread=Spread(began + HOUR, HOUR))
        assert asked == [one.send_at for one in await messages(site, batch_id)]


async def released(site: Site, batch_id: str, seconds: float) -> int:
    """Let time pass; how many are not scheduled any more."""
    site.world.clock.advance(seconds)
    site.world.feed.tick()
    await site.world.settle()
    return sum(one.status is not Status.SCHEDULED for one in await messages(site, batch_id))
