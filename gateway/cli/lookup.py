"""`relevo lookup`: whose number it is, from the configuration alone.

Started once for each number by people and by scripts, so that it is quick to start: what it imports on the way from
the command line to a table or plan is less than a tenth of the gateway (tests/cli/test_numbers.py holds it to that).
"""

import argparse

from gateway.cli.arguments import Subparsers, add_command, whole_config
from gateway.cli.output import complain, plain, print_fields, print_json
from gateway.config import Config
from gateway.lookup import Known, known, no_number
from gateway.numbering import build_resolver
from portability.answer import Answer
from portability.number import InvalidNumber, Number, normalise
from portability.source import NeedsAsking, Resolver


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = add_command(subparsers, "lookup", "say whose number it is; no gateway need run", run, json=True)
    parser.add_argument("number", nargs="+", metavar="NUMBER", help="in any form: national, with +, with spaces")


def run(args: argparse.Namespace) -> int:
    """Print what the sources know of the number; that it is none is an answer too."""
    config, written, because = whole_config(args, secrets=False), " ".join(args.number), ""
    try:
        found = _look_up(config, normalise(written, config.portability.region))
    except InvalidNumber as error:
        found, because = no_number(written), error.reason
    if args.json:
        print_json(found)
    else:
        print_fields([*((name, _shown(value)) for name, value in found.items()), ("because", because)])
    return 0


def _look_up(config: Config, number: Number) -> Known:
    # Of the plan only what stands around the number is read: all of it takes longer than the rest of the command.
    resolver = build_resolver(config, around=int(number.digits))
    found = resolver.resolve_now(int(number.digits))
    if isinstance(found, NeedsAsking):
        import asyncio  # noqa: PLC0415  a table or plan has no use for it, and it takes 20 ms

        found = asyncio.run(_asked(resolver, found))
    for source in resolver.sources:
        if source.unavailable:
            complain(f"note: source {source.name} is not available: {plain(source.unavailable)}")
    return known(number, found)


async def _asked(resolver: Resolver, needs: NeedsAsking) -> Answer:
    try:
        return await resolver.resume(needs)
    finally:
        await resolver.close()


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value
