"""What a simulated SMSC insists on: the quirks of a real one, the same for every submit that is like another.

A `Faults` is drawn by chance; a habit is not. A profile file (`profile_file`) says which ones a carrier has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from gateway.sim.records import AnySubmit
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import SubmitMulti, SubmitSm, tlv
from gateway.smpp.spec import VERSION_34, MessageState, Tag, has_udh
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet, Charset, coding
from gateway.text.segments import LongMessages
from gateway.text.udh import concat_of, parse

SILENCE = 0
"""Instead of a command_status: no answer at all."""

_MODES = ("transceiver", "transmitter", "receiver")
_SHORT_CODE = 6
_NATIONAL = 10
# Concatenation with a reference of 8 bits or of 16 (3GPP TS 23.040 §9.2.3.24).
_BY_BITS = {8: LongMessages.UDH, 16: LongMessages.UDH16}


class Pair(NamedTuple):
    """TON and NPI of an address (§5.2.5, §5.2.6)."""

    ton: int
    npi: int


class ReceiptParts(StrEnum):
    """Which segments of a long message get a receipt."""

    ALL = "all"
    FIRST = "first"
    LAST = "last"


class ReceiptBy(StrEnum):
    """The PDU that carries a receipt."""

    DELIVER_SM = "deliver_sm"
    DATA_SM = "data_sm"


@dataclass(frozen=True, slots=True)
class ReceiptHabits:
    """How receipts are written: words for states, the dates' strftime form and zone (seconds east of UTC), own TLVs."""

    words: Mapping[MessageState, str] = field(default_factory=dict)
    dates: str = "%y%m%d%H%M"
    zone_s: float = 0.0
    by: ReceiptBy = ReceiptBy.DELIVER_SM
    parts: ReceiptParts = ReceiptParts.ALL
    tlvs: Tlvs = ()


@dataclass(frozen=True, slots=True)
class Habits:
    """Without any of it: an SMSC that takes everything.

    `version`: sc_interface_version of the bind responses, None says none. `modes`: binds taken, others get
    `refuse_mode`. `inactivity_s`: after so long without a word the SMSC unbinds. `over_tps` and `over_window`: the
    status there, SILENCE is none.

    `source` has the pairs taken of a sender by its kind (short, long, alphanumeric), `senders` the senders taken;
    `destination` the pairs and forms (e164, plus, national, e164-521) taken; nothing listed takes any. `numbers` maps a
    pattern of the destination's digits (* and ?) to the status that refuses it, or to the state its message ends in.

    `refuse_ucs2` and `refuse_class` are the answers to UCS-2 and to a message class; `long_messages` the ways taken of
    a long message, others get `refuse_long`; `longest` the octets of short_message, more get ESME_RINVMSGLEN.
    """

    version: int | None = VERSION_34
    modes: tuple[str, ...] = _MODES
    refuse_mode: int = CommandStatus.ESME_RBINDFAIL
    inactivity_s: float | None = None
    over_tps: int = CommandStatus.ESME_RTHROTTLED
    over_window: int = CommandStatus.ESME_RMSGQFUL
    source: Mapping[str, tuple[Pair, ...]] = field(default_factory=dict)
    senders: tuple[str, ...] = ()
    refuse_source: int = CommandStatus.ESME_RINVSRCADR
    destination: tuple[Pair, ...] = ()
    destination_format: str | None = None
    refuse_destination: int = CommandStatus.ESME_RINVDSTADR
    numbers: Mapping[str, int | MessageState] = field(default_factory=dict)
    refuse_ucs2: int | None = None
    refuse_class: int | None = None
    long_messages: tuple[LongMessages, ...] = tuple(LongMessages)
    refuse_long: int = CommandStatus.ESME_RINVESMCLASS
    longest: int | None = None
    receipts: ReceiptHabits = ReceiptHabits()
    inbound_alphabet: Alphabet | None = None

    def refusal(self, pdu: AnySubmit) -> int:
        """The command_status that this SMSC refuses the submit with, 0 where it takes it."""
        return self._source_refusal(pdu) or self._destination_refusal(pdu) or self._content_refusal(pdu)

    def end(self, to: str) -> MessageState | None:
        """How a message to this number ends, where the number decides that."""
        named = self._named(to)
        return named if isinstance(named, MessageState) else None

    def _source_refusal(self, pdu: AnySubmit) -> int:
        taken = self.source.get(kind_of_sender(pdu.source_addr))
        wrong = taken is not None and Pair(pdu.source_addr_ton, pdu.source_addr_npi) not in taken
        if wrong or (self.senders and pdu.source_addr not in self.senders):
            return self.refuse_source
        return 0

    def _destination_refusal(self, pdu: AnySubmit) -> int:
        if isinstance(pdu, SubmitMulti):
            return 0
        named = self._named(pdu.destination_addr)
        if named is not None and not isinstance(named, MessageState):
            return named
        wrong = self.destination and Pair(pdu.dest_addr_ton, pdu.dest_addr_npi) not in self.destination
        if wrong or not _is_written(self.destination_format, pdu.destination_addr):
            return self.refuse_destination
        return 0

    def _content_refusal(self, pdu: AnySubmit) -> int:
        said = coding(pdu.data_coding)
        if self.refuse_ucs2 is not None and said.charset is Charset.UCS2:
            return self.refuse_ucs2
        if self.refuse_class is not None and said.message_class is not None:
            return self.refuse_class
        way = way_of(pdu)
        if way is not None and way not in self.long_messages:
            return self.refuse_long
        if self.longest is not None and isinstance(pdu, SubmitSm) and len(pdu.short_message) > self.longest:
            return CommandStatus.ESME_RINVMSGLEN
        return 0

    def _named(self, to: str) -> int | MessageState | None:
        digits = to.removeprefix("+")
        return next((what for pattern, what in self.numbers.items() if fnmatchcase(digits, pattern)), None)


def kind_of_sender(sender: str) -> str:
    """short (up to six digits), long or alphanumeric."""
    digits = sender.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return "alphanumeric"
    return "short" if len(digits) <= _SHORT_CODE else "long"


def way_of(pdu: AnySubmit) -> LongMessages | None:
    """Which way of long messages a submit is part of; None for a message of one part."""
    if tlv(pdu, Tag.MESSAGE_PAYLOAD) is not None and isinstance(pdu, SubmitSm):
        return LongMessages.PAYLOAD
    if tlv(pdu, Tag.SAR_MSG_REF_NUM) is not None:
        return LongMessages.SAR
    if isinstance(pdu, SubmitSm) and has_udh(pdu.esm_class):
        concat, _ = concat_of(parse(pdu.short_message).elements)
        return None if concat is None else _BY_BITS.get(concat.bits)
    return None


def _is_written(form: str | None, digits: str) -> bool:
    """Whether a number is in this form; ten digits are taken for a national one, as they are where ten are dialled.

    e164-521: a Mexican number has the 1 of before 2019, others are as in e164.
    """
    if form is None:
        return True
    if form == "plus":
        return digits.startswith("+")
    if form == "e164-521" and digits.startswith("52") and not digits.startswith("521"):
        return False
    return digits.isdigit() and (len(digits) == _NATIONAL) == (form == "national")
