"""What the parts of a simulated SMSC share."""

from collections.abc import Callable
from typing import NamedTuple

from gateway.clock import Clock
from gateway.sim.agenda import Agenda
from gateway.sim.profile import Profile
from gateway.sim.stats import Stats


class Around(NamedTuple):
    """One simulator's. `random` gives numbers in [0, 1)."""

    profile: Profile
    agenda: Agenda
    clock: Clock
    random: Callable[[], float]
    stats: Stats
