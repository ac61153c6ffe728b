"""`relevo bind trace`: a bind's PDUs as they pass, decoded and in hex."""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.cli.arguments import Subparsers, add_command
from gateway.cli.moments import span
from gateway.cli.output import plain
from gateway.cli.running import running

_MORE = "Passwords are never shown; numbers and texts only where log.content is full. Ctrl-C ends it earlier."
_HEX_A_LINE = 64  # digits: 32 octets, in words of four


def add_parser(actions: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to `relevo bind`."""
    parser = add_command(actions, "trace", "show a bind's PDUs as they pass", run, json=True, more=_MORE)
    parser.add_argument("name", metavar="NAME", help="the bind, as binds[].name has it")
    parser.add_argument("--for", dest="seconds", type=span, default=60.0, metavar="T", help="for so long (60s)")


def run(args: argparse.Namespace) -> int:
    """Print each PDU until the time is up."""
    try:
        for happening in running(args).stream("binds", args.name, "trace", **{"for": args.seconds}):
            text = json.dumps(happening, ensure_ascii=False) if args.json else "\n".join(lines_of(happening))
            print(text, flush=True)
    except KeyboardInterrupt:
        return 0
    return 0


def lines_of(happening: Mapping[str, Any]) -> Iterator[str]:
    """A PDU: a line of its header, its fields that say something, its octets."""
    if happening["event"] == "lost":
        yield f"-- {happening['count']} PDUs lost: this reader is too slow --"
        return
    time, direction = happening["at"][11:23], {"in": "<-", "out": "->"}[happening["direction"]]
    if happening["event"] == "broken":
        yield plain(f"{time} {direction} not SMPP any more: {happening['detail']}")
        return
    status = "" if happening["command_status"] == 0 else f" {happening['status']}"
    number, length = happening["sequence_number"], happening["length"]
    yield plain(f"{time} {direction} {happening['command']} {number}{status} ({length} octets)")
    said = (f"{name}={value}" for name, value in happening["fields"].items() if value not in ("", 0))
    receipt = happening["receipt"]
    yield from (f"    {plain(each)}" for each in said)
    if receipt is not None:
        yield plain("    receipt " + " ".join(f"{name}:{value}" for name, value in receipt.items()))
    digits = happening["hex"]
    for start in range(0, len(digits), _HEX_A_LINE):
        line = digits[start : start + _HEX_A_LINE]
        yield "    | " + " ".join(line[word : word + 8] for word in range(0, len(line), 8))
