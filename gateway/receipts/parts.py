"""Of which parts of a long message a carrier sends receipts: of all, or of one that then speaks for the others.

Receipts are asked for on every part all the same, and every part's id is kept: a carrier that says more than it was
known for is heard, and nothing depends on which part it likes best after it changed its software.
"""

from collections.abc import Sequence

from gateway.message import Message, Segment, Status

ALL = "all"
_SAID_BY_RECEIPT = frozenset({Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.UNKNOWN})
_OPEN = frozenset({Status.SUBMITTED, Status.UNKNOWN})


def speaker(receipt_parts: str, segments: Sequence[Segment]) -> Segment | None:
    """The segment whose receipt counts for all; None where each has its own (`receipt_parts` is all)."""
    if receipt_parts == ALL or len(segments) < 2:
        return None
    return segments[0] if receipt_parts == "first" else segments[-1]


def spoken_for(receipt_parts: str, message: Message, number: int, carrier: str) -> list[Segment]:
    """The other segments that a receipt of segment `number` speaks for: those the same carrier has taken by now."""
    speaks = speaker(receipt_parts, message.segments)
    if speaks is None or speaks.number != number:
        return []
    others = (each for each in message.segments if each is not speaks)
    return [each for each in others if each.carrier == carrier and each.status in _OPEN]


def spoken_already(receipt_parts: str, message: Message, number: int, carrier: str) -> Segment | None:
    """The segment whose receipt has spoken for segment `number` before the carrier's response to that one came."""
    speaks = speaker(receipt_parts, message.segments)
    if speaks is None or speaks.number == number or speaks.carrier != carrier or not speaks.carrier_message_id:
        return None
    return speaks if speaks.status in _SAID_BY_RECEIPT else None
