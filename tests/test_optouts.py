"""Opt-outs: in force at once, on disk for good, back after a restart."""

from collections.abc import AsyncIterator

import pytest

from gateway.errors import StoreError
from gateway.optouts import OptOutList
from gateway.store.store import OptOut
from tests.support.roads import Ground
from tests.support.store import turns

NUMBER = "525512345678"


class Desk(Ground):
    """The list, and who was called when a word of it was on disk."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[tuple[object, StoreError | None]] = []
        self.opt_outs = OptOutList(self.commits, self.clock.utc)

    def done(self, argument: object, error: StoreError | None) -> None:
        self.called.append((argument, error))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


async def test_opt_out_is_in_force_at_once_and_told_when_it_is_on_disk(desk: Desk) -> None:
    row = desk.opt_outs.add("bank", NUMBER, "api", desk.done, "a")

    assert desk.opt_outs.has("bank", NUMBER)
    assert desk.opt_outs.get("bank", NUMBER) == row == OptOut("bank", NUMBER, desk.clock.utc(), "api")
    assert desk.called == []
    await desk.settled()
    assert (desk.called, await desk.store.opt_outs()) == ([("a", None)], [row])


async def test_opt_out_belongs_to_its_app_and_number(desk: Desk) -> None:
    desk.opt_outs.add("bank", NUMBER, "api")

    assert not desk.opt_outs.has("shop", NUMBER)
    assert not desk.opt_outs.has("bank", NUMBER[:-1])
    assert desk.opt_outs.get("shop", NUMBER) is None


async def test_second_opt_out_keeps_the_first_ones_time(desk: Desk) -> None:
    first = desk.opt_outs.add("bank", NUMBER, "api")
    desk.clock.advance(60)

    assert desk.opt_outs.add("bank", NUMBER, "inbound", desk.done) == first
    await desk.settled()
    assert (len(desk.called), await desk.store.opt_outs()) == (1, [first])


async def test_opt_in_takes_it_back_here_and_on_disk(desk: Desk) -> None:
    desk.opt_outs.add("bank", NUMBER, "api")

    assert desk.opt_outs.remove("bank", NUMBER, desk.done, "r")
    assert not desk.opt_outs.has("bank", NUMBER)
    await desk.settled()
    assert (desk.called, await desk.store.opt_outs()) == ([("r", None)], [])


async def test_opt_in_of_who_never_left_is_said(desk: Desk) -> None:
    assert not desk.opt_outs.remove("bank", NUMBER, desk.done)
    assert not desk.opt_outs.remove("nobody", NUMBER)
    assert desk.commits.backlog == 0


async def test_opt_outs_are_in_force_after_a_restart(desk: Desk) -> None:
    desk.opt_outs.add("bank", NUMBER, "api")
    desk.opt_outs.add("shop", NUMBER, "api")
    desk.opt_outs.remove("shop", NUMBER)
    await desk.settled()

    again = OptOutList(desk.commits, desk.clock.utc)
    again.restore(await desk.store.opt_outs())

    assert (again.has("bank", NUMBER), again.has("shop", NUMBER)) == (True, False)


async def test_opt_out_said_while_the_store_is_away_is_in_force_and_not_lost(desk: Desk) -> None:
    desk.store.away = True
    desk.opt_outs.add("bank", NUMBER, "inbound", desk.done)
    await turns(20)

    assert desk.opt_outs.has("bank", NUMBER)
    assert (desk.called, desk.commits.backlog) == ([], 1)
    desk.store.away = False
