"""Whether every message came out right: the apps' books against the carriers', and both against the gateway's.

Each check answers for itself, so that a wrong run says everything that is wrong with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.cli.demo.arrivals import Arrivals
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.smpp.spec import MessageState

FINAL_WORDS = ("delivered", "undelivered")
"""How messages may end here, as the gateway's totals name it."""
_SHOWN = 3


class Check(NamedTuple):
    """One thing that has to be so; `detail` says in figures what was found."""

    name: str
    ok: bool
    detail: str


class CarrierFacts(NamedTuple):
    """What a simulated SMSC counted: all it took, and the most in any second (see `carriers.BUSIEST_S`)."""

    name: str
    tps: int
    peak: int
    taken: int


@dataclass(slots=True)
class Farewell:
    """What came of BAJA: the reply that must arrive, the refusals after it, and what another app may still send."""

    reply: Letter | None = None
    optout_status: int = 0
    http_code: str = ""
    smpp_code: str = ""
    other_app: Letter | None = None


@dataclass(slots=True)
class Answered:
    """A subscriber's answer to an OTP: what he wrote, and the webhook's words."""

    otp: Letter | None = None
    wrote: str = ""
    inbound: Mapping[str, object] | None = None


@dataclass(slots=True)
class Evidence:
    """All that the checks look at. `totals` are the gateway's own; `exit_status` None where it still runs."""

    ledger: Ledger
    arrivals: Arrivals
    carriers: Sequence[CarrierFacts] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    verified: int = 0
    forged: int = 0
    repeated: int = 0
    farewell: Farewell = field(default_factory=Farewell)
    answered: Answered = field(default_factory=Answered)
    to_refuse: Sequence[Letter] = ()
    exit_status: int | None = None
    still_bound: int = 0


def check_all(evidence: Evidence, *, stopped: bool) -> list[Check]:
    """Every check, in the order of a message's life; `stopped`: the gateway was told to end."""
    checks = [
        _accepted(evidence),
        _arrived(evidence),
        _nothing_twice(evidence),
        _ported(evidence),
        _right_carrier(evidence),
        _receipts(evidence),
        _receipts_true(evidence),
        _within_tps(evidence),
        _signatures(evidence),
        _farewell(evidence),
        _answer(evidence),
        _own_totals(evidence),
    ]
    return [*checks, _ended(evidence)] if stopped else checks


def _accepted(evidence: Evidence) -> Check:
    """All but what was sent to be refused."""
    letters = [letter for letter in evidence.ledger.letters if letter not in evidence.to_refuse]
    bad = [letter for letter in letters if not letter.accepted]
    codes = sorted({letter.refused or "no answer" for letter in bad})
    detail = f"{len(letters) - len(bad):,} of {len(letters):,} texts, {evidence.ledger.messages:,} messages"
    return Check("accepted by the gateway", not bad, f"{detail}: {', '.join(codes)}" if bad else detail)


def _arrived(evidence: Evidence) -> Check:
    """Word for word: arrivals are matched by their text."""
    letters = _sent(evidence)
    missing = [letter for letter in letters if not letter.arrivals]
    ok = not missing and not evidence.arrivals.unfinished and not evidence.ledger.strangers
    detail = f"{len(letters) - len(missing):,} of {len(letters):,}"
    if missing:
        detail += f", missing {_people(missing)}"
    if evidence.arrivals.unfinished:
        detail += f", {evidence.arrivals.unfinished} incomplete"
    if evidence.ledger.strangers:
        detail += f", {len(evidence.ledger.strangers)} that nobody wrote, e.g. {evidence.ledger.strangers[0].text!r}"
    return Check("at a carrier, word for word", ok, detail)


def _nothing_twice(evidence: Evidence) -> Check:
    twice = [letter for letter in evidence.ledger.letters if len(letter.arrivals) > 1]
    repeated = len(evidence.arrivals.repeated)
    taken = sum(carrier.taken for carrier in evidence.carriers)
    expected = sum(len(arrival.records) for letter in evidence.ledger.letters for arrival in letter.arrivals[:1])
    ok = not twice and not repeated and taken == expected
    detail = f"{taken:,} of {expected:,} segments, {len(twice) + repeated} duplicates"
    return Check("nothing missing, nothing twice", ok, detail)


def _ported(evidence: Evidence) -> Check:
    """Wherever the range's holder is another carrier than the network's, going by the range would have been wrong."""
    letters = [letter for letter in _sent(evidence) if letter.person.ported]
    wrong = [letter for letter in letters if _carriers(letter) != {letter.person.carrier}]
    detail = f"{len(letters) - len(wrong):,} of {len(letters):,}" + (f", not {_people(wrong)}" if wrong else "")
    return Check("ported numbers: new network only", bool(letters) and not wrong, detail)


def _right_carrier(evidence: Evidence) -> Check:
    letters = [letter for letter in _sent(evidence) if not letter.person.ported]
    wrong = [letter for letter in letters if _carriers(letter) != {letter.person.carrier}]
    detail = f"{len(letters) - len(wrong):,} of {len(letters):,}" + (f", not {_people(wrong)}" if wrong else "")
    return Check("other numbers: network of their range", not wrong, detail)


