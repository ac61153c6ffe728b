"""`relevo export`: a record per segment for billing, read from the store beside the gateway."""

import argparse
import sys
import time
from collections.abc import Iterator

from gateway.books.period import BYS, Period
from gateway.books.records import Record, records
from gateway.books.sheets import write_csv, write_json
from gateway.cli.arguments import Subparsers, add_command, whole_config
from gateway.cli.books import store_of
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.moments import MOMENT, moment
from gateway.rules import build_prices
from gateway.store.reader import StoreReader

_MORE = f"""A moment is {MOMENT}. Columns and what they hold: docs/operations.md. Reads the store while the gateway
runs, or without one; prices are those of the configuration now."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers, "export", "print a record per segment, for billing; no gateway need run", run, more=_MORE
    )
    at = moment(time.time)
    parser.add_argument("--since", required=True, type=at, metavar="T", help="from this moment on")
    parser.add_argument("--until", type=at, metavar="T", help="before this moment (now)")
    parser.add_argument("--by", choices=BYS, default="accepted", help="which moment of a segment counts (accepted)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--format", choices=("csv", "json"), default="csv", help="csv, or a JSON object a line (csv)")
    how.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def run(args: argparse.Namespace) -> int:
    """Write the records to standard output as they are read."""
    config = whole_config(args, secrets=False)
    until = time.time() if args.until is None else args.until
    if until < args.since:
        raise Failure("--until is before --since", WRONG_USAGE)
    period, prices = Period(args.since, until, args.by), build_prices(config)

    def found(store: StoreReader) -> Iterator[Record]:
        for message in store.messages(*period.ids()):
            yield from records(message, prices, period)

    write = write_csv if args.format == "csv" else write_json
    with store_of(config) as store:
        write(found(store), sys.stdout)
    return 0
