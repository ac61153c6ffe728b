"""What the measurement of a long body sends, and when it finds fault."""

import json
from typing import Any

import pytest

from tests.bench.children import Usage
from tests.bench.upload import Beside, Body, Sender, faults, figures, main


@pytest.mark.parametrize("kind", ["ndjson", "csv"])
@pytest.mark.parametrize("octets", [80, 1000])
def test_body_has_its_rows_each_as_long_as_asked(kind: str, octets: int) -> None:
    lines = b"".join(Body(kind, 1_234, octets).blocks()).splitlines(keepends=True)
    rows = lines[1:] if kind == "csv" else lines
    assert len(rows) == 1_234
    assert {len(row) for row in rows} == {octets}
    if kind == "ndjson":
        assert json.loads(rows[-1])["to"] == "525510001233"


def seen(**otps: Any) -> Beside:
    sender = Sender(Body("ndjson", 10, 80), 1)
    sender.answer = {"accepted": 1_000}
    report = {"ok": 9, "errors": 0, "lost": 0, "submit_latency_ms": {"p50": 1.0, "p99": 30.0, "max": 31.0}} | otps
    return Beside(2.0, Usage(1.0, 60.0, 60.0), Usage(1.5, 90.0, 90.0), 140.0, [sender], report)


def test_figures_are_of_the_rows_and_faults_are_named() -> None:
    quiet = {"submit_latency_ms": {"p50": 1.0, "p99": 2.0}}
    row = figures(Body("ndjson", 10, 80), quiet, seen())
    assert (row["rows/s"], row["us CPU"], row["beside p99"]) == (500.0, pytest.approx(500.0), 30.0)
    assert faults(row, seen(), most_p99=40.0) == []
    assert faults(row, seen(), most_p99=20.0) == ["OTPs: p99 30.0 ms, at most 20"]
    assert faults(row, seen(lost=1), most_p99=0.0) == ["OTPs: {'lost': 1}"]
    assert faults(row | {"highest": 400.0}, seen(), most_p99=0.0) == ["memory grew from 60 to 400 MB"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ndjson", "csv"])
def test_long_body_is_taken_whole_and_memory_does_not_grow_with_it(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["--rows", "120000", "--octets", "1075", "--format", kind, "--otps", "10", "--alone", "1"])
    assert status == 0, capsys.readouterr().err
