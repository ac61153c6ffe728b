from itertools import pairwise

import pytest

from throughput.bucket import GUARD, LATE_S, TokenBucket


def flat_out(bucket: TokenBucket, seconds: float, late_s: float = 0.0, *, urgent: bool = False) -> list[float]:
    """Send times of a queue that is never empty, woken `late_s` after it asked to be."""
    sent, now = [], 0.0
    while now < seconds:
        at = bucket.next_send_time(now, 1, urgent)
        if at > now:
            now = at + late_s
            continue
        bucket.spend(now, 0.0, 1, urgent)
        sent.append(now)
    return sent


def most_in_a_second(sent: list[float]) -> int:
    found, first = 0, 0
    for last, at in enumerate(sent):
        while sent[first] <= at - 1.0:
            first += 1
        found = max(found, last - first + 1)
    return found


@pytest.mark.parametrize("rate", [1, 2, 5, 10, 50, 100, 500, 1000])
@pytest.mark.parametrize("late_s", [0.0, 0.0009])
def test_bucket_gives_almost_all_of_the_rate_and_never_more_in_any_second(rate: int, late_s: float) -> None:
    sent = flat_out(TokenBucket(rate), 30.0, late_s)
    assert most_in_a_second(sent) <= rate
    assert len(sent) >= 30 * rate * 0.99 - 1


@pytest.mark.parametrize("burst", [5, 50, 100, 1000])
def test_bucket_keeps_the_second_whatever_the_burst(burst: int) -> None:
    sent = flat_out(TokenBucket(100, burst), 10.0)
    assert most_in_a_second(sent) == 100
    assert sum(at == 0.0 for at in sent) == min(burst, 100)


def test_bucket_spreads_segments_within_the_second() -> None:
    sent = flat_out(TokenBucket(100), 3.0)
    assert all(later - earlier == pytest.approx(0.01 * GUARD) for earlier, later in pairwise(sent))


def test_bucket_makes_up_for_a_late_turn_only_as_far_as_it_may() -> None:
    bucket = TokenBucket(1000)
    flat_out(bucket, 0.5)
    for stall_s, at_once in ((0.01, 9), (0.2, 19)):
        start = bucket.next_send_time(0.0) + stall_s
        before = 0
        while bucket.next_send_time(start) == start:
            bucket.spend(start, 0.0)
            before += 1
        assert at_once <= before <= at_once + 2


def test_bucket_gives_no_burst_after_a_quiet_spell() -> None:
    bucket = TokenBucket(1000)
    assert bucket.take(0.0)
    assert bucket.take(5.0)
    assert not bucket.take(5.0)
    bucket.spend(6.0, since=6.0)
    assert bucket.next_send_time(6.0) == pytest.approx(6.0 + 0.001 * GUARD)


def test_bucket_lets_a_message_go_whole_and_pays_afterwards() -> None:
    bucket = TokenBucket(10)
    assert bucket.take(0.0, 3)
    assert bucket.next_send_time(0.0) == pytest.approx(0.3 * GUARD)
    assert not bucket.take(0.2)
    assert bucket.take(0.31, 8) is False, "eleven in one second"
    assert bucket.next_send_time(0.31, 8) == pytest.approx(1.0 * GUARD)


def test_bucket_lets_more_than_a_second_holds_go_when_all_is_free() -> None:
    bucket = TokenBucket(2)
    assert bucket.take(0.0, 5)
    assert bucket.next_send_time(0.0) == pytest.approx(2.5 * GUARD)
    assert bucket.most() == 2


def test_bucket_keeps_a_rate_below_one() -> None:
    assert flat_out(TokenBucket(0.25), 20.0) == pytest.approx([0.0, 4.02, 8.04, 12.06, 16.08])


def test_bucket_keeps_a_rate_that_is_not_whole_on_average() -> None:
    sent = flat_out(TokenBucket(2.5), 100.0)
    assert len(sent) == pytest.approx(250 * 0.995, abs=2)
    assert most_in_a_second(sent) <= 3


