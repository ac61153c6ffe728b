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
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.children import BenchError, Children, end_on_signals, free_ports, usage_of
from tests.bench.figures import Result, faults_of, figures_of, table
from tests.bench.ported import fill
from tests.bench.scenarios import Load, Ports, Scenario, scenarios

HERE = Path(__file__).resolve().parent


def build_tools(directory: Path) -> None:
    """Compile smsc and load into `directory`. Raises BenchError."""
    if shutil.which("make") is None or shutil.which("cc") is None:
        raise BenchError("needs make and a C compiler (Debian, Ubuntu: apt install build-essential)")
    built = subprocess.run(
        ["make", "-s", "-C", HERE, f"OUT={directory}"], capture_output=True, text=True, timeout=120, check=False
    )
    if built.returncode:
        raise BenchError(f"the tools do not compile:\n{built.stderr}")


def start_smsc(children: Children, tools: Path, scenario: Scenario, ports: Ports) -> int:
    """Start the SMSC, which counts what it gets by the ids in the bodies; return its pid."""
    command: list[str | Path] = [
        tools / "smsc",
        "--port",
        str(ports.smsc),
        "--stats-json",
        "smsc.json",
        "--track-ids",
        *scenario.smsc,
    ]
    return children.start("smsc", command).pid


def start_gateway(children: Children, scenario: Scenario, ports: Ports) -> list[int]:
    """Start Relevo, wait until it is ready, and return the pids whose usage counts. Raises BenchError."""
    configuration = children.directory / "relevo.yaml"
    configuration.write_text(scenario.configuration(children.directory, ports))
    fill(configuration)
    gateway = children.start("gateway", [sys.executable, "-P", "-m", "gateway.cli.main", "run", "-c", configuration])
    children.until_ready(f"http://127.0.0.1:{ports.admin}/readyz", timeout_s=30)
    return [gateway.pid]


Start = Callable[[Children, Scenario, Ports], list[int]]


def start(children: Children, tools: Path, scenario: Scenario, ports: Ports) -> int:
    """Start both, and return the gateway's pid. Raises BenchError."""
    start_smsc(children, tools, scenario, ports)
    return start_gateway(children, scenario, ports)[0]


def measure(scenario: Scenario, tools: Path, directory: Path, between: Start = start_gateway) -> Result:
    """Run a scenario from its start to its end, through whatever `between` starts. Raises BenchError."""
    ports = Ports(*free_ports(5))
    with Children(directory) as children:
        start_smsc(children, tools, scenario, ports)
        pids = between(children, scenario, ports)
        before, began = usage_of(pids), time.monotonic()
        run_loads(children, tools, scenario, ports)
        after, elapsed_s = usage_of(pids), time.monotonic() - began
    reports = {load.name: children.report(load.name) for load in scenario.loads}
    smsc = children.report("smsc")  # written a last time as it ended
    used = after._replace(cpu_s=after.cpu_s - before.cpu_s)
    return Result(figures_of(scenario, reports, smsc, used, elapsed_s), faults_of(scenario, reports, smsc))


def run_loads(children: Children, tools: Path, scenario: Scenario, ports: Ports) -> None:
    """First those that go beside the others, then the others one after the other; wait for all. Raises BenchError."""

    def begin(load: Load) -> "subprocess.Popen[bytes]":
        return children.start(load.name, [tools / "load", *load.arguments(ports)])

    beside = [begin(load) for load in scenario.loads if load.beside]
    for load in scenario.loads:
        if not load.beside:
            children.finish(begin(load), scenario.longest_s)
    for process in beside:
        children.finish(process, scenario.longest_s)


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
