"""The values that a message is made of, and what apps are told of it: structs, so that they become JSON as they are."""

from enum import IntEnum

import msgspec


class Status(IntEnum):
    """Where a message or a segment is. The numbers are what the store keeps: append, never renumber."""

    SCHEDULED = 1
    ACCEPTED = 2
    PAUSED = 3
    SUBMITTED = 4
    DELIVERED = 5
    UNDELIVERED = 6
    EXPIRED = 7
    UNKNOWN = 8
    REJECTED = 9
    CANCELLED = 10

    @property
    def word(self) -> str:
        """The status as apps read it: lower case."""
        return self.name.lower()


_S = Status
FINAL = frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.EXPIRED, _S.UNKNOWN, _S.REJECTED, _S.CANCELLED})
WAITING = frozenset({_S.SCHEDULED, _S.ACCEPTED, _S.PAUSED})


class Content(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is said, in one of two forms.

    With `text`, the words; each carrier's profile decides the octets. With `data`, octets that go as they are under
    `data_coding`. `udh` is a user data header of the app's own (whole, with UDHL), `sar` the TLVs of its own SAR part
    (reference, total, number; §5.3.2.22-24). `encoding` is what was asked for: auto, gsm7, ucs2, latin1 or binary;
    `settled` and `parts` what it came to at the first carrier. `message_class` is 0-3 or None (3GPP TS 23.038 §4).
    `transliterate`: a carrier that cannot have the words as they are may be given them in other letters.
    """

    text: str | None = None
    data: bytes = b""
    udh: bytes = b""
    encoding: str = "auto"
    data_coding: int = 0
    message_class: int | None = None
    sar: tuple[int, int, int] | None = None
    tlvs: tuple[tuple[int, bytes], ...] = ()
    protocol_id: int = 0
    settled: str = "gsm7"
    parts: int = 1
    transliterate: bool = False


class Segment(msgspec.Struct, array_like=True, gc=False):
    """One submit_sm of a message: `number` counts from 1; `carrier_message_id` is the response's, as it came.

    `reference` is the concatenation's that it was cut with, so that what is sent after a restart still joins; -1 where
    it has none.
    """

    number: int
    status: Status = Status.ACCEPTED
    carrier: str = ""
    bind: str = ""
    carrier_message_id: str = ""
    command_status: int | None = None
    error: str = ""
    reference: int = -1


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line of a message's history; `at` in seconds since the epoch (UTC), `segment` 0 for the whole message."""

    at: float
    status: Status
    carrier: str = ""
    bind: str = ""
    command_status: int | None = None
    carrier_message_id: str = ""
    detail: str = ""
    segment: int = 0


class Inbound(msgspec.Struct, kw_only=True, frozen=True):
    """A message from a subscriber, whole. `sender` is E.164 digits where it is a number; `to` is ours, as configured.

    `incomplete` names the parts that never came, "" when all did.
    """

    id: str
    app: str
    carrier: str
    to: str
    sender: str
    text: str
    network: str = ""
    keyword: str = ""
    data: bytes = b""
    data_coding: int = 0
    received_at: float = 0.0
    in_reply_to: str = ""
    incomplete: str = ""


class Delivery(msgspec.Struct, kw_only=True):
    """Something an app has to be told, kept until it took it.

    `subject` is the id of the message (kind receipt) or of the inbound message (kind inbound); `status` the word of
    the receipt. `state` is waiting or dead; `next_at` the epoch second before which it is not tried again. What is
    `urgent`, an inbound message or a receipt of the fast lane, goes before what is not.
    """

    id: str
    app: str
    kind: str
    subject: str
    status: Status = Status.ACCEPTED
    segment: int = 0
    url: str = ""
    state: str = "waiting"
    attempts: int = 0
    created_at: float = 0.0
    next_at: float = 0.0
    detail: str = ""
    urgent: bool = False
