"""Ways to find messages: at once for batches, as far as it is quiet for numbers and references."""

from gateway.batches import Lookups
from gateway.batches.lookups import BUSY_SLICES, RANDOM_SLICE
from gateway.message import Message
from gateway.store.batch import by_batch, by_number
from gateway.store.store import Changes
from tests.carriers.rig import World, world
from tests.support.store import a_message

MANY = 2 * BUSY_SLICES * RANDOM_SLICE


def some(first: int, count: int) -> list[Message]:
    return [a_message(n, to=f"5255{n:08d}", batch="b") for n in range(first, first + count)]


async def accept(around: World, lookups: Lookups, messages: list[Message]) -> None:
    await around.store.commit(Changes(accepted=messages))
    lookups.accepted(messages)


async def found(around: World, messages: list[Message]) -> int:
    """How many of them are found by their numbers."""
    return sum([len(await around.store.found_after(one.app, by_number(one.to), "", 9)) for one in messages])


async def test_message_of_a_batch_is_found_by_it_as_soon_as_it_is_on_disk() -> None:
    async with world() as around:
        await around.store.commit(Changes(accepted=some(1, 3)))
        assert len(await around.store.found_after("bank", by_batch("b"), "", 9)) == 3


async def test_numbers_are_filled_in_slowly_under_load_and_all_of_them_once_it_is_quiet() -> None:
    async with world() as around:
        lookups = Lookups(around.store, around.commits, around.clock.utc)
        messages = some(1, MANY)
        await accept(around, lookups, messages)
        await lookups.look()
        assert await found(around, messages) == MANY / 2
        await lookups.look()  # nothing has come since
        assert await found(around, messages) == MANY


async def test_filling_all_stops_when_load_comes_in_the_middle_of_it() -> None:
    async with world() as around:
        lookups = Lookups(around.store, around.commits, around.clock.utc)
        await accept(around, lookups, some(1, MANY))
        await lookups.look()
        commit, more = around.store.commit, some(MANY + 1, MANY)

        async def commit_and_more(changes: Changes) -> None:
            await commit(changes)
            if changes.lookups and more:
                await commit(Changes(accepted=more))
                lookups.accepted(more)
                more.clear()

        around.store.commit = commit_and_more  # type: ignore[method-assign]
        await lookups.look()
        assert await found(around, some(1, 2 * MANY)) == MANY  # BUSY_SLICES more, and not all that has come