def test_bucket_remembers_what_was_sent_when_its_rate_falls_and_rises() -> None:
    bucket = TokenBucket(100, burst=100)
    for _ in range(100):
        assert bucket.take(0.0)
    bucket.set_rate(30.0, 0.1)
    bucket.set_rate(100.0, 0.2)
    assert bucket.next_send_time(0.2) == pytest.approx(GUARD)


def test_bucket_lets_what_is_planned_come_earlier_at_a_higher_rate() -> None:
    bucket = TokenBucket(1)
    bucket.take(0.0)
    bucket.set_rate(10.0, 0.005)
    assert bucket.next_send_time(0.005) == pytest.approx(0.105, abs=0.001)
    bucket.set_rate(10.0, 0.006)


def test_bucket_gives_back_what_was_not_sent() -> None:
    bucket = TokenBucket(2, burst=2, reserve=0.2)
    for urgent in (False, True):
        before = (bucket.ready_at, bucket.urgent_ready_at)
        bucket.spend(1.0, 1.0, 1, urgent)
        bucket.give_back(1, urgent)
        assert bucket.next_send_time(1.0, 1, urgent) == 1.0, before


@pytest.mark.parametrize(
    ("rate", "reserve", "headroom"),
    [(1, 0.2, 0), (2, 0.2, 1), (10, 0.2, 1), (100, 0.2, 2), (200, 0.2, 4), (1000, 0.2, 20), (1000, 0.0, 0)],
)
def test_bucket_keeps_headroom_for_the_urgent(rate: int, reserve: float, headroom: int) -> None:
    bucket = TokenBucket(rate, reserve=reserve)
    assert bucket.headroom == headroom
    sent = flat_out(bucket, 10.0)
    assert (rate - headroom) / GUARD - 1 <= most_in_a_second(sent) <= rate - headroom
    assert len(sent) >= 10 * (rate - headroom) * 0.99 - 1


@pytest.mark.parametrize("rate", [10, 50, 100, 500])
def test_bucket_has_a_token_for_the_urgent_at_any_moment_of_a_bulk_run(rate: int) -> None:
    bucket, sent, urgent = TokenBucket(rate, reserve=0.2), [], 0
    now = 0.0
    while now < 10.0:
        now += 0.0005
        if bucket.next_send_time(now) <= now:
            bucket.spend(now, 0.0)
            sent.append(now)
        if now > 1.5 * (urgent + 1):
            assert bucket.take(now, 1, urgent=True), now
            sent.append(now)
            urgent += 1
    assert most_in_a_second(sent) <= rate


def test_bucket_gives_the_urgent_the_whole_rate() -> None:
    bucket = TokenBucket(100, reserve=0.2)
    sent = flat_out(bucket, 10.0, urgent=True)
    assert most_in_a_second(sent) == 100
    assert len(sent) >= 990
    assert bucket.next_send_time(10.0) < 10.1, "bulk goes on when the urgent have gone"


def test_bucket_makes_up_no_more_than_it_says() -> None:
    assert LATE_S == 0.020


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
def test_bucket_refuses_rates_that_are_none(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        TokenBucket(rate)
    bucket = TokenBucket(5)
    with pytest.raises(ValueError, match="rate"):
        bucket.set_rate(rate, 0.0)


@pytest.mark.parametrize(("burst", "reserve"), [(0, 0.0), (1, 1.0), (1, -0.1)])
def test_bucket_refuses_settings_out_of_range(burst: float, reserve: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        TokenBucket(5, burst, reserve)


def test_bucket_of_another_shape_counts_what_was_sent_before() -> None:
    bucket = TokenBucket(10, burst=10)
    sent = [0.0] * 10
    for _ in sent:
        assert bucket.take(0.0)

    bucket.reshape(20, 20, 0.2, 0.1)
    assert (bucket.rate, bucket.burst, bucket.headroom) == (20, 20, 1)
    now = 0.1
    while now < 1.0:
        if bucket.take(now, urgent=True):
            sent.append(now)
        now += 0.001
    assert len(sent) <= 20
    bucket.reshape(20, 1, 0.0, 5.0)
    assert bucket.headroom == 0
    with pytest.raises(ValueError, match="out of range"):
        bucket.reshape(20, 0, 0.0, 5.0)
