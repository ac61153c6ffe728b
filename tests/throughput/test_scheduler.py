from collections import Counter

import pytest

from tests.throughput.refusals import cut
from throughput.bucket import TokenBucket
from throughput.lanes import Entry, Lane
from throughput.pacing import ESME_RTHROTTLED
from throughput.scheduler import Gate, Idle, Scheduler, Send, Wait


def gate(name: str = "b1", rate: float = 1000.0, window: int = 10, reserve: float = 0.2, *, up: bool = True) -> Gate:
    made = Gate.configured(name, rate_per_s=rate, window=window, reserve=reserve)
    made.up = up
    return made


def scheduler(*gates: Gate, rate: float = 1000.0, reserve: float = 0.2) -> Scheduler[str]:
    bucket = TokenBucket(rate, reserve=reserve)
    return Scheduler(bucket, Lane("fast", 10_000), Lane("bulk", 10_000), gates or (gate(),))


def put(
    scheduler: Scheduler[str], lane: str, item: str, cost: int = 1, together: str = "", at: float = 0.0
) -> Entry[str]:
    entry = Entry(item, cost, 1e9, at, "bank", "", together)
    scheduler.lanes[lane].push(entry)
    return entry


def sends(scheduler: Scheduler[str], now: float) -> list[Send[str]]:
    found = []
    while isinstance(choice := scheduler.pick(now), Send):
        found.append(choice)
    return found


def items(scheduler: Scheduler[str], now: float) -> list[str]:
    return [send.entry.item for send in sends(scheduler, now)]


def test_scheduler_is_idle_with_nothing_to_send() -> None:
    assert scheduler().pick(0.0) == Idle()


def test_scheduler_is_idle_with_no_bind_up() -> None:
    down = scheduler(gate(up=False))
    put(down, "fast", "otp")
    assert down.pick(0.0) == Idle()
    down.gates[0].up = True
    assert items(down, 0.0) == ["otp"]


def test_scheduler_sends_fast_before_bulk() -> None:
    both = scheduler()
    put(both, "bulk", "news")
    put(both, "fast", "otp")
    send = both.pick(0.0)
    assert isinstance(send, Send)
    assert (send.entry.item, send.segments, send.urgent, send.gate.window.used) == ("otp", 1, True, 1)


def test_scheduler_names_the_moment_of_the_next_token() -> None:
    slow = scheduler(rate=10.0, reserve=0.0)
    put(slow, "bulk", "one")
    put(slow, "bulk", "two")
    assert items(slow, 0.0) == ["one"]
    wait = slow.pick(0.0)
    assert isinstance(wait, Wait)
    assert wait.until == pytest.approx(0.1005)
    assert items(slow, wait.until) == ["two"]


def test_scheduler_waits_for_a_binds_own_rate() -> None:
    slow = scheduler(gate(rate=10.0, reserve=0.0))
    put(slow, "bulk", "one")
    put(slow, "bulk", "two")
    assert items(slow, 0.0) == ["one"]
    wait = slow.pick(0.05)
    assert isinstance(wait, Wait)
    assert wait.until == pytest.approx(0.1005)


def test_scheduler_is_idle_while_every_window_is_full_until_an_answer() -> None:
    full = scheduler(gate(window=1))
    put(full, "bulk", "one")
    put(full, "bulk", "two")
    assert items(full, 0.0) == ["one"]
    assert full.pick(1.0) == Idle()
    full.gates[0].answered(0, 0.05, 1.0)
    assert items(full, 1.0) == ["two"]


def test_scheduler_keeps_reserved_places_from_bulk() -> None:
    busy = scheduler(gate(window=10), rate=100_000.0)
    for number in range(20):
        put(busy, "bulk", f"news {number}")
    now = 0.0
    found = 0
    for _ in range(50):
        now += 0.01
        found += len(sends(busy, now))
    assert found == 8
    for _ in range(3):
        put(busy, "fast", "otp", at=now)
    for _ in range(10):
        now += 0.01
        found += len(sends(busy, now))
    assert (found, len(busy.lanes["fast"])) == (10, 1)


def test_scheduler_gives_bulk_no_place_while_fast_waits_for_places_together() -> None:
    narrow = scheduler(gate(window=5))
    for number in range(10):
        put(narrow, "bulk", f"news {number}")
    now = 0.0
    while narrow.gates[0].window.used < 4:
        now += 0.01
        sends(narrow, now)
    put(narrow, "fast", "long otp", cost=3)
    for answers in (1, 2):
        assert narrow.pick(now + 1) == Idle()
        narrow.gates[0].answered(0, 0.05, now + 1)
        assert narrow.gates[0].window.used == 4 - answers
    assert items(narrow, now + 2)[0] == "long otp"


