"""`relevo audit`: whether all that was accepted is accounted for, read from the store beside the gateway."""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console

from gateway.books.audit import Account, Audit, Limits, audited, total
from gateway.cli.arguments import Subparsers, add_command, ended, whole_config
from gateway.cli.books import store_of
from gateway.cli.moments import MOMENT, moment
from gateway.cli.output import count, plain, print_json, table, terminal
from gateway.config import Config
from gateway.message import WAITING, Status
from gateway.message_json import time_text
from gateway.store.ids import first_id

_MORE = f"""Exit status 1 where it does not balance (with --strict also where something waits longer than it should);
the first ids are named. T is {MOMENT}."""
_FAILED = (Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED, Status.CANCELLED)


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    what = "check that every accepted segment is accounted for; no gateway need run"
    parser = add_command(subparsers, "audit", what, run, json=True, more=_MORE)
    parser.add_argument("--since", type=moment(time.time), metavar="T", help="of messages accepted since then (all)")
    parser.add_argument("--strict", action="store_true", help="fail for what is too old, too")


def run(args: argparse.Namespace) -> int:
    """Read everything, print the sums and the findings."""
    config, now = whole_config(args, secrets=False), time.time()
    first = "" if args.since is None else first_id(args.since)
    with store_of(config, snapshot=True) as store:
        audit = audited(store, _limits(config, now), first)
    if args.json:
        print_json(_as_json(audit, now))
    else:
        _show(terminal(), audit)
    return ended(not audit.wrong and not (args.strict and audit.old))


def _limits(config: Config, now: float) -> Limits:
    holds = [carrier.uncertain.hold for carrier in config.carriers.values()]
    hold_s = {"fast": max(hold.fast for hold in holds), "bulk": max(hold.bulk for hold in holds)}
    return Limits(now, hold_s, config.store.retention)


def _as_json(audit: Audit, now: float) -> dict[str, Any]:
    return {
        "at": time_text(now),
        "balanced": not audit.wrong,
        "messages": audit.messages,
        "segments": total(audit.sums.values()).total(),
        "sums": [_sum_object(account, sums, audit) for account, sums in sorted(audit.sums.items())],
        "wrong": [asdict(finding) for finding in audit.wrong],
        "old": [asdict(finding) for finding in audit.old],
    }


def _sum_object(account: Account, sums: Counter[Status], audit: Audit) -> dict[str, Any]:
    statuses = {status.word: sums[status] for status in Status}
    uncertain = audit.uncertain[account]
    return {**account._asdict(), "segments": sums.total(), **statuses, "uncertain": uncertain}


def _show(console: Console, audit: Audit) -> None:
    for name, key in _GROUPINGS.items():
        console.print(table((name, *_HEADINGS), _rows(audit, key)))
    for title, findings in (("WRONG", audit.wrong), ("TOO OLD", audit.old)):
        for finding in findings:
            console.print(f"{title}: {finding.what}: {count(finding.count)}, the first of them")
            for of in finding.ids:
                console.print(f"  {plain(of)}")
    uncertain = audit.uncertain.total()
    if uncertain:
        console.print(f"{count(uncertain)} of the unknown were never answered: the carrier may have sent them or not.")
    said = f"{count(audit.messages)} messages, {count(total(audit.sums.values()).total())} segments: "
    console.print(said + ("they do NOT balance" if audit.wrong else "they balance"))


_HEADINGS = (">SEGMENTS", ">WAITING", ">SUBMITTED", ">DELIVERED", ">FAILED", ">UNKNOWN")
_GROUPINGS: dict[str, Callable[[Account], str]] = {
    "DAY": lambda account: account.day,
    "APP": lambda account: account.app,
    "CARRIER": lambda account: account.carrier or "none",
}


def _rows(audit: Audit, key: Callable[[Account], str]) -> Iterable[tuple[object, ...]]:
    grouped: dict[str, list[Counter[Status]]] = {}
    for account, sums in sorted(audit.sums.items()):
        grouped.setdefault(key(account), []).append(sums)
    for name, each in sorted(grouped.items()):
        sums = total(each)
        numbers = (
            sums.total(),
            sum(sums[status] for status in WAITING),
            sums[Status.SUBMITTED],
            sums[Status.DELIVERED],
            sum(sums[status] for status in _FAILED),
            sums[Status.UNKNOWN],
        )
        yield name, *(count(number) for number in numbers)
