"""`relevo bind check`: what a carrier's SMSC is like, found out with a bind's own credentials; no gateway need run."""

import argparse
import asyncio
import math
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gateway.carriers.building import bind_settings
from gateway.carriers.conformance.answers_file import load_answers
from gateway.carriers.conformance.drafts import first_draft
from gateway.carriers.conformance.findings import Findings
from gateway.carriers.conformance.line import Line
from gateway.carriers.conformance.profile import CarrierProfile, profile_of, yaml_of
from gateway.carriers.conformance.run import Options, Run
from gateway.carriers.conformance.script import STEPS, Step, check, cost, plan
from gateway.carriers.conformance.values import Ask, Note, Question
from gateway.cli.arguments import Subparsers, add_command, ended, whole_config
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import complain, plain, print_json, table, terminal
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.config.carriers import Bind, Carrier
from gateway.text.references import References
from portability.number import InvalidNumber, country_code, normalise

PACE_PER_S = 4.0
"""Single messages: slow enough for any carrier, so that only the steps about limits meet them."""
LONGEST_BURST, MOST_RATE = 60, 100
_MARKS = {True: "ok", False: "NO", None: "--"}
_ABOUT = """It binds from the configuration alone, sends test messages to one number of yours, and ends with the keys
that fit the carrier. Carriers refuse a second session for one bind: stop it in the gateway first (`relevo bind stop
NAME`, start it again afterwards). The messages cost what messages cost; how many is said before the first one goes."""


class Subject(NamedTuple):
    """What is checked: a bind of a carrier, and the bind that its receipts come by where it cannot have them."""

    name: str
    carrier: Carrier
    bind: Bind
    receiver: Bind | None


