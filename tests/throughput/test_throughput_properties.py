"""What holds whatever comes: the carrier's second, the fast lane's reserve, and that nothing is lost in a lane."""

from bisect import bisect_right
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from throughput.bucket import LATE_S, TokenBucket
from throughput.lanes import Entry, Lane
from throughput.scheduler import Gate, Scheduler, Send

gaps = st.sampled_from([0.0, 0.0003, 0.001, 0.004, 0.02, 0.1, 0.6, 1.1])
rates = st.sampled_from([1, 2, 3, 7, 10, 40, 100])


def most_in_a_second(sent: list[tuple[float, int]]) -> int:
    """The most segments in any second (one that begins or ends with a send is enough to look at)."""
    times = [at for at, _ in sent]
    sums = [0]
    for _, n in sent:
        sums.append(sums[-1] + n)
    return max((sums[i + 1] - sums[bisect_right(times, at - 1.0)] for i, at in enumerate(times)), default=0)


def in_the_last_second(sent: list[tuple[float, int]], now: float) -> int:
    return sum(n for at, n in sent if at > now - 1.0)


@given(
    rates,
    st.integers(1, 200),
    st.sampled_from([0.0, 0.2, 0.9]),
    st.lists(st.tuples(gaps, st.integers(1, 4), st.booleans(), st.booleans()), max_size=200),
)
def test_bucket_never_gives_more_than_its_rate_in_any_second(
    rate: int, burst: int, reserve: float, asked: list[tuple[float, int, bool, bool]]
) -> None:
    bucket, now = TokenBucket(rate, burst, reserve), 0.0
    sent: list[tuple[float, int]] = []
    for gap, n, urgent, patient in asked:
        if n > bucket.most(urgent):
            continue
        now += gap
        if patient:
            now = bucket.next_send_time(now, n, urgent)
        if bucket.next_send_time(now, n, urgent) <= now:
            bucket.spend(now, 0.0, n, urgent)
            sent.append((now, n))
            assert urgent or in_the_last_second(sent, now) <= rate - bucket.headroom
            assert bucket.next_send_time(now) == max(now, bucket.ready_at)
            assert bucket.next_send_time(now, 1, True) == max(now, bucket.urgent_ready_at)
    assert most_in_a_second(sent) <= rate


def furthest_ahead(sent: list[tuple[float, int]], rate: float) -> float:
    """By how much the segments of any window pass rate x its length, at the most."""
    before, ahead, lowest = 0, 0.0, inf
    for at, n in sent:
        lowest = min(lowest, before - rate * at)
        before += n
        ahead = max(ahead, before - rate * at - lowest)
    return ahead


@given(
    rates,
    st.sampled_from([1, 5, 20]),
    st.sampled_from([0.0, 0.2, 0.9]),
    st.booleans(),
    st.lists(
        st.tuples(gaps, st.integers(1, 4), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.01, 5.0])),
        max_size=200,
    ),
)
def test_bucket_never_gives_more_than_rate_times_time_and_burst_in_any_window(
    rate: int, burst: int, reserve: float, fast_too: bool, asked: list[tuple[float, int, bool, bool, float]]
) -> None:
    """At once goes `burst`, or one message; a late turn makes up for LATE_S. Both lanes may be ahead."""
    bucket, now = TokenBucket(rate, burst, reserve), 0.0
    sent: list[tuple[float, int]] = []
    longest = 1
    for gap, n, fast, patient, waited_s in asked:
        urgent = fast and fast_too
        if n > bucket.most(urgent):
            continue
        now += gap
        if patient:
            now = bucket.next_send_time(now, n, urgent)
        if bucket.next_send_time(now, n, urgent) <= now:
            bucket.spend(now, now - waited_s, n, urgent)
            sent.append((now, n))
            longest = max(longest, n)
    lanes = 1 + fast_too
    assert furthest_ahead(sent, rate) <= lanes * (max(min(burst, rate), longest) + rate * LATE_S) + 1e-6


@given(rates, st.lists(st.tuples(gaps, st.floats(0.3, 1.0)), max_size=100))
def test_bucket_never_gives_more_than_its_highest_rate_while_pacing_changes_it(
    rate: int, steps: list[tuple[float, float]]
) -> None:
    bucket, now = TokenBucket(rate, burst=rate), 0.0
    sent: list[tuple[float, int]] = []
    for gap, share in steps:
        now += gap
        bucket.set_rate(rate * share, now)
        while bucket.take(now):
            sent.append((now, 1))
    assert most_in_a_second(sent) <= rate


