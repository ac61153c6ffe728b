"""However words are gathered, put back and merged, what is on disk comes to the same as writing each at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.message import Status
from gateway.store.memory import MemoryStore
from gateway.store.sift import changes_of, rows_of
from gateway.store.store import Changes, IdempotentAnswer, OptOut
from tests.support.store import BASE, a_delivery, a_message, a_part, an_id, an_inbound, awaiting, parked

Word = Callable[[Changes], None]
KEYS = ("a", "b")


def word(kind: str, n: int, twist: int) -> Word:
    """One thing said about the n-th of its kind; `twist` makes two sayings differ."""
    key = KEYS[n]
    message = a_message(n, status=Status.DELIVERED if twist else Status.SUBMITTED)
    words: dict[str, Word] = {
        "update": lambda changes: changes.updated.update({message.id: message}),
        "deliver": lambda changes: changes.deliver(a_delivery(n)),
        "take": lambda changes: changes.take(an_id(n)),
        "postpone": lambda changes: changes.postpone(a_delivery(n, attempts=twist + 1)),
        "inbound": lambda changes: changes.inbound.update({an_id(n): an_inbound(n)}),
        "part": lambda changes: changes.part(a_part(n)),
        "join": lambda changes: changes.join(an_id(n)),
        "await": lambda changes: changes.await_receipt(awaiting(twist, key)),
        "awaited": lambda changes: changes.stop_awaiting(("telcel", key)),
        "park": lambda changes: changes.park(parked(twist, key)),
        "match": lambda changes: changes.match(("telcel", key)),
        "opt": lambda changes: changes.opt_outs.update({("x", key): OptOut("x", key, BASE, removed=bool(twist))}),
        "answer": lambda changes: changes.answers.update(
            {("x", key): IdempotentAnswer("x", key, str(twist), BASE, b"")}
        ),
        "setting": lambda changes: changes.settings.update({key: str(twist)}),
    }
    return words[kind]


KINDS = [
    "update", "deliver", "take", "postpone", "inbound", "part", "join",
    "await", "awaited", "park", "match", "opt", "answer", "setting",
]  # fmt: skip
# Deliveries are made once and taken for good: an id that is taken is never delivered again.
said = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 1)), max_size=20)


async def everything(store: MemoryStore) -> list[Any]:
    return [
        list(table) for name, table in sorted(vars(store).items()) if name.startswith("_") and hasattr(table, "put")
    ]


async def written(transactions: Sequence[Changes]) -> list[Any]:
    """All that a store holds after these transactions upon two messages."""
    store = MemoryStore()
    await store.open()
    await store.commit(Changes(accepted=[a_message(0), a_message(1)]))
    for changes in transactions:
        await store.commit(changes)
    return await everything(store)


def run(first: Awaitable[Any]) -> Any:
    async def main() -> Any:
        return await first

    return asyncio.run(main())


def gathered(words: Sequence[tuple[str, int, int]]) -> Changes:
    changes = Changes()
    for each in words:
        word(*each)(changes)
    return changes


@settings(max_examples=150, deadline=None)
@given(said, st.integers(0, 20))
def test_transactions_that_were_merged_come_to_the_same_as_one_a_word(
    words: list[tuple[str, int, int]], cut: int
) -> None:
    one_by_one = run(written([gathered([each]) for each in words]))
    merged = gathered(words[:cut])
    merged.add(gathered(words[cut:]))
    assert run(written([gathered(words)])) == one_by_one
    assert run(written([merged])) == one_by_one


@settings(max_examples=100, deadline=None)
@given(said, st.integers(0, 20))
def test_transactions_that_were_split_come_to_the_same_as_the_whole(
    words: list[tuple[str, int, int]], cut: int
) -> None:
    whole = gathered(words)
    rows = rows_of(whole)
    assert changes_of(rows) == whole
    assert len(rows) == len(whole)
    assert run(written([changes_of(rows[:cut]), changes_of(rows[cut:])])) == run(written([whole]))
