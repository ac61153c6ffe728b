"""The real lanes, buckets, windows and pacing against a simulated SMSC: what `Carrier.pump` does, in simulated time.

Time jumps from event to event: an OTP comes, an answer comes, the moment has come that the scheduler named. A timer
wakes at whole milliseconds, as uvloop's do, and one turn of the loop in a hundred comes 5 ms late.
"""

from heapq import heappop, heappush
from math import ceil, inf
from random import Random
from typing import NamedTuple

from tests.lanes.smsc import Habits, Smsc, response_factors
from throughput.bucket import TokenBucket
from throughput.gate import Gate
from throughput.lanes import Entry, Lane
from throughput.scheduler import Scheduler, Send, Wait

NEVER = 1e12
LATE_TURN_S = 0.005
LATE_TURNS = 0.01
CAMPAIGNS = (("shop", "spring"), ("shop", "summer"), ("bank", "statements"))


class Setup(NamedTuple):
    """A carrier's keys: `tps` over all binds, binds, `window` of each, `lanes.fast.reserve`; and what its SMSC does."""

    tps: float
    binds: int
    window: int
    habits: Habits
    reserve: float = 0.2

    def allowed_per_s(self, response_s: float = 0.0) -> float:
        """The least of the contract, of what the SMSC takes, and of what the windows let through where every place is
        always used and answers take so long (0.0: the mean, where nothing queues and the way takes no time)."""
        habits = self.habits
        windows = self.binds * self.window / (response_s or habits.mean_response_s)
        return min(self.tps, windows, habits.takes_per_s or inf, habits.works_per_s or inf)


class Otp(NamedTuple):
    """An OTP: when it was queued, and how long its answer takes as a factor of the median."""

    at: float
    factor: float


class Played(NamedTuple):
    """What came of it: `waits_s[i]` is from OTP i to the writing of the submit_sm that was taken, `answers_s[i]` to its
    answer (inf: none yet); `taken_at` the times at which what was taken was written; `response_s` the mean over all."""

    waits_s: list[float]
    answers_s: list[float]
    taken_at: list[float]
    response_s: float
    smsc: Smsc
    gates: list[Gate]


def otps(per_s: float, seconds: float, habits: Habits, seed: int) -> list[Otp]:
    """OTPs that come at random, until `seconds`."""
    random = Random(seed)
    draw = response_factors(habits, random)
    found: list[Otp] = []
    at = random.expovariate(per_s)
    while at < seconds:
        found.append(Otp(at, draw()))
        at += random.expovariate(per_s)
    return found


class Play:
    """One run. `item` of an entry is the number of an OTP, -1 for bulk."""

    def __init__(self, setup: Setup, coming: list[Otp], seed: int, *, bulk: bool) -> None:
        self._coming = coming
        self._bulk_comes = bulk
        self._random = Random(seed)
        self._factor = response_factors(setup.habits, Random(seed + 1))
        self._smsc = Smsc(setup.habits, Random(seed + 2))
        self._gates = [
            Gate.configured(f"b{n}", rate_per_s=setup.tps, window=setup.window, reserve=setup.reserve)
            for n in range(setup.binds)
        ]
        for gate in self._gates:
            gate.up = True
        self._fast = Lane[int]("fast", 2_000)
        self._bulk = Lane[int]("bulk", 600)
        bucket = TokenBucket(setup.tps, reserve=setup.reserve)
        self._scheduler = Scheduler[int](bucket, self._fast, self._bulk, self._gates)
        self._answers: list[tuple[float, int, Gate, Entry[int], int, float]] = []
        self._sent = 0
        self._responses_s = 0.0
        self._waits = [inf] * len(coming)
        self._answered = [inf] * len(coming)
        self._taken: list[float] = []

    def run(self, seconds: float) -> Played:
        """Until no event comes before `seconds`."""
        self._refill(0.0)
        timer = 0.0
        came, now, coming, answers, random = 0, 0.0, self._coming, self._answers, self._random
        while True:
            at = coming[came].at if came < len(coming) else inf
            if answers and answers[0][0] < at:
                at = answers[0][0]
            at = max(now, min(at, timer))
            if at >= seconds:
                return self._played()
            now = at + LATE_TURN_S if random.random() < LATE_TURNS else at
            while came < len(coming) and coming[came].at <= now:
                self._fast.push(Entry(came, 1, NEVER, coming[came].at, "bank"))
                came += 1
            while answers and answers[0][0] <= now:
                self._answer(now)
            timer = self._pump(now)

    def _played(self) -> Played:
        response_s = self._responses_s / self._sent
        return Played(self._waits, self._answered, self._taken, response_s, self._smsc, self._gates)

    def _pump(self, now: float) -> float:
        """Send all that may go now; when the timer wakes."""
        pick = self._scheduler.pick
        while type(choice := pick(now)) is Send:
            self._send(choice, now)
        if self._bulk.half_empty:
            self._refill(now)
            if type(choice) is not Wait:
                choice = pick(now)
                if type(choice) is Send:
                    self._send(choice, now)
                    return self._pump(now)
        return max(now + 0.001, ceil(choice.until * 1000) / 1000) if type(choice) is Wait else inf

    def _send(self, send: Send[int], now: float) -> None:
        entry = send.entry
        factor = self._factor() if entry.item < 0 else self._coming[entry.item].factor
        answer = self._smsc.submit(now, factor)
        self._sent += 1
        self._responses_s += answer.at - now
        heappush(self._answers, (answer.at, self._sent, send.gate, entry, answer.command_status, now))
        if not answer.command_status:
            self._taken.append(now)
            if entry.item >= 0:
                self._waits[entry.item] = now - entry.queued_at

    def _answer(self, now: float) -> None:
        _, _, gate, entry, command_status, sent_at = heappop(self._answers)
        gate.answered(command_status, now - sent_at, now)
        if command_status:
            lane = self._fast if entry.item >= 0 else self._bulk
            lane.push_front(entry)
        elif entry.item >= 0:
            self._answered[entry.item] = now - entry.queued_at

    def _refill(self, now: float) -> None:
        """Campaigns without end: as the feed does, whenever half of the lane is free."""
        if self._bulk_comes:
            for number in range(self._bulk.room):
                app, batch = CAMPAIGNS[number % len(CAMPAIGNS)]
                self._bulk.push(Entry(-1, 1, NEVER, now, app, batch))
