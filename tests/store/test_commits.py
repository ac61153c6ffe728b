"""The group commit: when it begins, what goes into it, and who is called."""

import asyncio

from structlog.testing import capture_logs

from gateway.errors import StoreError
from gateway.message import Content, Status
from gateway.store.commits import COMPANY, CROWD, Commits
from gateway.store.store import IdempotentAnswer, OptOut, Store
from tests.store.commits_desk import FULL, Desk, running
from tests.support.store import (
    BASE,
    SlowStore,
    a_delivery,
    a_message,
    a_part,
    an_id,
    an_inbound,
    awaiting,
    parked,
    submitted,
    turns,
)

# -- when -------------------------------------------------------------------------------------------------------------


async def test_urgent_accept_is_written_at_the_end_of_the_turn_with_all_that_it_said(desk: Desk) -> None:
    desk.accept(1)
    desk.accept(2, urgent=True)
    desk.accept(3)
    assert not desk.store.begun
    await turns()
    assert desk.begun == [[an_id(2), an_id(1), an_id(3)]]
    assert desk.loop.timers == []


async def test_bulk_accepts_gather_for_a_while_from_the_first_on(desk: Desk) -> None:
    desk.accept(1)
    await turns()
    desk.loop.advance(0.0015)
    desk.accept(2)
    await turns()
    assert not desk.store.begun
    desk.loop.advance(0.0005)
    await turns()
    assert desk.begun == [[an_id(1), an_id(2)]]
    assert desk.loop.delays == [0.002]


async def test_bulk_accepts_wait_no_longer_once_there_are_enough(desk: Desk) -> None:
    for n in range(COMPANY - 1):
        desk.accept(n)
    desk.update(COMPANY)
    await turns()
    assert not desk.store.begun
    desk.accept(COMPANY + 1)
    desk.accept(COMPANY + 2)
    await turns()
    assert [len(ids) for ids in desk.begun] == [COMPANY + 2]
    assert desk.loop.timers == []


async def test_those_who_wait_for_updates_wait_no_longer_once_there_is_a_crowd(desk: Desk) -> None:
    for n in range(CROWD - 1):
        desk.update(n)
    await turns()
    assert not desk.store.begun
    desk.update(CROWD)
    desk.update(CROWD + 1)
    await turns()
    assert len(desk.store.begun) == 1
    assert desk.loop.timers == []


async def test_what_is_said_during_a_commit_goes_into_the_next(desk: Desk) -> None:
    desk.accept(1, urgent=True)
    await turns()
    desk.accept(2)
    desk.accept(3, urgent=True)
    await turns()
    assert len(desk.store.begun) == 1
    await desk.end()
    assert desk.begun == [[an_id(1)], [an_id(3), an_id(2)]]


async def test_bulk_said_during_a_commit_has_gathered_meanwhile(desk: Desk) -> None:
    desk.accept(1, urgent=True)
    await turns()
    desk.accept(2)
    await desk.end()
    assert len(desk.store.begun) == 1
    desk.accept(3)
    await desk.pass_gathering()
    assert desk.begun[1:] == [[an_id(2), an_id(3)]]
    desk.accept(4)
    desk.loop.advance(0.002)
    await desk.end()
    assert desk.begun[2:] == [[an_id(4)]]


async def test_commits_without_gathering_write_at_the_end_of_the_turn() -> None:
    desk = Desk()
    desk.commits._gather_s = 0.0
    async for _ in running(desk):
        desk.accept(1)
        desk.accept(2)
        await turns()
        assert desk.begun == [[an_id(1), an_id(2)]]


async def test_commits_wait_for_nothing_when_nothing_is_said(desk: Desk) -> None:
    await desk.pass_gathering()
    assert desk.store.begun == []
    assert desk.commits.backlog == 0


# -- what goes first --------------------------------------------------------------------------------------------------


async def test_bulk_goes_in_slices_behind_everything_else_and_smaller_ones_beside_urgent_accepts(slicing: Desk) -> None:
    for n in range(5):
        slicing.accept(n)
    await slicing.pass_gathering()
    slicing.accept(10, urgent=True)
    slicing.update(11)
    slicing.accept(12, urgent=True)
    await slicing.end()
    await slicing.end()
    await slicing.end()
    assert slicing.begun == [
        [an_id(0), an_id(1)],
        [an_id(10), an_id(12), an_id(2), f"+{an_id(11)}"],
        [an_id(3), an_id(4)],
    ]
    assert [argument for argument, _ in slicing.called] == [0, 1, 10, "u11", 12, 2, 3, 4]


