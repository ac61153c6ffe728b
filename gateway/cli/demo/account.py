"""The closing account: the figures, every check, and the gateway's log where something is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.markup import escape

from gateway.cli.demo.checks import Answered, CarrierFacts, Check, Evidence, Farewell, check_all
from gateway.cli.demo.figures import LaneFigures, lane_figures
from gateway.cli.demo.ledger import Letter
from gateway.cli.demo.stage import Stage
from gateway.cli.demo.throttling import Throttling
from gateway.cli.demo.views import check_table, summary

_LOG_LINES = 25


@dataclass(slots=True)
class Happened:
    """What the acts leave behind for the account."""

    throttling: Throttling = field(default_factory=Throttling)
    farewell: Farewell = field(default_factory=Farewell)
    answered: Answered = field(default_factory=Answered)
    to_refuse: Sequence[Letter] = ()


def tell(stage: Stage, happened: Happened, *, stopped: bool) -> bool:
    """Print the summary and every check; whether all is right. `stopped`: the gateway was told to end."""
    screen = stage.screen
    screen.close()
    screen.say("")
    screen.show(summary(stage.carrier_rows(), _lanes(stage, happened.throttling)))
    checks = check_all(evidence(stage, happened), stopped=stopped)
    screen.show(check_table(checks))
    screen.say(_verdict(checks, stage.elapsed_s))
    right = all(check.ok for check in checks)
    if not right:
        show_log(stage)
    return right


def show_log(stage: Stage) -> None:
    """The end of the gateway's log."""
    stage.screen.say("\n[bold]The gateway's log ends:[/]")
    for line in stage.gateway.log_tail(_LOG_LINES):
        stage.screen.say(escape(line))


def evidence(stage: Stage, happened: Happened) -> Evidence:
    """What the checks look at, as it stands now."""
    facts = [
        CarrierFacts(name, smsc.tps, smsc.busiest.peak, smsc.simulator.stats.accepted)
        for name, smsc in stage.smscs.items()
    ]
    return Evidence(
        stage.ledger, stage.arrivals, facts, stage.status.get("totals", {}),
        verified=stage.hook.verified, forged=stage.hook.forged, repeated=stage.hook.repeated,
        farewell=happened.farewell, answered=happened.answered, to_refuse=happened.to_refuse,
        exit_status=stage.gateway.returncode, still_bound=sum(smsc.binds for smsc in stage.smscs.values()),
    )  # fmt: skip


def _lanes(stage: Stage, throttling: Throttling) -> list[LaneFigures]:
    """Both lanes; OTPs that met a carrier taking nothing are shown beside the others, not among them."""
    fast = stage.ledger.of_lane("fast")
    held = [letter for letter in fast if throttling.met(letter)]
    rows = [lane_figures("fast", (letter for letter in fast if not throttling.met(letter)))]
    if held:
        rows.append(lane_figures("fast (throttled)", held))
    return [*rows, lane_figures("bulk", stage.ledger.of_lane("bulk"))]


def _verdict(checks: Sequence[Check], elapsed_s: float) -> str:
    wrong = sum(not check.ok for check in checks)
    if wrong:
        return f"\n[bold red]{wrong} of {len(checks)} checks failed[/] after {elapsed_s:.1f} s"
    return f"\n[bold green]Every message came out right[/]: {len(checks)} checks, {elapsed_s:.1f} s"
