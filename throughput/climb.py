"""Whether a queue grows on the carrier's side, which shows in response times that climb, and how bulk keeps it short.

Some SMSCs take all they are sent and never say "slower". What they cannot work off waits over there, each OTP behind a
window full of bulk; past `response_timeout` nobody knows what became of it. What is in flight is that queue, so bulk
gets fewer *places* of the window; urgent segments keep all, and tokens are as ever.

The mean response time is looked at once a second, over ten answers at least. It is *slow* when it is three times the
best mean and a tenth of a second above it. Slow twice in a row, with half of the places in use, bulk gets twice the
places that what is answered needs at the best response time. When the rest has been answered, the next look tells whose
fault it was. Slow all the same: the carrier's own; its present response time is the measure from now on, and bulk has
all places. Quick: the queue's; then bulk gets half as many more after each look that is quick, and three quarters after
one that is slow. So the carrier always has something to do, whatever it works off, and a hitch is over in seconds.
"""

from math import ceil, inf

from throughput.window import Window

LOOK_EVERY_S = 1.0
LEAST_ANSWERS = 10
LEAST_PLACES = 2
SLOW_FACTOR = 3.0
SLOW_MARGIN_S = 0.1
SLOW_LOOKS = 2
SPARE = 2.0
FORGETS = 0.98
FALLING = 0.9
MORE = 1.5
LESS = 0.75


class Climb:
    """What the response times of one bind say to its window. Times are monotonic seconds."""

    __slots__ = (
        "_answers",
        "_base_s",
        "_began",
        "_held_per_s",
        "_judge_at",
        "_last_s",
        "_look_at",
        "_places",
        "_seconds",
        "_slow",
    )

    def __init__(self) -> None:
        self._seconds = 0.0
        self._answers = 0
        self._began = -inf
        self._look_at = -inf  # the first look is over the first answers: later ones may stand in a queue already
        self._base_s = inf
        self._held_per_s = 0.0  # the most that was answered in a look that was quick, forgotten slowly
        self._last_s = 0.0  # the mean of the look before
        self._slow = 0
        self._places = 0  # for bulk; 0: as many as there are
        self._judge_at = -inf  # from when on answers are of what was sent with fewer in flight; -inf: it was judged

    def answered(self, elapsed_s: float, now: float, window: Window) -> None:
        """A submit_sm was taken, `elapsed_s` after it was sent; how many places bulk has may change."""
        self._seconds += elapsed_s
        self._answers += 1
        if now >= self._look_at and self._answers >= LEAST_ANSWERS:
            self._look(now, window)

    def reset(self, window: Window) -> None:
        """A session begins or ends: what was seen of the last one's queue says nothing of the next."""
        self._seconds, self._answers, self._began, self._slow = 0.0, 0, -inf, 0
        self._give(0, window)

    def _look(self, now: float, window: Window) -> None:
        mean_s, per_s, began = self._seconds / self._answers, self._answers / (now - self._began), self._began
        self._seconds, self._answers, self._began, self._look_at = 0.0, 0, now, now + LOOK_EVERY_S
        slow = mean_s > SLOW_FACTOR * self._base_s and mean_s > self._base_s + SLOW_MARGIN_S
        self._held_per_s *= FORGETS
        if not slow:
            self._base_s = min(self._base_s, mean_s)
            self._held_per_s = max(self._held_per_s, per_s)
        if not self._places:
            crowded = 2 * window.used >= window.most()
            self._slow = self._slow + 1 if slow and crowded else 0
            if self._slow >= SLOW_LOOKS:
                self._judge_at = now + max(mean_s, window.used / per_s)
                self._give(ceil(SPARE * max(per_s, self._held_per_s) * self._base_s), window)
        elif self._judge_at > -inf:
            if began >= self._judge_at and not (slow and mean_s < FALLING * self._last_s):
                self._judge_at = -inf
                if slow:
                    self._base_s = mean_s
                    self._give(0, window)
        else:
            self._give(int(self._places * LESS) if slow else ceil(self._places * MORE), window)
        self._last_s = mean_s

    def _give(self, places: int, window: Window) -> None:
        """So many places for bulk; 0 for as many as there are."""
        places = max(LEAST_PLACES, places) if places else 0
        self._slow = 0
        self._places = places if window.narrow(places) else 0
