"""A bind's limits, while it goes on."""

from tests.throughput.refusals import cut
from throughput.gate import Gate, GateSettings


def test_gate_takes_other_limits_and_keeps_what_it_has_learnt() -> None:
    gate = Gate.configured("telcel-1", rate_per_s=100.0, window=10)
    now = cut(gate, 10.0)
    gate.window.take(3)

    gate.configure(GateSettings(200.0, 20, 5, 0.2, frozenset({0x58})), now + 0.5)

    assert (gate.window.size, gate.window.used, gate.window.reserved) == (20, 3, 4)
    assert gate.bucket.rate == gate.allowed_rate == 70.0
    assert gate.paused_until == now + 1.0
    gate.answered(0x14, 0.1, 60.0)
    assert gate.paused_until < 60.0  # no longer one that means slower
