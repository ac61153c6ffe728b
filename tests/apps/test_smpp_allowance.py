"""What connections may ask for together, on a clock that moves when told."""

from gateway.apps.smpp_allowance import BURST_S, REST_S, Allowance, allowed_per_s
from tests.support.clock import ManualClock, ManualLoop


class Bench:
    def __init__(self, rate_per_s: float = 100.0) -> None:
        self.clock = ManualClock()
        self.loop = ManualLoop(self.clock)
        self.allowance = Allowance(rate_per_s, self.clock.monotonic, self.loop.call_later)
        self.turns: list[str] = []

    def await_turn(self, name: str, pdus: int = 0) -> None:
        def turn() -> None:
            self.turns.append(name)
            if pdus:
                self.allowance.spend(pdus)
                self.allowance.await_turn(turn)

        self.allowance.await_turn(turn)


def test_allowance_gives_a_second_at_once_and_then_its_rate() -> None:
    bench = Bench()
    assert bench.allowance.spend(100)
    assert not bench.allowance.spend(50)
    bench.await_turn("a")

    bench.loop.advance(0.49)
    assert bench.turns == []
    bench.loop.advance(0.02)

    assert bench.turns == ["a"]
    assert bench.loop.timers == []


def test_allowance_gives_turns_round_and_no_more_than_its_rate() -> None:
    bench = Bench()
    bench.allowance.spend(100)
    for name in "abc":
        bench.await_turn(name, pdus=50)

    bench.loop.advance(30.0)

    assert 58 <= len(bench.turns) <= 62
    assert "".join(bench.turns[:6]) == "abcabc"


def test_allowance_makes_a_newcomer_wait_behind_those_who_wait() -> None:
    bench = Bench()
    bench.allowance.spend(1_000)
    bench.await_turn("a")

    assert not bench.allowance.spend(0)


def test_allowance_forgives_what_is_too_much_to_wait_for() -> None:
    bench = Bench()
    bench.allowance.spend(1_000_000)
    bench.await_turn("a")

    bench.loop.advance(REST_S + 0.01)

    assert bench.turns == ["a"]
    bench.loop.advance(BURST_S)
    assert bench.allowance.spend(1)


def test_allowance_forgets_who_leaves() -> None:
    bench = Bench()
    bench.allowance.spend(1_000)

    def turn() -> None:
        raise AssertionError("it has left")

    bench.allowance.await_turn(turn)
    bench.allowance.leave(turn)
    bench.allowance.leave(turn)

    assert bench.loop.timers == []
    bench.loop.advance(10.0)


def test_allowed_rate_leaves_room_for_the_link_beside_an_app_at_its_tps() -> None:
    assert allowed_per_s(100.0) > 100.0 * 1.5
    assert allowed_per_s(0.1) >= 100.0
