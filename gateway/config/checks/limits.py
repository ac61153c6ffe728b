"""Checks of quiet_hours and blocklists: hours that are whole, registers that are there."""

from gateway.config.checks.findings import Findings
from gateway.config.schema import Config


def check_limits(config: Config, findings: Findings) -> None:
    """Quiet hours have both ends or days; a register that cannot be read is never taken for an empty one."""
    for index, rule in enumerate(config.quiet_hours):
        path = ("quiet_hours", index)
        if (rule.from_ is None) != (rule.to is None):
            missing = "to" if rule.to is None else "from"
            findings.wrong((*path, missing), "is missing, expected both from and to, or only days")
        elif rule.from_ is None and not rule.days:
            findings.wrong(path, "names no time, expected from and to, or days")
        elif rule.from_ is not None and rule.from_ == rule.to and findings.sound(path):
            findings.wrong((*path, "to"), "is the same time as from, expected another (a whole day is named in days)")
    for index, blocklist in enumerate(config.blocklists):
        findings.readable(("blocklists", index, "path"), blocklist.path)
