"""What one setup came to: an OTP's wait that bulk is to blame for, the rate used, the SMSC's own counts, refusals.

Each setup is played twice with the same OTPs and the same response times for them, once beside campaigns without end
and once alone. What an OTP waits longer beside bulk than alone is bulk's doing; what it waits alone is the carrier's.
"""

from math import inf
from typing import NamedTuple

from tests.lanes.play import Play, Setup, otps

OTPS = 300
OTP_SHARE = 0.05
MOST_OTPS_PER_S = 20.0
LEARNING_S = 300.0
MOST_MESSAGES = 400_000


class Figures(NamedTuple):
    """Times in seconds. `used`: share of what tps, windows and the SMSC allow; `response_s`: the mean;
    `in_clock_second` and `in_any_second`: the highest counts at the SMSC, refused or not; `refused`: share of all;
    `delivered`: OTPs that were taken, of all; `answered_p99_s`: from an OTP's coming to the SMSC's answer, beside
    bulk, when a fifth of the time is over; `rates`: what pacing allows each bind at the end."""

    messages: int
    allowed_per_s: float
    response_s: float
    used: float
    wait_p50_s: float
    wait_p99_s: float
    wait_max_s: float
    answered_p99_s: float
    in_clock_second: int
    in_any_second: int
    refused: float
    delivered: float
    rates: tuple[float, ...]


def duration_s(setup: Setup) -> float:
    """Long enough for OTPS OTPs, for twenty round trips, and for pacing to learn where there is something to learn."""
    habits = setup.habits
    learns = habits.takes_per_s or habits.works_per_s
    seconds = max(LEARNING_S if learns else 0.0, 30.0, 20 * habits.response_s, OTPS / otps_per_s(setup))
    return max(30.0, min(seconds, MOST_MESSAGES / setup.allowed_per_s()))


def otps_per_s(setup: Setup) -> float:
    """A twentieth of what is allowed, as far as anybody needs so many."""
    return min(MOST_OTPS_PER_S, OTP_SHARE * setup.allowed_per_s())


def measure(setup: Setup, seed: int = 1) -> Figures:
    """Play it with and without bulk."""
    seconds = duration_s(setup)
    settled = seconds / 5
    coming = otps(otps_per_s(setup), seconds - 4 * setup.habits.response_s, setup.habits, seed)
    beside = Play(setup, coming, seed, bulk=True).run(seconds)
    alone = Play(setup, coming, seed, bulk=False).run(seconds)
    waits = sorted(max(0.0, one - other) for one, other in zip(beside.waits_s, alone.waits_s, strict=True) if one < inf)
    answers = sorted(s for otp, s in zip(coming, beside.answers_s, strict=True) if settled <= otp.at)
    smsc = beside.smsc
    allowed = setup.allowed_per_s(beside.response_s)
    return Figures(
        messages=len(smsc.arrivals),
        allowed_per_s=allowed,
        response_s=beside.response_s,
        used=sum(at >= settled for at in beside.taken_at) / (seconds - settled) / allowed,
        wait_p50_s=percentile(waits, 0.5),
        wait_p99_s=percentile(waits, 0.99),
        wait_max_s=waits[-1],
        answered_p99_s=percentile(answers, 0.99),
        in_clock_second=smsc.most_in_a_clock_second(),
        in_any_second=smsc.most_in_any_second(),
        refused=smsc.refused / len(smsc.arrivals),
        delivered=len(waits) / len(coming),
        rates=tuple(gate.allowed_rate for gate in beside.gates),
    )


def percentile(ordered: list[float], share: float) -> float:
    """Of values in order."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
