"""The two promises side by side, in simulated time: bulk uses what the carrier allows, and an OTP does not wait for it.

Turns of the loop come each whole millisecond, as uvloop's timers do, and some are late; answers take a round trip.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest

from throughput.bucket import TokenBucket
from throughput.lanes import Entry, Lane
from throughput.pacing import ESME_RTHROTTLED
from throughput.scheduler import Gate, Scheduler, Send


class Sent(NamedTuple):
    """One segment on the wire."""

    at: float
    lane: str
    waited_s: float


def turns(seconds: float, random: Random) -> Iterator[float]:
    """When the loop runs: each millisecond, 1 in 100 turns 5 ms late."""
    now = 0.0
    while now < seconds:
        now += 0.001 if random.random() > 0.01 else 0.006
        yield now


def run(
    tps: float, binds: int, window: int, rtt_s: float, otps: float, *, seconds: float = 30.0, limit: int = 0
) -> list[Sent]:
    """Endless bulk and `otps` OTPs a second at random; the SMSC refuses more than `limit` in a second (0: none)."""
    random = Random(7)
    gates = [
        Gate.configured(str(number), rate_per_s=tps / binds, window=window, reserve=0.2) for number in range(binds)
    ]
    for gate in gates:
        gate.up = True
    scheduler = Scheduler[str](TokenBucket(tps, reserve=0.2), Lane("fast", 1000), Lane("bulk", 1000), gates)
    fast, bulk = scheduler.lanes["fast"], scheduler.lanes["bulk"]
    answers: deque[tuple[float, Gate, int]] = deque()
    sent: list[Sent] = []
    recent: deque[float] = deque()
    for now in turns(seconds, random):
        while bulk.room:
            bulk.push(Entry("bulk", 1, 1e9, now, "shop", "campaign"))
        if random.random() < 0.02:
            bulk.push(Entry("bulk", 1, 1e9, now, "bank"))
        if random.random() < otps / 1000:
            fast.push(Entry("fast", 1, 1e9, now, "bank"))
        while answers and answers[0][0] <= now:
            _, gate, status = answers.popleft()
            gate.answered(status, rtt_s, now)
        while isinstance(send := scheduler.pick(now), Send):
            while recent and recent[0] <= now - 1.0:
                recent.popleft()
            status = ESME_RTHROTTLED if limit and len(recent) >= limit else 0
            answers.append((now + rtt_s, send.gate, status))
            if not status:
                recent.append(now)
                sent.append(Sent(now, send.entry.item, now - send.entry.queued_at))
    return sent


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


@pytest.mark.parametrize(("tps", "binds", "window"), [(100, 1, 20), (200, 2, 50), (500, 1, 50), (1000, 4, 50)])
def test_bulk_uses_the_rate_while_otps_go_at_once(tps: float, binds: int, window: int) -> None:
    sent = run(tps, binds, window, rtt_s=0.030, otps=tps / 20)
    assert len(sent) >= 0.97 * tps * 30.0
    waits = [one.waited_s for one in sent if one.lane == "fast"]
    assert percentile(waits, 0.99) <= 0.010
    assert max(waits) <= 0.050


def test_otps_find_their_place_on_a_bind_that_is_bound_by_its_window() -> None:
    """500 tps, but ten places and 50 ms: 200 a second is all there is, and bulk leaves two places."""
    sent = run(500, 1, 10, rtt_s=0.050, otps=5)
    waits = [one.waited_s for one in sent if one.lane == "fast"]
    assert percentile(waits, 0.99) <= 0.010
    assert sum(one.lane == "bulk" for one in sent) >= 0.95 * 0.8 * 200 * 30


def test_otps_go_at_once_where_tokens_are_a_tenth_of_a_second_apart() -> None:
    sent = run(10, 1, 10, rtt_s=0.050, otps=0.3, seconds=120.0)
    waits = [one.waited_s for one in sent if one.lane == "fast"]
    assert len(waits) > 20
    assert percentile(waits, 0.95) <= 0.010
    assert len(sent) >= 0.88 * 10 * 120


def test_bulk_works_over_a_window_of_one() -> None:
    sent = run(100, 1, 1, rtt_s=0.019, otps=1)
    assert len(sent) >= 0.9 * 30.0 / 0.020
    assert all(later.at - earlier.at >= 0.018 for earlier, later in pairwise(sent))


def test_a_carrier_that_allows_less_than_its_contract_is_used_at_what_it_allows() -> None:
    sent = run(100, 1, 50, rtt_s=0.030, otps=0, seconds=300.0, limit=60)
    assert len(sent) >= 0.85 * 60 * 300
