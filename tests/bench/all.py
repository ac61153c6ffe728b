"""Repeat the tables of BENCHMARKS.md: python -m tests.bench.all [--only TABLE[/ROW] …] [--messages N] [--runs N]

Relevo, Kannel and Jasmin in turn between the same load generator and the same SMSC, then memory and restart with a
million messages, and one long body: some ten minutes. Prints Markdown. A peer that is not there is named with the
reason; exit 1 only when Relevo lost, doubled or refused something or could not be measured. Leave the machine idle.
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.bench import backlog, jasmin, kannel, run, scenarios
from tests.bench.children import BenchError, end_on_signals
from tests.bench.figures import Result, markdown
from tests.bench.run import Start, build_tools, workplace
from tests.bench.scenarios import Scenario

FLOW = ["messages", "in/s", "out/s", "complete/s", "us CPU", "cores", "MB", "accept", "to SMSC"]
COLUMNS = {
    "relevo": FLOW,
    "kannel": FLOW,
    "jasmin": FLOW,
    "backlog": ["messages", "in/s", "us CPU", "MB", "peak MB", "store MB", "ready s", "first send s", "MB again"],
}
BACKLOG = 1_000_000
PEERS = {"kannel": kannel.SETUP, "jasmin": jasmin.SETUP}


class Row(NamedTuple):
    """One line of a table, what it shows, and how it is measured with the tools in a directory of its own."""

    table: str
    name: str
    shows: str
    measure: Callable[[Path, Path], Result]

    @property
    def key(self) -> str:
        """How the command line and the JSON name it."""
        return f"{self.table}/{self.name}"


def rows(messages: int = 0) -> list[Row]:
    """All rows; with `messages`, each with so many instead of its own number."""
    found = [
        *_flows("relevo", scenarios.scenarios, run.start_gateway, messages),
        *_flows("kannel", kannel.scenarios, kannel.start, messages),
        *_flows("jasmin", jasmin.scenarios, jasmin.start, messages),
    ]
    waiting = backlog.backlog(messages or BACKLOG)
    return [*found, Row("backlog", "memory", waiting.shows, partial(backlog.measure, waiting))]


def _flows(table: str, make: Callable[[float], dict[str, Scenario]], between: Start, messages: int) -> list[Row]:
    found = []
    for name, usual in make(1.0).items():
        scenario = make(messages / usual.messages)[name] if messages else usual
        found.append(Row(table, name, scenario.shows, partial(run.measure, scenario, between=between)))
    return found


class Outcome(NamedTuple):
    """A row that was measured, or why it was not."""

    row: Row
    result: Result | None
    why_not: str = ""

    @property
    def failed(self) -> bool:
        """Whether it says something against Relevo."""
        return self.row.table not in PEERS and (self.result is None or bool(self.result.faults))


def measure(row: Row, tools: Path, keep: Path | None, runs: int) -> Outcome:
    """A row's medians over some runs, with the faults of all of them."""
    print(f"{row.key}: {row.shows}", file=sys.stderr, flush=True)
    results = []
    for number in range(1, runs + 1):
        try:
            with workplace(keep and keep.resolve() / row.table / f"{row.name}-{number}") as directory:
                results.append(row.measure(tools, directory))
        except BenchError as error:
            return Outcome(row, None, str(error))
    figures = {key: statistics.median(result.figures[key] for result in results) for key in results[0].figures}
    return Outcome(row, Result(figures, [fault for result in results for fault in result.faults]))


def report(outcomes: list[Outcome]) -> str:
    """All tables in Markdown, and under each what was not measured or went wrong."""
    words = [machine(), ""]
    for table in dict.fromkeys(outcome.row.table for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.row.table == table]
        words += [f"### {table}" + (f": {PEERS[table]}" if table in PEERS else ""), ""]
        measured = {f"{o.row.shows} (`{o.row.name}`)": o.result.figures for o in mine if o.result}
        if measured:
            words += [markdown(measured, COLUMNS[table]), ""]
        words += [f"- `{o.row.name}` not measured: {o.why_not.splitlines()[0]}" for o in mine if not o.result]
        words += [f"- `{o.row.name}`: {fault}" for o in mine if o.result for fault in o.result.faults]
        words.append("")
    return "\n".join(words).rstrip()


def machine() -> str:
    """What it ran on."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} x {cpu.partition(':')[2].strip() or platform.machine()}, {memory_gb:.0f} GB, "
        f"{platform.platform(terse=True)}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def as_json(outcomes: list[Outcome]) -> str:
    """The same for programs."""
    measured = {
        outcome.row.key: {"shows": outcome.row.shows, **(outcome.result or Result({}, []))._asdict()}
        | {"why_not": outcome.why_not}
        for outcome in outcomes
    }
    return json.dumps({"machine": machine(), "rows": measured}, indent=1) + "\n"


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.all", description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="TABLE[/ROW]", help="these tables or rows")
    parser.add_argument("--messages", type=int, default=0, help="so many in each row, instead of its own number")
    parser.add_argument("--runs", type=int, default=1, help="measure each row so many times and print medians")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and faults there too")
    parser.add_argument("--keep", type=Path, help="leave stores, logs and reports in this directory")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    options = parser.parse_args(argv)
    known = {name for row in rows() for name in (row.table, row.key)}
    if unknown := set(options.only or ()) - known:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; --list says what there is")
    return options


def main(argv: list[str] | None = None) -> int:
    """Measure what the command line asks for, print it, and return the exit code."""
    options = parse(argv)
    chosen = [r for r in rows(options.messages) if not options.only or {r.table, r.key} & set(options.only)]
    if options.list:
        print("\n".join(f"{row.key:30} {row.shows}" for row in chosen))
        return 0
    end_on_signals()
    with tempfile.TemporaryDirectory(prefix="relevo-bench-tools-") as tools:
        build_tools(Path(tools))
        outcomes = [measure(row, Path(tools), options.keep, options.runs) for row in chosen]
    print(report(outcomes))
    if options.json:
        options.json.write_text(as_json(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
