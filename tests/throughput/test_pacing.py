from random import Random

import pytest

from throughput.pacing import ESME_RMSGQFUL, ESME_RTHROTTLED, Pacing

ROK = 0


def throttle(pacing: Pacing, now: float, status: int = ESME_RTHROTTLED) -> bool:
    return pacing.answered(status, 0.05, now)


@pytest.mark.parametrize("status", [ESME_RTHROTTLED, ESME_RMSGQFUL])
def test_pacing_pauses_and_cuts_the_rate_when_throttled(status: int) -> None:
    pacing = Pacing(100.0)
    assert throttle(pacing, 10.0, status)
    assert pacing.paused_until == 11.0
    assert pacing.allowed_rate == pytest.approx(70.0)
    assert pacing.ceiling == 100.0


def test_pacing_takes_a_window_full_of_refusals_as_one_word() -> None:
    pacing = Pacing(100.0)
    throttle(pacing, 10.0)
    for index in range(50):
        assert not throttle(pacing, 10.0 + index / 1000)
    assert not pacing.answered(ESME_RTHROTTLED, 2.0, 11.5), "sent before the cut, answered after the pause"
    assert pacing.paused_until == 11.0
    assert pacing.allowed_rate == pytest.approx(70.0)


def test_pacing_doubles_the_pause_until_something_sent_after_it_is_accepted() -> None:
    pacing = Pacing(100.0)
    now, pauses = 0.0, []
    for _ in range(7):
        throttle(pacing, now)
        pauses.append(pacing.paused_until - now)
        pacing.answered(ROK, 60.0, pacing.paused_until)  # sent before the pause: says nothing
        now = pacing.paused_until + 0.06
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30])
    pacing.answered(ROK, 0.05, now + 0.1)
    throttle(pacing, now + 1.0)
    assert pacing.paused_until - (now + 1.0) == pytest.approx(1.0)


def test_pacing_never_cuts_below_its_floor() -> None:
    pacing = Pacing(100.0)
    for index in range(100):
        throttle(pacing, index * 100.0)
    assert pacing.allowed_rate >= 1.0


def test_pacing_rises_by_a_twentieth_each_ten_seconds_of_quiet() -> None:
    pacing = Pacing(100.0)
    throttle(pacing, 0.0)
    assert not pacing.answered(ROK, 0.05, 10.9)
    assert pacing.answered(ROK, 0.05, 11.0)
    assert pacing.allowed_rate == pytest.approx(75.0)
    assert not pacing.answered(ROK, 0.05, 20.9)
    pacing.answered(ROK, 0.05, 21.0)
    assert pacing.allowed_rate == pytest.approx(80.0)


def test_pacing_stops_below_the_ceiling_and_looks_beyond_it_later() -> None:
    pacing = Pacing(100.0)
    throttle(pacing, 0.0)
    for now in range(1, 300):
        pacing.step(float(now))
    assert pacing.allowed_rate == pytest.approx(95.0)
    for now in range(300, 320):
        pacing.step(float(now))
    assert pacing.allowed_rate == 100.0


def test_pacing_comes_back_after_a_spell_that_refused_every_rate() -> None:
    pacing = Pacing(100.0)
    for second in range(0, 20, 2):
        throttle(pacing, float(second))
        pacing.answered(ROK, 0.05, second + 1.5)
    assert (pacing.allowed_rate, pacing.ceiling) == (pytest.approx(100 * 0.7**10), 100.0)

    pacing.step(19.0 + 18 * 10.0)

    assert pacing.allowed_rate == pytest.approx(100 * 0.7**10 + 18 * 5.0)


def test_pacing_learns_a_ceiling_that_was_held_before_it_was_refused() -> None:
    pacing = Pacing(100.0)
    throttle(pacing, 0.0)
    throttle(pacing, 2.0)
    pacing.step(14.0)
    throttle(pacing, 15.0)

    assert pacing.ceiling == pytest.approx(49.0 + 5.0)


def test_pacing_catches_up_after_an_idle_spell_but_not_past_the_ceiling() -> None:
    pacing = Pacing(100.0)
    throttle(pacing, 0.0)
    pacing.step(41.0)
    assert pacing.allowed_rate == pytest.approx(90.0)
    pacing.step(200.0)
    assert pacing.allowed_rate == pytest.approx(95.0)