def _receipts(evidence: Evidence) -> Check:
    ledger = evidence.ledger
    ids = [(letter, message_id) for letter in ledger.letters for message_id in letter.ids.values()]
    right = sum(len(letter.receipts.get(message_id, ())) == 1 for letter, message_id in ids)
    several = sum(len(letter.receipts.get(message_id, ())) > 1 for letter, message_id in ids)
    ok = right == len(ids) and not ledger.stray_receipts
    detail = f"{right:,} of {len(ids):,}"
    if not ok:
        none = len(ids) - right - several
        detail += f", {none:,} without, {several:,} with several, {len(ledger.stray_receipts):,} for unknown ids"
    return Check("one final receipt each, at the app", ok, detail)


def _receipts_true(evidence: Evidence) -> Check:
    letters = [letter for letter in _sent(evidence) if letter.arrivals and letter.ids]
    wrong = [letter for letter in letters if not _told_truly(letter)]
    failed = sum(letter.status == "undelivered" for letter in letters)
    detail = f"{len(letters) - failed:,} delivered, {failed:,} not"
    return Check(
        "receipts say what became of it", not wrong, detail + (f", untrue for {_people(wrong)}" if wrong else "")
    )


def _told_truly(letter: Letter) -> bool:
    """A receipt for each part where the app cut the text, one for the sum of them where the gateway did."""
    ends = [end is MessageState.DELIVERED for end in letter.arrivals[0].ends]
    ends = ends if letter.submits > 1 else [all(ends)]
    told = [letter.receipts.get(letter.ids.get(part, ""), [""])[0] for part in range(1, letter.submits + 1)]
    return told == ["delivered" if end else "undelivered" for end in ends]


def _within_tps(evidence: Evidence) -> Check:
    over = [carrier for carrier in evidence.carriers if carrier.peak > carrier.tps]
    detail = ", ".join(f"{carrier.peak}/{carrier.tps}" for carrier in evidence.carriers)
    return Check("never above a carrier's tps", not over, detail)


def _signatures(evidence: Evidence) -> Check:
    ok = evidence.verified > 0 and not evidence.forged
    detail = f"{evidence.verified:,} valid, {evidence.forged:,} not, {evidence.repeated:,} repeated"
    return Check("webhooks signed (Standard Webhooks)", ok, detail)


def _farewell(evidence: Evidence) -> Check:
    facts = evidence.farewell
    replied = facts.reply is not None and len(facts.reply.arrivals) == 1
    other = facts.other_app is not None and bool(facts.other_app.arrivals)
    refused = (facts.http_code, facts.smpp_code) == ("opted_out", "ESME_RSUBMITFAIL")
    ok = replied and other and refused and facts.optout_status == 200
    detail = f"{facts.http_code or 'not refused'}, {facts.smpp_code or 'not refused'}"
    detail += "" if replied else "; no reply"
    detail += "" if other else "; banco's OTP is missing"
    return Check("BAJA: replied, out of the shop only", ok, detail)


def _answer(evidence: Evidence) -> Check:
    facts = evidence.answered
    if facts.otp is None or facts.inbound is None:
        return Check("answer to an OTP: at the bank", False, "none came")
    expected = {"from": "+" + facts.otp.person.number, "text": facts.wrote, "in_reply_to": facts.otp.ids.get(1)}
    wrong = [name for name, value in expected.items() if facts.inbound.get(name) != value]
    detail = f"differs in {', '.join(wrong)}" if wrong else f"{facts.wrote!r}, in_reply_to"
    return Check("answer to an OTP: at the bank", not wrong, detail)


def _own_totals(evidence: Evidence) -> Check:
    """With the replies that the gateway wrote itself."""
    totals, expected = evidence.totals, evidence.ledger.messages_and_replies
    accepted, ended = totals.get("accepted", 0), sum(totals.get(name, 0) for name in FINAL_WORDS)
    ok = accepted == expected == ended
    detail = f"accepted {accepted:,}, ended {ended:,}" + ("" if ok else f", expected {expected:,}")
    return Check("the gateway's own counts agree", ok, detail)


def _ended(evidence: Evidence) -> Check:
    detail = f"exit {evidence.exit_status}, {evidence.still_bound} binds left"
    return Check("drained, unbound, ended", evidence.exit_status == 0 and not evidence.still_bound, detail)


def _sent(evidence: Evidence) -> list[Letter]:
    """What has to be at a carrier: all that was accepted, and the gateway's replies."""
    return [letter for letter in evidence.ledger.letters if letter.accepted]


def _carriers(letter: Letter) -> set[str]:
    return {arrival.carrier for arrival in letter.arrivals}


def _people(letters: Sequence[Letter]) -> str:
    shown = ", ".join(letter.person.number for letter in letters[:_SHOWN])
    return shown + (f" and {len(letters) - _SHOWN:,} more" if len(letters) > _SHOWN else "")
