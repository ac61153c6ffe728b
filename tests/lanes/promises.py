"""What is promised for a setup, as bounds for its figures."""

from math import inf

from tests.lanes.figures import Figures
from tests.lanes.play import Setup
from throughput.bucket import GUARD, TokenBucket
from throughput.window import Window

OTP_P99_S = 0.020
SLOWEST_ANSWER = 2.0
"""How much later than the median all but a few answers come: a lognormal of 0.25 has 0.3 % beyond."""
PAUSE_S = 1.0
NEARLY = 0.96
LEARNT = 0.79
REFUSED, REFUSED_OVER_MANY_BINDS = 0.07, 0.2
MANY_BINDS = 5
ANSWERED_S, ANSWERED_RESPONSES = 0.5, 10


def broken(setup: Setup, figures: Figures) -> list[str]:
    """Which promises the figures do not keep."""
    kept = {
        "every OTP goes": figures.delivered == 1.0,
        "no second of the SMSC's above tps": figures.in_clock_second <= max(setup.tps, 1.02 * setup.tps),
        "no second at all above tps": figures.in_any_second <= max(setup.tps, 1.02 * setup.tps),
        "OTPs do not wait for bulk": figures.wait_p99_s <= longest_wait_s(setup),
        "what is allowed is used": figures.used >= least_used(setup, figures),
        "few refusals": figures.refused <= most_refused(setup),
        "a queue over there stays short": figures.answered_p99_s <= slowest_answer_s(setup),
    }
    return [promise for promise, holds in kept.items() if not holds]


def longest_wait_s(setup: Setup) -> float:
    """Of 99 in 100 OTPs beside bulk, over what they wait alone: nothing but a late turn, where a place and a token can
    be kept for them; else until the place or the token that bulk has comes back. After a refusal, also the pause."""
    wait_s = OTP_P99_S
    if not Window(setup.window, setup.reserve).reserved:
        wait_s += SLOWEST_ANSWER * setup.habits.response_s
    if not TokenBucket(setup.tps, reserve=setup.reserve).headroom:
        wait_s += GUARD / setup.tps
    if setup.habits.takes_per_s:
        wait_s += PAUSE_S + SLOWEST_ANSWER * setup.habits.response_s + 1.0 / setup.habits.takes_per_s
    return wait_s


def most_refused(setup: Setup) -> float:
    """Share of all. Each bind finds out for itself, so many at a small rate are refused more before they know."""
    if not setup.habits.takes_per_s:
        return 0.0
    return REFUSED if setup.binds < MANY_BINDS else REFUSED_OVER_MANY_BINDS


def slowest_answer_s(setup: Setup) -> float:
    """Of 99 in 100 OTPs at an SMSC that cannot work off what its windows hold; elsewhere nothing is promised."""
    habits = setup.habits
    return ANSWERED_S + ANSWERED_RESPONSES * habits.response_s if habits.works_per_s else inf


def least_used(setup: Setup, figures: Figures) -> float:
    """The share of what is allowed that is used at least: all but the fast lane's reserve of tokens and places; where
    pacing has to find out what is taken, LEARNT of it."""
    if setup.habits.takes_per_s:
        return LEARNT
    bucket, window = TokenBucket(setup.tps, reserve=setup.reserve), Window(setup.window, setup.reserve)
    tokens = setup.tps * (1.0 - bucket.headroom / bucket.most(urgent=True)) / GUARD
    places = setup.binds * (window.size - window.reserved) / figures.response_s
    return NEARLY * min(tokens, places, figures.allowed_per_s) / figures.allowed_per_s