def test_scheduler_balances_over_binds_by_free_places() -> None:
    pair = scheduler(gate("a", window=50), gate("b", window=50), rate=100_000.0, reserve=0.0)
    counts: Counter[str] = Counter()
    now = 0.0
    for number in range(40):
        put(pair, "bulk", str(number))
    while len(pair.lanes["bulk"]):
        now += 0.001
        counts.update(send.gate.name for send in sends(pair, now))
    assert counts == {"a": 20, "b": 20}


def test_scheduler_uses_the_sum_of_binds_up_to_the_carriers_rate() -> None:
    pair = scheduler(gate("a", rate=100), gate("b", rate=100), gate("c", rate=100), rate=200)
    now, sent = 0.0, 0
    while now < 10.0:
        now += 0.001
        if len(pair.lanes["bulk"]) < 10:
            put(pair, "bulk", "news")
        for send in sends(pair, now):
            sent += 1
            send.gate.answered(0, 0.05, now)
    assert 0.97 * 2000 <= sent <= 2000


def test_scheduler_passes_over_a_paused_bind_and_waits_for_the_last() -> None:
    pair = scheduler(gate("a"), gate("b"))
    pair.gates[0].answered(ESME_RTHROTTLED, 0.05, 10.0)
    for number in range(2):
        put(pair, "bulk", str(number))
        assert [send.gate.name for send in sends(pair, 10.1 + number / 10)] == ["b"]
    pair.gates[1].answered(ESME_RTHROTTLED, 0.05, 10.5)
    put(pair, "bulk", "more")
    assert pair.pick(10.6) == Wait(11.0)


def test_scheduler_sends_a_message_whole_over_one_bind() -> None:
    pair = scheduler(gate("a", window=4, reserve=0.0), gate("b", window=4, reserve=0.0), reserve=0.0)
    put(pair, "bulk", "long", cost=3)
    put(pair, "bulk", "longer", cost=4)
    put(pair, "bulk", "next", cost=2)
    found = [send for now in range(3) for send in sends(pair, float(now))]
    assert [(send.gate.name, send.segments) for send in found] == [("a", 3), ("b", 4)]
    assert [one.window.used for one in pair.gates] == [3, 4]
    pair.gates[0].answered(0, 0.05, 3.0)
    assert [(send.gate.name, send.segments) for send in sends(pair, 3.0)] == [("a", 2)]


@pytest.mark.parametrize(("rate", "window", "segments"), [(1000.0, 1, 1), (2.0, 10, 2), (1000.0, 4, 4), (1000.0, 8, 5)])
def test_scheduler_sends_as_much_of_a_message_as_can_ever_go_at_once(rate: float, window: int, segments: int) -> None:
    small = scheduler(gate(window=window, reserve=0.0), rate=rate, reserve=0.0)
    put(small, "bulk", "long", cost=5)
    send = small.pick(0.0)
    assert isinstance(send, Send)
    assert (send.segments, send.gate.window.used) == (segments, segments)


def test_scheduler_sends_the_rest_of_a_message_over_the_same_bind() -> None:
    pair = scheduler(gate("a", window=2), gate("b", window=2), reserve=0.0)
    put(pair, "fast", "long", cost=4, together="m1")
    first = pair.pick(0.0)
    assert isinstance(first, Send)
    assert first.segments == 2
    put(pair, "fast", "other", at=0.1)
    assert [send.gate.name for send in sends(pair, 0.1)] == ["b"]
    for _ in range(2):
        first.gate.answered(0, 0.05, 0.2)
    pair.lanes["fast"].push_front(Entry("rest", 2, 1e9, 0.2, "bank", "", "m1"))
    rest = pair.pick(0.2)
    assert isinstance(rest, Send)
    assert (rest.gate, rest.entry.item) == (first.gate, "rest")


