"""Checks of times of day: hours that are whole, or days."""

from gateway.config.checks.findings import Findings
from gateway.config.limits import QuietHours
from gateway.config.problems import KeyPath
from gateway.config.routing import Due


def check_hours(path: KeyPath, hours: Due | QuietHours, findings: Findings) -> None:
    """There are both ends, and they are not the same; or there are days alone."""
    if (hours.from_ is None) != (hours.to is None):
        missing = "to" if hours.to is None else "from"
        findings.wrong((*path, missing), "is missing, expected both from and to, or only days")
    elif hours.from_ is None and not hours.days:
        findings.wrong(path, "names no time, expected from and to, or days")
    elif hours.from_ is not None and hours.from_ == hours.to and findings.sound(path):
        findings.wrong((*path, "to"), "is the same time as from, expected another (whole days are named in days)")
