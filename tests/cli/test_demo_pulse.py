"""When what the demo's carriers read may have come: a loop that was held up saw at once what came one by one."""

import asyncio
import socket
import time

from gateway.cli.demo.pulse import Pulse
from gateway.clock import SystemClock
from gateway.sim.stats import Second
from tests.support.clock import ManualClock
from tests.support.gateway import until

HELD_UP_S = 0.2


async def test_what_came_while_the_loop_was_held_up_may_have_come_since_it_last_looked() -> None:
    clock, read = SystemClock(), asyncio.Event()
    began = clock.utc()
    here, there = socket.socketpair()
    with here, there:
        pulse = Pulse(clock)
        pulse.start()
        asyncio.get_running_loop().add_reader(there, read.set)
        await until(lambda: pulse.earliest(now := clock.utc()) < now, 5, "turns in which it looks and nothing is there")
        here.send(b"x")
        sent_at = clock.utc()
        time.sleep(HELD_UP_S)  # noqa: ASYNC251 - this is what holds it up
        await read.wait()
        asyncio.get_running_loop().remove_reader(there)
        pulse.stop()
        assert began <= pulse.earliest(clock.utc()) <= sent_at


def test_nothing_is_said_of_a_time_without_a_beat() -> None:
    assert Pulse(ManualClock()).earliest(5.0) == 5.0


def test_second_counts_what_must_have_come_in_it() -> None:
    evenly, bunched = Second(1.0), Second(1.0)
    for n in range(40):
        evenly.add(n / 16)
        bunched.add(max(n / 16, 1.5) if n >= 16 else n / 16, since=n / 16)
    assert evenly.peak == bunched.peak == 16