async def test_lull_comes_with_the_commit_that_urgent_accepts_wait_for(slicing: Desk) -> None:
    await slicing.commits.lull()  # nothing urgent: at once
    slicing.accept(1)
    await slicing.pass_gathering()
    slicing.accept(2, urgent=True)
    lull = asyncio.create_task(slicing.commits.lull())
    await slicing.end()
    assert not lull.done()
    slicing.accept(3, urgent=True)
    await slicing.end()
    await lull


async def test_lull_comes_although_the_commit_fails(slicing: Desk) -> None:
    slicing.accept(1, urgent=True)
    await turns()
    lull = asyncio.create_task(slicing.commits.lull())
    await slicing.end(FULL)
    slicing.loop.advance(0.05)
    await turns()
    await lull


async def test_all_updates_go_into_one_commit(slicing: Desk) -> None:
    for n in range(5):
        slicing.update(n)
    await slicing.pass_gathering()
    assert len(slicing.store.begun[0].updated) == 5


async def test_bare_callback_does_not_wait_behind_slices_of_bulk(slicing: Desk) -> None:
    for n in range(3):
        slicing.accept(n)
    slicing.update(9)
    slicing.commits.then(slicing.done, "then")
    await turns()
    await slicing.end()
    assert [argument for argument, _ in slicing.called] == ["u9", "then", 0, 1]


async def test_drain_waits_for_the_bulk_that_was_there_before(slicing: Desk) -> None:
    for n in range(3):
        slicing.accept(n)
    drained = asyncio.ensure_future(slicing.commits.drain())
    await turns()
    await slicing.end()
    assert not drained.done()
    await slicing.end()
    await drained


async def test_drain_without_bulk_waits_for_no_slice_but_the_next(slicing: Desk) -> None:
    for n in range(9):
        slicing.accept(n)
    slicing.update(10)
    drained = asyncio.ensure_future(slicing.commits.drain(bulk=False))
    await turns()
    assert not drained.done()
    await slicing.end()
    await drained
    assert slicing.commits.gathered > 0


async def test_bare_callback_with_nothing_to_write_is_called_without_a_commit(desk: Desk) -> None:
    desk.commits.then(desk.done, "then")
    await turns()
    assert desk.called == [("then", None)]
    assert desk.store.begun == []
    assert desk.commits_seen == []


async def test_bare_callback_waits_for_a_commit_under_way(desk: Desk) -> None:
    desk.commits.deliver(a_delivery(1))
    await desk.pass_gathering()
    desk.commits.then(desk.done, "then")
    await turns()
    assert desk.called == []
    await desk.end()
    assert desk.called == [("then", None)]


async def test_bare_callback_that_is_not_urgent_gathers(desk: Desk) -> None:
    desk.commits.then(desk.done, "then", urgent=False)
    await turns()
    assert desk.called == []
    await desk.pass_gathering()
    assert desk.called == [("then", None)]


async def test_newest_state_of_a_message_is_written_once(desk: Desk) -> None:
    message = a_message(1)
    desk.commits.update(message)
    desk.commits.update(submitted(message), desk.done, "u")
    await desk.pass_gathering()
    assert len(desk.store.begun[0]) == 1
    assert desk.store.begun[0].updated[message.id].status is Status.SUBMITTED


async def test_update_without_a_callback_is_written_too(desk: Desk) -> None:
    desk.commits.update(a_message(1))
    await desk.pass_gathering()
    assert desk.begun == [[f"+{an_id(1)}"]]


async def test_backlog_counts_what_is_not_durable(slicing: Desk) -> None:
    for n in range(3):
        slicing.accept(n)
    slicing.accept(3, urgent=True)
    slicing.update(4)
    slicing.commits.then(slicing.done)
    assert slicing.commits.backlog == 5
    await turns()
    slicing.update(5)
    assert slicing.commits.backlog == 3 + 2 + 1
    await slicing.end()
    await slicing.end()
    assert slicing.commits.backlog == 0
    assert [rows for _, rows in slicing.commits_seen] == [3, 3]


# -- callbacks --------------------------------------------------------------------------------------------------------


async def test_callbacks_are_called_after_the_commit_in_the_order_said(desk: Desk) -> None:
    desk.accept(1, urgent=True)
    desk.update(2)
    desk.accept(3, urgent=True)
    desk.commits.then(desk.done, "then")
    await turns()
    assert desk.called == []
    desk.clock.advance(0.5)
    await desk.end()
    assert desk.called == [(1, None), ("u2", None), (3, None), ("then", None)]
    assert desk.commits_seen == [(0.5, 3)]


