"""What the commands' arguments have in common, and where the configuration is."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from gateway.cli.failure import FAILED
from gateway.config import Config, load

DEFAULT_CONFIG = "/etc/relevo/relevo.yaml"

Subparsers = argparse._SubParsersAction  # the type of argparse's own; it has no public name
Run = Callable[[argparse.Namespace], int]


def add_command(
    subparsers: "Subparsers[argparse.ArgumentParser]",
    name: str,
    summary: str,
    run: Run,
    *,
    json: bool = False,
    more: str = "",
) -> argparse.ArgumentParser:
    """A command with its help, `-c` and, where it prints data, `--json`; `more` goes into its own --help only."""
    about = f"{summary[0].upper()}{summary[1:]}." + (f" {more}" if more else "")
    parser = subparsers.add_parser(name, help=summary, description=about)
    parser.set_defaults(run=run)
    # Without a default of its own it leaves alone what stood before the command's name.
    add_config(parser, default=argparse.SUPPRESS)
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def add_group(
    subparsers: "Subparsers[argparse.ArgumentParser]", name: str, summary: str
) -> "Subparsers[argparse.ArgumentParser]":
    """A command that has commands: `relevo portability load`."""
    parser = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    add_config(parser, default=argparse.SUPPRESS)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_config(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """`-c FILE`, before or after the command's name."""
    about = f"the configuration (RELEVO_CONFIG, else {DEFAULT_CONFIG})"
    parser.add_argument("-c", "--config", metavar="FILE", default=default, help=about)


def config_path(args: argparse.Namespace) -> Path:
    """The file that `-c` names, else RELEVO_CONFIG, else the default."""
    return Path(args.config or os.environ.get("RELEVO_CONFIG") or DEFAULT_CONFIG)


def whole_config(args: argparse.Namespace, *, secrets: bool = True) -> Config:
    """The configuration; without `secrets` for a command that logs in nowhere. Raises ConfigError."""
    return load(config_path(args), os.environ, secrets=secrets).config


def ended(done: bool) -> int:
    """The exit status of a command that was understood."""
    return 0 if done else FAILED
