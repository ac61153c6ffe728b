"""What a simulated SMSC is like: its side of the agreement with whoever connects. What it does wrong is in `faults`,
what it insists on in `habits`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gateway.sim.faults import Faults
from gateway.sim.habits import Habits
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages


class IdForm(StrEnum):
    """How submit_sm_resp and the receipt name a message; the last two use another base in each (§4.4.2, Appendix B)."""

    HEX = "hex"
    DEC = "dec"
    UUID = "uuid"
    HEXRESP_DECDLR = "hexresp-decdlr"
    DECRESP_HEXDLR = "decresp-hexdlr"


class ReceiptForm(StrEnum):
    """Where a receipt says what it says: in Appendix B's text, in TLVs (§4.6.1), or in both."""

    TEXT = "text"
    TLV = "tlv"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Profile:
    """Durations in seconds. `port` 0 takes any free one; without `logins` (system_id to password) anybody may bind.

    A submit is answered `latency_s` after it came, plus up to `jitter_s`; its message ends `receipts_after_s` after
    that, plus up to `receipts_jitter_s`. None: it never ends and there are no receipts. `tps` holds over all binds,
    `window` (unanswered submits) for each; None is no limit. `deliver_window` is how many deliver_sm may be unanswered
    on a bind. `max_binds` counts for each system_id. `keep`: how many messages are remembered.
    """

    name: str = "sim"
    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    logins: Mapping[str, str] = field(default_factory=dict)
    max_binds: int | None = None
    latency_s: float = 0.0
    jitter_s: float = 0.0
    receipts_after_s: float | None = 1.0
    receipts_jitter_s: float = 0.0
    receipt_form: ReceiptForm = ReceiptForm.BOTH
    id_form: IdForm = IdForm.HEX
    tps: int | None = None
    window: int | None = None
    deliver_window: int = 50
    alphabet: Alphabet = Alphabet.GSM7
    long_messages: LongMessages = LongMessages.UDH
    keep: int = 10_000
    faults: Faults = Faults()  # noqa: RUF009 (an immutable value)
    habits: Habits = Habits()  # noqa: RUF009 (the same)
