"""`relevo tail`: what happens in the gateway that runs, as it happens."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from gateway.cli.arguments import Subparsers, add_command
from gateway.cli.failure import Failure
from gateway.cli.moments import span
from gateway.cli.output import plain
from gateway.cli.running import running

_MORE = """Segments submitted and answered, receipts, inbound messages, deliveries and binds; numbers masked, no texts.
Until Ctrl-C. A reader that is too slow loses events and is told how many."""
_LEADING = ("at", "event", "app", "carrier", "bind")


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    what = "show what happens in the gateway that runs, as it happens"
    parser = add_command(subparsers, "tail", what, run, json=True, more=_MORE)
    parser.add_argument("--app", metavar="A", help="of this app alone (and nothing of binds)")
    parser.add_argument("--carrier", metavar="C", help="of this carrier alone")
    parser.add_argument("--for", dest="seconds", type=span, metavar="T", help="for so long, e.g. 60s (until Ctrl-C)")


def run(args: argparse.Namespace) -> int:
    """Print an event a line until interrupted, or until the time is up."""
    told = running(args).stream("events", app=args.app, carrier=args.carrier, **{"for": args.seconds})
    try:
        for happening in told:
            print(json.dumps(happening, ensure_ascii=False) if args.json else line_of(happening), flush=True)
    except KeyboardInterrupt:
        return 0
    if args.seconds is None:
        raise Failure("the gateway has ended the stream: it stops")
    return 0


def line_of(happening: Mapping[str, Any]) -> str:
    """An event in a line: the time of day, what it is, whose, and the rest as name=value."""
    if happening["event"] == "lost":
        return f"-- {happening['count']} events lost: this reader is too slow --"
    time = happening["at"][11:23]
    whose = "/".join(happening[name] for name in ("app", "carrier", "bind") if happening.get(name))
    rest = (f"{name}={value}" for name, value in happening.items() if name not in _LEADING and value is not None)
    return plain(" ".join((time, happening["event"].ljust(9), whose, *rest)))
