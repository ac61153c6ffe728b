"""`relevo status`: binds, lanes and rates of the gateway that runs."""

import argparse
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from gateway.cli.arguments import Subparsers, add_command
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import print_json, terminal
from gateway.cli.running import Running, running
from gateway.cli.status_view import view

_EVERY_S = 1.0


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = add_command(subparsers, "status", "show binds, lanes and rates of the gateway that runs", run)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print JSON")
    how.add_argument("--watch", action="store_true", help="keep it on screen, until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Print the status once, or keep it on screen."""
    gateway, console = running(args), terminal()
    if args.watch:
        if not console.is_terminal:
            raise Failure("--watch needs a terminal; --json is for programs", WRONG_USAGE)
        return watch(gateway, console, time.sleep)
    status = gateway.get("status")
    if args.json:
        print_json(status)
    else:
        console.print(view(status))
    return 0


def watch(gateway: Running, console: Console, pause: Callable[[float], None]) -> int:
    """Show the status each second until interrupted; a gateway that does not answer is waited for."""
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    live.update(view(gateway.get("status")), refresh=True)
                except Failure as failure:
                    live.update(Text(str(failure), "red"), refresh=True)
                pause(_EVERY_S)
        except KeyboardInterrupt:
            return 0
