"""The table of ported numbers as its commands speak of it: where it is, and what a load did to it."""

import argparse
import time
from pathlib import Path
from typing import Any

from gateway.cli.arguments import config_path
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import count
from gateway.config import Config
from gateway.config.numbering import TableSource


def table_path(args: argparse.Namespace, config: Config) -> Path:
    """The table's file, that of the first source of that type. Raises Failure when there is none."""
    for source in config.portability.sources:
        if isinstance(source, TableSource):
            return source.path
    raise Failure(f"{config_path(args)}: portability.sources has no source of type table", WRONG_USAGE)


def what_it_did(file: dict[str, Any]) -> str:
    """What a load did to the table, in words."""
    parts = [f"{count(file[name])} {name}" for name in ("inserted", "changed", "deleted", "skipped") if file[name]]
    return ("replaced: " if file["replaced"] else "") + (", ".join(parts) or "changed nothing")


def when(at: float) -> str:
    """Unix seconds as this machine's own time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
