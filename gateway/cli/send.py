"""`relevo send`: one message through the gateway that runs."""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.cli.arguments import Subparsers, add_command, ended
from gateway.cli.failure import Failure
from gateway.cli.output import plain, print_json
from gateway.cli.running import running
from gateway.message import FINAL, Status

Message = Mapping[str, Any]

_FINAL = frozenset(status.word for status in FINAL)
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = "It goes as one of the app: through its rules, at its cost. With --wait, exit status 0 means delivered."
    parser = add_command(
        subparsers, "send", "send one message through the gateway that runs", run, json=True, more=more
    )
    parser.add_argument("--to", required=True, metavar="N", help="the recipient's number")
    parser.add_argument("--text", required=True, metavar="T", help="what it says")
    parser.add_argument("--from", dest="sender", default="", metavar="S", help="the sender (the app's default)")
    parser.add_argument("--lane", choices=("fast", "bulk"), default="", help="the lane (the app's own)")
    parser.add_argument("--app", default="", metavar="A", help="the app to send as (the only one there is)")
    parser.add_argument("--wait", action="store_true", help="wait until the message has come to its end")
    parser.add_argument("--timeout", type=_seconds, default=120.0, metavar="S", help="seconds to wait (120)")


def run(args: argparse.Namespace) -> int:
    """Send it and say what became of it."""
    gateway = running(args)
    asked = {"app": args.app, "to": args.to, "text": args.text, "from": args.sender, "lane": args.lane}
    message = gateway.post("send", body=asked)
    if not args.json:
        print(described(message))
    if args.wait:
        path, deadline = ("messages", message["id"]), time.monotonic() + args.timeout
        for found in stages(message, lambda: gateway.get(*path), time.sleep, lambda: time.monotonic() >= deadline):
            message = found
            if not args.json:
                print(described(message))
    if args.json:
        print_json(message)
    if args.wait and message["status"] not in _FINAL:
        raise Failure(f"{message['id']} is {message['status']} after {args.timeout:g} s; its end is not known yet")
    return ended(not args.wait or message["status"] == Status.DELIVERED.word)


def stages(
    message: Message, ask: Callable[[], Message], pause: Callable[[float], None], over: Callable[[], bool]
) -> Iterator[Message]:
    """The message each time its status is another one, until it is final or `over()`; asks with growing pauses."""
    pause_s = _FIRST_PAUSE_S
    while message["status"] not in _FINAL:
        found = ask()
        if found["status"] != message["status"]:
            message = found
            yield message
            continue
        if over():
            return
        pause(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def described(message: Message) -> str:
    """A message in a line."""
    parts = [message["id"], message["status"]]
    if message["carrier"]:
        parts.append(f"by {message['carrier']}")
    if message["error"]:
        parts.append(f"{message['error']['code']}: {message['error']['detail']}")
    return plain(" ".join(parts))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