async def test_callback_that_raises_does_not_keep_the_others_from_being_called(desk: Desk) -> None:
    def fail(argument: object, error: StoreError | None) -> None:
        raise RuntimeError("mine")

    desk.accept(1, urgent=True)
    desk.commits.then(fail)
    desk.commits.then(desk.done, "then")
    await turns()
    with capture_logs() as logs:
        await desk.end()
    assert desk.called == [(1, None), ("then", None)]
    assert [(line["event"], line["log_level"]) for line in logs] == [("commit_callback_failed", "error")]
    assert "fail" in logs[0]["callback"]
    desk.accept(2, urgent=True)
    await turns()
    assert desk.store.busy


async def test_callback_may_say_more(desk: Desk) -> None:
    def again(argument: object, error: StoreError | None) -> None:
        desk.accept(2, urgent=True)

    desk.commits.accept(a_message(1), again, urgent=True)
    await turns()
    await desk.end()
    assert desk.begun == [[an_id(1)], [an_id(2)]]


# -- drain and the end ------------------------------------------------------------------------------------------------


async def test_drain_ends_when_all_that_was_said_is_durable(slicing: Desk) -> None:
    for n in range(3):
        slicing.accept(n)
    drain = asyncio.create_task(slicing.commits.drain())
    await turns()
    await slicing.end()
    assert not drain.done()
    await slicing.end()
    assert drain.done()
    await drain
    assert len(slicing.called) == 3


async def test_drain_that_is_given_up_leaves_nothing_behind(desk: Desk) -> None:
    desk.update(1)
    drain = asyncio.create_task(desk.commits.drain())
    await turns()
    drain.cancel()
    await turns()
    assert drain.cancelled()
    await desk.end()
    assert desk.called == [("u1", None)]


async def test_commits_use_the_running_loops_timers_by_default() -> None:
    store = SlowStore()
    store.held = False
    commits = Commits(store, gather_s=0.001)  # type: ignore[arg-type]  # the part of a Store that a Commits uses
    task = asyncio.create_task(commits.run())
    kept = asyncio.Event()
    commits.accept(a_message(1), lambda _argument, _error: kept.set())
    async with asyncio.timeout(5):
        await kept.wait()
    task.cancel()


# -- with the stores --------------------------------------------------------------------------------------------------


async def test_every_word_reaches_the_store(store: Store) -> None:
    commits = Commits(store)
    task = asyncio.create_task(commits.run())
    message, paused = a_message(1), a_message(2)
    called: list[object] = []
    commits.accept(message, lambda argument, _error: called.append(argument), "accepted", urgent=True)
    commits.accept(paused, lambda argument, _error: called.append(argument), "bulk")
    commits.deliver(a_delivery(1))
    commits.deliver(a_delivery(2))
    commits.inbound(an_inbound(1))
    commits.part(a_part(1))
    commits.part(a_part(2))
    commits.opt_out(OptOut("bank", "52", BASE))
    commits.answer(IdempotentAnswer("bank", "k", "d", BASE, b"{}"))
    commits.await_receipt(awaiting(1, "a"))
    commits.await_receipt(awaiting(2, "b"))
    commits.park(parked(1, "a"))
    commits.park(parked(2, "b"))
    commits.setting("watermark", "7")
    await commits.drain()
    assert called == ["accepted", "bulk"]
    assert await store.messages([message.id]) == [message]
    assert len(await store.parts()) == 2
    assert await store.opt_outs() == [OptOut("bank", "52", BASE)]
    assert await store.inbound(an_id(1)) == an_inbound(1)
    assert (await store.settings())["watermark"] == "7"

    commits.update(submitted(message))
    commits.delivered(an_id(1))
    late = a_delivery(2, state="dead")
    commits.postpone(late)
    commits.joined(an_id(1))
    commits.awaited("telcel", "a")
    commits.matched("telcel", "a")
    await commits.drain()
    assert await store.message(message.id) == message
    assert await store.delivery(an_id(1)) is None
    assert await store.dead_deliveries("", 9) == [late]
    assert [part.id for part in await store.parts()] == [an_id(2)]
    assert [row.carrier_message_id for row in await store.awaited("telcel", ["a", "b"])] == ["b"]
    assert [row.carrier_message_id for row in await store.parked("telcel", ["a", "b"])] == ["b"]
    assert await store.answer("bank", "k") is not None
    task.cancel()


async def test_id_that_is_there_already_fails_alone(store: Store) -> None:
    commits = Commits(store)
    task = asyncio.create_task(commits.run())
    called: dict[object, StoreError | None] = {}
    bad = {3: a_message(1), 4: a_message(9, content=Content(text="\udc00"))}
    for n in range(6):
        commits.accept(bad.get(n) or a_message(n), called.__setitem__, n)
    await commits.drain()
    assert {n for n, error in called.items() if error is not None} == {3, 4}
    assert len(await store.messages([an_id(n) for n in range(10)])) == 4
    assert commits.healthy
    task.cancel()
