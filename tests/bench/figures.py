"""What a scenario's reports come to: a row of figures, what went wrong, and tables of the rows."""

import math
from typing import Any, NamedTuple

from tests.bench.children import Usage
from tests.bench.scenarios import Load, Scenario

NAN = float("nan")


class Result(NamedTuple):
    """What one scenario gave: the row's figures, and what went wrong."""

    figures: dict[str, float]
    faults: list[str]


def figures_of(
    scenario: Scenario, reports: dict[str, Any], smsc: Any, used: Usage, elapsed_s: float
) -> dict[str, float]:
    """The row: rates a second, `used` by the gateway during `elapsed_s`, latencies in ms of the counted load."""
    name = next(load.name for load in scenario.loads if load.counts)
    report = reports[name]
    accept = report["submit_latency_ms"] or {}
    through = smsc["latency_ms"].get(name) or {}
    return {
        "messages": report["ok"],
        "in/s": report["rate"],
        "out/s": smsc["rate"],
        "complete/s": _complete(scenario, reports),
        "max/s": smsc["max_per_second"],
        "us CPU": used.cpu_s / max(sum(each["ok"] for each in reports.values()), 1) * 1e6,
        "cores": used.cpu_s / max(elapsed_s, 1e-9),
        "MB": used.rss_mb,
        "peak MB": used.peak_mb,
        **{f"accept {key}": accept.get(key, NAN) for key in ("p50", "p99", "max")},
        **{f"to SMSC {key}": through.get(key, NAN) for key in ("p50", "p99", "max")},
    }


def _complete(scenario: Scenario, reports: dict[str, Any]) -> float:
    """Receipts told to the app, a second from the first message's sending to the last receipt."""
    began = min(reports[load.name]["start_us"] for load in scenario.loads if load.counts)
    asking = [reports[load.name] for load in scenario.loads if load.counts or load.beside]
    took_s = (max(report["last_receipt_us"] for report in asking) - began) / 1e6
    return sum(report["receipts"] for report in asking) / took_s if took_s > 0 else NAN


def faults_of(scenario: Scenario, reports: dict[str, Any], smsc: Any) -> list[str]:
    """What was lost, doubled, refused, or sent faster than the carrier allows."""
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
    if math.isnan(value):  # nothing was measured
        return "-"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.{1 if value >= 10 else 2}f}"


TRIPLES = ("accept", "to SMSC", "alone", "beside")
"""Of these p50, p99 and max share a column in Markdown."""


def markdown(rows: dict[str, dict[str, float]], columns: list[str]) -> str:
    """The same for BENCHMARKS.md: `rows` by what stands first in them; a column is a figure, or one of TRIPLES."""
    heads = ["", *(f"{column} p50 / p99 / max ms" if column in TRIPLES else column for column in columns)]
    lines = [[name, *(_cell(figures, column) for column in columns)] for name, figures in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in [heads, ["---"] * len(heads), *lines])


def _cell(figures: dict[str, float], column: str) -> str:
    if column not in TRIPLES:
        return _number(figures.get(column, NAN))
    values = [figures.get(f"{column} {key}", NAN) for key in ("p50", "p99", "max")]
    return "-" if math.isnan(values[0]) else " / ".join(map(_milliseconds, values))


def _milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
