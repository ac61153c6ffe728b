"""Whether messages that have another way should go by a carrier now, besides "is a bind up": `failover`.

Two ways not to be fit. *Ill*: so many errors in a row (answers that ask for later, timeouts) with no success between
them. Messages that have another way take it; after a pause one a second of them is let through as a probe, and the
first success of whatever is sent ends the illness. *Slow*, by lane: the oldest has waited longer than `queue_age`;
until it is half as old again, new ones that have another way take it.

Coming back is no stampede: what went the other way stays there, only what comes next goes by this carrier again.
Pure; times are monotonic seconds.
"""

from throughput.backoff import doubling

PAUSE_MIN_S = 10.0
PAUSE_MAX_S = 300.0
PROBE_EVERY_S = 1.0


class Health:
    """One carrier's. `fit` by lane is what is asked for every message: a plain look-up."""

    __slots__ = ("_after_errors", "_errors", "_illnesses", "_probe_at", "_queue_age_s", "_slow", "fit", "ill")

    def __init__(self, after_errors: int, queue_age_s: float) -> None:
        """The keys of `failover`."""
        self._after_errors = after_errors
        self._queue_age_s = queue_age_s
        self._errors = 0
        self._illnesses = 0
        self._probe_at = 0.0
        self._slow = {"fast": False, "bulk": False}
        self.ill = False
        self.fit = {"fast": True, "bulk": True}

    @property
    def queue_age_s(self) -> float:
        """How long a message may wait in a lane before it goes another way."""
        return self._queue_age_s

    @property
    def slow(self) -> bool:
        """Whether a lane has become too old."""
        return any(self._slow.values())

    def failed(self, now: float) -> bool:
        """An answer asked for later, or none came; whether the carrier has fallen ill just now."""
        self._errors += 1
        if self._errors < self._after_errors:
            return False
        fell = not self.ill
        self.ill = True
        if fell or now >= self._probe_at - PROBE_EVERY_S:  # a probe has failed: what was in flight counts once
            self._probe_at = now + doubling(self._illnesses, PAUSE_MIN_S, PAUSE_MAX_S)
            self._illnesses += 1
        self._settle()
        return fell

    def succeeded(self) -> None:
        """A message was taken."""
        if self._errors:
            self._errors = 0
            self._illnesses = 0
            if self.ill:
                self.ill = False
                self._settle()

    def aged(self, lane: str, oldest_s: float) -> None:
        """The oldest message of a lane has waited so long, in seconds."""
        slow = oldest_s > (self._queue_age_s / 2 if self._slow[lane] else self._queue_age_s)
        if slow is not self._slow[lane]:
            self._slow[lane] = slow
            self._settle()

    def probe(self, lane: str, now: float) -> bool:
        """Whether one message may be let through to an ill carrier to see if it is well again; it counts as sent."""
        if not self.ill or self._slow[lane] or now < self._probe_at:
            return False
        self._probe_at = now + PROBE_EVERY_S
        return True

    def _settle(self) -> None:
        for lane, slow in self._slow.items():
            self.fit[lane] = not (self.ill or slow)
