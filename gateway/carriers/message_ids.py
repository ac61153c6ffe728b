"""How a carrier's receipts name a message against its submit_sm_resp.

Appendix B of SMPP 3.4 shows a decimal id in the receipt's text while 3.3 answered in hexadecimal, so carriers differ:
the same text in both, hexadecimal in the response and decimal in the receipt, or the reverse; with or without
leading zeros, in either case. `auto` tries the forms and learns one from what matches: never from one id that could
be read in two ways.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

_DECIMAL = frozenset("0123456789")
_HEXADECIMAL = frozenset("0123456789abcdef")
LEARNT_AFTER = 20


class Form(StrEnum):
    """How a receipt's id relates to the response's: contract words of `message_ids`."""

    SAME = "same"
    HEX_DEC = "hex-dec"
    DEC_HEX = "dec-hex"


def canonical(message_id: str) -> str:
    """The text form both sides are brought to: trimmed, case folded, no leading zeros where it is a plain number.

    Ids with dashes (UUIDs) keep their zeros; ids are text or big integers, never clamped to 64 bits.
    """
    text = message_id.strip(" \t\r\n\0\"'").casefold()
    if text[:1] == "0" and _HEXADECIMAL.issuperset(text):
        return text.lstrip("0") or "0"
    return text


def response_key(form: Form, receipt_id: str) -> str | None:
    """The canonical response id that a receipt's id stands for under `form`; None where it cannot be of that form."""
    text = canonical(receipt_id)
    if form is Form.SAME:
        return text or None
    digits = _DECIMAL if form is Form.HEX_DEC else _HEXADECIMAL
    if not text or len(text) > 40 or not digits.issuperset(text):
        return None
    return format(int(text), "x") if form is Form.HEX_DEC else str(int(text, 16))


class Match(NamedTuple):
    """The key that a receipt's ids lead to and the form that led there."""

    key: str
    form: Form


class MessageIds:
    """One carrier's way of naming: fixed by configuration, or learnt (`auto`)."""

    def __init__(self, mode: str, learnt: str = "") -> None:
        """`mode` is auto, same, hex-dec or dec-hex; `learnt` what an earlier run had found out, "" nothing."""
        self.mode = mode
        self.form: Form | None = Form(mode) if mode != "auto" else (Form(learnt) if learnt else None)
        self.matches: dict[Form, int] = dict.fromkeys(Form, 0)
        self.ambiguous = 0

    def key(self, response_id: str) -> str:
        """The canonical key under which a response's id waits for its receipt."""
        return canonical(response_id)

    def candidates(self, receipt_ids: Iterable[str]) -> list[Match]:
        """Keys worth trying for a receipt's ids (TLV's first, then the text's), likeliest first, each once."""
        forms = [self.form] if self.form and self.mode != "auto" else sorted(Form, key=self._rank)
        found: dict[str, Match] = {}
        ids = [receipt_id for receipt_id in receipt_ids if receipt_id]
        for form in forms:
            for receipt_id in ids:
                key = response_key(form, receipt_id)
                if key is not None and key not in found:
                    found[key] = Match(key, form)
        return list(found.values())

    def match(self, receipt_ids: Sequence[str], known: Callable[[str], bool]) -> Match | None:
        """The one candidate that `known` has; None where none has it, or several have and nothing is learnt yet."""
        if self.form is not None:
            for receipt_id in receipt_ids:  # the form that has matched so far is right nearly always: ask it alone first
                key = response_key(self.form, receipt_id) if receipt_id else None
                if key is not None and known(key):
                    self.matches[self.form] += 1
                    return Match(key, self.form)
        hits = [match for match in self.candidates(receipt_ids) if known(match.key)]
        if len(hits) == 1:
            self._learn(hits[0].form)
            return hits[0]
        if not hits:
            return None
        if self.form is not None:
            return next((hit for hit in hits if hit.form is self.form), hits[0])
        self.ambiguous += 1
        return None

    def _rank(self, form: Form) -> int:
        return 0 if form is self.form else 1

    def _learn(self, form: Form) -> None:
        """Count a match that could be read one way only; adopt a form once it alone has matched often enough."""
        self.matches[form] += 1
        if self.mode == "auto" and self.form is not form and self.matches[form] >= LEARNT_AFTER:
            others = sum(count for other, count in self.matches.items() if other is not form)
            if self.matches[form] > 10 * others:
                self.form = form
