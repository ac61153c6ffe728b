"""What only shows when several keys are looked at together: names that must exist, once; values that must fit.

Each check takes a whole configuration and notes what it finds; it is skipped wherever reading already found a
problem, because what stands there then is only a stand-in.
"""

from collections.abc import Callable

from gateway.config.checks.apps import check_apps
from gateway.config.checks.carriers import check_carriers
from gateway.config.checks.findings import Findings
from gateway.config.checks.limits import check_limits
from gateway.config.checks.listeners import check_listeners
from gateway.config.checks.not_yet import check_not_yet
from gateway.config.checks.numbering import check_networks, check_portability
from gateway.config.checks.routing import check_lanes, check_mo_routes, check_routes
from gateway.config.reading import Reading
from gateway.config.schema import Config

CHECKS: tuple[Callable[[Config, Findings], None], ...] = (
    check_listeners,
    check_networks,
    check_portability,
    check_carriers,
    check_routes,
    check_lanes,
    check_limits,
    check_apps,
    check_mo_routes,
    check_not_yet,
)


def check(config: Config, reading: Reading) -> None:
    """Runs every check; what they find is in `reading.problems` and `reading.warnings`."""
    findings = Findings(reading)
    for one in CHECKS:
        one(config, findings)
