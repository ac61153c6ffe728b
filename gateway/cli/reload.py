"""`relevo reload`: have the gateway that runs read its configuration again."""

import argparse

from gateway.cli.arguments import Subparsers, add_command
from gateway.cli.output import plain, print_json
from gateway.cli.running import running


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = "One with errors is refused whole, exit status 2, and the gateway goes on as it was."
    add_command(subparsers, "reload", "have the gateway take over its configuration", run, json=True, more=more)


def run(args: argparse.Namespace) -> int:
    """Have it done, and print what changed."""
    answer = running(args).post("reload")
    if args.json:
        print_json(answer)
    else:
        print("\n".join(plain(change) for change in answer["changes"]) or "nothing changed")
    return 0
