import pytest

from throughput.backoff import Backoff, doubling, jittered


@pytest.mark.parametrize(("attempt", "pause_s"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (10_000, 60)])
def test_doubling_grows_to_its_maximum(attempt: int, pause_s: float) -> None:
    assert doubling(attempt, 1.0, 60.0) == pause_s


@pytest.mark.parametrize(
    ("attempt", "random", "pause_s"),
    [(0, 0.0, 1.0), (0, 0.5, 1.5), (1, 0.5, 2.5), (6, 0.0, 1.0), (6, 0.5, 30.5), (100, 0.999, 59.941)],
)
def test_jitter_spreads_over_all_above_the_minimum(attempt: int, random: float, pause_s: float) -> None:
    assert jittered(attempt, 1.0, 60.0, random) == pytest.approx(pause_s)


def test_backoff_grows_until_it_has_held_long_enough() -> None:
    backoff = Backoff(1.0, 60.0, stable_after_s=30.0)
    assert [backoff.next_pause(1.0) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    backoff.held(29.9)
    assert backoff.next_pause(1.0) == 60
    assert backoff.attempts == 8
    backoff.held(30.0)
    assert backoff.attempts == 0
    assert backoff.next_pause(1.0) == 2


@pytest.mark.parametrize(("min_s", "max_s"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_backoff_refuses_pauses_that_make_no_sense(min_s: float, max_s: float) -> None:
    with pytest.raises(ValueError, match="pauses"):
        Backoff(min_s, max_s, 30.0)
