"""The keys of a profile file: every habit that `relevo sim --profile` can play, with its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from gateway.config.carriers import AddressType
from gateway.config.kinds import Integer, Name, ScalarKind, Text
from gateway.config.quantities import Duration
from gateway.config.smpp_values import CString, TagValue
from gateway.config.structure import OneOrMore
from gateway.config.units import BadValueError, parse_percent
from gateway.sim.faults import parse_status
from gateway.sim.habits import SILENCE
from gateway.smpp.receipt_text import state_of
from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus

STATES: Mapping[str, MessageState] = {
    word: state
    for word in ("DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD")
    if (state := state_of(word)) is not None
}
DATES: Mapping[str, str] = {
    "YYMMDDhhmm": "%y%m%d%H%M",
    "YYMMDDhhmmss": "%y%m%d%H%M%S",
    "YYYYMMDDhhmm": "%Y%m%d%H%M",
    "YYYYMMDDhhmmss": "%Y%m%d%H%M%S",
}


class Status(ScalarKind[int]):
    """A command_status by name or number; with `silence` also that word, for no answer at all."""

    def __init__(self, silence: bool = False) -> None:
        self._silence = silence
        self.expected = "a command_status, e.g. ESME_RTHROTTLED or 0x58" + (", or silence" if silence else "")

    def parse(self, text: str) -> int:
        if self._silence and text == "silence":
            return SILENCE
        try:
            status = parse_status(text)
        except ValueError:
            raise self.wrong("is no command_status") from None
        if not 1 <= status <= 0xFFFFFFFF:
            raise self.wrong("refuses nothing")
        return status

    def stand_in(self) -> int:
        return 1


class Outcome(ScalarKind["int | MessageState"]):
    """What becomes of a message to a number: the status that refuses it, or the state it ends in."""

    expected = f"a command_status that refuses it, e.g. ESME_RINVDSTADR, or how it ends: {', '.join(STATES)}"

    def parse(self, text: str) -> "int | MessageState":
        state = STATES.get(text)
        return Status().parse(text) if state is None else state

    def stand_in(self) -> "int | MessageState":
        return 1


class Share(ScalarKind[float]):
    """How much of all: 0.05 or 5%."""

    expected = "a share from 0 to 1, e.g. 5% or 0.05"

    def parse(self, text: str) -> float:
        try:
            share = parse_percent(text) if text.endswith("%") else float(text)
        except (BadValueError, ValueError):
            raise self.wrong("is not a share") from None
        if not 0 <= share <= 1:
            raise self.wrong("is out of range")
        return share

    def stand_in(self) -> float:
        return 0.0


class Zone(ScalarKind[float]):
    """Seconds east of UTC."""

    expected = "the time's offset from UTC, e.g. -06:00"

    def parse(self, text: str) -> float:
        sign, digits = text[:1], text[1:].replace(":", "", 1)
        if sign not in {"+", "-"} or not (digits.isascii() and digits.isdigit() and len(digits) == 4):
            raise self.wrong("is not an offset")
        hours, minutes = int(digits[:2]), int(digits[2:])
        if hours > 14 or minutes > 59:
            raise self.wrong("is out of range")
        return (hours * 3600 + minutes * 60) * (-1.0 if sign == "-" else 1.0)

    def stand_in(self) -> float:
        return 0.0


Count = Annotated[int, Integer(1, 1_000_000, "a number", "10")]
Wait = Annotated[float, Duration("0s", "1d")]
Refusal = Annotated[int, Status()]
Limit = Annotated[int, Status(silence=True)]
Pairs = Annotated[tuple[AddressType, ...], OneOrMore()]
Way = Literal["udh", "udh16", "sar", "payload"]


@dataclass(frozen=True, slots=True)
class BindKeys:
    """How it binds. `modes`: which are taken; `inactivity`: it unbinds who says nothing for so long."""

    logins: Mapping[Annotated[str, CString("a system_id", 15, empty=False)], Annotated[str, Text("a password")]] = (
        field(default_factory=dict)
    )
    max: Count | None = None
    modes: Annotated[tuple[Literal["transceiver", "transmitter", "receiver"], ...], OneOrMore()] = (
        "transceiver",
        "transmitter",
        "receiver",
    )
    refuse_mode: Refusal = CommandStatus.ESME_RBINDFAIL
    refuse: Refusal | None = None
    version: Literal["3.4", "3.3", "5.0", "none"] = "3.4"
    inactivity: Annotated[float, Duration("100ms", "1d")] | None = None


@dataclass(frozen=True, slots=True)
class SourceKeys:
    """Which TON and NPI each form of sender must have (none given: any), which senders there are (none: any)."""

    short: Pairs = ()
    long: Pairs = ()
    alphanumeric: Pairs = ()
    senders: Annotated[tuple[Annotated[str, CString("a sender", 20, empty=False)], ...], OneOrMore()] = ()
    refuse: Refusal = CommandStatus.ESME_RINVSRCADR


@dataclass(frozen=True, slots=True)
class DestinationKeys:
    """How numbers must be written; `numbers` are patterns (* and ?) of those that go their own way."""

    pairs: Pairs = ()
    format: Literal["e164", "plus", "national", "e164-521"] | None = None
    numbers: Mapping[Annotated[str, Text("a pattern of a number")], Annotated[int | MessageState, Outcome()]] = field(
        default_factory=dict
    )
    refuse: Refusal = CommandStatus.ESME_RINVDSTADR


@dataclass(frozen=True, slots=True)
class TextKeys:
    """What text may be. `ucs2` and `class` are the answers to those, null takes them."""

    alphabet: Literal["gsm7", "latin1", "ascii", "gsm7-packed"] = "gsm7"
    ucs2: Refusal | None = None
    class_: Refusal | None = None
    long_messages: Annotated[tuple[Way, ...], OneOrMore()] = ("udh", "udh16", "sar", "payload")
    refuse_long: Refusal = CommandStatus.ESME_RINVESMCLASS
    longest: Annotated[int, Integer(1, 254, "octets of short_message", "160")] | None = None


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """What receipts are like. `after` null: there are none."""

    after: Wait | None = 1.0
    jitter: Wait = 0.0
    form: Literal["both", "text", "tlv"] = "both"
    by: Literal["deliver_sm", "data_sm"] = "deliver_sm"
    parts: Literal["all", "first", "last"] = "all"
    words: Mapping[
        Literal["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"],
        Annotated[str, CString("a word for it", 20)],
    ] = field(default_factory=dict)
    dates: Literal["YYMMDDhhmm", "YYMMDDhhmmss", "YYYYMMDDhhmm", "YYYYMMDDhhmmss"] = "YYMMDDhhmm"
    zone: Annotated[float, Zone()] = 0.0
    tlvs: Mapping[Annotated[int, Integer(1, 0xFFFF, "a tag", "0x1403")], Annotated[bytes, TagValue()]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class InboundKeys:
    """What subscribers' messages come as; `alphabet` null: that of the text towards them."""

    alphabet: Literal["gsm7", "latin1", "ascii", "gsm7-packed"] | None = None
    long_messages: Way = "udh"


