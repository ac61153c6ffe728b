"""The wall clock is set: what is kept from feeling it, and who sees it."""

import pytest

from gateway.clock import Steps, steady
from tests.support.clock import ManualClock


def test_steady_time_passes_and_does_not_jump() -> None:
    clock = ManualClock(utc=1_000.0)
    utc = steady(clock)
    clock.advance(5)
    clock.set_utc(3_600)
    clock.advance(5)
    clock.set_utc(-7_200)
    assert utc() == pytest.approx(1_010.0)


@pytest.mark.parametrize("step_s", [3_600.0, -3_600.0, 1.0])
def test_step_of_the_wall_clock_is_seen_once(step_s: float) -> None:
    clock = ManualClock()
    steps = Steps(clock)
    clock.advance(10)
    assert steps.look() == 0.0
    clock.set_utc(step_s)
    clock.advance(10)
    assert steps.look() == pytest.approx(step_s)
    assert steps.look() == 0.0


def test_clock_that_is_corrected_little_by_little_is_not_said_to_be_set() -> None:
    clock = ManualClock()
    steps = Steps(clock)
    for _ in range(100):
        clock.advance(1)
        clock.set_utc(0.1)
        assert steps.look() == 0.0
