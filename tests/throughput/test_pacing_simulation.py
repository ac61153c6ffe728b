"""What pacing makes of carriers that say "slower" for different reasons, in simulated time, flat out.

A bind and its SMSC answer each other over a round trip; the SMSC counts by one of the rules that carriers count by, or
refuses by chance.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughput.gate import Gate
from throughput.pacing import ESME_RTHROTTLED

Refuses = Callable[[float], bool]
"""Whether a submit_sm that comes at this time is refused."""


def any_second(limit: float) -> Refuses:
    """At most `limit` accepted in any one second."""
    accepted: deque[float] = deque()

    def refuses(now: float) -> bool:
        while accepted and accepted[0] <= now - 1.0:
            accepted.popleft()
        over = len(accepted) >= limit
        if not over:
            accepted.append(now)
        return over

    return refuses


def each_second(limit: float) -> Refuses:
    """At most `limit` accepted in each second of the SMSC's clock."""
    second, accepted = -1, 0

    def refuses(now: float) -> bool:
        nonlocal second, accepted
        if int(now + 0.37) != second:
            second, accepted = int(now + 0.37), 0
        accepted += 1
        return accepted > limit

    return refuses


def bucket(limit: float) -> Refuses:
    """A bucket of a tenth of a second's worth, filled at `limit`."""
    size = max(1.0, limit / 10)
    tokens, at = size, 0.0

    def refuses(now: float) -> bool:
        nonlocal tokens, at
        tokens, at = min(size, tokens + (now - at) * limit), now
        if tokens < 1:
            return True
        tokens -= 1
        return False

    return refuses


def by_chance(share: float, seed: int) -> Refuses:
    """This share of all, whatever the rate."""
    random = Random(seed)
    return lambda _now: random.random() < share


class Ran(NamedTuple):
    """What came of it: segments a second that were accepted, the share of all that were refused, and what went in
    pauses."""

    accepted_per_s: float
    refused: float
    sent_in_pauses: int


def run(rate: float, refuses: Refuses, seconds: float, *, rtt_s: float = 0.03, step_s: float = 0.005) -> Ran:
    """Send flat out for so long."""
    gate = Gate.configured("b1", rate_per_s=rate, window=1_000)
    answers: deque[tuple[float, int]] = deque()
    accepted = refused = sent_in_pauses = 0
    for tick in range(int(seconds / step_s)):
        now = tick * step_s
        while answers and answers[0][0] <= now:
            gate.answered(answers.popleft()[1], rtt_s, now)
        while gate.paused_until <= now and gate.bucket.ready_at <= now:
            gate.bucket.spend(now, 0.0)
            gate.window.used += 1
            sent_in_pauses += now < gate.pacing.paused_until
            over = refuses(now)
            refused += over
            accepted += not over
            answers.append((now + rtt_s, ESME_RTHROTTLED if over else 0))
    return Ran(accepted / seconds, refused / (accepted + refused), sent_in_pauses)


@pytest.mark.parametrize("counts", [any_second, each_second, bucket])
@pytest.mark.parametrize(("rate", "share"), [(1000, 0.95), (1000, 0.6), (100, 0.6), (100, 0.3)])
def test_pacing_finds_and_holds_what_a_carrier_takes_with_few_refusals(
    counts: Callable[[float], Refuses], rate: float, share: float
) -> None:
    ran = run(rate, counts(rate * share), 600.0)
    assert ran.accepted_per_s >= (0.75 if counts is bucket else 0.88) * rate * share
    assert ran.refused <= 0.01
    assert ran.sent_in_pauses == 0


@pytest.mark.parametrize("rate", [1000, 100])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pacing_keeps_its_rate_where_one_refusal_every_ten_seconds_means_nothing(rate: float, seed: int) -> None:
    """What is lost are the pauses: a second of each eleven."""
    ran = run(rate, by_chance(0.1 / rate, seed), 1_200.0, step_s=0.01)
    assert ran.accepted_per_s >= 0.86 * rate


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([any_second, each_second]), st.floats(0.1, 1.0), st.sampled_from([0.005, 0.05, 0.3]))
def test_pacing_comes_near_any_limit_over_any_round_trip(
    counts: Callable[[float], Refuses], share: float, rtt_s: float
) -> None:
    ran = run(100.0, counts(100.0 * share), 400.0, rtt_s=rtt_s, step_s=0.01)
    assert ran.accepted_per_s >= 0.7 * int(100.0 * share)
    assert ran.refused <= 0.1, "at most a round trip of them each time"
