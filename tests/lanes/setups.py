"""Which carriers the lanes are tried against: a tour of some that say most, and the whole grid."""

from itertools import product

from tests.lanes.play import Setup
from tests.lanes.smsc import Habits

TPS = (1, 10, 100, 1_000, 5_000)
WINDOWS = (1, 10, 50, 200)
RESPONSES_S = (0.005, 0.05, 0.5, 5.0)
BINDS = (1, 8)


def plain(tps: float, binds: int, window: int, response_s: float) -> Setup:
    """A carrier that takes what its contract says."""
    return Setup(tps, binds, window, Habits(response_s))


TOUR = {
    "takes what the contract says": [
        plain(1, 1, 1, 0.05),
        plain(1, 1, 10, 0.05),
        plain(10, 1, 1, 0.05),
        plain(10, 1, 10, 0.05),
        plain(10, 1, 10, 5.0),
        plain(100, 1, 1, 0.005),
        plain(100, 1, 1, 0.05),
        plain(100, 8, 1, 0.05),
        plain(100, 1, 10, 0.05),
        plain(100, 2, 50, 0.5),
        plain(1_000, 1, 10, 0.005),
        plain(1_000, 1, 10, 0.05),
        plain(1_000, 4, 50, 0.05),
        plain(1_000, 1, 200, 0.5),
        plain(1_000, 8, 200, 5.0),
        plain(5_000, 1, 50, 0.005),
        plain(5_000, 4, 200, 0.05),
        plain(5_000, 8, 200, 0.5),
        plain(5_000, 1, 1, 5.0),
    ],
    "refuses what passes 60 % of tps": [
        Setup(10, 1, 10, Habits(0.05, takes_per_s=6)),
        Setup(100, 1, 50, Habits(0.05, takes_per_s=60)),
        Setup(100, 4, 10, Habits(0.5, takes_per_s=60)),
        Setup(1_000, 1, 200, Habits(0.05, takes_per_s=600)),
        Setup(1_000, 4, 50, Habits(0.05, takes_per_s=600)),
        Setup(1_000, 8, 50, Habits(0.05, takes_per_s=600)),
        Setup(5_000, 4, 200, Habits(0.05, takes_per_s=3_000)),
    ],
    "takes all, works off 30 % of tps": [
        Setup(100, 1, 50, Habits(0.05, works_per_s=30)),
        Setup(1_000, 1, 200, Habits(0.05, works_per_s=300)),
        Setup(1_000, 4, 200, Habits(0.05, works_per_s=300)),
    ],
}

GRID = [plain(tps, binds, window, s) for binds, tps, window, s in product(BINDS, TPS, WINDOWS, RESPONSES_S)]
"""Every window, rate, response time, with one bind and with eight."""

THROTTLING = [
    Setup(tps, binds, window, Habits(response_s, takes_per_s=tps * share))
    for tps, binds, (window, response_s), share in product(
        (10, 100, 1_000), (1, 2, 8), ((50, 0.05), (200, 0.5)), (0.9, 0.6, 0.3)
    )
]
"""Carriers that refuse what passes a share of the contract."""