def test_scheduler_keeps_parts_together_and_in_order_and_lets_others_pass() -> None:
    pair = scheduler(gate("a", window=2), gate("b", window=50), rate=1000.0, reserve=0.0)
    put(pair, "bulk", "part 1", together="ref 7")
    pair.gates[1].up = False
    assert [send.gate.name for send in sends(pair, 0.0)] == ["a"]
    pair.gates[1].up = True
    for part in (2, 3):
        put(pair, "bulk", f"part {part}", together="ref 7")
    put(pair, "bulk", "other")
    found = [(send.entry.item, send.gate.name) for now in (1.0, 2.0, 3.0) for send in sends(pair, now)]
    assert found == [("other", "b")]
    assert len(pair.lanes["bulk"]) == 2
    pair.gates[0].answered(0, 0.05, 3.0)
    assert [(send.entry.item, send.gate.name) for send in sends(pair, 4.0)] == [("part 2", "a")]
    pair.gates[0].answered(0, 0.05, 4.0)
    assert [(send.entry.item, send.gate.name) for send in sends(pair, 5.0)] == [("part 3", "a")]
    assert len(pair.lanes["bulk"]) == 0


def test_scheduler_leaves_a_bind_its_places_while_something_long_waits_for_it() -> None:
    one = scheduler(gate(window=2), reserve=0.0)
    one.gates[0].window.reserved = 0
    put(one, "bulk", "part 1", together="ref 7")
    put(one, "bulk", "part 2", cost=2, together="ref 7")
    assert items(one, 0.0) == ["part 1"]
    put(one, "bulk", "other")
    assert items(one, 1.0) == [], "a place is free, but it is not for the one who came later"
    one.gates[0].answered(0, 0.05, 2.0)
    assert items(one, 2.0) == ["part 2"]
    put(one, "fast", "otp", at=2.0)
    assert items(one, 3.0) == []
    one.gates[0].answered(0, 0.05, 3.0)
    assert items(one, 3.0) == ["otp"]


def test_scheduler_sends_kept_parts_over_another_bind_when_theirs_is_lost() -> None:
    pair = scheduler(gate("a", window=1), gate("b", window=50), rate=1000.0, reserve=0.0)
    pair.gates[1].up = False
    put(pair, "bulk", "part 1", together="ref 7")
    sends(pair, 0.0)
    for part in (2, 3, 4):
        put(pair, "bulk", f"part {part}", together="ref 7")
    dropped = put(pair, "bulk", "part 5", together="ref 7")
    assert sends(pair, 1.0) == []
    pair.lanes["bulk"].discard(dropped)
    pair.gates[1].up = True
    pair.remove(pair.gates[0])
    found = [(send.entry.item, send.gate.name) for now in (2.0, 3.0, 4.0, 5.0) for send in sends(pair, now)]
    assert found == [("part 2", "b"), ("part 3", "b"), ("part 4", "b")]
    assert len(pair.lanes["bulk"]) == 0


def test_scheduler_passes_over_kept_parts_that_were_dropped_or_expired() -> None:
    one = scheduler(gate(window=1), reserve=0.0)
    put(one, "fast", "part 1", together="ref 7")
    put(one, "fast", "part 2", together="ref 7")
    assert items(one, 0.0) == ["part 1"]
    assert items(one, 1.0) == []
    one.lanes["fast"].discard(one.lanes["fast"].entries()[0])
    one.gates[0].answered(0, 0.05, 2.0)
    assert one.pick(2.0) == Idle()


def test_scheduler_takes_back_tokens_and_places_of_what_was_not_sent() -> None:
    slow = scheduler(gate(rate=10.0, window=1), rate=10.0)
    put(slow, "bulk", "cancelled")
    put(slow, "bulk", "next")
    send = slow.pick(0.0)
    assert isinstance(send, Send)
    slow.give_back(send, send.segments)
    assert items(slow, 0.0) == ["next"]


def test_scheduler_forgets_old_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("throughput.scheduler.REMEMBERED", 10)
    wide = scheduler(gate(window=1000), rate=1e6)
    for number in range(50):
        put(wide, "fast", "part", together=str(number))
        sends(wide, float(number))
    assert list(wide._ways) == [str(number) for number in range(40, 50)]


def test_gate_that_is_reset_has_its_window_free_and_its_rate_kept() -> None:
    one = gate(window=2)
    now = cut(one, 1.0)
    one.window.take(2)
    one.reset(now + 0.5)
    assert (one.window.used, one.paused_until) == (0, now + 1.0)
    assert one.bucket.rate == one.allowed_rate == pytest.approx(700.0)
    one.window.take(2)
    one.timed_out(now + 11.0)
    one.give_back(1)
    assert one.window.used == 0
    assert one.allowed_rate == pytest.approx(750.0)
    one.set_rate(500.0, now + 12.0)
    assert one.bucket.rate == one.allowed_rate == 500.0
