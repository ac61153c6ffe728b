"""Steps: how many requests may be unanswered, and how many messages a second may go."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.carriers.conformance.drafts import wire
from gateway.carriers.conformance.run import Run
from gateway.carriers.conformance.values import Reply
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.status import status_name

CLEAN_S = 1.1
"""After so long a pause no message of before counts in the SMSC's second any more."""
_SECOND_S = 1.0


def texts(run: Run, what: str, count: int) -> list[SubmitSm]:
    """Short messages that say what they are for."""
    draft = run.findings.draft._replace(tlvs=()) if run.findings.plain else run.findings.draft
    return [draft.fill(wire(f"Relevo: {what} {number}/{count}", run.alphabet)) for number in range(1, count + 1)]


def tally(replies: Iterable[Reply | None]) -> Counter[int | None]:
    """How many answers of each command_status; None is no answer."""
    return Counter(None if reply is None else reply.status for reply in replies)


def told(counts: Counter[int | None]) -> str:
    """A tally for people."""
    return ", ".join(
        f"{count} {'no answer' if status is None else status_name(status)}" for status, count in counts.most_common()
    )


class Window(NamedTuple):
    """What a burst says: so many were taken before the first that was not; `refusals` came more than once."""

    taken: int
    all_taken: bool
    refusals: tuple[int | None, ...]


def judge_burst(replies: Sequence[Reply | None]) -> Window:
    """Read the answers to requests that went out together, in order.

    A window that is full refuses all that follows: a status met once may be any other trouble, and tells nothing.
    """
    counts = tally(replies)
    refusals = tuple(status for status, count in counts.items() if status != 0 and count > 1)
    taken = next((at for at, reply in enumerate(replies) if reply is None or not reply.taken), len(replies))
    return Window(taken, taken == len(replies), refusals)


async def window(run: Run) -> None:
    """Send more at once than may be unanswered, and count what is taken."""
    findings, tries = run.findings, run.options.window_tries
    await run.line.rest(CLEAN_S)
    replies = await run.line.burst(texts(run, "ventana", tries))
    for reply in replies:
        if reply is not None:
            run.remember(reply)
    found = judge_burst(replies)
    sent, came = f"{tries} submit_sm at once", told(tally(replies))
    if found.all_taken:
        findings.unknown["window"] = f"{tries} unanswered requests were taken; the limit is higher, or there is none"
        run.note("window", sent, came, findings.unknown["window"], good=True)
        return
    if found.taken and found.refusals:
        findings.window = found.taken
        findings.throttles.update(status for status in found.refusals if status)
    else:
        findings.unknown["window"] = "what was refused of a burst has no pattern: try again"
    if None in found.refusals:
        findings.remarks.append("requests over the window are not answered at all: never set window higher")
        await run.line.open()  # the old session would wait for those answers, and end itself
    verdict = findings.unknown.get("window") or f"the window is {found.taken}"
    run.note("window", sent, came, verdict, good=findings.window is not None)


class Pushed(NamedTuple):
    """So many were taken in so many seconds, until `refusal` (a status) or without one (0)."""

    taken: int
    in_s: float
    refusal: int


async def rate(run: Run) -> None:
    """Send as fast as the window lets us until the SMSC says slower; then that rate again, evenly, to be sure."""
    findings, tries = run.findings, run.options.rate_tries
    await run.line.rest(CLEAN_S)
    pushed = await _push(run, texts(run, "ritmo", tries))
    sent = f"{tries} submit_sm as fast as the window allows"
    came = f"{pushed.taken} taken in {pushed.in_s:.2f} s" + (
        f", then {status_name(pushed.refusal)}" if pushed.refusal else ""
    )
    if not pushed.refusal or not pushed.taken:
        reached = pushed.taken / max(pushed.in_s, _SECOND_S)
        findings.unknown["tps"] = (
            f"{reached:.0f} a second were taken without complaint; the limit is higher, or not this way to be reached"
        )
        run.note("rate", sent, came, findings.unknown["tps"], good=True)
        return
    per_s = pushed.taken if pushed.in_s <= _SECOND_S else round(pushed.taken / pushed.in_s)
    run.note("rate", sent, came, f"{per_s} a second, then {status_name(pushed.refusal)}")
    await _confirm(run, per_s, pushed.refusal)


async def _push(run: Run, pdus: list[SubmitSm]) -> Pushed:
    """As many unanswered as the window has; stops at the first refusal and takes in what is under way."""
    size = run.findings.window or run.bind.window
    began = run.line.clock.monotonic()
    waiting: deque[asyncio.Future[Reply]] = deque()
    queue = deque(pdus)
    taken, refusal, last_at = 0, 0, began
    while waiting or (queue and not refusal):
        while queue and not refusal and len(waiting) < size:
            waiting.append(run.line.post(queue.popleft()))
        reply = await waiting.popleft()
        run.remember(reply)
        if reply.taken:
            taken, last_at = taken + 1, reply.sent_at
        elif reply.status and not refusal:
            refusal = reply.status
    return Pushed(taken, last_at - began, refusal)


async def _confirm(run: Run, per_s: int, refusal: int) -> None:
    """The rate found, sent evenly for a second. `refusal` means "slower" where only more than that brings it."""
    findings = run.findings
    await run.line.rest(CLEAN_S)
    began = run.line.clock.monotonic()
    waiting = []
    for number, pdu in enumerate(texts(run, "ritmo constante", per_s)):
        await run.line.rest(began + number / per_s - run.line.clock.monotonic())
        waiting.append(run.line.post(pdu))
    replies = [await reply for reply in waiting]
    for reply in replies:
        run.remember(reply)
    counts = tally(replies)
    if counts.keys() <= {0, refusal}:
        findings.throttles.add(refusal)
    if set(counts) == {0}:
        findings.tps = per_s
        verdict = f"tps is {per_s}"
    else:
        findings.unknown["tps"] = (
            f"{per_s} at once were taken, and {counts[0]} of {per_s} spread over a second: a bucket with a burst"
        )
        verdict = findings.unknown["tps"]
    run.note("rate", f"{per_s} submit_sm evenly in a second", told(counts), verdict, good=findings.tps is not None)
