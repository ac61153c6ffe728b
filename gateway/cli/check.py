"""`relevo check`: what is wrong with the configuration."""

import argparse
import os
from collections.abc import Sequence

from gateway.cli.arguments import Subparsers, add_command, config_path
from gateway.cli.failure import WRONG_USAGE
from gateway.cli.output import plain, print_json
from gateway.config import ConfigError, Problem, load


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = "Every problem is a line: FILE:LINE: path.to.key: what is wrong, what was expected. Exit status 2 with any."
    add_command(subparsers, "check", "say what is wrong with the configuration", run, json=True, more=more)


def run(args: argparse.Namespace) -> int:
    """Print every problem and warning; 2 when the configuration cannot be used."""
    path = config_path(args)
    errors: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    try:
        warnings = load(path, os.environ).warnings
    except ConfigError as error:
        errors = error.problems
    if args.json:
        described = {"errors": [row._asdict() for row in errors], "warnings": [row._asdict() for row in warnings]}
        print_json({"file": str(path), "ok": not errors, **described})
    else:
        for row in errors:
            print(plain(row))
        for row in warnings:
            print(plain(row._replace(message=f"warning: {row.message}")))
        if not errors:
            print(f"{path}: ok")
    return WRONG_USAGE if errors else 0
