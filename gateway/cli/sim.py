"""`relevo sim`: a carrier's SMSC to test against."""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop

from gateway.clock import SystemClock
from gateway.config.problems import ConfigError
from gateway.config.units import BadValueError, parse_duration
from gateway.sim.control import Control
from gateway.sim.faults import Faults, parse_status
from gateway.sim.profile import IdForm, Profile, ReceiptForm
from gateway.sim.profile_file import load_profile
from gateway.sim.smsc import Simulator
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages

_DESCRIPTION = """An SMSC to test against. It takes what is submitted, says how it ended, and can be made to go wrong.

Its HTTP port (--http-port) knows: POST /mo {"from","to","text"} to write as a subscriber, GET /messages for what it
took, GET /stats, GET and POST /faults to change what goes wrong while it runs, POST /disconnect to cut connections."""
# Options that say what a field of the profile is; where the names differ, the field's and then the option's.
_SAME = (
    *("name", "host", "port", "certificate", "key", "max_binds", "receipt_form", "id_form", "tps", "window"),
    *("deliver_window", "alphabet", "long_messages", "keep"),
)
_OPTIONS = {name: name for name in _SAME} | {
    "latency_s": "latency",
    "jitter_s": "jitter",
    "receipts_after_s": "receipts_after",
    "receipts_jitter_s": "receipts_jitter",
}
_SHARES = {
    "fail": "messages that end undeliverable",
    "expire": "messages that end expired",
    "silent": "submits that are never answered",
    "slow": "submits that are answered late (--slow-by)",
    "drop": "submits that cut the connection instead of an answer",
    "garbage": "submits before whose answer come PDUs that make no sense",
    "noise": "submits that bring octets that are no SMPP instead of an answer",
    "duplicate-response": "submits that are answered twice",
    "nack": "submits that are answered by a generic_nack",
    "cut": "submits whose answer breaks off in the middle, and the connection with it",
    "half-open": "submits after which nobody reads or writes on the connection, which stays",
    "early-receipt": "receipts that come before the response",
    "duplicate-receipt": "receipts that come twice",
    "lost-receipt": "receipts that never come",
    "intermediate-receipt": "receipts that come after one that says ENROUTE",
    "stray-receipt": "receipts that bring one for an id that nobody was given",
    "shuffled-inbound": "long inbound messages whose parts come in another order",
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "sim",
        help="a carrier's SMSC to test against",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--port", type=_count, required=True, help="SMPP port to listen on; 0 takes a free one")
    habits = "play the carrier's habits that FILE tells, as those of conf/profiles; options win over it"
    parser.add_argument("--profile", type=Path, metavar="FILE", help=habits)
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--name", help="the SMSC's system_id (sim)")
    parser.add_argument("--http-port", type=_count, metavar="P", help="port of its HTTP control; none without")
    parser.add_argument("--json", action="store_true", help="print the ports as JSON")
    _add_agreement(parser.add_argument_group("the agreement"))
    _add_receipts(parser.add_argument_group("receipts and inbound messages"))
    _add_faults(parser.add_argument_group("faults", "Shares are from 0 to 1."))


def _add_agreement(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--login", action="append", type=_login, default=[], metavar="ID:PASSWORD",
                       help="who may bind; may be given more than once, without any everybody may")  # fmt: skip
    group.add_argument("--max-binds", type=_positive, metavar="N", help="binds of one system_id at once")
    group.add_argument("--tps", type=_positive, metavar="N", help="submits a second, beyond: ESME_RTHROTTLED")
    group.add_argument("--window", type=_positive, metavar="N", help="unanswered submits a bind, beyond: ESME_RMSGQFUL")
    group.add_argument("--latency", type=_duration, metavar="D", help="until a submit is answered (0ms)")
    group.add_argument("--jitter", type=_duration, metavar="D", help="up to so much more (0ms)")
    group.add_argument("--alphabet", type=Alphabet, choices=list(Alphabet), metavar="A",
                       help=f"what data_coding 0 means: {_choices(Alphabet)} (gsm7)")  # fmt: skip
    group.add_argument("--certificate", type=Path, metavar="F", help="speak TLS, with this certificate")
    group.add_argument("--key", type=Path, metavar="F", help="and this key, where it is a file of its own")


def _add_receipts(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--receipts-after", type=_duration, metavar="D",
                       help="from the response to the receipt (1s)")  # fmt: skip
    group.add_argument("--receipts-jitter", type=_duration, metavar="D", help="up to so much more (0ms)")
    group.add_argument("--no-receipts", action="store_true", help="messages never end")
    group.add_argument("--receipt-form", type=ReceiptForm, choices=list(ReceiptForm),
                       metavar="F", help=f"{_choices(ReceiptForm)} (both)")  # fmt: skip
    group.add_argument("--id-form", type=IdForm, choices=list(IdForm), metavar="F",
                       help=f"{_choices(IdForm)} (hex)")  # fmt: skip
    group.add_argument("--long-messages", type=LongMessages, choices=list(LongMessages),
                       metavar="F", help=f"how long inbound texts come: {_choices(LongMessages)} (udh)")  # fmt: skip
    group.add_argument("--deliver-window", type=_positive, metavar="N",
                       help="unanswered deliver_sm a bind (50)")  # fmt: skip
    group.add_argument("--keep", type=_positive, metavar="N", help="messages remembered (10000)")


def _add_faults(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--seed", type=int, metavar="N", help="the same faults again for the same submits")
    group.add_argument("--error-share", action="append", type=_error, default=[], metavar="STATUS=SHARE",
                       help="submits refused, e.g. ESME_RSYSERR=0.01 or 0x45=0.1; may be repeated")  # fmt: skip
    group.add_argument("--throttle", type=_share, metavar="SHARE", help="submits refused ESME_RTHROTTLED")
    for name, what in _SHARES.items():
        group.add_argument(f"--{name}-share", type=_share, metavar="SHARE", help=what)
    group.add_argument("--slow-by", type=_duration, metavar="D", help="how late slow answers are (5s)")
    group.add_argument("--refuse-binds", type=_status, metavar="STATUS", help="the answer to every bind")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. 1 where it cannot listen, 2 where the shares add up to more than 1."""
    try:
        profile = _profile(args)
    except (ConfigError, ValueError) as error:
        print(error if isinstance(error, ConfigError) else f"relevo sim: {error}", file=sys.stderr)
        return 2
    try:
        uvloop.run(_serve(profile, args))
    except OSError as error:  # ssl.SSLError is one
        print(f"relevo sim: cannot listen on {profile.host}:{profile.port}: {error}", file=sys.stderr)
        return 1
    return 0


def _profile(args: argparse.Namespace) -> Profile:
    """The file's profile, or that of an SMSC that takes everything, and over it what the options say."""
    profile = Profile() if args.profile is None else load_profile(args.profile, os.environ)
    given = {field: getattr(args, name) for field, name in _OPTIONS.items() if getattr(args, name) is not None}
    if args.no_receipts:
        given["receipts_after_s"] = None
    if args.login:
        given["logins"] = dict(args.login)
    return replace(profile, **given, faults=profile.faults.changed(_faults(args, profile.faults)))


def _faults(args: argparse.Namespace, before: Faults) -> dict[str, Any]:
    """What the options change of the faults; errors by status are added to those before."""
    named = {name.replace("-", "_"): getattr(args, f"{name.replace('-', '_')}_share") for name in _SHARES}
    named |= {"slow_s": args.slow_by, "refuse_binds": args.refuse_binds}
    changes = {name: value for name, value in named.items() if value is not None}
    errors = dict(args.error_share)
    if args.throttle is not None:
        errors[int(CommandStatus.ESME_RTHROTTLED)] = args.throttle
    if errors:
        changes["errors"] = before.errors | errors
    return changes


async def _serve(profile: Profile, args: argparse.Namespace) -> None:
    clock = SystemClock()
    simulator = Simulator(profile, clock, random.Random(args.seed).random)  # noqa: S311 (faults, not secrets)
    control = Control(simulator, clock)
    stopped = asyncio.Event()
    for signalled in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signalled, stopped.set)
    try:
        port = await simulator.start()
        http_port = None if args.http_port is None else await control.start(profile.host, args.http_port)
        print(_ready(profile, port, http_port, as_json=args.json), flush=True)
        await stopped.wait()
    finally:
        await control.stop()
        await simulator.stop()


def _ready(profile: Profile, port: int, http_port: int | None, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"name": profile.name, "host": profile.host, "port": port, "http_port": http_port})
    http = "" if http_port is None else f", HTTP on {profile.host}:{http_port}"
    return f"relevo sim {profile.name}: SMPP on {profile.host}:{port}{http}"


def _choices(kind: Any) -> str:
    return ", ".join(member.value for member in kind)


def _argument(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """What argparse shows when a value is wrong: the reason, not the function's name."""

    def parsed(text: str) -> Any:
        try:
            return parse(text)
        except (ValueError, BadValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def _number(text: str, least: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if number < least:
        raise ValueError(f"{text!r} is not a whole number from {least}")
    return number


def _share_of(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"{text} is not a share from 0 to 1")
    return share


def _login_of(text: str) -> tuple[str, str]:
    system_id, colon, password = text.partition(":")
    if not colon or not system_id:
        raise ValueError(f"{text!r} is not ID:PASSWORD")
    return system_id, password


def _error_of(text: str) -> tuple[int, float]:
    status, _, share = text.partition("=")
    return parse_status(status), _share_of(share or "1")


_duration, _share, _login = _argument(parse_duration), _argument(_share_of), _argument(_login_of)
_error, _status = _argument(_error_of), _argument(parse_status)
_count, _positive = _argument(lambda text: _number(text, 0)), _argument(lambda text: _number(text, 1))
