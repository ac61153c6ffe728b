"""The demo's tables."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.demo.checks import Check
from gateway.cli.demo.figures import LaneFigures, duration_text, sparkline
from gateway.cli.demo.people import NAMES


class CarrierRow(NamedTuple):
    """A carrier now. `rates` are its last seconds, `allowed` what the gateway's pacing allows, `used` what it got in
    each second that it was busy with the campaign, in the mean.
    """

    name: str
    binds: int
    tps: int
    allowed: float
    rate: int
    rates: Sequence[float]
    used: float
    segments: int
    receipts: int
    throttled: int


class Picture(NamedTuple):
    """Everything the live view shows."""

    title: str
    elapsed_s: float
    carriers: Sequence[CarrierRow]
    lanes: Sequence[LaneFigures]


def picture(shown: Picture) -> RenderableType:
    """The live view, 80 columns wide."""
    title = Text.assemble(("Relevo ", "bold"), f"· {shown.elapsed_s:4.1f} s · ", (shown.title, "cyan"))
    return Group(title, _carriers_now(shown.carriers), _lanes(shown.lanes))


def one_line(shown: Picture) -> str:
    """The same for a file."""
    rates = ", ".join(f"{row.name} {row.rate}/s" for row in shown.carriers)
    lanes = "; ".join(f"{lane.name} {lane.arrived:,} of {lane.accepted:,} sent" for lane in shown.lanes)
    return f"{shown.elapsed_s:5.1f} s  {rates} · {lanes}"


def summary(carriers: Sequence[CarrierRow], lanes: Sequence[LaneFigures]) -> RenderableType:
    """The two closing tables."""
    return Group(_lanes(lanes), _carriers_whole(carriers))


def check_table(checks: Sequence[Check]) -> RenderableType:
    """A line for each check."""
    table = Table.grid(padding=(0, 1))
    for check in checks:
        mark = Text("✓", "bold green") if check.ok else Text("✗", "bold red")
        table.add_row(mark, check.name, Text(check.detail, "dim" if check.ok else "red"))
    return table


def _carriers_now(rows: Sequence[CarrierRow]) -> Table:
    table = _table("carrier", "binds", "now", "allowed", "taken", "receipts", "slower!")
    table.add_column("submits a second", justify="left", no_wrap=True)
    for row in rows:
        bar = Text(sparkline(row.rates, row.tps), "green")
        throttled = Text(str(row.throttled or ""), "yellow")
        table.add_row(
            NAMES[row.name], str(row.binds), f"{row.rate}/s", f"{row.allowed:.0f}/s", f"{row.segments:,}",
            f"{row.receipts:,}", throttled, bar,
        )  # fmt: skip
    return table


def _carriers_whole(rows: Sequence[CarrierRow]) -> Table:
    table = _table("carrier", "tps", "used", "of tps", "segments", "receipts", "said slower")
    for row in rows:
        table.add_row(
            NAMES[row.name], str(row.tps), f"{row.used:.0f}/s", f"{row.used / row.tps:.0%}", f"{row.segments:,}",
            f"{row.receipts:,}", str(row.throttled or "–"),
        )  # fmt: skip
    return table


def _lanes(lanes: Sequence[LaneFigures]) -> Table:
    table = _table("lane", "sent", "accepted", "delivered", "other", "waiting", "p50", "p99")
    for lane in lanes:
        table.add_row(
            lane.name, f"{lane.sent:,}", f"{lane.accepted:,}", f"{lane.delivered:,}", f"{lane.otherwise:,}",
            f"{lane.waiting:,}", duration_text(lane.p50_s), duration_text(lane.p99_s),
        )  # fmt: skip
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
