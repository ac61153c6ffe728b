"""Batches, ways to find messages, and pages of them, in every twin of the store."""

import asyncio

import pytest

from gateway.message import Message, Status
from gateway.store.batch import Batch, Page, RowError, by_batch, by_number, by_reference, lookup_rows
from gateway.store.commits import Commits
from gateway.store.store import Changes, Store
from tests.store.conftest import Reopen
from tests.support.store import BASE, SlowStore, a_message, an_id, turns

ALL = list(Status)


async def keep(store: Store, *messages: Message) -> None:
    rows = [row for message in messages for row in lookup_rows(message)]
    await store.commit(Changes(accepted=list(messages), lookups=rows))


def ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]


async def test_batch_comes_back_as_it_was(store: Store, reopen: Reopen) -> None:
    row = Batch(id=an_id(1), app="bank", created_at=BASE, name="é", state="paused", rows=3, rejected=1, key="k")
    row.errors.append(RowError(2, "x", "invalid_number", "no"))
    row.counts["accepted"] = 2
    await store.commit(Changes(batches={row.id: row}))
    store = await reopen()
    assert await store.batch(row.id) == row
    assert await store.open_batches() == [row]
    row.ended = True
    await store.commit(Changes(batches={row.id: row}))
    assert await store.open_batches() == []
    assert await store.batch(an_id(9)) is None


async def test_messages_are_found_by_batch_number_and_reference(store: Store) -> None:
    rows = [a_message(n, batch="b1" if n % 2 else "", reference="r" if n == 3 else "") for n in range(1, 6)]
    rows.append(a_message(6, app="shop", batch="b1"))
    await keep(store, *rows)
    await store.commit(Changes(lookups=lookup_rows(rows[0])))  # once more is no harm
    assert ids(await store.found_after("bank", by_batch("b1"), "", 9)) == [an_id(1), an_id(3), an_id(5)]
    assert ids(await store.found_after("bank", by_batch("b1"), an_id(1), 1)) == [an_id(3)]
    assert await store.statuses_after("bank", by_batch("b1"), an_id(1), 1) == [(an_id(3), 2)]
    page = await store.page("bank", by_number("5215512345678"), ALL, "", "", 9, 100)
    assert (ids(page.messages), page.before) == ([an_id(n) for n in (5, 4, 3, 2, 1)], "")
    assert ids((await store.page("bank", by_reference("r"), ALL, "", "", 9, 100)).messages) == [an_id(3)]
    assert (await store.page("bank", by_reference("q"), ALL, "", "", 9, 100)) == ([], "")


@pytest.mark.parametrize("key", ["", by_number("5215512345678")])
async def test_pages_follow_one_another_by_status_and_time(store: Store, key: str) -> None:
    rows = [a_message(n, status=Status.SCHEDULED if n == 4 else Status.ACCEPTED) for n in range(1, 8)]
    await keep(store, *rows, a_message(9, app="shop"))
    found, before = [], ""
    while True:
        page = await store.page("bank", key, [Status.ACCEPTED], an_id(2), before, 2, 100)
        found += ids(page.messages)
        before = page.before
        if not before:
            break
    assert found == [an_id(n) for n in (7, 6, 5, 3, 2)]


async def test_page_looks_at_a_bounded_number_of_rows(store: Store) -> None:
    await keep(store, a_message(1), *(a_message(n, app="shop") for n in range(2, 7)))
    first = await store.page("bank", "", ALL, "", "", 9, 3)
    assert first == Page([], an_id(4))
    second = await store.page("bank", "", ALL, "", first.before, 9, 3)
    assert (ids(second.messages), second.before) == ([an_id(1)], an_id(1))
    assert await store.page("bank", "", ALL, "", second.before, 9, 3) == ([], "")


async def test_messages_of_all_apps_are_walked_by_id(store: Store) -> None:
    await keep(store, a_message(1), a_message(2, app="shop"), a_message(3))
    assert ids(await store.messages_after(an_id(1), 9)) == [an_id(2), an_id(3)]
    assert ids(await store.messages_after("", 1)) == [an_id(1)]
    assert await store.last_id() == an_id(3)


async def test_what_has_outlived_its_time_is_not_found_any_more(store: Store) -> None:
    old = a_message(1, batch="b", reference="r", status=Status.DELIVERED)
    await keep(store, old, a_message(2, batch="b"))
    gone = Batch(id=an_id(0), app="bank", created_at=BASE, ended=True)
    stays = Batch(id=an_id(0.5), app="bank", created_at=BASE)
    await store.commit(Changes(batches={row.id: row for row in (gone, stays)}))
    await store.prune(BASE + 100, 100)
    for key in (by_batch("b"), by_number(old.to), by_reference("r")):
        page = await store.page("bank", key, ALL, "", "", 9, 100)
        assert (old.id in ids(page.messages), page.before) == (False, "")
    assert [await store.batch(gone.id), await store.batch(stays.id)] == [None, stays]


class Seen:
    """A watch that writes down what was committed."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Status]] = []

    def begins(self, changes: Changes) -> object:
        return [(one.id, one.status) for one in [*changes.accepted, *changes.updated.values()]]

    def committed(self, noted: object) -> None:
        assert isinstance(noted, list)
        self.seen += noted


async def test_watch_is_told_what_was_committed_as_it_was_then() -> None:
    store, watch = SlowStore(), Seen()
    commits = Commits(store, gather_s=0.0, watch=watch)  # type: ignore[arg-type]  # the part of a Store it uses
    store.refuses = {an_id(2)}
    writer = asyncio.create_task(commits.run())
    one, two = a_message(1), a_message(2)
    errors: list[object] = []
    for message in (one, two):
        commits.accept(message, lambda _, error: errors.append(error), urgent=True)
    await turns()
    one.status = Status.SUBMITTED
    while store.busy:
        store.end()
        await turns()
    assert watch.seen == [(one.id, Status.SUBMITTED)]  # read again for the sift
    commits.update(one)
    one.status = Status.DELIVERED
    await turns()
    one.status = Status.UNKNOWN
    store.end()
    await turns()
    assert watch.seen[1:] == [(one.id, Status.DELIVERED)]
    assert [error is None for error in errors] == [True, False]
    writer.cancel()
    await asyncio.wait([writer])