@settings(deadline=None)
@given(
    rates,
    st.lists(st.tuples(st.integers(1, 12), rates), min_size=1, max_size=3),
    st.lists(
        st.tuples(
            gaps,
            st.lists(st.tuples(st.sampled_from(["fast", "bulk"]), st.integers(1, 5)), max_size=4),
            st.integers(0, 20),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    ),
)
def test_pick_never_lets_bulk_into_the_reserve_nor_more_than_allowed(
    rate: int, binds: list[tuple[int, int]], steps: list[tuple[float, list[tuple[str, int]], int, bool]]
) -> None:
    gates = [
        Gate.configured(str(number), rate_per_s=tps, window=window, reserve=0.2)
        for number, (window, tps) in enumerate(binds)
    ]
    scheduler = Scheduler[int](TokenBucket(rate, reserve=0.2), Lane("fast", 1000), Lane("bulk", 1000), gates)
    for gate in gates:
        gate.up = True
    now, pushed, left = 0.0, 0, 0
    sent: list[tuple[float, int]] = []
    unanswered: list[Gate] = []
    for gap, new, answers, throttled in steps:
        now += gap
        for lane, cost in new:
            scheduler.lanes[lane].push(Entry(pushed, cost, now + 1e6, now, f"app {pushed % 3}", None, ""))
            pushed += 1
        for _ in range(min(answers, len(unanswered))):
            unanswered.pop(0).answered(0x58 if throttled else 0, 0.05, now)
        while isinstance(send := scheduler.pick(now), Send):
            gate, n = send.gate, send.segments
            left += 1
            sent.append((now, n))
            unanswered += [gate] * n
            assert now >= gate.paused_until
            assert gate.window.used <= gate.window.size
            assert n == send.entry.cost or n == min(
                gate.window.most(send.urgent), gate.bucket.most(send.urgent), scheduler.bucket.most(send.urgent)
            )
            if not send.urgent:
                assert scheduler.lanes["fast"].peek() is None
                assert gate.window.used <= gate.window.size - gate.window.reserved
                assert in_the_last_second(sent, now) <= rate - scheduler.bucket.headroom
    assert most_in_a_second(sent) <= rate
    assert left + len(scheduler.lanes["fast"]) + len(scheduler.lanes["bulk"]) == pushed


class LaneModel:
    """A lane beside a dict of what must wait in it."""

    def __init__(self) -> None:
        self.lane: Lane[int] = Lane("bulk", 1000, {"app 1": 3.5})
        self.waiting: dict[int, Entry[int]] = {}
        self.out: list[Entry[int]] = []
        self.aside: list[Entry[int]] = []
        self.pushed = 0

    def push(self, key: int, other: int) -> None:
        self.pushed += 1
        entry = Entry(self.pushed, 1 + key, float(other), 0.0, f"app {key % 3}", f"batch {other % 2}")
        self.waiting[self.pushed] = entry
        self.lane.push(entry)

    def pop(self, key: int, other: int) -> None:
        if self.lane.peek() is not None:
            self.out.append(self.lane.pop())
            del self.waiting[self.out[-1].item]

    def back(self, key: int, other: int) -> None:
        if self.out:
            entry = self.out.pop()
            self.waiting[entry.item] = entry
            self.lane.push_front(entry)

    def discard(self, key: int, other: int) -> None:
        if self.waiting:
            assert self.lane.discard(self.waiting.pop(sorted(self.waiting)[other % len(self.waiting)]))

    def expire(self, key: int, other: int) -> None:
        due = [item for item, entry in self.waiting.items() if entry.expires_at <= other]
        assert sorted(entry.item for entry in self.lane.expire(float(other))) == sorted(due)
        for item in due:
            del self.waiting[item]

    def set_aside(self, key: int, other: int) -> None:
        if self.lane.peek() is not None:
            self.aside.append(self.lane.set_aside())

    def bring_back(self, key: int, other: int) -> None:
        if self.aside and (entry := self.aside.pop()).item in self.waiting:
            self.lane.push_front(entry)

    def check(self) -> None:
        assert len(self.lane) == len(self.waiting)
        assert self.lane.segments == sum(entry.cost for entry in self.waiting.values())
        assert {entry.item for entry in self.lane.entries()} == set(self.waiting)
        assert self.lane.next_expiry() == min((entry.expires_at for entry in self.waiting.values()), default=None)

    def drain(self) -> None:
        for entry in self.aside:
            if entry.item in self.waiting:
                self.lane.release(entry)
                del self.waiting[entry.item]
        drained = []
        while self.lane.peek() is not None:
            drained.append(self.lane.pop().item)
        assert sorted(drained) == sorted(self.waiting)
        assert len(self.lane) == 0


operations = st.lists(
    st.tuples(
        st.sampled_from(["push", "push", "push", "pop", "back", "discard", "expire", "set_aside", "bring_back"]),
        st.integers(0, 5),
        st.integers(0, 30),
    ),
    max_size=80,
)


@given(operations)
def test_lane_neither_loses_nor_repeats_what_it_was_given(steps: list[tuple[str, int, int]]) -> None:
    model = LaneModel()
    for what, key, other in steps:
        getattr(model, what)(key, other)
        model.check()
    model.drain()
