"""The runner itself: what it starts, what it makes of the tools' reports, that it ends what it started."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.config.load import load
from gateway.numbering import build_resolver
from tests.bench.children import BenchError, Children, Usage, family, free_ports, usage, usage_of
from tests.bench.figures import faults_of, figures_of, markdown, table
from tests.bench.ported import fill
from tests.bench.run import build_tools, main
from tests.bench.scenarios import FIRST_NUMBER, TABLE, Load, Ports, scenarios

PORTS = Ports(2801, 8080, 2775, 9464, 9000)
SLEEPER = [sys.executable, "-c", "import signal; print('here', flush=True); signal.pause()"]


def report(**changes: Any) -> dict[str, Any]:
    latency = {"n": 10, "p50": 1.0, "p99": 2.5, "max": 3.0}
    keys = ("errors", "lost", "unanswered", "message_ids_repeated", "connections_lost")
    receipts = ("receipts_missing", "receipts_duplicate", "receipts_unmatched")
    counts = dict.fromkeys((*keys, *receipts), 0)
    return {
        "ok": 1000,
        "rate": 99.5,
        "elapsed_s": 10.0,
        "submit_latency_ms": latency,
        "first_error": "",
        "start_us": 1_000_000,
        "receipts": 1000,
        "last_receipt_us": 13_500_000,
        **counts,
    } | changes


def smsc(**changes: Any) -> dict[str, Any]:
    latency = {"flat": {"p50": 4.0, "p99": 5.0, "max": 6.0}}
    return {"rate": 98.0, "max_per_second": 120, "duplicates": 0, "latency_ms": latency} | changes


@pytest.mark.parametrize("name", list(scenarios()))
def test_configuration_of_each_scenario_is_one_the_gateway_takes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "relevo.yaml"
    path.write_text(scenarios()[name].configuration(tmp_path, PORTS))

    assert load(path, {}).config.node == "bench"


def test_load_says_where_to_connect_and_how_to_log_in() -> None:
    words = Load("single", "http", {"count": 5, "dlr-listen": "WEBHOOK"}).arguments(PORTS)

    assert words[0] == "http"
    assert words[words.index("--port") + 1] == "8080"
    assert words[words.index("--dlr-listen") + 1] == "9000"
    assert words[words.index("--header") + 1].startswith("Authorization: Bearer ")


def test_figures_are_per_message_of_all_loads_and_latencies_of_the_counted_one() -> None:
    used = Usage(0.05, 80.0, 90.0)
    figures = figures_of(scenarios()["smpp-flat-out"], {"flat": report()}, smsc(), used, elapsed_s=10.0)

    assert figures["us CPU"] == pytest.approx(50.0)
    assert figures["cores"] == pytest.approx(0.005)
    assert figures["accept p99"] == 2.5
    assert figures["to SMSC max"] == 6.0
    assert figures["complete/s"] == pytest.approx(80.0)


def test_faults_are_none_when_every_message_came_through_once() -> None:
    assert faults_of(scenarios()["smpp-flat-out"], {"flat": report()}, smsc()) == []


@pytest.mark.parametrize("key", ["errors", "lost", "unanswered", "receipts_missing", "receipts_duplicate"])
def test_faults_name_what_was_lost_or_doubled(key: str) -> None:
    assert faults_of(scenarios()["smpp-flat-out"], {"flat": report(**{key: 3})}, smsc()) == [f"flat: {key} 3"]


def test_faults_name_a_second_with_more_than_the_carrier_allows() -> None:
    scenario = scenarios()["otp-behind-bulk"]
    reports = {"bulk": report(receipts_missing=1000), "otp": report()}

    assert faults_of(scenario, reports, smsc(max_per_second=501)) == []
    assert faults_of(scenario, reports, smsc(max_per_second=520)) == ["smsc: 520 in one second, allowed 500"]
    assert faults_of(scenario, reports, smsc(duplicates=2)) == ["smsc: duplicates 2"]


def test_table_has_a_row_per_scenario_and_a_dash_where_nothing_was_measured() -> None:
    words = table({"one": {"in/s": 12345.6, "p50": 0.25}, "another": {"in/s": 10.0, "p50": float("nan")}})

    assert [line.split() for line in words.splitlines()] == [
        ["scenario", "in/s", "p50"],
        ["one", "12,346", "0.25"],
        ["another", "10", "-"],
    ]


def test_children_are_ended_when_a_measurement_fails(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def fail() -> None:
        with Children(tmp_path) as children:
            started.append(children.start("sleeper", SLEEPER))
            broken = children.start("broken", [sys.executable, "-c", "raise SystemExit('out of paper')"])
            children.finish(broken, timeout_s=30)

    with pytest.raises(BenchError, match="out of paper"):
        fail()

    assert started[0].returncode is not None


def test_usage_of_a_process_counts_what_it_started(tmp_path: Path) -> None:
    parent = "import signal, subprocess, sys; child = subprocess.Popen(sys.argv[1:]); signal.pause()"
    with Children(tmp_path) as children:
        process = children.start("parent", [sys.executable, "-c", parent, *SLEEPER])
        grown = iter(lambda: len(family([process.pid])), 2)
        assert all(count < 2 for count in grown)
        together, alone = usage_of([process.pid]), usage(process.pid)
        for pid in family([process.pid])[1:]:
            os.kill(pid, signal.SIGTERM)

    assert together.rss_mb > alone.rss_mb


def test_usage_reads_processor_time_and_memory_of_a_living_process(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        used = usage(children.start("sleeper", SLEEPER).pid)

    assert used.cpu_s >= 0
    assert used.peak_mb >= used.rss_mb > 0


def test_markdown_joins_the_latencies_of_a_kind() -> None:
    words = markdown(
        {"one": {"in/s": 12345.6, "accept p50": 0.25, "accept p99": 12.4, "accept max": 30.0}}, ["in/s", "accept"]
    )

    assert words.splitlines()[0] == "|  | in/s | accept p50 / p99 / max ms |"
    assert words.splitlines()[2] == "| one | 12,346 | 0.2 / 12 / 30 |"


def test_runner_lists_its_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "otp-behind-bulk" in capsys.readouterr().out


@pytest.mark.bench
def test_tools_joined_directly_lose_nothing(tmp_path: Path) -> None:
    build_tools(tmp_path)
    (port,) = free_ports(1)
    with Children(tmp_path) as children:
        children.start("smsc", [tmp_path / "smsc", "--port", str(port), "--stats-json", "smsc.json", "--track-ids"])
        options = Load("flat", "smpp", {"binds": 4, "window": 100, "count": 20_000})
        children.finish(
            children.start("flat", [tmp_path / "load", *options.arguments(Ports(port, port, port, port, port))]), 60
        )
    said = children.report("smsc")

    assert (
        faults_of(scenarios()["smpp-flat-out"], {"flat": children.report("flat")}, said | {"max_per_second": 0}) == []
    )
    assert said["unique"] == 20_000


def test_every_fourth_destination_is_in_the_table_of_ported_numbers(tmp_path: Path) -> None:
    path = tmp_path / "relevo.yaml"
    path.write_text(scenarios()["smpp-flat-out"].configuration(tmp_path, PORTS))
    fill(path)
    filled_at = (tmp_path / TABLE).stat().st_mtime_ns
    fill(path)
    resolver = build_resolver(load(path, {}).config)
    answers = [resolver.resolve_now(FIRST_NUMBER + n) for n in range(5)]

    assert [answer.network for answer in answers] == ["moved", "bench", "bench", "bench", "moved"]
    assert (tmp_path / TABLE).stat().st_mtime_ns == filled_at
