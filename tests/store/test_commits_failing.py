"""The group commit over a store that fails, and what can never be written."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.errors import StoreError
from gateway.store.store import Changes, Unwritable
from tests.store.commits_desk import FULL, Desk
from tests.support.store import (
    a_delivery,
    a_message,
    an_id,
    submitted,
    turns,
)

# -- when the store fails ---------------------------------------------------------------------------------------------


async def test_failed_accept_is_told_and_dropped(desk: Desk) -> None:
    desk.accept(1, urgent=True)
    desk.accept(2)
    await turns()
    with capture_logs() as logs:
        await desk.end(FULL)
    assert desk.called == [(1, FULL), (2, FULL)]
    assert not desk.commits.healthy
    assert desk.errors == [FULL]
    assert [line["event"] for line in logs] == ["store_commit_failed"]
    assert desk.commits.backlog == 0


async def test_failed_update_stays_and_is_tried_again_with_what_came_meanwhile(desk: Desk) -> None:
    first = a_message(1)
    desk.commits.update(first, desk.done, "first", urgent=True)
    desk.commits.deliver(a_delivery(7))
    await turns()
    newer = submitted(a_message(1))
    desk.commits.update(newer, desk.done, "newer")
    desk.commits.delivered(an_id(7))
    await desk.end(FULL)
    desk.accept(2, urgent=True)
    await turns()
    assert desk.called == []
    assert desk.commits.backlog == 3
    assert len(desk.store.begun) == 1
    desk.loop.advance(0.05)
    await turns()
    retried = desk.store.begun[1]
    assert retried.updated == {newer.id: newer}
    assert retried.deliveries == {}
    assert retried.delivered == {an_id(7)}
    assert [message.id for message in retried.accepted] == [an_id(2)]
    await desk.end()
    assert desk.called == [("first", None), ("newer", None), (2, None)]
    assert desk.commits.healthy


async def test_pauses_grow_up_to_a_second_and_start_over_after_success(desk: Desk) -> None:
    desk.update(1, urgent=True)
    await turns()
    pauses = []
    for _ in range(7):
        await desk.end(FULL)
        pauses.append(desk.loop.timers[0].at - desk.clock.monotonic())
        desk.loop.advance(pauses[-1])
        await turns()
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    await desk.end()
    assert desk.called == [("u1", None)]
    desk.update(2, urgent=True)
    await turns()
    await desk.end(FULL)
    assert desk.loop.delays[-1] == pytest.approx(0.05)


async def test_bare_callback_waits_until_what_was_said_before_it_is_durable(desk: Desk) -> None:
    desk.commits.deliver(a_delivery(1))
    desk.commits.then(desk.done, "then")
    await turns()
    await desk.end(FULL)
    assert desk.called == []
    desk.loop.advance(0.05)
    await turns()
    await desk.end()
    assert desk.called == [("then", None)]


async def test_commits_find_out_by_themselves_that_the_store_is_back(desk: Desk) -> None:
    """While they are unhealthy intake refuses: nothing else may ever be said."""
    desk.accept(1, urgent=True)
    await turns()
    await desk.end(FULL)
    desk.loop.advance(0.05)
    await turns()
    assert desk.store.begun[1].settings
    await desk.end(FULL)
    assert not desk.commits.healthy
    desk.loop.advance(0.1)
    await turns()
    with capture_logs() as logs:
        await desk.end()
    assert desk.commits.healthy
    assert [line["event"] for line in logs] == ["store_commit_recovered"]


async def test_slices_behind_a_failed_one_are_tried_on_their_own(slicing: Desk) -> None:
    for n in range(3):
        slicing.accept(n)
    await slicing.pass_gathering()
    await slicing.end(FULL)
    assert slicing.called == [(0, FULL), (1, FULL)]
    slicing.loop.advance(0.05)
    await turns()
    await slicing.end()
    assert slicing.called[2:] == [(2, None)]


# -- what can never be written ----------------------------------------------------------------------------------------


async def test_bad_row_is_told_and_costs_nobody_else_anything(desk: Desk) -> None:
    desk.store.held = False
    desk.store.refuses = {an_id(3), an_id(12)}
    for n in range(6):
        desk.accept(n, urgent=True)
    for n in range(10, 14):
        desk.update(n)
    desk.commits.deliver(a_delivery(1))
    desk.commits.then(desk.done, "then")
    with capture_logs() as logs:
        await turns(60)
    failed = {argument for argument, error in desk.called if error is not None}
    assert failed == {3, "u12"}
    assert all(isinstance(error, Unwritable) for _, error in desk.called if error is not None)
    assert [argument for argument, _ in desk.called] == [0, 1, 2, 3, 4, 5, "u10", "u11", "u12", "u13", "then"]
    kept = Changes()
    for changes in desk.store.kept:
        kept.add(changes)
    assert [message.id for message in kept.accepted] == [an_id(n) for n in (0, 1, 2, 4, 5)]
    assert sorted(kept.updated) == [an_id(n) for n in (10, 11, 13)]
    assert len(kept.deliveries) == 1
    assert desk.commits.healthy
    assert sorted(line["kind"] for line in logs) == ["accepted", "updated"]
    assert len(desk.errors) == 2
    assert desk.commits.backlog == 0


async def test_store_that_fails_among_bad_rows_keeps_what_was_not_tried(desk: Desk) -> None:
    desk.store.refuses = {an_id(1)}
    desk.accept(1, urgent=True)
    desk.accept(2, urgent=True)
    desk.update(3)
    desk.update(4)
    desk.commits.then(desk.done, "then")
    await turns()
    await desk.end()  # the whole: refused
    await desk.end()  # the accepts: refused
    await desk.end()  # the first accept: refused for good
    await desk.end()  # the second: kept
    assert desk.called == []
    await desk.end(FULL)
    assert [(argument, type(error)) for argument, error in desk.called] == [(1, Unwritable), (2, type(None))]
    assert not desk.commits.healthy
    desk.loop.advance(0.05)
    await turns()
    assert sorted(desk.store.begun[-1].updated) == [an_id(3), an_id(4)]
    assert desk.store.begun[-1].accepted == []
    await desk.end()
    assert desk.called[2:] == [("u3", None), ("u4", None), ("then", None)]


async def test_store_that_fails_among_accepts_tells_those_that_were_not_tried(desk: Desk) -> None:
    desk.store.refuses = {an_id(1)}
    for n in (1, 2, 3):
        desk.accept(n, urgent=True)
    await turns()
    await desk.end()
    await desk.end()
    await desk.end(FULL)
    assert [(argument, type(error)) for argument, error in desk.called] == [
        (1, Unwritable),
        (2, StoreError),
        (3, StoreError),
    ]
    assert desk.commits.backlog == 0


async def test_drain_raises_when_a_try_fails_and_the_rest_goes_on(desk: Desk) -> None:
    desk.update(1)
    drain = asyncio.create_task(desk.commits.drain())
    await turns()
    await desk.end(FULL)
    with pytest.raises(StoreError, match="full"):
        await drain
    assert desk.commits.backlog == 1
    desk.loop.advance(0.05)
    await turns()
    await desk.end()
    assert desk.called == [("u1", None)]
    await desk.commits.drain()
