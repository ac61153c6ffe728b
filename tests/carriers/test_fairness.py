"""A small batch beside a huge one, the whole way: from the disk through the feed, the lane and the rate to the bind."""

import pytest

from gateway.message import Message
from tests.carriers.rig import World, a_bind, a_carrier, world

TPS = 500.0
SMALL = 200
STEP_S = 0.02


def batch(w: World, name: str, app: str, first: int, count: int) -> list[Message]:
    return [
        w.message(0.001 + n * 0.004, app=app, batch=name, to=f"52551{n:07d}", carriers=("telcel",))
        for n in range(first, first + count)
    ]


async def run(w: World, seconds: float) -> None:
    """The carrier answers what is in flight, and time goes on."""
    bind = w.binds["telcel-1"]
    for _ in range(round(seconds / STEP_S)):
        while bind.sent:
            bind.answer()
        await w.advance(STEP_S)


async def seconds_to_send(w: World, small: list[Message]) -> float:
    """How long it takes until a batch that comes now has gone; 10 s are given up on."""
    began, bind = w.clock.monotonic(), w.binds["telcel-1"]
    looked_at, wanted = len(bind.history), {message.to for message in small}
    await w.send(*small)
    while wanted and w.clock.monotonic() < began + 10.0:
        await run(w, STEP_S)
        wanted -= {pdu.destination_addr for pdu in bind.history[looked_at:]}
        looked_at = len(bind.history)
    return w.clock.monotonic() - began


@pytest.mark.parametrize("huge", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
async def test_small_batch_of_another_app_is_done_in_about_double_the_time_it_takes_alone(huge: int) -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=100), tps=TPS, burst=1))
        w.up("telcel-1")
        alone_s = await seconds_to_send(w, batch(w, "alone", "bank", 0, SMALL))
        assert alone_s == pytest.approx(SMALL / TPS, abs=4 * STEP_S)
        await w.send(*batch(w, "huge", "shop", SMALL, huge))
        await run(w, 1.0)
        assert w.feed.depth("telcel", "bulk")[0] > 0.8 * huge, "most of it waits on disk"
        small = batch(w, "small", "bank", SMALL + huge, SMALL)
        assert await seconds_to_send(w, small) == pytest.approx(2 * alone_s, rel=0.15)
