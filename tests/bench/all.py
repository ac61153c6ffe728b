"""Repeat the tables of BENCHMARKS.md: python -m tests.bench.all [--only TABLE[/ROW] …] [--messages N] [--runs N]

Relevo, Kannel and Jasmin in turn between the same load generator and the same SMSC, then memory and restart with a
million messages, long bodies, and the parts by themselves: some eleven minutes. --portability takes two more and 2 GB
(see `tests.bench.lookup`). Prints Markdown. A peer that is not there is named with the reason; exit 1 only when Relevo
lost, doubled or refused something or could not be measured. Leave the machine otherwise idle.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import backlog, jasmin, kannel, lookup, parts, run, scenarios, upload
from tests.bench.children import BenchError, end_on_signals
from tests.bench.figures import Result
from tests.bench.machine import machine
from tests.bench.run import Start, build_tools, workplace
from tests.bench.scenarios import Scenario
from tests.bench.tables import Outcome, Row, as_json, report, write_into

BACKLOG = 1_000_000
ROWS = 200_000


def rows(messages: int = 0) -> list[Row]:
    """All rows; with `messages`, each with so many instead of its own number."""
    found = [
        *_flows("relevo", scenarios.scenarios, run.start_gateway, messages),
        *_flows("kannel", kannel.scenarios, kannel.start, messages),
        *_flows("jasmin", jasmin.scenarios, jasmin.start, messages),
    ]
    waiting = backlog.backlog(messages or BACKLOG)
    found.append(Row("backlog", "memory", waiting.shows, partial(backlog.measure, waiting)))
    for bodies in (1, 4):
        plan = upload.Plan(upload.Body("ndjson", (messages or ROWS) // bodies, 80), bodies)
        shows = (
            f"POST /v1/batches, {bodies} at once, {plan.body.rows:,} rows of 80 octets each; {plan.tps} tps, 50 OTPs/s"
        )
        found.append(Row("upload", f"bodies-{bodies}", shows, partial(upload.measure, plan)))
    return found + [Row("parts", name, name, partial(_part, call)) for name, call in parts.parts().items()]


def _part(call: Callable[[], object], _tools: Path, _directory: Path) -> Result:
    return Result({"us": parts.microseconds(call)}, [])


def _flows(table: str, make: Callable[[float], dict[str, Scenario]], between: Start, messages: int) -> list[Row]:
    found = []
    for name, usual in make(1.0).items():
        scenario = make(messages / usual.messages)[name] if messages else usual
        found.append(Row(table, name, scenario.shows, partial(run.measure, scenario, between=between)))
    return found


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


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.all", description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", metavar="TABLE[/ROW]", help="these tables or rows")
    parser.add_argument("--messages", type=int, default=0, help="so many in each row, instead of its own number")
    parser.add_argument("--runs", type=int, default=1, help="measure each row so many times and print medians")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and faults there too")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between their marks in it")
    parser.add_argument("--keep", type=Path, help="leave stores, logs and reports in this directory")
    parser.add_argument("--portability", action="store_true", help="look-ups over 50 million numbers besides")
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
    around = machine()
    with tempfile.TemporaryDirectory(prefix="relevo-bench-tools-") as tools:
        build_tools(Path(tools))
        outcomes = [measure(row, Path(tools), options.keep, options.runs) for row in chosen]
    print(report(outcomes, around))
    looked_up = lookup.main([]) if options.portability else 0
    if options.json:
        options.json.write_text(as_json(outcomes, around))
    if options.write:
        write_into(options.write, outcomes, around)
    return 1 if looked_up or any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