def test_pacing_settles_where_the_carrier_throttles() -> None:
    """A carrier that takes 80 of the configured 100 is soon used at more than nine tenths of it, with few refusals."""
    pacing, now, sent, refused = Pacing(100.0), 0.0, 0.0, 0
    while now < 600.0:
        now += 0.1
        if now < pacing.paused_until:
            continue
        status = ESME_RTHROTTLED if pacing.allowed_rate > 80.0 else ROK
        refused += status == ESME_RTHROTTLED
        pacing.answered(status, 0.05, now)
        sent += pacing.allowed_rate / 10 if status == ROK else 0
    assert sent / 600.0 > 0.9 * 80.0
    assert refused <= 10


@pytest.mark.parametrize(("every_s", "at_least"), [(35, 750), (120, 900)])
def test_pacing_does_not_sink_when_refusals_have_nothing_to_do_with_the_rate(every_s: float, at_least: float) -> None:
    pacing, random = Pacing(1000), Random(1)
    next_at, rates = 30.0, []
    for second in range(7_200):
        now = float(second)
        if now >= next_at:
            next_at = now + random.expovariate(1 / every_s)
            throttle(pacing, now)
        pacing.answered(ROK, 0.05, now)
        rates.append(pacing.allowed_rate)
    assert sum(rates) / len(rates) > at_least


def test_pacing_only_pauses_at_a_rate_that_went_well_and_cuts_it_when_refused_again_soon() -> None:
    pacing = Pacing(100)
    throttle(pacing, 1.0)
    assert pacing.allowed_rate == 70
    throttle(pacing, 6.0)
    assert (pacing.allowed_rate, pacing.ceiling, pacing.paused_until) == (70, 100, 8.0)
    throttle(pacing, 9.0)
    assert (pacing.allowed_rate, pacing.ceiling) == (49, 100)


def test_pacing_believes_a_carrier_that_takes_less_than_before() -> None:
    pacing = Pacing(1000)
    now, refused = 0.0, []
    for second in range(1, 3_600):
        now = float(second)
        limit = 900 if now < 600 else 300
        if pacing.allowed_rate > limit and now >= pacing.paused_until:
            throttle(pacing, now)
            refused.append(now)
        else:
            pacing.answered(0, 0.05, now)
    assert pacing.allowed_rate <= 300
    assert len([at for at in refused if at > 1_200]) <= 2 * 3_600 / 300, "looks beyond the ceiling each five minutes"


def test_pacing_counts_the_seconds_of_its_pauses() -> None:
    pacing = Pacing(100.0)
    assert pacing.throttled_seconds(5.0) == 0.0
    throttle(pacing, 10.0)
    assert pacing.throttled_seconds(10.25) == pytest.approx(0.25)
    assert pacing.throttled_seconds(100.0) == pytest.approx(1.0)
    throttle(pacing, 100.0)
    assert pacing.throttled_seconds(101.0) == pytest.approx(2.0)
    assert pacing.throttled_seconds(200.0) == pytest.approx(3.0)


def test_pacing_listens_to_what_the_carrier_uses_for_slower() -> None:
    pacing = Pacing(100.0, throttles={0x45})
    assert throttle(pacing, 0.0, 0x45)
    throttle(pacing, 50.0, ESME_RTHROTTLED)
    assert pacing.paused_until == 1.0


def test_pacing_keeps_what_it_learnt_when_the_configured_rate_changes() -> None:
    pacing = Pacing(100.0)
    pacing.set_rate(200.0)
    assert pacing.allowed_rate == 200.0
    throttle(pacing, 0.0)
    pacing.set_rate(300.0)
    assert pacing.allowed_rate == pytest.approx(140.0)
    pacing.set_rate(50.0)
    assert pacing.allowed_rate == 50.0


def test_pacing_slows_down_when_answers_come_ever_later_if_asked_to() -> None:
    pacing, deaf = Pacing(100.0, by_response_time=True), Pacing(100.0)
    for one in (pacing, deaf):
        for now in range(60):
            one.answered(ROK, 0.05, float(now))
    assert pacing.allowed_rate == 100.0
    for one in (pacing, deaf):
        for now in range(600, 1200):
            one.answered(ROK, 0.5, 60.0 + now / 10)
    assert pacing.allowed_rate < 70.0
    assert deaf.allowed_rate == 100.0
    slowest = pacing.allowed_rate
    for now in range(2000):
        pacing.answered(ROK, 0.05, 200.0 + now / 10)
    assert pacing.allowed_rate > slowest


def test_pacing_takes_what_stays_slow_as_the_new_measure() -> None:
    pacing = Pacing(100.0, by_response_time=True)
    for now in range(30):
        pacing.answered(ROK, 0.05, float(now))
    for now in range(30, 2000):
        pacing.answered(ROK, 0.5, float(now))
    assert pacing.allowed_rate == 100.0
