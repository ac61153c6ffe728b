"""Response times that climb take places from bulk, a second at a time; one bind of window 100, 80 of it for bulk."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughput.climb import LEAST_PLACES, Climb
from throughput.gate import Gate
from throughput.pacing import ESME_RTHROTTLED
from throughput.window import Window

BASE_S = 0.05


class Line:
    """A bind whose answers come at `per_s`, each as late as `response_s` says at that time."""

    def __init__(self, window: int = 100) -> None:
        self.window = Window(window, 0.2)
        self.climb = Climb()
        self.now = 0.0

    def run(
        self, seconds: float, response_s: Callable[[int], float], *, per_s: float = 100.0, used: float = 1.0
    ) -> None:
        """`response_s(in_flight)`; `used`: how much of what bulk may have is in flight."""
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0 / per_s
            self.window.used = int(used * self.window.most())
            self.climb.answered(response_s(self.window.used), self.now, self.window)


def constant(seconds: float) -> Callable[[int], float]:
    return lambda _in_flight: seconds


def queue(per_s: float) -> Callable[[int], float]:
    """What a carrier that works off so many makes of what is in flight."""
    return lambda in_flight: max(BASE_S, in_flight / per_s)


def test_bulk_keeps_its_places_while_answers_come_as_they_always_do() -> None:
    line = Line()
    line.run(60.0, constant(5.0))
    assert line.window.most() == 80


def test_bulk_keeps_its_places_while_answers_are_a_little_later() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S))
    line.run(60.0, constant(2.9 * BASE_S))
    assert line.window.most() == 80


def test_bulk_gives_up_places_to_a_queue_and_urgent_keeps_all() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S), used=0.1)
    line.run(20.0, queue(100.0))
    assert line.window.most() <= 40, "80 in flight would be 0.8 s"
    assert line.window.most(urgent=True) == 100
    line.run(60.0, queue(100.0))
    assert 5 <= line.window.most() <= 40, "always enough for 100 a second at 50 ms"


def test_one_slow_second_takes_nothing() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S))
    line.run(1.0, constant(2.0))
    line.run(10.0, constant(BASE_S))
    assert line.window.most() == 80


def test_answers_that_are_late_on_a_window_that_is_mostly_free_are_no_queue() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S))
    line.run(60.0, constant(2.0), used=0.4)
    assert line.window.most() == 80


def test_carrier_that_has_become_slow_by_itself_gets_all_places_again() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S))
    line.run(3.0, constant(1.0), per_s=80.0)
    assert line.window.most() < 80
    line.run(10.0, constant(1.0), per_s=20.0)
    assert line.window.most() == 80
    line.run(60.0, constant(1.0), per_s=80.0)
    assert line.window.most() == 80, "a second is what it takes now"


def test_places_come_back_in_seconds_after_a_hitch() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S))
    line.run(3.0, constant(1.0))
    assert line.window.most() < 80
    line.run(10.0, constant(BASE_S))
    assert line.window.most() == 80


def test_a_hitch_leaves_bulk_the_places_that_its_rate_needed_before() -> None:
    line = Line()
    line.run(10.0, constant(BASE_S), per_s=500.0)
    line.run(4.0, constant(1.0), per_s=80.0)
    assert line.window.most() >= 2 * 500 * BASE_S * 0.9


def test_next_session_begins_with_all_places() -> None:
    gate = Gate.configured("b1", rate_per_s=1_000, window=100, reserve=0.2)
    for n in range(900):
        gate.window.used = 80
        gate.answered(0, BASE_S if n < 500 else 3.0, n / 100)
    assert gate.window.most() < 80
    gate.reset(9.0)
    assert gate.window.most() == 80


def test_refusals_say_nothing_of_a_queue() -> None:
    gate = Gate.configured("b1", rate_per_s=1_000, window=100, reserve=0.2)
    for n in range(2_000):
        gate.window.used = 80
        gate.answered(0 if n < 500 else ESME_RTHROTTLED, BASE_S if n < 500 else 3.0, n / 100)
    assert gate.window.most() == 80


@pytest.mark.parametrize("size", [1, 2, 3])
def test_smallest_windows_are_not_narrowed(size: int) -> None:
    line = Line(size)
    line.run(10.0, constant(BASE_S))
    line.run(30.0, constant(2.0))
    assert line.window.most() == Window(size, 0.2).most()


def test_window_is_narrowed_to_what_is_said_and_widened_again() -> None:
    window = Window(100, 0.2)
    assert window.narrow(10)
    assert (window.most(), window.most(urgent=True)) == (10, 100)
    assert not window.narrow(80)
    assert window.most() == 80
    assert not window.narrow(0)
    window.narrow(10)
    window.resize(50, 0.2)
    assert window.most() == 40


@given(st.lists(st.tuples(st.floats(0.001, 40.0), st.floats(0.0, 3.0), st.integers(0, 60)), max_size=300))
def test_bulk_always_has_some_places_and_urgent_all(answers: list[tuple[float, float, int]]) -> None:
    window, climb, now = Window(50, 0.2), Climb(), 0.0
    for elapsed_s, gap, used in answers:
        now += gap
        window.used = used
        climb.answered(elapsed_s, now, window)
        assert LEAST_PLACES <= window.most() <= 40
        assert window.most(urgent=True) == 50
