"""Steps: which alphabet data_coding 0 is, UCS-2, a message class, and long messages by each way."""

from gateway.carriers.conformance.drafts import (
    FLASH_TEXT,
    LABELS,
    LONG_LABELS,
    TOO_LONG,
    UCS2_TEXT,
    long_parts,
    shown,
    special,
    too_long,
    ucs2,
    wire,
)
from gateway.carriers.conformance.run import Run, described
from gateway.carriers.conformance.values import Question, Reply
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages

MOST_ALPHABET = len(LABELS)
MOST_LONG = 3 * 3 + 1
_NONE = "none"
_YES = ("yes", "no")
_NEED_TLVS = (LongMessages.SAR, LongMessages.PAYLOAD)


async def alphabet(run: Run) -> None:
    """The characters that alphabets differ in, once in each; only a handset shows which came right."""
    taken = []
    for each, label in LABELS.items():
        text, octets = special(each)
        reply = await run.send(run.findings.draft, octets)
        run.note("alphabet", f"{label}, {each}: {text}", described(reply), "taken" if reply.taken else "not taken")
        for other in LABELS if reply.taken else ():
            run.note(
                "alphabet", "", "", f"where data_coding 0 is {other}, it shows {shown(octets.short_message, other)}"
            )
        if reply.taken:
            taken.append((label, each, text))
    if not taken:
        run.findings.unknown["alphabet"] = "no message with special characters was taken"
        return
    lines = "\n".join(f"  {text}" for _, _, text in taken)
    choices = (*(label for label, _, _ in taken), _NONE)
    answer = await run.ask(Question("alphabet", f"Which of these arrived exactly so?\n{lines}\n", choices))
    _conclude_alphabet(run, answer, {label: each for label, each, _ in taken})


def _conclude_alphabet(run: Run, answer: str, labels: dict[str, Alphabet]) -> None:
    """The richest that came right. ASCII's few signs also arrive where data_coding 0 is Latin-1, its superset."""
    right = [each for label, each in labels.items() if label in answer.upper().split()]
    if right:
        run.findings.alphabet = right[0]
        run.note("alphabet", "", f"the tester saw {answer}", f"data_coding 0 is {right[0]}", good=True)
    elif answer == _NONE:
        run.findings.unknown["alphabet"] = "none of them arrived right: ask the carrier how it converts text"
        run.note("alphabet", "", "the tester saw none arrive right", run.findings.unknown["alphabet"], good=False)
    else:
        run.findings.unknown["alphabet"] = (
            "nobody looked at the handset; it shows which of the messages A, B, C and P came right"
        )


async def unicode(run: Run) -> None:
    """Whether UCS-2 is taken, and arrives."""
    findings = run.findings
    reply = await run.send(findings.draft, ucs2(UCS2_TEXT))
    if reply.taken:
        answer = await run.ask(Question("ucs2", f"Did this arrive exactly so?\n  {UCS2_TEXT}\n", _YES))
        findings.ucs2 = answer != "no"
        verdict = {"yes": "taken, and arrives", "no": "taken, and does not arrive right"}.get(answer, "taken")
    else:
        findings.ucs2 = False if reply.status else None
        verdict = "refused" if reply.status else "nothing was said about it"
    if findings.ucs2 is None:
        findings.unknown["ucs2"] = "the message in UCS-2 was not answered"
    run.note("ucs2", f"D, data_coding 8: {UCS2_TEXT}", described(reply), verdict, good=findings.ucs2)


async def flash(run: Run) -> None:
    """Whether a message class is taken (data_coding 0x10)."""
    findings = run.findings
    reply = await run.send(findings.draft, wire(FLASH_TEXT, run.alphabet, message_class=0))
    findings.flash = reply.taken if reply.status is not None else None
    if findings.flash is False:
        findings.remarks.append(f"a message class is refused with {reply.said}: no flash messages here")
    run.note("class", f"I, data_coding 0x10: {FLASH_TEXT}", described(reply), "taken" if reply.taken else "not taken")


async def long_messages(run: Run) -> None:
    """A text of three segments by each way; parts go on only while they are taken."""
    findings = run.findings
    for way, label in LONG_LABELS.items():
        if findings.plain and way in _NEED_TLVS:
            run.note("long", f"{label}, {way}", "", "left out: the SMSC speaks SMPP 3.3, which knows no TLVs")
            continue
        replies = await _send_long(run, way)
        done = all(reply.taken for reply in replies)
        if done:
            findings.long_taken.append(way)
            findings.long_replies[way] = replies
        sent = f"{label}, {way}: {len(replies)} submit_sm"
        run.note("long", sent, described(replies[-1]), "taken" if done else "not taken")
    await _conclude_long(run)


async def _send_long(run: Run, way: LongMessages) -> list[Reply]:
    draft = run.findings.draft
    replies = []
    for part in long_parts(way, run.alphabet, run.references.take(draft.sender, draft.to)):
        replies.append(await run.send(draft, part))
        if not replies[-1].taken:
            break
    return replies


async def _conclude_long(run: Run) -> None:
    """The configured way where it works, else the first that does."""
    findings = run.findings
    if not findings.long_taken:
        findings.unknown["long_messages"] = "no way of long messages was taken"
        return
    labels = {LONG_LABELS[way]: way for way in findings.long_taken}
    text = "Which of these long messages arrived as one, with the numbers (001) to (056) in order and the word fin?"
    answer = await run.ask(Question("long", text, (*labels, _NONE)))
    right = [way for label, way in labels.items() if label in answer.upper().split()]
    if not right and answer != _NONE:
        findings.remarks.append("long messages: nobody looked whether the parts were joined on the handset")
        right = findings.long_taken
    if not right:
        findings.unknown["long_messages"] = "long messages were taken and did not arrive as one"
        return
    configured = LongMessages(run.carrier.long_messages)
    findings.long_messages = configured if configured in right else right[0]
    run.note("long", "", f"works: {', '.join(right)}", f"long_messages: {findings.long_messages}", good=True)


async def oversize(run: Run) -> None:
    """What the SMSC says to more than a segment in one short_message."""
    reply = await run.send(run.findings.draft, too_long())
    if reply.status:
        run.findings.refusals["a text too long for one segment"] = reply.status
    verdict = "taken: the SMSC cuts such texts, or cuts them off" if reply.taken else "refused"
    run.note("refusals", f"{len(TOO_LONG)} octets in one short_message", described(reply), verdict)
