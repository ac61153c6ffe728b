"""`relevo explain`: which way a message would go, from the configuration alone."""

import argparse
import asyncio
import random
import time

from gateway.cli.arguments import Subparsers, add_command, whole_config
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import duration, print_fields, print_json, table, terminal
from gateway.config import Config
from gateway.explain import Explainer, Explanation
from gateway.intake import Intake
from gateway.message import Content, Message
from gateway.numbering import build_resolver
from gateway.rules import build_prices, build_rules
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.submission import Submission
from portability.number import InvalidNumber, normalise
from portability.source import Resolver


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = (
        "From the configuration alone: every carrier counts as up, and opt-outs, which only the store knows, as none."
        " POST /v1/explain of a running gateway knows both."
    )
    parser = add_command(subparsers, "explain", "say which way a message would go; sends nothing", run, json=True,
                         more=more)  # fmt: skip
    parser.add_argument("--to", required=True, metavar="N", help="the recipient's number")
    parser.add_argument("--text", default="", metavar="T", help="what it says")
    parser.add_argument("--from", dest="sender", default="", metavar="S", help="the sender (the app's default)")
    parser.add_argument("--lane", choices=("fast", "bulk"), default="", help="the lane (the app's own)")
    parser.add_argument("--app", metavar="A", help="the app that would send it (the only one there is)")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="a tag of it; may be given again")
    parser.add_argument("--encoding", choices=("auto", "gsm7", "ucs2", "latin1"), default="auto", help="(auto)")
    parser.add_argument("--transliterate", action="store_true", help="write á as a, so that it stays GSM 7")


def run(args: argparse.Namespace) -> int:
    """Print the decisions and how each came about. A refusal is an answer too: exit status 0."""
    config = whole_config(args, secrets=False)
    submission = Submission(
        app=_app(config, args.app),
        to=args.to,
        content=Content(text=args.text, encoding=args.encoding),
        interface="http",
        sender=args.sender,
        lane=args.lane,
        transliterate=args.transliterate,
        tags=tuple(args.tag),
    )
    explained = asyncio.run(_explained(config, submission))
    if args.json:
        print_json(explained._asdict())
    else:
        _show(explained)
    return 0


def _app(config: Config, asked: str | None) -> str:
    names = ", ".join(config.apps)
    if asked is None and len(config.apps) == 1:
        return next(iter(config.apps))
    if asked is None:
        raise Failure(f"--app is needed, because there are several: {names}", WRONG_USAGE)
    if asked not in config.apps:
        raise Failure(f"there is no app {asked!r}, only {names}", WRONG_USAGE)
    return asked


class _NoOptOuts:
    """The store knows them; here there is none."""

    def has(self, app: str, number: str) -> bool:
        return False


async def _explained(config: Config, submission: Submission) -> Explanation:
    resolver = build_resolver(config, around=_asked_for(submission.to, config.portability.region))
    try:
        return await _explainer(config, resolver).explain(submission)
    finally:
        await resolver.close()


def _asked_for(to: str, region: str) -> int | None:
    """The only number that the plan has to tell of: reading all of it takes more than a second."""
    try:
        return int(normalise(to, region).digits)
    except InvalidNumber:
        return None


def _explainer(config: Config, resolver: Resolver) -> Explainer:
    intake = Intake(
        build_rules(config),
        resolver,
        Commits(MemoryStore()),
        _NoOptOuts(),
        up=_always,
        hand_down=_nothing,
        utc=time.time,
        monotonic=time.monotonic,
        random=random.random,
        new_id=str,
    )
    return Explainer(intake, build_prices(config), _always, time.time)


def _always(_carrier: str) -> bool:
    return True


def _nothing(_message: Message) -> None:
    """An explanation accepts nothing, so that nothing is handed down."""


def _show(explained: Explanation) -> None:
    price, age_s = explained.price, explained.age_s
    print_fields(
        [
            ("number", explained.number),
            ("network", explained.network),
            ("source", explained.source),
            ("ported", None if explained.ported is None else "yes" if explained.ported else "no"),
            ("data's age", None if age_s is None else duration(age_s)),
            ("lane", explained.lane),
            ("carriers", ", ".join(explained.carriers)),
            ("sender", explained.sender),
            ("encoding", explained.encoding),
            ("segments", explained.segments),
            ("price", price and " ".join(price.values())),
            ("refusal", explained.refusal),
        ]
    )
    rows = [(step["step"], step["asked"], step["answer"], step["why"]) for step in explained.steps]
    console = terminal()
    console.print(table(("STEP", "ASKED", "ANSWER", "WHY"), rows))
    console.print("From the configuration alone: every carrier is taken for up, and nobody for opted out.")
