"""Step: how receipts come. Everything they say is weighed against what was submitted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

from gateway.carriers.conformance.run import Run
from gateway.carriers.conformance.values import Arrival, Reply
from gateway.carriers.message_ids import Form, canonical, response_key
from gateway.smpp.pdu import DataSm
from gateway.smpp.spec import VENDOR_TAGS

_ANSWER_S = 2.0  # an enquire_link that is due has been answered by then
_QUARTER_S = 900  # zones differ by quarters of an hour; dates may be cut to the minute


class Forms(NamedTuple):
    """How receipts name messages: `form`, None where several explain them equally well; `unmatched` fit nothing."""

    form: Form | None
    matched: int
    unmatched: int


def judge_ids(replies: Iterable[Reply], arrivals: Sequence[Arrival]) -> Forms:
    """The one form that leads most receipts back to a response."""
    known = {canonical(reply.message_id) for reply in replies}
    hits = {form: sum(any(key in known for key in _keys(arrival, form)) for arrival in arrivals) for form in Form}
    most = max(hits.values())
    best = [form for form, count in hits.items() if count == most]
    return Forms(best[0] if most and len(best) == 1 else None, most, len(arrivals) - most)


def matches(replies: Iterable[Reply], arrivals: Iterable[Arrival]) -> list[tuple[Reply, Arrival]]:
    """Each receipt with what it is for, under any form; receipts of nothing of ours are left out."""
    by_key = {canonical(reply.message_id): reply for reply in replies}
    found = []
    for arrival in arrivals:
        keys = [key for form in Form for key in _keys(arrival, form) if key in by_key]
        if keys:
            found.append((by_key[keys[0]], arrival))
    return found


def zone_of(pairs: Iterable[tuple[Reply, Arrival]]) -> float | None:
    """Seconds east of UTC of the receipts' dates, to the quarter of an hour; None without dates that agree."""
    away = set()
    for reply, arrival in pairs:
        if arrival.receipt.submit_date is not None:
            sent = datetime.fromtimestamp(reply.sent_utc, UTC).replace(tzinfo=None)
            quarters = (arrival.receipt.submit_date - sent).total_seconds() / _QUARTER_S
            away.add(round(quarters) * _QUARTER_S)
    return float(away.pop()) if len(away) == 1 else None


def form_of(arrivals: Iterable[Arrival]) -> str:
    """Where receipts say what they say: text, tlv, both, or a mixture."""
    forms = {_where(arrival) for arrival in arrivals}
    return forms.pop() if len(forms) == 1 else " and ".join(sorted(forms))


def parts_of(long: Sequence[Reply], pairs: Iterable[tuple[Reply, Arrival]]) -> str:
    """Which parts of a long message got receipts: all, first, last, none or other."""
    told = {reply.message_id for reply, _ in pairs}
    got = [reply.message_id in told for reply in long]
    if all(got):
        return "all"
    if not any(got):
        return "none"
    return {(True, False): "first", (False, True): "last"}.get((got[0], got[-1]), "other")


async def receipts(run: Run) -> None:
    """Wait for receipts while the session is held idle, then tell what they are like."""
    findings, line = run.findings, run.line
    began, checked = line.clock.monotonic(), len(line.rtts_s)
    await line.until(lambda: _complete(run), run.options.wait_s)
    idle_s = min(run.options.wait_s, run.carrier.enquire_link + _ANSWER_S)
    await line.rest(began + idle_s - line.clock.monotonic())
    held_s = line.clock.monotonic() - began
    _tell_link(run, held_s, checked)
    due, arrivals = findings.replies, list(line.arrivals)
    if not arrivals:
        findings.unknown["message_ids"] = f"no receipt came within {held_s:.0f} s"
        run.note("receipts", f"{len(due)} messages", "none", findings.unknown["message_ids"], good=False)
        return
    pairs = matches(due, arrivals)
    _tell_ids(run, judge_ids(due, arrivals), pairs)
    _tell_form(run, arrivals)
    _tell_time(run, pairs)
    _tell_count(run, pairs)
    _tell_states(run, arrivals)


def _complete(run: Run) -> bool:
    """Whether a receipt has come for everything."""
    return len({reply.message_id for reply, _ in matches(run.findings.replies, run.line.arrivals)}) >= len(
        {reply.message_id for reply in run.findings.replies}
    )


def _tell_link(run: Run, held_s: float, checked: int) -> None:
    line = run.line
    rtts = line.rtts_s[checked:]
    came = "no enquire_link was due"
    if rtts:
        came = f"{len(rtts)} enquire_link_resp, the slowest after {max(rtts) * 1000:.1f} ms"
    verdict = "the session held" if line.up else f"the session was lost: {line.reason}"
    run.note("idle", f"nothing but enquire_link for {held_s:.1f} s", came, verdict, good=line.up)


