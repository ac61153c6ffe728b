"""What must hold of every message on disk, whatever happened to it: a rule a row, each with its name in the audit."""

from collections import Counter
from collections.abc import Callable, Mapping

from gateway.books.records import ended_at, taken_at
from gateway.message import FINAL, WAITING, Message, Segment, Status
from gateway.moves import sum_up

Rule = Callable[[Message], bool]


def misnumbered(message: Message) -> bool:
    """Segments count from 1 without a gap: a missing number is a segment in no state, a double one is in two."""
    return [segment.number for segment in message.segments] != list(range(1, len(message.segments) + 1))


def missummed(message: Message) -> bool:
    """A message waits while a segment waits, is submitted while one is, and ends as one of its segments ended."""
    if not message.segments:
        return message.status is Status.SUBMITTED
    summed = sum_up(message.segments)
    if summed in WAITING:
        return message.status not in WAITING
    if summed is Status.SUBMITTED:
        return message.status is not Status.SUBMITTED
    return message.status not in FINAL or all(segment.status is not message.status for segment in message.segments)


def taken_twice(message: Message) -> bool:
    """A segment is taken by one carrier, once: a second yes would be paid for twice."""
    yeses = Counter(event.segment for event in message.events if event.command_status == 0 and event.segment)
    return any(number > 1 for number in yeses.values())


def taken_by_nobody(message: Message) -> bool:
    """What awaits a receipt, or was delivered, was taken by a carrier."""
    return any(
        segment.status in (Status.SUBMITTED, Status.DELIVERED)
        and (not segment.carrier or taken_at(message, segment) is None)
        for segment in message.segments
    )


def ended_unsaid(message: Message) -> bool:
    """Whatever ended has a line in the history that says when."""
    segments = message.segments or [Segment(0, message.status)]
    return any(segment.status in FINAL and ended_at(message, segment) is None for segment in segments)


MESSAGE_RULES: Mapping[str, Rule] = {
    "segments are not numbered 1, 2, ...": misnumbered,
    "status is not what the segments come to": missummed,
    "a segment was taken twice": taken_twice,
    "submitted or delivered, but no carrier took it": taken_by_nobody,
    "ended, but the history does not say when": ended_unsaid,
}
