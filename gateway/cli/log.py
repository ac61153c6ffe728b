"""`relevo log level`: how much the gateway that runs logs, without a restart."""

import argparse
from collections.abc import Mapping
from typing import Any

from gateway.cli.arguments import Subparsers, add_command, add_group
from gateway.cli.moments import span
from gateway.cli.output import duration, plain, print_json
from gateway.cli.running import running
from gateway.log import LEVELS

_MORE = "Without LEVEL it says which it is. A level stays for --for, else until the next reload or restart."


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "log", "change how much the gateway that runs logs")
    parser = add_command(actions, "level", "show or set the level of the log", run, json=True, more=_MORE)
    parser.add_argument("level", metavar="LEVEL", nargs="?", choices=tuple(LEVELS), help=", ".join(LEVELS))
    parser.add_argument("--for", dest="seconds", type=span, metavar="T", help="and back after so long, e.g. 10m")


def run(args: argparse.Namespace) -> int:
    """Set it where one is given, and print how it stands."""
    gateway = running(args)
    if args.level is None:
        now = gateway.get("log")
    else:
        asked = {"level": args.level} | ({} if args.seconds is None else {"for": args.seconds})
        now = gateway.post("log", body=asked)
    if args.json:
        print_json(now)
    else:
        print(plain(_described(now)))
    return 0


def _described(now: Mapping[str, Any]) -> str:
    if now["back_in_s"] is not None:
        return f"{now['level']}; {now['configured']} again in {duration(now['back_in_s'])}"
    if now["level"] == now["configured"]:
        return f"{now['level']}, as configured"
    return f"{now['level']}; {now['configured']} again with the next reload or restart"