def _tell_ids(run: Run, forms: Forms, pairs: Sequence[tuple[Reply, Arrival]]) -> None:
    findings = run.findings
    if pairs:
        reply, arrival = pairs[0]
        receipt = arrival.receipt
        came = f"response {reply.message_id}, receipt text {receipt.text_id or '-'}, TLV {receipt.tlv_id or '-'}"
    else:
        came = f"ids such as {run.line.arrivals[0].receipt.message_id}"
    findings.message_ids = forms.form
    if forms.form is None:
        why = "several forms explain the ids equally well" if forms.matched else "no form leads receipts to responses"
        findings.unknown["message_ids"] = why
    verdict = findings.unknown.get("message_ids") or f"message_ids: {forms.form}"
    if forms.unmatched:
        findings.remarks.append(f"{forms.unmatched} of {len(run.line.arrivals)} receipts name no message of ours")
    run.note("receipts", "ids", came, verdict, good=forms.form is not None)


def _tell_form(run: Run, arrivals: Sequence[Arrival]) -> None:
    findings = run.findings
    pdus = Counter("data_sm" if isinstance(arrival.pdu, DataSm) else "deliver_sm" for arrival in arrivals)
    own = sorted({tag for arrival in arrivals for tag, _ in arrival.pdu.tlvs if tag in VENDOR_TAGS})
    by = " and ".join(sorted(pdus))
    verdict = f"receipts come by {by}, their content by {form_of(arrivals)}"
    if own:
        verdict += f", with the carrier's own TLVs {', '.join(f'0x{tag:04x}' for tag in own)}"
    findings.remarks.append(verdict)
    run.note("receipts", "form", f"{len(arrivals)} receipts", verdict, good=True)


def _tell_time(run: Run, pairs: Sequence[tuple[Reply, Arrival]]) -> None:
    delays = sorted(arrival.at - reply.sent_at - reply.elapsed_s for reply, arrival in pairs)
    if not delays:
        return
    came = f"after {delays[0]:.1f} s to {delays[-1]:.1f} s, half of them within {median(delays):.1f} s"
    early = sum(delay < 0 for delay in delays)
    if early:
        run.findings.remarks.append(f"{early} receipts came before the response")
    zone_s = zone_of(pairs)
    verdict = "no dates that agree" if zone_s is None else f"dates are in UTC{_offset(zone_s)}"
    run.findings.remarks.append(f"receipts' {verdict}")
    run.note("receipts", "times", came, verdict)


def _tell_count(run: Run, pairs: Sequence[tuple[Reply, Arrival]]) -> None:
    findings = run.findings
    counts = Counter(reply.message_id for reply, _ in pairs)
    missing = len({reply.message_id for reply in findings.replies} - counts.keys())
    twice = sum(count > 1 for count in counts.values())
    long = next((replies for replies in findings.long_replies.values() if len(replies) > 1), None)
    having = "" if long is None else parts_of(long, pairs)
    parts = having and f", for {having} of the parts of a long message"
    if having in {"all", "first", "last"}:
        findings.receipt_parts = having
    elif having:
        findings.remarks.append(f"a long message has receipts for {having} of its parts")
    if twice:
        findings.remarks.append(f"{twice} receipts came more than once")
    came = f"{len(counts)} of {len(findings.replies)} messages have one{parts}"
    run.note("receipts", "count", came, f"{missing} without, {twice} more than once", good=not missing)


def _tell_states(run: Run, arrivals: Sequence[Arrival]) -> None:
    findings = run.findings
    words: Mapping[str, int] = Counter(arrival.receipt.stat or "-" for arrival in arrivals)
    states = Counter(
        "not understood" if (state := arrival.receipt.state) is None else state.name for arrival in arrivals
    )
    findings.states.update(states)
    if states["not understood"]:
        findings.remarks.append("a receipt's stat is not understood: its message would stay open until its ttl")
    came = f"stat {', '.join(f'{word} ({count})' for word, count in words.items())}"
    verdict = ", ".join(f"{name} ({count})" for name, count in states.items())
    run.note("receipts", "states", came, verdict, good=not states["not understood"])


def _where(arrival: Arrival) -> str:
    text = bool(arrival.receipt.text_id or arrival.receipt.stat)
    return {(True, True): "both", (True, False): "text", (False, True): "tlv"}.get(
        (text, bool(arrival.receipt.tlv_id)), "neither"
    )


def _keys(arrival: Arrival, form: Form) -> list[str]:
    ids = (arrival.receipt.tlv_id, arrival.receipt.text_id)
    return [key for each in ids if each and (key := response_key(form, each)) is not None]


def _offset(zone_s: float) -> str:
    minutes = int(abs(zone_s)) // 60
    return f"{'-' if zone_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