@dataclass(frozen=True, slots=True)
class FaultKeys:
    """Shares of what goes wrong, as `relevo sim --help` tells them; `errors` are statuses with their shares."""

    errors: Mapping[Annotated[int, Status()], Annotated[float, Share()]] = field(default_factory=dict)
    silent: Annotated[float, Share()] = 0.0
    slow: Annotated[float, Share()] = 0.0
    slow_by: Wait = 5.0
    drop: Annotated[float, Share()] = 0.0
    garbage: Annotated[float, Share()] = 0.0
    noise: Annotated[float, Share()] = 0.0
    duplicate_response: Annotated[float, Share()] = 0.0
    nack: Annotated[float, Share()] = 0.0
    cut: Annotated[float, Share()] = 0.0
    half_open: Annotated[float, Share()] = 0.0
    fail: Annotated[float, Share()] = 0.0
    expire: Annotated[float, Share()] = 0.0
    early_receipt: Annotated[float, Share()] = 0.0
    duplicate_receipt: Annotated[float, Share()] = 0.0
    lost_receipt: Annotated[float, Share()] = 0.0
    intermediate_receipt: Annotated[float, Share()] = 0.0
    stray_receipt: Annotated[float, Share()] = 0.0
    shuffled_inbound: Annotated[float, Share()] = 0.0


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A whole file; every key has the default of an SMSC that takes everything."""

    name: Annotated[str, Name("the SMSC's name")] = "sim"
    bind: BindKeys = BindKeys()
    latency: Wait = 0.0
    jitter: Wait = 0.0
    tps: Count | None = None
    over_tps: Limit = CommandStatus.ESME_RTHROTTLED
    window: Count | None = None
    over_window: Limit = CommandStatus.ESME_RMSGQFUL
    deliver_window: Count = 50
    ids: Literal["hex", "dec", "uuid", "hexresp-decdlr", "decresp-hexdlr"] = "hex"
    source: SourceKeys = SourceKeys()
    destination: DestinationKeys = DestinationKeys()
    text: TextKeys = TextKeys()
    receipts: ReceiptKeys = ReceiptKeys()
    inbound: InboundKeys = InboundKeys()
    faults: FaultKeys = FaultKeys()
