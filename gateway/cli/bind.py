"""`relevo bind`: stop, start and trace a session to a carrier, and check what the carrier is like."""

import argparse

from gateway.admin.control import BIND_ACTIONS, BindAction
from gateway.cli import bind_check, bind_trace
from gateway.cli.arguments import Subparsers, add_command, add_group
from gateway.cli.output import plain, print_json
from gateway.cli.running import running

_WHAT: dict[BindAction, str] = {
    "stop": "unbind and stay away until it is started",
    "start": "bind again, or take submits again",
    "receive-only": "stay bound for receipts and inbound messages, and submit nothing",
}
_TOLD: dict[BindAction, str] = {"stop": "stop", "start": "start", "receive-only": "only receive"}


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "bind", "stop and start a bind of the gateway that runs; check a carrier")
    for action in BIND_ACTIONS:
        parser = add_command(actions, action, _WHAT[action], run, json=True)
        parser.add_argument("name", metavar="NAME", help="the bind, as binds[].name has it")
        parser.set_defaults(action=action)
    bind_check.add_parser(actions)
    bind_trace.add_parser(actions)


def run(args: argparse.Namespace) -> int:
    """Have it begin, and print the bind's state."""
    bind = running(args).post("binds", args.name, args.action)
    if args.json:
        print_json(bind)
    else:
        # Unbinding and binding take the carrier's answers; the status shows when they came.
        print(
            plain(f"{args.name}: told to {_TOLD[args.action]}; it is {bind.get('state', 'on its way')} at the moment")
        )
    return 0