def add_parser(actions: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to `relevo bind`."""
    what = "find out what a carrier's SMSC is like, by test messages to one number"
    parser = add_command(actions, "check", what, run, json=True, more=_ABOUT)
    parser.add_argument("name", metavar="NAME", help="the bind, as binds[].name has it")
    parser.add_argument("--to", required=True, metavar="NUMBER", help="a handset of yours in the carrier's network")
    parser.add_argument(
        "--from", dest="sender", metavar="S", help="the sender; else senders.default or the first allowed"
    )
    parser.add_argument("--minutes", type=_positive, default=2.0, metavar="N", help="how long to wait for receipts (2)")
    parser.add_argument("--tps", type=_positive, metavar="N", help="rate to try, messages a second (1.5 times tps)")
    parser.add_argument("--window", type=_positive, metavar="N", help="requests at once to try (twice the window)")
    parser.add_argument("--skip", action="append", choices=STEPS[1:], default=[], metavar="STEP",
                        help=f"leave a step out: {', '.join(STEPS[1:])}; may be repeated")  # fmt: skip
    parser.add_argument("--answers", type=Path, metavar="FILE",
                        help="what the handset showed, e.g. {alphabet: A, ucs2: yes, long: [E, F]}")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="send without asking")


def run(args: argparse.Namespace) -> int:
    """Check the bind; 0 where a message went through."""
    config = whole_config(args)
    subject = find(config, args.name)
    options = options_of(args, config, subject)
    ask = _from_file(args.answers) if args.answers else _prompt if sys.stdin.isatty() else _nobody
    steps = plan(subject.carrier, options)
    _announce(subject, options, steps, quiet=args.json)
    if not args.yes:
        _agree(cost(steps)[1])
    notes: list[Note] = []
    tell = notes.append if args.json else _print_note
    done, profile, sent = asyncio.run(_check(subject, options, steps, ask, tell))
    if args.json:
        rows = [note._asdict() for note in notes]
        print_json(
            {"carrier": subject.name, "bind": subject.bind.name, "messages": sent, "steps": rows, **_as_json(profile)}
        )
    else:
        _print_profile(profile, sent)
    return ended(done)


def find(config: Config, name: str) -> Subject:
    """The bind of this name and what belongs to it. Raises Failure."""
    for key, carrier in config.carriers.items():
        for bind in carrier.binds:
            if bind.name == name:
                return _subject(key, carrier, bind)
    known = ", ".join(bind.name for carrier in config.carriers.values() for bind in carrier.binds)
    raise Failure(f"no bind is called {name}; there are {known}", WRONG_USAGE)


def _subject(key: str, carrier: Carrier, bind: Bind) -> Subject:
    """A receiver is checked together with the carrier's first transmitter, which it serves."""
    if bind.transmits:
        receiver = None if bind.receives else next((other for other in carrier.binds if other.receives), None)
        return Subject(key, carrier, bind, receiver)
    transmitter = next((other for other in carrier.binds if other.mode == "transmitter"), None)
    if transmitter is None:
        raise Failure(f"{bind.name} only receives, and {key} has no transmitter to check it with", WRONG_USAGE)
    return Subject(key, carrier, transmitter, bind)


def options_of(args: argparse.Namespace, config: Config, subject: Subject) -> Options:
    """What the arguments and the configuration come to. Raises Failure for what is no number, or without a sender."""
    senders = subject.carrier.senders
    sender = args.sender or senders.default or next(iter(senders.allow), None)
    if sender is None:
        raise Failure("whom from? give --from, or senders of the carrier in the configuration", WRONG_USAGE)
    try:
        to = normalise(args.to, config.portability.region).digits
    except InvalidNumber as error:
        raise Failure(f"--to {args.to}: {error}", WRONG_USAGE) from None
    burst = math.ceil(args.window) if args.window else min(2 * subject.bind.window, LONGEST_BURST)
    rate = math.ceil(args.tps) if args.tps else min(math.ceil(1.5 * subject.carrier.tps), MOST_RATE)
    code = country_code(config.portability.region)
    return Options(to, sender, code, args.minutes * 60, burst, rate, frozenset(args.skip))


async def _check(
    subject: Subject, options: Options, steps: list[Step], ask: Ask, tell: Callable[[Note], None]
) -> tuple[bool, CarrierProfile, int]:
    carrier, bind, receiver = subject.carrier, subject.bind, subject.receiver
    line = Line(
        bind_settings(bind, subject.name, carrier),
        None if receiver is None else bind_settings(receiver, subject.name, carrier),
        SystemClock(),
        budget=cost(steps)[1],
        pace_per_s=min(PACE_PER_S, carrier.tps),
    )
    findings = Findings(first_draft(carrier, options.sender, options.to, options.country_code, plain=False))
    references = References(random.random)
    done = await check(Run(carrier, bind, options, line, findings, ask, tell, references), steps)
    return done, profile_of(subject.name, carrier, bind, findings), line.sent


def _announce(subject: Subject, options: Options, steps: list[Step], *, quiet: bool) -> None:
    """What will be done, and what it costs, before anything is."""
    usually, most = cost(steps)
    bind = subject.bind
    head = [
        f"Checks {bind.name} of {subject.name} at {bind.host}:{bind.port} as {bind.system_id}, with messages from "
        f"{options.sender} to +{options.to}.",
        f"If the gateway holds this bind, stop it there first (relevo bind stop {bind.name}): "
        "the carrier may refuse a second session.",
        f"It sends {usually} messages, and {most} at most; the carrier charges for those it takes.",
    ]
    if bind.mode == "transmitter" and subject.receiver is None:
        head.append("The carrier has no receiver: no receipt can be seen.")
    for line in head:
        complain(plain(line)) if quiet else print(plain(line))
    if not quiet:
        rows = [(step.name, step.about, step.usually, step.most) for step in steps]
        terminal().print(table(("step", "what", ">messages", ">at most"), rows))


def _agree(most: int) -> None:
    """Ask for leave to send; without a terminal it takes --yes. Raises Failure."""
    if not sys.stdin.isatty():
        raise Failure(f"up to {most} messages would be sent: say --yes to send them", WRONG_USAGE)
    print("Send them? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Failure("nothing was sent")


def _print_note(note: Note) -> None:
    print(plain(f"[{_MARKS[note.good]}] {note.step}: {note.verdict}"))
    for label, text in (("sent", note.sent), ("came", note.came)):
        if text:
            print(plain(f"       {label}  {text}"))
    sys.stdout.flush()


def _print_profile(profile: CarrierProfile, sent: int) -> None:
    print(f"\n{sent} messages were sent. What fits this carrier, to paste into the configuration:\n")
    for line in yaml_of(profile):
        print(plain(line))


def _as_json(profile: CarrierProfile) -> dict[str, object]:
    errors = {f"0x{status:02x}": action for status, action in profile.keys["errors"].items()}
    return {
        "profile": {**profile.keys, "errors": errors, "bind": profile.bind_keys},
        "not_found_out": profile.open,
        "remarks": profile.remarks,
    }


def _from_file(path: Path) -> Ask:
    answers = load_answers(path, os.environ)

    async def ask(question: Question) -> str:
        return answers.answer(question.key)

    return ask


async def _nobody(question: Question) -> str:  # noqa: ARG001 (an Ask)
    return ""


async def _prompt(question: Question) -> str:
    """Ask until the answer is made of the choices, or empty. The loop goes on meanwhile: the session stays alive."""
    print(f"\n{plain(question.text)}", file=sys.stderr)
    while True:
        print(f"  {', '.join(question.choices)}, or Enter if you cannot say: ", end="", file=sys.stderr, flush=True)
        words = (await asyncio.to_thread(sys.stdin.readline)).replace(",", " ").split()
        found = [choice for word in words for choice in question.choices if choice.lower() == word.lower()]
        if len(found) == len(words):
            return " ".join(found)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
