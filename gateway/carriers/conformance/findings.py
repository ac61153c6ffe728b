"""What a check has found out so far: the one mutable value of a run. None or empty: not found out."""

from collections import Counter
from dataclasses import dataclass, field

from gateway.carriers.conformance.drafts import Draft, Pair, Target
from gateway.carriers.conformance.values import Reply
from gateway.carriers.message_ids import Form
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages


@dataclass(slots=True)
class Findings:
    """`draft` is the one that went through last. `long_replies`: the answers for each part of each way taken.

    `refusals` maps what was refused (an invalid number, …) to the command_status; `throttles` are those that mean
    "slower". `unknown` has a sentence for each key that could not be found out, by key; `remarks` what else an
    engineer should know.
    """

    draft: Draft
    version: int | None = None
    plain: bool = False
    source: dict[str, Pair] = field(default_factory=dict)
    target: Target | None = None
    alphabet: Alphabet | None = None
    ucs2: bool | None = None
    flash: bool | None = None
    long_taken: list[LongMessages] = field(default_factory=list)
    long_messages: LongMessages | None = None
    long_replies: dict[LongMessages, list[Reply]] = field(default_factory=dict)
    window: int | None = None
    tps: int | None = None
    refusals: dict[str, int] = field(default_factory=dict)
    throttles: set[int] = field(default_factory=set)
    message_ids: Form | None = None
    receipt_parts: str | None = None
    replies: list[Reply] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
