"""So many calls a second."""

from gateway.apps.pace import Pace
from tests.support.clock import ManualClock


def test_turns_come_evenly_in_the_order_asked_for() -> None:
    pace = Pace(10, ManualClock().monotonic)
    assert [round(pace.wait_s(), 9) for _ in range(4)] == [0, 0.1, 0.2, 0.3]


def test_quiet_spell_saves_up_nothing() -> None:
    clock = ManualClock()
    pace = Pace(10, clock.monotonic)
    pace.wait_s()
    clock.advance(5)
    assert [round(pace.wait_s(), 9) for _ in range(2)] == [0, 0.1]


def test_nobody_waits_without_a_rate() -> None:
    pace = Pace(None, ManualClock().monotonic)
    assert [pace.wait_s() for _ in range(3)] == [0, 0, 0]
