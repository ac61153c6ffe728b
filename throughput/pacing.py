"""What one bind may send now: less when the carrier says so, more again when it has been quiet.

ESME_RTHROTTLED and ESME_RMSGQFUL (SMPP 3.4 §5.1.3), or what the carrier's `errors` call `throttle`, pause the bind for
1 s, doubling to 30 s until a segment sent after the pause is accepted, and cut the rate to 0.7 of what it was. Answers
to what was in flight at the cut belong to it and cut no further: a full window of refusals is one word. Each 10 s of
quiet bring back 5 % of the configured rate. The rate that was refused is remembered as the ceiling: the way up stops
just below it and goes on after five minutes, when the carrier may have changed its mind. Refused again before ten quiet
seconds, a rate was not held and says nothing: what counts is the one the spell began with. (Else 17 s of a carrier that
throttles whatever comes left 3 % of the rate, and five minutes of it.)

A rate that went well for STEADY_S is only paused at a refusal, and cut when it is refused again within that time:
limits are counted by the second, so one that is passed is noticed within two. Carriers also say "slower" for the full
queue of one subscriber, or for nothing at all, once in thousands of answers; were each of these a cut and a ceiling, a
bind would end at its floor (seen: 19 in 700,000 answers, and 521 of 20,000 a second left).

Where asked to, answers that come ever later count too: a queue builds up over there before anybody says so.
"""

from collections.abc import Collection
from math import inf

ESME_RMSGQFUL = 0x14
ESME_RTHROTTLED = 0x58
THROTTLES = frozenset({ESME_RMSGQFUL, ESME_RTHROTTLED})

PAUSE_MIN_S = 1.0
PAUSE_MAX_S = 30.0
CUT = 0.7
EASE = 0.9
RISE = 0.05
RISE_EVERY_S = 10.0
FLOOR = 0.01
BELOW_CEILING = 0.95
CEILING_FOR_S = 300.0
STEADY_S = 3.0
SMOOTHING = 0.05
SLOW_FACTOR = 3.0


class Pacing:
    """The rate one bind may use. Times are monotonic seconds."""

    __slots__ = (
        "_average_s", "_base_s", "_by_response_time", "_ceiling_at", "_cut_at", "_going_since", "_next_step",
        "_pause_from", "_pause_s", "_throttled_s", "allowed_rate", "ceiling", "paused_until", "rate", "throttles",
    )  # fmt: skip

    def __init__(
        self, rate_per_s: float, throttles: Collection[int] = THROTTLES, *, by_response_time: bool = False
    ) -> None:
        """`rate_per_s` is the configured rate; `throttles` the command_status values that mean "slower"."""
        self.rate = rate_per_s
        self.throttles = frozenset(throttles)
        self.allowed_rate = rate_per_s
        self.ceiling = inf
        self.paused_until = -inf
        self._pause_from = -inf
        self._pause_s = 0.0
        self._throttled_s = 0.0
        self._cut_at = -inf
        self._next_step = -inf
        self._ceiling_at = -inf
        self._going_since = inf  # the rate is what it is, and was not refused; unknown until the first refusal
        self._by_response_time = by_response_time
        self._average_s = 0.0
        self._base_s = inf

    def answered(self, command_status: int, elapsed_s: float, now: float) -> bool:
        """A submit_sm was answered `elapsed_s` after it was sent; whether the rate or the pause has changed."""
        if command_status in self.throttles:
            return self._throttled(now - elapsed_s, now)
        if command_status == 0:
            if self._pause_s and now - elapsed_s >= self.paused_until:
                self._pause_s = 0.0
            if self._by_response_time:
                self._average_s += (elapsed_s - self._average_s) * (SMOOTHING if self._average_s else 1.0)
        return now >= self._next_step and self.step(now)

    def step(self, now: float) -> bool:
        """Take the steps up (or down, where answers are slow) that are due; whether the rate has changed.

        Called with each answer; a caller that shows the rate of an idle bind calls it as well.
        """
        before = self.allowed_rate
        if self._slow(now):
            self.allowed_rate = max(self.rate * FLOOR, before * EASE)
        elif before < self.rate and now >= self._next_step:
            self._rise(now)
        if self.allowed_rate >= self.rate and not self._by_response_time:
            self._next_step = inf
        elif now >= self._next_step:
            self._next_step = now + RISE_EVERY_S
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
        if sent_at <= self._cut_at or now < self.paused_until:
            return False
        if self._pause_from > -inf:
            self._throttled_s += self.paused_until - self._pause_from
        steady, held = sent_at - self._going_since >= STEADY_S, now >= self.paused_until + RISE_EVERY_S
        self._pause_s = min(PAUSE_MAX_S, self._pause_s * 2 or PAUSE_MIN_S)
        self._pause_from = now
        self.paused_until = now + self._pause_s
        self._cut_at = now
        self._going_since = self.paused_until
        if not steady:
            self._cut(now, held)
        return True

    def _cut(self, now: float, held: bool) -> None:
        if held:
            self.ceiling, self._ceiling_at = self.allowed_rate, now
        self.allowed_rate = max(self.rate * FLOOR, self.allowed_rate * CUT)
        self._next_step = self.paused_until + RISE_EVERY_S

    def _rise(self, now: float) -> None:
        """All the steps since the last: an idle bind catches up when it is used again."""
        steps = 1 + int((now - self._next_step) / RISE_EVERY_S)
        if now - self._ceiling_at >= CEILING_FOR_S:
            self.ceiling = inf
        limit = max(self.allowed_rate, min(self.rate, self.ceiling * BELOW_CEILING))
        before = self.allowed_rate
        self.allowed_rate = min(limit, before + steps * RISE * self.rate)
        if self.allowed_rate > before:
            self._going_since = now

    def _slow(self, now: float) -> bool:
        """Whether answers come much later than they did at their best; looked at once a step."""
        if not self._by_response_time or not self._average_s or now < self._next_step:
            return False
        self._base_s = min(self._average_s, self._base_s * (1 + RISE))  # what stays slow becomes the new measure
        return self._average_s > SLOW_FACTOR * self._base_s
