"""`relevo drain`: take nothing new, and let what is under way come to its answers."""

import argparse

from gateway.cli.arguments import Subparsers, add_command
from gateway.cli.output import print_json
from gateway.cli.running import running


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = "The process stays, not ready, until it is stopped; starting it again undoes it."
    add_command(
        subparsers, "drain", "have the gateway take nothing new, before it is stopped", run, json=True, more=more
    )


def run(args: argparse.Namespace) -> int:
    """Have it begin."""
    answer = running(args).post("drain")
    if args.json:
        print_json(answer)
    else:
        print("draining: nothing new is taken; `relevo status` shows what is left")
    return 0
