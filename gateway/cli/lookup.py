"""`relevo lookup`: whose number it is, from the configuration alone."""

import argparse
import asyncio
from typing import Any

from gateway.cli.arguments import Subparsers, add_command, whole_config
from gateway.cli.output import fields, print_json, terminal
from gateway.config import Config
from gateway.numbering import build_resolver
from portability.number import InvalidNumber, Kind, normalise
from portability.source import Answer
from portability.zones import timezones

_YES = {True: "yes", False: "no", None: None}


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = add_command(subparsers, "lookup", "say whose number it is; no gateway need run", run, json=True)
    parser.add_argument("number", nargs="+", metavar="NUMBER", help="in any form: national, with +, with spaces")


def run(args: argparse.Namespace) -> int:
    """Print what the sources know of the number."""
    found = asyncio.run(lookup(whole_config(args), " ".join(args.number)))
    if args.json:
        print_json(found)
        return 0
    shown = found | {
        "valid": _YES[found["valid"]],
        "ported": _YES[found["ported"]],
        "timezones": ", ".join(found["timezones"]),
    }
    terminal().print(fields(shown.items()))
    return 0


async def lookup(config: Config, written: str) -> dict[str, Any]:
    """The object of `GET /v1/lookup/{number}`; `reason` says why a number is not valid."""
    try:
        number = normalise(written, config.portability.region)
    except InvalidNumber as error:
        nothing = dict.fromkeys(("region", "type", "network", "source", "ported"))
        return {"number": written, "valid": False, **nothing, "timezones": [], "reason": error.reason}
    answer = Answer(None, "")
    if number.kind is not Kind.SHORT_CODE:  # portability is about subscribers' numbers
        answer = await build_resolver(config).resolve(int(number.digits))
    return {
        "number": number.e164,
        "valid": True,
        "region": number.region or None,
        "type": str(number.kind_given(answer.mobile)),
        "network": answer.network,
        "source": answer.source or None,
        "ported": answer.ported,
        "timezones": list(timezones(number)),
        "reason": None,
    }
