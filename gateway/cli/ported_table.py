"""The table of ported numbers as its commands speak of it: where it is, and what a load did to it."""

import argparse
import time
from pathlib import Path
from typing import Any

from gateway.cli.arguments import config_path
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import complain, count, plain
from gateway.config import Config
from gateway.config.numbering import TableSource
from gateway.numbering import configured_plan
from portability.networks import Networks
from portability.plan import Plan


def table_path(args: argparse.Namespace, config: Config) -> Path:
    """The table's file, that of the first source of that type. Raises Failure when there is none."""
    for source in config.portability.sources:
        if isinstance(source, TableSource):
            return source.path
    raise Failure(f"{config_path(args)}: portability.sources has no source of type table", WRONG_USAGE)


def plan_to_check_by(config: Config, networks: Networks) -> Plan | None:
    """The configured plan, by which a load checks that numbers are given out and mobile; None when there is none. One
    that cannot be read is named on standard error: the load goes on without."""
    plan = configured_plan(config, networks)
    if plan is not None and plan.unavailable is not None:
        complain(f"note: {plain(plan.unavailable)}: numbers are not checked by the plan")
        return None
    return plan


def what_it_did(file: dict[str, Any]) -> str:
    """What a load did to the table, in words."""
    parts = [f"{count(file[name])} {name}" for name in ("inserted", "changed", "deleted", "skipped") if file[name]]
    return ("replaced: " if file["replaced"] else "") + (", ".join(parts) or "changed nothing")


def when(at: float) -> str:
    """Unix seconds as this machine's own time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
