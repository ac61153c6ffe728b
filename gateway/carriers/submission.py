"""The submit_sm of a segment: what is the same for every message of a carrier, and what is not."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from gateway.carriers.address import Addressing
from gateway.message import Message
from gateway.parts import Wire
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import SubmitSm, submit_sm
from gateway.smpp.spec import Tag
from gateway.smpp.times import format_absolute, format_relative

NO_TIME: Final = 1
NO_TLVS: Final = 2
"""What a submit_sm can go without: its validity_period, and all TLVs but those that are the text or a part's place."""

_CARRYING: Final = frozenset({Tag.MESSAGE_PAYLOAD, Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM})


@lru_cache(maxsize=4096)
def validity(seconds: int) -> str:
    """validity_period, relative (§7.1.1.2): at least a minute, since many SMSCs count in minutes."""
    return format_relative(timedelta(seconds=max(60, seconds)))


@lru_cache(maxsize=4096)
def validity_until(minute: int) -> str:
    """validity_period, absolute in UTC (§7.1.1.1): up to this minute since the epoch."""
    return format_absolute(datetime.fromtimestamp(minute * 60, UTC))


def length(remaining_s: float) -> int:
    """How long a validity_period is, to a power of two: alike for times of which none is twice the other.

    What an SMSC says to one validity_period it says to others about as long: many have a longest, few take none.
    """
    return int(remaining_s).bit_length()


class SubmitTemplate:
    """Makes a carrier's submit_sm. What it was told to go without stays away until the process ends."""

    def __init__(
        self, addressing: Addressing, *, service_type: str, tlvs: Tlvs, validity_form: str = "relative"
    ) -> None:
        """`tlvs` go on every submit_sm; `validity_form`: how its validity_period is written, relative, absolute or
        none (the SMSC's own default, where it refuses any)."""
        self._addressing = addressing
        self._service_type = service_type
        self._tlvs = tlvs
        self._validity = _VALIDITY[validity_form]
        self._own = frozenset(tag for tag, _ in tlvs)
        self._barred: frozenset[int] = frozenset()
        self._never = NO_TIME if validity_form == "none" else 0
        self.timeless: frozenset[int] = frozenset()
        """The lengths (see `length`) of which no validity_period is written any more."""

    @property
    def barred(self) -> frozenset[int]:
        """The tags that stay away."""
        return self._barred

    def go_without_time(self, of: int) -> None:
        """Write no validity_period of this length (see `length`) from now on."""
        self.timeless |= {of}

    def left_out(self, remaining_s: float) -> int:
        """NO_TIME or 0: what a submit_sm goes without whose message has so long to live.

        NO_TLVS is never among it, since tags stay away one by one.
        """
        return NO_TIME if self.timeless and length(remaining_s) in self.timeless else self._never

    def go_without(self, tags: frozenset[int]) -> None:
        """Write no TLVs with these tags from now on, neither the carrier's own nor an app's."""
        self._barred |= tags
        self._tlvs = tuple(tlv for tlv in self._tlvs if tlv[0] not in self._barred)

    def optional(self, wire: Wire) -> tuple[frozenset[int], frozenset[int]]:
        """The tags that can be left out of a segment's submit_sm, barred or not: the app's, and the carrier's own."""
        return frozenset(tag for tag, _ in wire.tlvs) - _CARRYING, self._own

    def fill(self, message: Message, wire: Wire, remaining_s: float, without: int = 0) -> SubmitSm:
        """The submit_sm of one segment. A receipt is always asked for: without one no message would ever end.

        `without`: NO_TIME, NO_TLVS or both. The TLVs that then still go hold the text or say which part of it this is,
        where the message was laid out so: without them it would be another message.
        """
        if without & NO_TLVS:
            tlvs = tuple(tlv for tlv in wire.tlvs if tlv[0] in _CARRYING)
        else:
            tlvs = wire.tlvs + self._tlvs if self._tlvs else wire.tlvs
            if tlvs and self._barred:
                tlvs = tuple(tlv for tlv in tlvs if tlv[0] not in self._barred)
        return submit_sm(
            self._service_type,
            self._addressing.sender(message.sender),
            self._addressing.destination(message.to),
            wire.esm_class,
            message.content.protocol_id,
            "" if without & NO_TIME else self._validity(message.expires_at, remaining_s),
            1,
            wire.data_coding,
            wire.short_message,
            tlvs,
        )


def _rounded(seconds: float) -> int:
    """Whole minutes from ten minutes on, so that few strings are made."""
    return math.ceil(seconds) if seconds < 600 else int(seconds) // 60 * 60


def _until(expires_at: float, remaining_s: float) -> str:
    """To the end of the minute in which it expires, or of the next one, for the same reason as in `validity`."""
    return validity_until(math.ceil((expires_at + max(0.0, 60.0 - remaining_s)) / 60))


def _in(_expires_at: float, remaining_s: float) -> str:
    return validity(_rounded(remaining_s))


def _unsaid(_expires_at: float, _remaining_s: float) -> str:
    return ""


_VALIDITY: dict[str, Callable[[float, float], str]] = {"relative": _in, "absolute": _until, "none": _unsaid}
