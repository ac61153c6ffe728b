"""Measure the gateway between a load generator and an SMSC, both in C: python -m tests.bench.run [SCENARIO …]

Builds the tools, starts `smsc` and a gateway of its own with SQLite and a commit on disk for every answer, runs the
loads, and prints a row per scenario. Exit 1 when a message or a receipt was lost, doubled or refused, or nothing could
be measured. Needs a C compiler and make. The tools run on the same machine: leave it otherwise idle.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.children import BenchError, Children, Usage, end_on_signals, free_ports, usage
from tests.bench.scenarios import Load, Ports, Scenario, scenarios

HERE = Path(__file__).resolve().parent


class Result(NamedTuple):
    """What one scenario gave: the row's figures, and what went wrong."""

    figures: dict[str, float]
    faults: list[str]


def build_tools(directory: Path) -> None:
    """Compile smsc and load into `directory`. Raises BenchError."""
    if shutil.which("make") is None or shutil.which("cc") is None:
        raise BenchError("needs make and a C compiler (Debian, Ubuntu: apt install build-essential)")
    built = subprocess.run(
        ["make", "-s", "-C", HERE, f"OUT={directory}"], capture_output=True, text=True, timeout=120, check=False
    )
    if built.returncode:
        raise BenchError(f"the tools do not compile:\n{built.stderr}")


def start(children: Children, tools: Path, scenario: Scenario, ports: Ports) -> int:
    """Start the SMSC and the gateway, wait until it is ready, and return its pid."""
    children.start(
        "smsc",
        [tools / "smsc", "--port", str(ports.smsc), "--stats-json", "smsc.json", "--track-ids", *scenario.smsc],
    )
    configuration = children.directory / "relevo.yaml"
    configuration.write_text(scenario.configuration(children.directory, ports))
    gateway = children.start("gateway", [sys.executable, "-P", "-m", "gateway.cli.main", "run", "-c", configuration])
    children.until_ready(f"http://127.0.0.1:{ports.admin}/readyz", timeout_s=30)
    return gateway.pid


def measure(scenario: Scenario, tools: Path, directory: Path) -> Result:
    """Run a scenario from its start to its end. Raises BenchError."""
    ports = Ports(*free_ports(5))
    with Children(directory) as children:
        pid = start(children, tools, scenario, ports)
        before = usage(pid)
        for load in scenario.loads:
            process = children.start(load.name, [tools / "load", *load.arguments(ports)])
            children.finish(process, scenario.longest_s)
        after = usage(pid)
    reports = {load.name: children.report(load.name) for load in scenario.loads}
    smsc = children.report("smsc")  # written a last time as it ended
    used = Usage(after.cpu_s - before.cpu_s, after.rss_mb, after.peak_mb)
    return Result(_figures(scenario, reports, smsc, used), _faults(scenario, reports, smsc))


def _figures(scenario: Scenario, reports: dict[str, Any], smsc: Any, used: Usage) -> dict[str, float]:
    name = next(load.name for load in scenario.loads if load.counts)
    report = reports[name]
    accept = report["submit_latency_ms"] or {}
    through = smsc["latency_ms"].get(name) or {}
    return {
        "messages": report["ok"],
        "in/s": report["rate"],
        "out/s": smsc["rate"],
        "max/s": smsc["max_per_second"],
        "us CPU": used.cpu_s / max(sum(each["ok"] for each in reports.values()), 1) * 1e6,
        "cores": used.cpu_s / max(sum(each["elapsed_s"] for each in reports.values()), 1e-9),
        "MB": used.rss_mb,
        "peak MB": used.peak_mb,
        **{f"accept {key}": accept.get(key, float("nan")) for key in ("p50", "p99", "max")},
        **{f"to SMSC {key}": through.get(key, float("nan")) for key in ("p50", "p99", "max")},
    }


def _faults(scenario: Scenario, reports: dict[str, Any], smsc: Any) -> list[str]:
    faults = []
    for load in scenario.loads:
        report = reports[load.name]
        keys = ["errors", "lost", "unanswered", "message_ids_repeated", "connections_lost", *_receipt_keys(load)]
        faults += [f"{load.name}: {key} {report[key]}" for key in keys if report[key]]
        if report["first_error"]:
            faults.append(f"{load.name}: {report['first_error']}")
    if smsc["duplicates"]:
        faults.append(f"smsc: duplicates {smsc['duplicates']}")
    tps = scenario.carrier["tps"]
    if smsc["max_per_second"] > tps + 1:  # the SMSC's clock seconds begin where they like: one more may fall into one
        faults.append(f"smsc: {smsc['max_per_second']} in one second, allowed {tps}")
    return faults


def _receipt_keys(load: Load) -> list[str]:
    asked = "dlr-listen" in load.options if load.mode == "http" else load.options.get("registered", 1)
    return ["receipts_missing", "receipts_duplicate", "receipts_unmatched"] if asked else []


def table(rows: dict[str, dict[str, float]]) -> str:
    """The figures of all scenarios, a row each; latencies in ms."""
    columns = list(next(iter(rows.values())))
    heads = ["scenario", *columns]
    lines = [[name, *(_number(figures[column]) for column in columns)] for name, figures in rows.items()]
    widths = [max(len(line[place]) for line in [heads, *lines]) for place in range(len(heads))]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in [heads, *lines]
    )


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - not a number: nothing was measured
        return "-"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


@contextlib.contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """A directory for one scenario's store, logs and reports: temporary, or inside `keep`."""
    if keep is not None:
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
            yield Path(name)


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description=__doc__.split("\n")[0])
    known = scenarios()
    parser.add_argument("scenario", nargs="*", choices=[*known, []], help="which ones; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="make the loads so many times as long")
    parser.add_argument("--keep", type=Path, help="leave stores, logs and reports in this directory")
    parser.add_argument("--json", action="store_true", help="print figures and faults as JSON")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run what the command line asks for, print it, and return the exit code."""
    options = parse(argv)
    chosen = scenarios(options.scale)
    if options.list:
        print("\n".join(f"{name:16} {scenario.shows}" for name, scenario in chosen.items()))
        return 0
    end_on_signals()
    results: dict[str, Result] = {}
    failed = False
    with tempfile.TemporaryDirectory(prefix="relevo-bench-tools-") as tools:
        build_tools(Path(tools))
        for name in options.scenario or chosen:
            print(f"{name}: {chosen[name].shows}", file=sys.stderr, flush=True)
            try:
                with workplace(options.keep and options.keep.resolve() / name) as directory:
                    results[name] = measure(chosen[name], Path(tools), directory)
            except BenchError as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = True
    if results:
        figures = {name: result.figures for name, result in results.items()}
        print(json.dumps({n: r._asdict() for n, r in results.items()}, indent=1) if options.json else table(figures))
    for name, result in results.items():
        for fault in result.faults:
            print(f"{name}: {fault}", file=sys.stderr)
    return 1 if failed or any(result.faults for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
