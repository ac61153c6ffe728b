"""`relevo lookup`: whose number it is, from the configuration alone."""

import argparse
import asyncio
from typing import Any

from gateway.cli.arguments import Subparsers, add_command, whole_config
from gateway.cli.output import fields, print_json, terminal
from gateway.lookup import look_up
from gateway.numbering import build_resolver
from portability.number import InvalidNumber, normalise
from portability.source import Resolver


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = add_command(subparsers, "lookup", "say whose number it is; no gateway need run", run, json=True)
    parser.add_argument("number", nargs="+", metavar="NUMBER", help="in any form: national, with +, with spaces")


def run(args: argparse.Namespace) -> int:
    """Print what the sources know of the number; that it is none is an answer too."""
    config, written = whole_config(args, secrets=False), " ".join(args.number)
    region = config.portability.region
    found = asyncio.run(_look_up(written, region, build_resolver(config, around=_number(written, region))))
    if args.json:
        print_json(found)
    else:
        shown = {name: _shown(value) for name, value in found.items()}
        terminal().print(fields((shown | {"because": _why_invalid(written, region)}).items()))
    return 0


async def _look_up(written: str, region: str, resolver: Resolver) -> dict[str, Any]:
    try:
        return await look_up(written, region, resolver)
    finally:
        await resolver.close()


def _number(written: str, region: str) -> int | None:
    """What has to be known of the plan: reading all of it takes longer than the rest of the command."""
    try:
        return int(normalise(written, region).digits)
    except InvalidNumber:
        return None


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value


def _why_invalid(written: str, region: str) -> str:
    try:
        normalise(written, region)
    except InvalidNumber as error:
        return error.reason
    return ""
