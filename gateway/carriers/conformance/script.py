"""The script of a check: which steps, in which order, at the cost of how many messages."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from gateway.carriers.address import sender_kind
from gateway.carriers.conformance import addresses, limits, receipts, texts
from gateway.carriers.conformance.call import CallEnded
from gateway.carriers.conformance.drafts import SOURCES, targets_for
from gateway.carriers.conformance.line import BudgetSpent
from gateway.carriers.conformance.run import Options, Run
from gateway.config.carriers import Carrier
from gateway.smpp.spec import VERSION_33
from gateway.smpp.status import CommandStatus as S

_LINK_CHECKS = 3
_NOTHING = "nothing can be checked"
_LOCKS = "wrong credentials: do not try on, carriers lock accounts"
_WHY: Mapping[int | None, str] = {
    S.ESME_RALYBND: "the carrier holds a session of this bind: stop it in the gateway, wait some minutes, try again",
    S.ESME_RBINDFAIL: "credentials, our address, too many sessions, or not provisioned yet: ask the carrier",
    S.ESME_RINVPASWD: _LOCKS,
    S.ESME_RINVSYSID: _LOCKS,
    S.ESME_RINVSYSTYP: "wrong system_type: ask the carrier which one the bind must have",
    S.ESME_RINVCMDID: "this mode of bind is not taken: try the other modes",
}
STEPS = ("plain", "senders", "alphabet", "ucs2", "class", "long", "refusals", "oversize", "window", "rate")


class Step(NamedTuple):
    """One step, and how many messages it takes `usually` and at `most`."""

    name: str
    about: str
    usually: int
    most: int
    do: Callable[[Run], Awaitable[object]]


_RECEIPTS = Step("receipts", "what came back", 0, 0, receipts.receipts)


def plan(carrier: Carrier, options: Options) -> list[Step]:
    """The steps in order, without those to be left out. `plain` cannot be: without it the others tell nothing."""
    tries = len(targets_for(options.to)) - 1
    first = tries + len(SOURCES[sender_kind(options.sender)])
    others = [sender for sender in carrier.senders.allow if sender != options.sender]
    most_others = sum(tries + len(SOURCES[sender_kind(sender)]) for sender in others)
    strangers = 2 if carrier.senders.allow else 1
    window, rate, alphabets = options.window_tries, options.rate_tries, texts.MOST_ALPHABET
    steps = [
        Step("plain", "a plain text, with other TON and NPI where refused", 1, first + 1, addresses.plain),
        Step("senders", "each other sender of senders.allow", len(others), most_others, addresses.senders),
        Step("alphabet", "@ $ _ [ ] and others in four alphabets", alphabets, alphabets, texts.alphabet),
        Step("ucs2", "a text in UCS-2", 1, 1, texts.unicode),
        Step("class", "a flash message", 1, 1, texts.flash),
        Step(
            "long",
            "three segments by udh, udh16, sar and payload",
            texts.MOST_LONG,
            texts.MOST_LONG,
            texts.long_messages,
        ),
        Step("refusals", "an invalid number, a wrong sender", strangers, strangers, addresses.refusals),
        Step("oversize", "a text too long for one segment", 1, 1, texts.oversize),
        Step("window", "more at once than may be unanswered", window, window, limits.window),
        Step("rate", "as fast as it goes, then evenly", rate, 2 * rate, limits.rate),
    ]
    return [step for step in steps if step.name == "plain" or (step.most and step.name not in options.skip)]


def cost(steps: list[Step]) -> tuple[int, int]:
    """How many messages they take usually and at most."""
    return sum(step.usually for step in steps), sum(step.most for step in steps)


async def check(run: Run, steps: list[Step]) -> bool:
    """Bind, do the steps, wait for the receipts; False where nothing could be sent. Unbinds in any case."""
    try:
        if not await _open(run):
            return False
        went_through = await _try(run, steps[0])
        for step in steps[1:] if went_through else ():
            await _try(run, step)
        _settle_window(run)
        if went_through:
            await _try(run, _RECEIPTS)
            _tell_strangers(run)
        return went_through
    finally:
        await run.line.close()


async def _open(run: Run) -> bool:
    """Bind, say what the SMSC is, and see how long a sign of life takes."""
    line = run.line
    settings = f"as {run.bind.system_id}, version 0x{run.bind.interface_version:02x}"
    try:
        await line.open()
        rtts = [await line.check_link() for _ in range(_LINK_CHECKS)]
    except CallEnded as error:
        run.note("bind", f"bind_{run.bind.mode} {settings}", str(error), _WHY.get(error.status, _NOTHING), good=False)
        return False
    for mode, bound in line.bound:
        version = "no version" if bound.peer_version is None else f"version 0x{bound.peer_version:02x}"
        run.note(
            "bind",
            f"bind_{mode} {settings}",
            f"ESME_ROK from {bound.system_id or 'no name'}, {version}",
            "bound",
            good=True,
        )
    versions = [bound.peer_version for _, bound in line.bound if bound.peer_version is not None]
    run.findings.version = min(versions, default=None)
    run.findings.plain = _is_plain(run.bind.interface_version, run.findings.version)
    came = f"enquire_link_resp after {min(rtts) * 1000:.1f} to {max(rtts) * 1000:.1f} ms"
    run.note("link", f"{_LINK_CHECKS} enquire_link", came, "the link is alive", good=True)
    return True


def _is_plain(ours: int, theirs: int | None) -> bool:
    """Whether no TLVs may go: one of the two sides speaks SMPP 3.3 or older."""
    return ours <= VERSION_33 or (theirs is not None and theirs <= VERSION_33)


async def _try(run: Run, step: Step) -> bool:
    """Do one step; False for one that failed. A session that ended is opened again for it."""
    try:
        if not run.line.up:
            run.note(step.name, "", run.line.reason, "the session is opened again")
            await run.line.open()
        return await step.do(run) is not False
    except (BudgetSpent, CallEnded) as error:
        run.findings.remarks.append(f"step {step.name} was cut short: {error}")
        run.note(step.name, "", str(error), "cut short", good=False)
        return False


def _settle_window(run: Run) -> None:
    """A burst that the rate cut short tells nothing about the window."""
    findings = run.findings
    if findings.window is not None and findings.tps is not None and findings.window >= findings.tps:
        why = f"{findings.window} unanswered requests were taken, then the rate was the limit"
        findings.window, findings.unknown["window"] = None, why


def _tell_strangers(run: Run) -> None:
    if run.line.strangers:
        what = f"{run.line.strangers} messages of the SMSC were for the gateway and were put off (ESME_RX_T_APPN)"
        run.findings.remarks.append(what)
