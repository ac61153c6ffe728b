import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.throughput.refusals import ROK, RTT_S, cut, refuse, refuse_soon
from throughput.pacing import (
    CEILING_FOR_S,
    ESME_RMSGQFUL,
    ESME_RTHROTTLED,
    FEW,
    FLOOR,
    IN_A_ROW,
    PAUSE_MAX_S,
    PAUSE_MIN_S,
    RISE_EVERY_S,
    Pacing,
)


@pytest.mark.parametrize("status", [ESME_RTHROTTLED, ESME_RMSGQFUL])
def test_pacing_pauses_at_once_when_throttled_and_keeps_its_rate(status: int) -> None:
    pacing = Pacing(100.0)
    assert refuse(pacing, 10.0, status)
    assert (pacing.paused_until, pacing.allowed_rate) == (11.0, 100.0)


def test_pacing_takes_a_window_full_of_refusals_as_one_word() -> None:
    pacing = Pacing(100.0)
    refuse(pacing, 10.0)
    for index in range(50):
        assert not refuse(pacing, 10.0 + index / 1000)
    assert not pacing.answered(ESME_RTHROTTLED, 2.0, 11.5), "sent before the pause, answered after it"
    assert pacing.paused_until == 11.0


def test_pacing_doubles_the_pause_until_something_sent_after_it_is_accepted() -> None:
    pacing = Pacing(100.0)
    now, pauses = 0.0, []
    for _ in range(7):
        refuse(pacing, now)
        pauses.append(pacing.paused_until - now)
        pacing.answered(ROK, 60.0, pacing.paused_until)  # sent before the pause: says nothing
        now = pacing.paused_until + 0.06
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30])
    pacing.answered(ROK, 0.05, now + 40.0)
    refuse(pacing, now + 41.0)
    assert pacing.paused_until == now + 42.0


def test_pacing_cuts_the_rate_at_the_third_refusal_in_a_row_soon_after_a_pause() -> None:
    pacing = Pacing(100.0)
    refuse(pacing, 10.0)
    rates = []
    for _ in range(5):
        refuse_soon(pacing)
        rates.append(pacing.allowed_rate)
    assert rates == pytest.approx([100.0, 100.0, 70.0, 49.0, 34.3])
    assert pacing.ceiling == 100.0, "of the rate that the row began with"


def test_pacing_begins_a_row_anew_when_a_rate_went_well_for_two_seconds_and_ten_answers() -> None:
    pacing = Pacing(100.0)
    refuse(pacing, 10.0)
    for _ in range(10):
        refuse_soon(pacing)
        refuse_soon(pacing)
        for _ in range(FEW + 1):
            pacing.answered(ROK, RTT_S, pacing.paused_until + 1.0)
        refuse(pacing, pacing.paused_until + 2.0 + RTT_S)
    assert pacing.allowed_rate == 100.0


def test_pacing_counts_a_refusal_among_the_first_answers_although_they_took_long() -> None:
    """One of eight binds at 10 tps sends five segments in four seconds."""
    pacing = Pacing(10.0)
    refuse(pacing, 0.0)
    for _ in range(IN_A_ROW):
        went_on = pacing.paused_until
        for n in range(4):
            pacing.answered(ROK, RTT_S, went_on + 1.0 + n)
        refuse(pacing, went_on + 5.0)
    assert pacing.allowed_rate == pytest.approx(7.0)


def test_pacing_keeps_the_rate_while_a_carrier_refuses_whatever_comes() -> None:
    pacing = Pacing(100.0)
    refuse(pacing, 0.0)
    for _ in range(10):
        refuse(pacing, pacing.paused_until + 0.1)
    assert pacing.allowed_rate == 100.0
    assert pacing.paused_until == pytest.approx(212.0)


def test_pacing_never_cuts_below_its_floor() -> None:
    pacing = Pacing(100.0)
    cut(pacing, 0.0)
    for _ in range(50):
        refuse_soon(pacing)
    assert pacing.allowed_rate == 1.0


def test_pacing_rises_by_a_twentieth_each_ten_seconds_without_a_cut() -> None:
    pacing = Pacing(100.0)
    cut(pacing, 0.0)
    went_on = pacing.paused_until
    assert not pacing.answered(ROK, RTT_S, went_on + 9.9)
    assert pacing.answered(ROK, RTT_S, went_on + 10.0)
    assert pacing.allowed_rate == pytest.approx(75.0)
    assert not pacing.answered(ROK, RTT_S, went_on + 19.9)
    pacing.answered(ROK, RTT_S, went_on + 20.0)
    assert pacing.allowed_rate == pytest.approx(80.0)


