"""Checks of quiet_hours and blocklists: hours, and registers that are there."""

from gateway.config.checks.findings import Findings
from gateway.config.checks.hours import check_hours
from gateway.config.schema import Config


def check_limits(config: Config, findings: Findings) -> None:
    """Quiet hours have both ends or days; a register that cannot be read is never taken for an empty one."""
    for index, rule in enumerate(config.quiet_hours):
        check_hours(("quiet_hours", index), rule, findings)
    for index, blocklist in enumerate(config.blocklists):
        findings.readable(("blocklists", index, "path"), blocklist.path)
