"""Steps: a plain message gets through, with the TON and NPI the carrier wants, for each sender it lets us use."""

from collections.abc import Iterator
from typing import TypeVar

from gateway.carriers.address import sender_kind
from gateway.carriers.conformance.drafts import (
    PLAIN_TEXT,
    SOURCES,
    Draft,
    Pair,
    first_draft,
    no_such_number,
    targets_for,
    wire,
)
from gateway.carriers.conformance.run import Run, described
from gateway.smpp.status import CommandStatus as S

T = TypeVar("T")

# Which address an SMSC means, 5.0's numbers and those of vendors who count on (0x4A for 0x50) included.
SOURCE_REFUSALS = frozenset({S.ESME_RINVSRCADR, S.ESME_RINVSRCTON, S.ESME_RINVSRCNPI})
TARGET_REFUSALS = frozenset({S.ESME_RINVDSTADR, S.ESME_RINVDSTTON, S.ESME_RINVDSTNPI, 0x4A, 0x4B})

_REFUSED = "addresses were refused in every form tried: ask the carrier for TON, NPI and the form of numbers"


async def plain(run: Run) -> bool:
    """A text from the first sender; whether one went through. Tries other TON and NPI where addresses are refused."""
    options, findings = run.options, run.findings
    draft = first_draft(run.carrier, options.sender, options.to, options.country_code, plain=findings.plain)
    found = await _through(run, "plain", draft)
    if found is None:
        findings.unknown["source"] = findings.unknown["destination"] = _REFUSED
        return False
    findings.draft = found
    findings.target = found.target
    findings.source[sender_kind(found.sender)] = found.source
    return True


async def senders(run: Run) -> None:
    """Each other sender that the configuration allows."""
    findings = run.findings
    for sender in run.carrier.senders.allow:
        if sender == run.options.sender:
            continue
        kind = sender_kind(sender)
        pair = findings.source.get(kind) or Pair.of(getattr(run.carrier.source, kind))
        found = await _through(run, "senders", findings.draft._replace(sender=sender, source=pair))
        if found is None:
            findings.remarks.append(f"the sender {sender} was refused: is it registered with the carrier?")
        elif findings.source.setdefault(kind, found.source) != found.source:
            findings.remarks.append(
                f"the sender {sender} needs TON and NPI {found.source.ton}/{found.source.npi}, "
                f"other {kind} senders {findings.source[kind].ton}/{findings.source[kind].npi}"
            )


async def refusals(run: Run) -> None:
    """What the SMSC says to a number that nobody has, and to a sender that is not ours."""
    findings, draft = run.findings, run.findings.draft
    nobody = no_such_number(run.options.to, run.options.country_code)
    await _refused(run, "an invalid number", draft._replace(to=nobody))
    if run.carrier.senders.allow:
        stranger = draft._replace(
            sender="NOTALLOWED", source=findings.source.get("alphanumeric", SOURCES["alphanumeric"][0])
        )
        await _refused(run, "a sender that is not ours", stranger)


async def _refused(run: Run, what: str, draft: Draft) -> None:
    reply = await run.send(draft, wire(PLAIN_TEXT, run.alphabet))
    if reply.status:
        run.findings.refusals[what] = reply.status
        verdict = f"{what} is refused at once"
    else:
        verdict = f"{what} is not refused at submission" if reply.taken else "nothing was said about it"
    run.note("refusals", draft.addresses, described(reply), verdict)


async def _through(run: Run, step: str, draft: Draft) -> Draft | None:
    """The first draft that is taken, of those that the answers call for."""
    sources = _others(SOURCES[sender_kind(draft.sender)], draft.source)
    targets = _others(targets_for(draft.to), draft.target)
    asked: Draft | None = draft
    while asked is not None:
        draft = asked
        reply = await run.send(draft, wire(PLAIN_TEXT, run.alphabet))
        asked = None
        if reply.taken:
            run.note(step, draft.addresses, described(reply), "taken", good=True)
            return draft
        if reply.status in SOURCE_REFUSALS and (source := next(sources, None)) is not None:
            asked = draft._replace(source=source)
        elif reply.status in TARGET_REFUSALS and (target := next(targets, None)) is not None:
            asked = draft._replace(target=target)
        verdict = "refused" if asked is None else "refused: another TON and NPI is tried"
        run.note(step, draft.addresses, described(reply), verdict, good=False if asked is None else None)
    return None


def _others(rows: tuple[T, ...], but: T) -> Iterator[T]:
    return (row for row in rows if row != but)
