"""The submit_sm of a segment: what is the same for every message of a carrier, and what is not."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from gateway.carriers.address import Addressing
from gateway.message import Message
from gateway.parts import Wire
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import Tag
from gateway.smpp.times import format_absolute, format_relative

_CARRYING = frozenset({Tag.MESSAGE_PAYLOAD, Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM})


@lru_cache(maxsize=4096)
def validity(seconds: int) -> str:
    """validity_period, relative (§7.1.1.2): at least a minute, since many SMSCs count in minutes."""
    return format_relative(timedelta(seconds=max(60, seconds)))


@lru_cache(maxsize=4096)
def validity_until(minute: int) -> str:
    """validity_period, absolute in UTC (§7.1.1.1): up to this minute since the epoch."""
    return format_absolute(datetime.fromtimestamp(minute * 60, UTC))


class SubmitTemplate:
    """Makes a carrier's submit_sm."""

    def __init__(
        self, addressing: Addressing, *, service_type: str, tlvs: Tlvs, validity_form: str = "relative"
    ) -> None:
        """`tlvs` go on every submit_sm; `validity_form`: how its validity_period is written, relative, absolute or
        none (the SMSC's own default, where it refuses any)."""
        self._addressing = addressing
        self._service_type = service_type
        self._tlvs = tlvs
        self._validity = _VALIDITY[validity_form]

    def fill(self, message: Message, wire: Wire, remaining_s: float, *, plain: bool = False) -> SubmitSm:
        """The submit_sm of one segment. A receipt is always asked for: without one no message would ever end.

        `plain`: for a peer that knows no TLVs; only those go that hold the text or say which part of it this is, where
        the message was laid out so: without them it would be another message.
        """
        source = self._addressing.sender(message.sender)
        destination = self._addressing.destination(message.to)
        if plain:
            tlvs = tuple(tlv for tlv in wire.tlvs if tlv[0] in _CARRYING)
        else:
            tlvs = wire.tlvs + self._tlvs if self._tlvs else wire.tlvs
        return SubmitSm(
            self._service_type,
            source.ton,
            source.npi,
            source.digits,
            destination.ton,
            destination.npi,
            destination.digits,
            wire.esm_class,
            message.content.protocol_id,
            0,
            "",
            self._validity(message.expires_at, remaining_s),
            1,
            0,
            wire.data_coding,
            0,
            wire.short_message,
            tlvs,
        )


def _rounded(seconds: float) -> int:
    """Whole minutes from ten minutes on, so that few strings are made."""
    return math.ceil(seconds) if seconds < 600 else int(seconds) // 60 * 60


def _until(expires_at: float, remaining_s: float) -> str:
    """To the end of the minute in which it expires, or of the next one, for the same reason as in `validity`."""
    return validity_until(math.ceil((expires_at + max(0.0, 60.0 - remaining_s)) / 60))


_VALIDITY: dict[str, Callable[[float, float], str]] = {
    "relative": lambda _, remaining_s: validity(_rounded(remaining_s)),
    "absolute": _until,
    "none": lambda *_: "",
}
