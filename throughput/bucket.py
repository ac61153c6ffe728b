"""How many segments a second: the contract's `tps`, for a carrier or for one bind.

Two rules hold at once. *The window*: a log of the last sends lets `rate` segments go in any one second, wherever that
second begins; a plain token bucket would let `rate + burst - 1` go. *The shape*: a schedule (GCRA) spreads them, so
that at most `burst` are ahead of it.

The figures. N = ceil(rate) segments may go in any P = N / rate * 1.005 seconds. For whole rates P is one second and the
guard of 5 ms: a segment is written some ms after it was picked, sooner or later than the one before, and the SMSC
counts by its own clock. The guard costs 0.5 % of the rate; timers that wake 1 ms late cost another 0.1 % (a millisecond
a second, not a message: see LATE_S), so that more than 99 % is used. A rate that is not whole, as pacing makes them, is
kept over the P that makes it so; below 1 it is one segment in 1 / rate seconds.

The fast lane's reserve is *headroom*: of the N, the last H are for urgent segments only. H is a tenth of a second's
worth of the reserve, at least one (none where N is 1 or nothing is reserved): reserve 20 % of 200 tps is H = 4. Urgent
segments keep a schedule among themselves and do not wait for the spacing of others. So one that comes while bulk goes
flat out finds a token at once, and so do H segments at once where `burst` lets them; a longer run goes at the full
rate, because bulk waits meanwhile. The price is H / N of what bulk may reach: 2 % from 50 tps on. Reserving the whole
share in this way would cost bulk 20 % all day for OTPs that come now and then, and would not make them any faster.
"""

from collections import deque
from itertools import repeat
from math import ceil, inf

GUARD = 1.005
LATE_S = 0.020
"""How much of a delay is made up for: a timer or a turn of the loop that came late loses no rate. What has waited since
`since` is booked to the moment when it could have gone, up to so long ago; what comes after a quiet spell is not."""
HEADROOM_S = 0.1
ROUNDING_S = 1e-9


class TokenBucket:
    """Tokens for segments. Times are monotonic seconds; they never go back from call to call."""

    __slots__ = (
        "_due", "_interval", "_most", "_period", "_sent", "_spread", "_tolerance", "_urgent_due", "burst", "headroom",
        "rate", "ready_at", "reserve", "urgent_ready_at",
    )  # fmt: skip

    def __init__(self, rate_per_s: float, burst: float = 1, reserve: float = 0.0) -> None:
        """`burst` segments may go at once; `reserve` (0.0 to 1.0) is the urgent share. Raises ValueError."""
        if burst < 1 or not 0 <= reserve < 1:
            raise ValueError(f"burst {burst} or reserve {reserve} out of range")
        self.burst = burst
        self.reserve = reserve
        self._due = -inf
        self._urgent_due = -inf
        self._sent: deque[float] = deque(maxlen=1)
        self._shape(rate_per_s)

    def _shape(self, rate_per_s: float) -> None:
        if not 0 < rate_per_s < inf:
            raise ValueError(f"rate {rate_per_s} is not above 0")
        self.rate = rate_per_s
        self._most = ceil(rate_per_s)
        self._period = self._most / rate_per_s * GUARD
        self.headroom = _headroom(self.reserve, self._most)
        self._interval = self._period / self._most
        self._spread = self._period / (self._most - self.headroom)
        self._tolerance = (min(self.burst, self._most) - 1) * self._interval + ROUNDING_S
        if self._most > (self._sent.maxlen or 0):  # never shorter: what was forgotten could be sent again
            self._sent = deque(self._sent, maxlen=self._most)
        self._refresh()

    def set_rate(self, rate_per_s: float, now: float) -> None:
        """Another rate from now on; what was sent before counts in its windows. Raises ValueError."""
        if rate_per_s == self.rate:
            return
        stretch = self.rate / rate_per_s if rate_per_s > 0 else 1.0
        self._due = _stretched(self._due, now, stretch)
        self._urgent_due = _stretched(self._urgent_due, now, stretch)
        self._shape(rate_per_s)

    def reshape(self, rate_per_s: float, burst: float, reserve: float, now: float) -> None:
        """Another rate, burst or reserve from now on; what was sent before counts. Raises ValueError."""
        if burst < 1 or not 0 <= reserve < 1:
            raise ValueError(f"burst {burst} or reserve {reserve} out of range")
        self.burst = burst
        self.reserve = reserve
        self.set_rate(rate_per_s, now)
        self._shape(rate_per_s)

    def most(self, urgent: bool = False) -> int:
        """How many segments can ever go at once: no message may be waited for that needs more."""
        return self._most if urgent else self._most - self.headroom

    def next_send_time(self, now: float, n: int = 1, urgent: bool = False) -> float:
        """When `n` segments may go together, in monotonic seconds; `now` means at once.

        Reads only; `take` and `spend` pay. More than `burst` go when the first may and are paid for afterwards; more
        than `most` go when the whole window is free. Never raises.
        """
        at = self._ready(n, urgent)
        return at if at > now else now

    def take(self, now: float, n: int = 1, urgent: bool = False) -> bool:
        """Pay for `n` segments if they may go now."""
        ready_at = self._ready(n, urgent) if n > 1 else self.urgent_ready_at if urgent else self.ready_at
        if ready_at > now:
            return False
        self.spend(now, now, n, urgent)
        return True

    def spend(self, now: float, since: float, n: int = 1, urgent: bool = False) -> None:
        """Pay for `n` segments that go now: `next_send_time` was asked. `since`: when their queue began to wait."""
        late = now - LATE_S
        start = late if since <= late else since if since < now else now
        due = self._due
        if urgent:  # others may be waiting, and their delay is not made good by this one: only `late` bounds it
            self._due = (due if due > late else late) + n * self._interval
            due = self._urgent_due
            self._urgent_due = (due if due > start else start) + n * self._interval
        else:
            self._due = (due if due > start else start) + n * self._spread
        if n == 1:
            self._sent.append(now)
        else:
            self._sent.extend(repeat(now, n))
        self._refresh()

    def give_back(self, n: int, urgent: bool = False) -> None:
        """Undo the last `spend` of `n`: they were not sent after all. At once, before anything else is paid for."""
        for _ in range(min(n, len(self._sent))):
            self._sent.pop()
        self._due -= n * (self._interval if urgent else self._spread)
        if urgent:
            self._urgent_due -= n * self._interval
        self._refresh()

    def _ready(self, n: int, urgent: bool) -> float:
        keep = 0 if urgent else self.headroom
        at = (self._urgent_due if urgent else self._due) - max(0.0, self._tolerance - (n - 1) * self._interval)
        over = len(self._sent) + min(n, self._most - keep) + keep - self._most
        return max(at, self._sent[over - 1] + self._period) if over > 0 else at

    def _refresh(self) -> None:
        """`ready_at` and `urgent_ready_at`, from when one segment may go: set by each payment, asked more often."""
        sent, tolerance = self._sent, self._tolerance
        at, urgent_at = self._due - tolerance, self._urgent_due - tolerance
        over = len(sent) + 1 - self._most
        if over > 0 and (free := sent[over - 1] + self._period) > urgent_at:
            urgent_at = free
        over += self.headroom
        if over > 0 and (free := sent[over - 1] + self._period) > at:
            at = free
        self.ready_at = at
        self.urgent_ready_at = urgent_at


def _headroom(reserve: float, most: int) -> int:
    return max(1, int(reserve * most * HEADROOM_S)) if reserve > 0 and most > 1 else 0


def _stretched(at: float, now: float, factor: float) -> float:
    return now + (at - now) * factor if at > now else at
