"""One bind, as the scheduler sees it: its rate, its window, its pacing, and whether it is up."""

from collections.abc import Collection
from math import inf
from typing import NamedTuple

from throughput.bucket import TokenBucket
from throughput.climb import Climb
from throughput.pacing import THROTTLES, Pacing
from throughput.window import Window


class GateSettings(NamedTuple):
    """A bind's keys of the configuration; `rate_per_s` is its carrier's where it has none of its own."""

    rate_per_s: float
    window: int
    burst: int = 1
    reserve: float = 0.0
    throttles: Collection[int] = THROTTLES


class Gate:
    """What a bind may send. Owned by its carrier, which tells it of answers; times are monotonic seconds."""

    __slots__ = ("bucket", "climb", "name", "pacing", "paused_until", "up", "window")

    def __init__(self, name: str, bucket: TokenBucket, window: Window, pacing: Pacing, *, up: bool = False) -> None:
        """The bucket's rate is the pacing's from now on."""
        self.name = name
        self.bucket = bucket
        self.window = window
        self.pacing = pacing
        self.climb = Climb()
        self.paused_until = pacing.paused_until
        self.up = up

    @classmethod
    def configured(
        cls,
        name: str,
        *,
        rate_per_s: float,
        window: int,
        burst: int = 1,
        reserve: float = 0.0,
        throttles: Collection[int] = THROTTLES,
    ) -> "Gate":
        """A bind from its keys of the configuration; `rate_per_s` is its carrier's where it has none of its own."""
        pacing = Pacing(rate_per_s, throttles)
        return cls(name, TokenBucket(rate_per_s, burst, reserve), Window(window, reserve), pacing)

    @property
    def allowed_rate(self) -> float:
        """Segments a second that pacing allows now."""
        return self.pacing.allowed_rate

    @property
    def learnt_ceiling(self) -> float | None:
        """The rate at which the carrier was found to refuse, in segments a second; None while none is remembered."""
        ceiling = self.pacing.ceiling
        return ceiling if ceiling < inf else None

    def answered(self, command_status: int, elapsed_s: float, now: float) -> None:
        """A submit_sm was answered: its place is free, and what it said changes the pace."""
        self.window.give_back()
        if self.pacing.answered(command_status, elapsed_s, now):
            self._follow(now)
        if not command_status:
            self.climb.answered(elapsed_s, now, self.window)

    def timed_out(self, now: float) -> None:
        """A submit_sm was not answered in time: its place is free. Says nothing of the rate."""
        self.window.give_back()
        self.step(now)

    def give_back(self, n: int) -> None:
        """Places of segments that were not written after all; `Scheduler.give_back` returns the tokens as well."""
        self.window.give_back(n)

    def step(self, now: float) -> None:
        """Let the pace rise where it has been quiet; answers do this too."""
        if self.pacing.step(now):
            self._follow(now)

    def reset(self, now: float) -> None:
        """The session has begun or ended: nothing is in flight. What was learnt of the rate stays true."""
        self.window.clear()
        self.climb.reset(self.window)
        self.step(now)

    def set_rate(self, rate_per_s: float, now: float) -> None:
        """Another configured rate."""
        self.pacing.set_rate(rate_per_s)
        self._follow(now)

    def configure(self, settings: GateSettings, now: float) -> None:
        """Other settings from now on; what is in flight, and what was learnt of the rate, stays."""
        self.window.resize(settings.window, settings.reserve)
        self.pacing.throttles = frozenset(settings.throttles)
        self.pacing.set_rate(settings.rate_per_s)
        self.bucket.reshape(self.pacing.allowed_rate, settings.burst, settings.reserve, now)
        self._follow(now)

    def _follow(self, now: float) -> None:
        self.paused_until = self.pacing.paused_until
        self.bucket.set_rate(self.pacing.allowed_rate, now)
