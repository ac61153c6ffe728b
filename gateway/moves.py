"""How a message and its segments move from status to status.

The table of legal moves is data; a move that is not in it changes nothing, because late and repeated receipts are
normal. A message's status is summed up from its segments by one pure function. Each change appends an event: the
history that an app reads and that billing counts.
"""

from collections.abc import Iterable
from typing import Final

from gateway.message import FINAL, WAITING, Event, Message, Segment, Status

_S = Status
_WAITING: Final = WAITING  # compiled, a name of a module that is not is looked up each time

# UNKNOWN is final until the carrier says better: a receipt that comes later than its deadline still counts. What is
# PAUSED may have segments in flight, and these end all the same. Nothing taken by a carrier ever waits again.
MOVES: Final[dict[Status, frozenset[Status]]] = {
    _S.SCHEDULED: frozenset({_S.ACCEPTED, _S.PAUSED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED}),
    _S.ACCEPTED: frozenset(
        {_S.SUBMITTED, _S.PAUSED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED, _S.DELIVERED, _S.UNDELIVERED, _S.UNKNOWN}
    ),
    _S.PAUSED: frozenset(
        {
            *(_S.ACCEPTED, _S.SCHEDULED, _S.SUBMITTED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED),
            *(_S.DELIVERED, _S.UNDELIVERED, _S.UNKNOWN),
        }
    ),
    _S.SUBMITTED: frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.EXPIRED, _S.UNKNOWN, _S.REJECTED}),
    _S.DELIVERED: frozenset(),
    _S.UNDELIVERED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.UNKNOWN: frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.EXPIRED}),
    _S.REJECTED: frozenset(),
    _S.CANCELLED: frozenset(),
}

# Which status among the segments is the message's, strongest first: what has not ended holds back what has, and then
# one lost part spoils the text.
_SUMMED: Final = (
    *(_S.ACCEPTED, _S.SCHEDULED, _S.PAUSED, _S.SUBMITTED),
    *(_S.REJECTED, _S.UNDELIVERED, _S.EXPIRED, _S.CANCELLED, _S.UNKNOWN, _S.DELIVERED),
)


def may_move(before: Status, after: Status) -> bool:
    """Whether the table of legal moves has this one."""
    return after in MOVES[before]


def sum_up(segments: Iterable[Segment]) -> Status:
    """The status of a message from its segments: waiting while any waits, delivered when all are.

    A message with a failed part ends only when every part has ended, with the failure's status.
    """
    statuses = {segment.status for segment in segments}
    if not statuses:
        return _S.ACCEPTED
    if len(statuses) == 1:
        return next(iter(statuses))
    return next(status for status in _SUMMED if status in statuses)


def move(message: Message, after: Status, event: Event) -> bool:
    """Bring the whole message to `after` and append the event; False and no change where the move is not legal.

    With a final status the segments that still waited to be sent end as well.
    """
    if after not in MOVES[message.status]:
        return False
    message.status = after
    message.updated_at = event.at
    message.events += (event,)
    if after in FINAL:
        _end_waiting(message, after)
    return True


def move_segment(message: Message, segment: Segment, after: Status, event: Event) -> bool:
    """Bring one segment to `after`, sum the message up, and append the event; False where the move is not legal.

    While another segment waits to be sent the message stays what it is, be that accepted or paused.
    """
    if after not in MOVES[segment.status]:
        return False
    segment.status = after
    message.events += (event,)
    message.updated_at = event.at
    segments, before = message.segments, message.status
    summed = after if len(segments) == 1 else sum_up(segments)
    if summed is not before and summed not in _WAITING and summed in MOVES[before]:
        message.status = summed
    return True


def fail(message: Message, after: Status, code: str, detail: str, event: Event) -> bool:
    """Give up what of a message no carrier has: its waiting segments come to the final status `after`, with an error.

    Segments that a carrier took still wait for their receipts, and the message ends with the last of them. The event
    is appended; False and no change where `after` is not a legal end, or nothing is left to give up.
    """
    if after not in MOVES[message.status]:
        return False
    if message.segments and not _end_waiting(message, after):
        return False
    message.status = sum_up(message.segments) if message.segments else after
    message.updated_at = event.at
    message.events += (event,)
    message.error_code = code
    message.error_detail = detail
    return True


def _end_waiting(message: Message, after: Status) -> bool:
    """Bring segments that wait to be sent to a final status; whether there were any."""
    waiting = [segment for segment in message.segments if segment.status in WAITING]
    for segment in waiting:
        segment.status = after
    return bool(waiting)