def test_pacing_rises_by_a_quarter_where_a_twentieth_would_be_more() -> None:
    pacing = Pacing(100.0)
    cut(pacing, 0.0)
    while pacing.allowed_rate > 10.0:
        refuse_soon(pacing)
    lowest = pacing.allowed_rate
    pacing.step(pacing.paused_until + RISE_EVERY_S)
    assert pacing.allowed_rate == pytest.approx(1.25 * lowest)
    pacing.step(pacing.paused_until + 2 * RISE_EVERY_S)
    assert pacing.allowed_rate == pytest.approx(1.25**2 * lowest)


def test_pacing_stops_below_the_ceiling_and_looks_beyond_it_later() -> None:
    pacing = Pacing(100.0)
    at = cut(pacing, 0.0)
    for second in range(1, int(CEILING_FOR_S)):
        pacing.step(at + second)
    assert pacing.allowed_rate == pytest.approx(95.0)
    for second in range(int(CEILING_FOR_S), int(CEILING_FOR_S + 2 * RISE_EVERY_S)):
        pacing.step(at + second)
    assert pacing.allowed_rate == 100.0


def test_pacing_catches_up_after_an_idle_spell_but_not_past_the_ceiling() -> None:
    pacing = Pacing(100.0)
    cut(pacing, 0.0)
    went_on = pacing.paused_until
    pacing.step(went_on + 40.0)
    assert pacing.allowed_rate == pytest.approx(90.0)
    pacing.step(went_on + 200.0)
    assert pacing.allowed_rate == pytest.approx(95.0)


def test_pacing_counts_the_seconds_of_its_pauses() -> None:
    pacing = Pacing(100.0)
    assert pacing.throttled_seconds(5.0) == 0.0
    refuse(pacing, 10.0)
    assert pacing.throttled_seconds(10.25) == pytest.approx(0.25)
    assert pacing.throttled_seconds(100.0) == pytest.approx(1.0)
    refuse(pacing, 100.0)
    assert pacing.throttled_seconds(101.0) == pytest.approx(2.0)
    assert pacing.throttled_seconds(200.0) == pytest.approx(3.0)


def test_pacing_listens_to_what_the_carrier_uses_for_slower() -> None:
    pacing = Pacing(100.0, throttles={0x45})
    assert refuse(pacing, 0.0, 0x45)
    refuse(pacing, 50.0, ESME_RTHROTTLED)
    assert pacing.paused_until == 1.0


def test_pacing_keeps_what_it_learnt_when_the_configured_rate_changes() -> None:
    pacing = Pacing(100.0)
    pacing.set_rate(200.0)
    assert pacing.allowed_rate == 200.0
    cut(pacing, 0.0)
    pacing.set_rate(300.0)
    assert pacing.allowed_rate == pytest.approx(140.0)
    pacing.set_rate(50.0)
    assert pacing.allowed_rate == 50.0


def test_pacing_at_a_rate_set_lower_than_what_is_allowed_has_nothing_to_rise_to() -> None:
    pacing = Pacing(100.0)
    at = cut(pacing, 0.0)
    pacing.set_rate(50.0)
    pacing.step(at + 1_000.0)
    assert pacing.allowed_rate == 50.0


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.sampled_from([0.0, 0.1, 3.0]), st.booleans()), max_size=120))
def test_pacing_obeys_each_refusal_of_what_it_let_go_and_stays_within_its_rate(
    answers: list[tuple[float, float, bool]],
) -> None:
    """Whatever comes: a refusal of what was sent outside a pause begins one at once, and the rate stays in bounds."""
    pacing, now = Pacing(100.0), 0.0
    for gap, elapsed_s, refused in answers:
        now += gap
        before = pacing.paused_until
        pacing.answered(ESME_RTHROTTLED if refused else ROK, elapsed_s, now)
        if refused and now - elapsed_s >= before:
            assert now + PAUSE_MIN_S <= pacing.paused_until <= now + PAUSE_MAX_S
        else:
            assert pacing.paused_until == before
        assert 100.0 * FLOOR <= pacing.allowed_rate <= 100.0
