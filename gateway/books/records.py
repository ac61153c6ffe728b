"""What billing reads: a record for each segment of each message, from the message's own history.

A segment costs what its carrier asks for one, once the carrier has taken it (answered ESME_ROK), whatever became of it
later; others cost nothing. The store keeps no prices: they are those of the configuration at the time of the export.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.books.period import Period
from gateway.explain import Price
from gateway.message import FINAL, Event, Message, Segment, Status
from gateway.message_json import time_text


class Record(NamedTuple):
    """A segment. The field names are the columns, in this order: append, never rename. None is an empty field."""

    message_id: str
    segment: int
    """Counts from 1, of `segments`."""
    segments: int
    app: str
    batch: str | None
    reference: str | None
    from_: str
    to: str
    """E.164 with +."""
    lane: str
    network: str | None
    carrier: str | None
    """Which took the segment, else the one that the message waits for or ended at."""
    bind: str | None
    carrier_message_id: str | None
    accepted_at: str
    """Times are RFC 3339 in UTC with milliseconds."""
    submitted_at: str | None
    """When the carrier's answer came that it has the segment."""
    final_at: str | None
    status: str
    """The segment's own: one of a message that is submitted may be delivered."""
    command_status: int | None
    """The carrier's last answer to it, 0 is ESME_ROK."""
    error: str | None
    """The receipt's error code, else the code of the message's error."""
    price: str | None
    currency: str | None
    interface: str
    """How it was submitted: http, smpp, kannel, jasmin, reply, ops."""


COLUMNS = tuple(name.rstrip("_") for name in Record._fields)


def records(message: Message, prices: Mapping[str, Price], period: Period) -> Iterator[Record]:
    """A record for each segment that belongs to the period."""
    segments = segments_of(message)
    for segment in segments:
        submitted_at, ended = taken_at(message, segment), ended_at(message, segment)
        if period.has(message.created_at, submitted_at, ended):
            yield _record(message, segment, len(segments), submitted_at, ended, prices)


def segments_of(message: Message) -> Sequence[Segment]:
    """Its segments; of a message that no carrier has been given, those that it would take, with its own status."""
    parts = max(1, message.content.parts)
    return message.segments or [Segment(number, message.status) for number in range(1, parts + 1)]


def taken_at(message: Message, segment: Segment) -> float | None:
    """When a carrier answered that it has the segment; None where none has."""
    if segment.command_status != 0:
        return None
    return _last(message, lambda event: event.command_status == 0 and event.segment == segment.number)


def ended_at(message: Message, segment: Segment) -> float | None:
    """When the segment came to the final status it has; None where it has not ended."""
    if segment.status not in FINAL:
        return None
    status, numbers = segment.status, (0, segment.number)
    return _last(message, lambda event: event.status is status and event.segment in numbers)


def _last(message: Message, wanted: Callable[[Event], bool]) -> float | None:
    return next((event.at for event in reversed(message.events) if wanted(event)), None)


def _record(
    message: Message,
    segment: Segment,
    of: int,
    submitted_at: float | None,
    final_at: float | None,
    prices: Mapping[str, Price],
) -> Record:
    price = prices.get(segment.carrier) if submitted_at is not None else None
    return Record(
        message_id=message.id,
        segment=segment.number,
        segments=of,
        app=message.app,
        batch=message.batch or None,
        reference=message.reference or None,
        from_=message.sender,
        to="+" + message.to,
        lane=message.lane,
        network=message.network or None,
        carrier=segment.carrier or message.carrier or None,
        bind=segment.bind or None,
        carrier_message_id=segment.carrier_message_id or None,
        accepted_at=time_text(message.created_at),
        submitted_at=None if submitted_at is None else time_text(submitted_at),
        final_at=None if final_at is None else time_text(final_at),
        status=segment.status.word,
        command_status=segment.command_status,
        error=segment.error or _error(message, segment),
        price=None if price is None else str(price.per_segment),
        currency=None if price is None else price.currency,
        interface=message.interface,
    )


def _error(message: Message, segment: Segment) -> str | None:
    """The message's error, for a segment that failed and whose receipt named none."""
    failed = segment.status in FINAL and segment.status is not Status.DELIVERED
    return (message.error_code or None) if failed else None
