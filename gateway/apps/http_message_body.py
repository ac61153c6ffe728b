"""The body of POST /v1/messages and /v1/explain -> a Submission.

Types and bounds stand in the struct, where the description of the calls reads them too; what several fields have to
do with one another, and with the time, is looked at here.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.apps.http_fields import Fields
from gateway.apps.problem import Invalid
from gateway.errors import Refusal
from gateway.message import Content
from gateway.submission import Submission

PAST_S = 60.0
"""A send_at that has just passed means now: clocks differ, and requests wait in queues."""
FURTHEST_S = 366 * 86_400.0
LONGEST_TEXT = 40_000
"""Characters; 255 segments, the most that concatenation can count, hold fewer (39,015 of GSM 7)."""
LONGEST_SENDER = 20  # octets of source_addr without its NUL (SMPP 3.4 §4.4.1)
LONGEST_TTL_S = 366 * 86_400
MOST_TAGS = 16

Lane = Literal["fast", "bulk"]
Encoding = Literal["auto", "gsm7", "ucs2", "latin1", "binary"]
Receipt = Literal["final", "all", "none"]
Tag = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+$(?!\n)", max_length=64)]
Tags = Annotated[
    Annotated[list[Tag], Meta(max_length=MOST_TAGS)] | None,
    Meta(description="up to 16 words of letters, digits, -, _ and . that routes may ask for"),
]


class MessageBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One message to send."""

    to: Annotated[str, Meta(description="the recipient's number, international or as written at home")]
    text: Annotated[str | None, Meta(description="the words to send; either text or data")] = None
    data: Annotated[str | None, Meta(description="the octets to send, in hex, as 8-bit data; either text or data")] = (
        None
    )
    from_: Annotated[
        str | None,
        Meta(description="the sender, a number or up to 11 letters and digits; the app's first where left out"),
    ] = msgspec.field(default=None, name="from")
    lane: Annotated[Lane | None, Meta(description="fast or bulk; the app's own where left out")] = None
    reference: Annotated[
        Annotated[str, Meta(max_length=255)] | None,
        Meta(description="the app's own name for the message, at most 255 characters, given back with it"),
    ] = None
    tags: Tags = None
    ttl: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_TTL_S)] | None,
        Meta(description="how long the message may wait, in whole seconds from 1, at most the lane's ttl"),
    ] = None
    send_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="when to send it, RFC 3339 with an offset, at most 366 days from now"),
    ] = None
    encoding: Annotated[Encoding, Meta(description="auto, gsm7, ucs2, latin1 or binary")] = "auto"
    transliterate: Annotated[
        bool, Meta(description="true or false: whether letters outside GSM 7 may be written plainly, á as a")
    ] = False
    class_: Annotated[
        Annotated[int, Meta(ge=0, le=3)] | None,
        Meta(description="the message class, 0 to 3 (3GPP TS 23.038); 0 shows it at once and does not keep it"),
    ] = msgspec.field(default=None, name="class")
    udh: Annotated[
        str | None, Meta(description="a user data header of the app's own, in hex, its length octet first")
    ] = None
    receipt: Annotated[Receipt, Meta(description="final, all or none: which changes of status the app is told of")] = (
        "final"
    )


_fields = Fields(MessageBody)


def read_submission(octets: bytes, app: str, now: float) -> Submission:
    """What an app asks for. `now` is epoch seconds. Raises Refusal or Invalid, and then says all that is wrong."""
    body = _fields.read(octets)
    faults: list[Refusal] = []
    content = _content(body, faults)
    sender = body.from_
    if sender is not None and not (sender.isascii() and sender.isprintable() and 0 < len(sender) <= LONGEST_SENDER):
        faults.append(_fault("from", f"A sender has 1 to {LONGEST_SENDER} printable ASCII characters."))
    send_at = 0.0 if body.send_at is None else _send_at(body.send_at, now, faults)
    if faults:
        raise Invalid(faults)
    return Submission(
        app=app,
        to=body.to,
        content=content,
        interface="http",
        sender=sender or "",
        lane=body.lane or "",
        reference=body.reference or "",
        ttl_s=body.ttl,
        send_at=send_at,
        receipt=body.receipt,
        transliterate=body.transliterate,
        tags=tuple(body.tags or ()),
    )


def _content(body: MessageBody, faults: list[Refusal]) -> Content:
    """What is said; an empty content where something is wrong with it."""
    udh = b"" if body.udh is None else _octets("udh", body.udh, faults)
    if body.data is not None:
        return _binary(body, udh, faults)
    text = body.text
    if text is None:
        faults.append(Refusal("missing_field", "A message has text or data.", "text"))
    elif not text:
        faults.append(_fault("text", "The text is empty."))
    elif len(text) > LONGEST_TEXT:
        faults.append(Refusal("text_too_long", f"The text has {len(text)} characters.", "text"))
    if body.encoding == "binary":
        faults.append(_fault("encoding", "binary is for data; a text has letters."))
    return Content(text=text or "", udh=udh, encoding=body.encoding, message_class=body.class_)


def _binary(body: MessageBody, udh: bytes, faults: list[Refusal]) -> Content:
    data = _octets("data", body.data or "", faults)
    if body.text is not None:
        faults.append(_fault("data", "A message has text or data, not both."))
    if not data and not udh and not faults:
        faults.append(_fault("data", "The data is empty."))
    if body.encoding not in ("auto", "binary"):
        faults.append(_fault("encoding", "data goes as it is; leave encoding out or say binary."))
    if body.transliterate:
        faults.append(_fault("transliterate", "data goes as it is; there are no letters to change."))
    return Content(data=data, udh=udh, encoding="binary", message_class=body.class_)


def _octets(field: str, text: str, faults: list[Refusal]) -> bytes:
    """Hex digits in pairs, nothing between them."""
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) * 2 != len(text):
        faults.append(_fault(field, f"{field} is an even number of hex digits, nothing else."))
        return b""
    return octets


def _send_at(at: datetime, now: float, faults: list[Refusal]) -> float:
    """Epoch seconds; 0.0 for what is now or has just passed."""
    seconds = at.timestamp()
    if seconds < now - PAST_S:
        faults.append(_fault("send_at", f"{at.isoformat()} has passed."))
    elif seconds > now + FURTHEST_S:
        faults.append(_fault("send_at", "send_at is at most 366 days from now."))
    return seconds if seconds > now else 0.0


def _fault(field: str, detail: str) -> Refusal:
    return Refusal("invalid_field", detail, field)
