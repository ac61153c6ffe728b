"""How a carrier's receipts name a message against its submit_sm_resp.

Appendix B of SMPP 3.4 shows a decimal id in the receipt's text while 3.3 answered in hexadecimal, so carriers differ:
the same text in both, hexadecimal in the response and decimal in the receipt, or the reverse; with or without
leading zeros, in either case. `auto` tries the forms and learns one from what matches: never from one id that could
be read in two ways, unless the subscriber's number says which of the two messages is meant.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import final

from gateway.smpp.record import Record

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


@final
class Match(Record):
    """The key that a receipt's ids lead to and the form that led there."""

    __slots__ = ("form", "key")

    def __init__(self, key: str, form: Form) -> None:
        self.key = key
        self.form = form


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

    def match(
        self,
        receipt_ids: Sequence[str],
        known: Callable[[str], bool],
        fits: Callable[[str], bool | None] | None = None,
    ) -> Match | None:
        """The one candidate that `known` has; None where none has it, or several have and nothing tells them apart.

        `fits(key)`: whether the message under the key went to the receipt's number, None where nobody can say. It is
        asked while no form is known.
        """
        if self.form is not None:
            # the form that has matched so far is right nearly always: ask it alone first
            for receipt_id in receipt_ids:
                key = response_key(self.form, receipt_id) if receipt_id else None
                if key is not None and known(key):
                    self.matches[self.form] += 1
                    return Match(key, self.form)
        hits = [match for match in self.candidates(receipt_ids) if known(match.key)]
        if self.form is None and fits is not None:
            hits = _fitting(hits, fits)
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


def _fitting(hits: list[Match], fits: Callable[[str], bool | None]) -> list[Match]:
    """Those that went to the right number; where that is said of none, those of which nobody can say."""
    answers = [(hit, fits(hit.key)) for hit in hits]
    return [hit for hit, answer in answers if answer] or [hit for hit, answer in answers if answer is None]


class IdsFrom:
    """A carrier's way of naming, asked about a receipt that came from one number.

    The last digits count: receipts have numbers in other forms than they were sent in, and some carriers do not swap
    source and destination.
    """

    def __init__(self, ids: MessageIds, numbers: Iterable[str], sent_to: Callable[[str], str]) -> None:
        """`sent_to(key)`: the number that the message under a key went to, "" where nobody knows."""
        self._ids = ids
        self._numbers = [tail for number in numbers if (tail := _tail(number))]
        self._sent_to = sent_to

    @property
    def form(self) -> Form | None:
        """The form that is configured or was learnt."""
        return self._ids.form

    def key(self, response_id: str) -> str:
        """As MessageIds."""
        return self._ids.key(response_id)

    def candidates(self, receipt_ids: Iterable[str]) -> list[Match]:
        """As MessageIds."""
        return self._ids.candidates(receipt_ids)

    def match(self, receipt_ids: Sequence[str], known: Callable[[str], bool]) -> Match | None:
        """As MessageIds, with the number to tell candidates apart."""
        return self._ids.match(receipt_ids, known, self._fits)

    def _fits(self, key: str) -> bool | None:
        sent_to = _tail(self._sent_to(key))
        return sent_to in self._numbers if sent_to and self._numbers else None


def _tail(number: str) -> str:
    """The digits that a number has in all its forms, "" where it is no subscriber's number."""
    digits = number.removeprefix("+")
    return digits[-8:] if len(digits) >= 8 and _DECIMAL.issuperset(digits) else ""
