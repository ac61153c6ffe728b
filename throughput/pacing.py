"""What one bind may send now: less when the carrier says so, more again when it has been quiet.

ESME_RTHROTTLED and ESME_RMSGQFUL (SMPP 3.4 §5.1.3), or what the carrier's `errors` call `throttle`, pause the bind at
once: for 1 s, doubling to 30 s until a segment sent after the pause is accepted. Answers to what was in flight by then
belong to that pause: a full window of refusals is one word.

Whether the *rate* is too high shows in what comes after a pause. Limits are counted by the second, and over there the
second is empty when the bind goes on; so a rate that is too high is accepted at first, and refused within two seconds
(or ten answers, where those take longer: 10 tps over eight binds), time after time. The third refusal of that kind in a
row cuts the rate to 0.7, and so does each that follows. Any other refusal only pauses: some carriers say "slower" for
the full queue of one subscriber, or for nothing at all, once in thousands of answers, and some refuse whatever comes
for a while; no rate helps against either.

Each ten seconds without a cut bring back 5 % of the configured rate, but no more than a quarter of the present one: of
eight binds that share what the carrier takes, each would else rise by far more than its part. The rate that a row of
cuts began with is the ceiling: the way up stops just below it for five minutes, then the carrier may have changed its
mind.
"""

from collections.abc import Collection
from math import inf

ESME_RMSGQFUL = 0x14
ESME_RTHROTTLED = 0x58
THROTTLES = frozenset({ESME_RMSGQFUL, ESME_RTHROTTLED})

PAUSE_MIN_S = 1.0
PAUSE_MAX_S = 30.0
SOON_S = 2.0
IN_A_ROW = 3
FEW = 10
CUT = 0.7
RISE = 0.05
RISE_MOST = 1.25
RISE_EVERY_S = 10.0
FLOOR = 0.01
BELOW_CEILING = 0.95
CEILING_FOR_S = 300.0


class Pacing:
    """The rate one bind may use. Times are monotonic seconds."""

    __slots__ = (
        "_ceiling_until", "_next_rise", "_pause_from", "_pause_s", "_row", "_since", "_throttled_s", "allowed_rate",
        "ceiling", "paused_until", "rate", "throttles",
    )  # fmt: skip

    def __init__(self, rate_per_s: float, throttles: Collection[int] = THROTTLES) -> None:
        """`rate_per_s` is the configured rate; `throttles` the command_status values that mean "slower"."""
        self.rate = rate_per_s
        self.throttles = frozenset(throttles)
        self.allowed_rate = rate_per_s
        self.ceiling = inf
        self.paused_until = -inf
        self._pause_from = -inf
        self._pause_s = 0.0  # until something sent after the pause has been accepted
        self._throttled_s = 0.0
        self._row = 0  # refusals one after the other, each soon after the bind went on and something was accepted
        self._since = 0  # answers since the last refusal that paused
        self._next_rise = inf  # while the rate is as configured
        self._ceiling_until = -inf

    def answered(self, command_status: int, elapsed_s: float, now: float) -> bool:
        """A submit_sm was answered `elapsed_s` after it was sent; whether the rate or the pause has changed."""
        if command_status in self.throttles:
            return self._throttled(now - elapsed_s, now)
        self._since += 1
        if self._pause_s and command_status == 0 and now - elapsed_s >= self.paused_until:
            self._pause_s = 0.0
        return now >= self._next_rise and self.step(now)

    def step(self, now: float) -> bool:
        """Take the steps up that are due: an idle bind catches up when it is used again; whether the rate has changed.

        Called with each answer; a caller that shows the rate of an idle bind calls it as well.
        """
        if now < self._next_rise:
            return False
        before, steps = self.allowed_rate, 1 + int((now - self._next_rise) / RISE_EVERY_S)
        if now >= self._ceiling_until:
            self.ceiling = inf
        limit = max(before, min(self.rate, self.ceiling * BELOW_CEILING))
        risen = min(before + steps * RISE * self.rate, before * RISE_MOST ** min(steps, 100))
        self.allowed_rate = min(limit, risen)
        self._next_rise = inf if self.allowed_rate >= self.rate else now + RISE_EVERY_S
        return self.allowed_rate != before

    def set_rate(self, rate_per_s: float) -> None:
        """Another configured rate; what has been learnt stays, as long as it is below."""
        at_full = self.allowed_rate >= self.rate
        self.rate = rate_per_s
        self.allowed_rate = rate_per_s if at_full else min(self.allowed_rate, rate_per_s)

    def throttled_seconds(self, now: float) -> float:
        """How long the bind has been paused in all."""
        running = max(0.0, min(now, self.paused_until) - self._pause_from) if self._pause_from > -inf else 0.0
        return self._throttled_s + running

    def _throttled(self, sent_at: float, now: float) -> bool:
        if sent_at < self.paused_until:
            return False
        went_on, accepted = self.paused_until, not self._pause_s
        if self._pause_from > -inf:
            self._throttled_s += went_on - self._pause_from
        self._pause_s = min(PAUSE_MAX_S, self._pause_s * 2 or PAUSE_MIN_S)
        self._pause_from, self.paused_until = now, now + self._pause_s
        if accepted:
            soon = sent_at - went_on < SOON_S or (self._since <= FEW and went_on > -inf)
            self._row = self._row + 1 if soon else 0
            if self._row >= IN_A_ROW:
                self._cut()
        self._since = 0
        return True

    def _cut(self) -> None:
        if self._row == IN_A_ROW:
            self.ceiling, self._ceiling_until = self.allowed_rate, self._pause_from + CEILING_FOR_S
        self.allowed_rate = max(self.rate * FLOOR, self.allowed_rate * CUT)
        self._next_rise = self.paused_until + RISE_EVERY_S
