"""Our requests on their way: sequence numbers, which answer belongs to what, what has expired, what is lost.

Numbers run 1 to 0x7FFFFFFF and begin again at 1 (§3.2; the peer numbers its own requests independently). A request
that has expired leaves a tombstone for ten minutes, because its answer may still come and carries the message_id.
"""

from collections import OrderedDict
from enum import Enum, auto
from typing import Any, Final

from gateway.smpp.matrix import BINDS
from gateway.smpp.record import Record
from gateway.smpp.spec import RESPONSE_BIT, CommandId

MAX_SEQUENCE_NUMBER = 0x7FFFFFFF
TOMBSTONE_S = 600.0
MOST_TOMBSTONES = 10_000
# Unanswered enquire_links that are still remembered; a peer that answers none, yet talks, must not fill the memory.
_MOST_CONTROLS = 4

_C = CommandId
_GENERIC_NACK: Final = int(_C.GENERIC_NACK)
_RESPONSE_BIT: Final = RESPONSE_BIT
# Peers mix up the responses within these; the sequence number tells which request they mean.
_MIXED_UP = (BINDS, frozenset({_C.SUBMIT_SM.value, _C.SUBMIT_MULTI.value, _C.DATA_SM.value, _C.DELIVER_SM.value}))


class Match(Enum):
    """What a response is to us."""

    ANSWER = auto()
    LATE = auto()  # to a request that has expired
    WRONG = auto()  # of a kind that cannot answer the request of its number, which stays out
    UNASKED = auto()


class Pending(Record):
    """A request without its answer. `sent_at`: monotonic seconds."""

    __slots__ = ("command_id", "context", "sent_at")

    def __init__(self, context: Any, command_id: int, sent_at: float) -> None:
        self.context = context
        self.command_id = command_id
        self.sent_at = sent_at


class Requests:
    """The requests of one session, in the order they were sent; `now` never goes back from call to call.

    Two kinds: those that fill the window (`add`), and the session's own (`add_control`: bind, unbind, enquire_link),
    which its timers look after.
    """

    def __init__(self, first_sequence_number: int = 1) -> None:
        if not 1 <= first_sequence_number <= MAX_SEQUENCE_NUMBER:
            raise ValueError(f"first_sequence_number is {first_sequence_number}, not 1 to {MAX_SEQUENCE_NUMBER}")
        self._next = first_sequence_number
        self._window: dict[int, Pending] = {}
        self._controls: dict[int, Pending] = {}
        self._tombstones: OrderedDict[int, Pending] = OrderedDict()

    def __len__(self) -> int:
        """How many of the window's requests are out."""
        return len(self._window)

    def take_number(self) -> int:
        """The next sequence number; one that is still out, or has a tombstone, is passed over."""
        number = self._next
        while number in self._window or number in self._tombstones or number in self._controls:
            number = number + 1 if number < MAX_SEQUENCE_NUMBER else 1
        self._next = number + 1 if number < MAX_SEQUENCE_NUMBER else 1
        return number

    def add(self, sequence_number: int, command_id: int, context: object, now: float) -> None:
        """A request that fills a place of the window until it is answered or expires."""
        self._window[sequence_number] = Pending(context, command_id, now)

    def add_control(self, sequence_number: int, command_id: int, now: float) -> None:
        """A request of the session's own; of more than a few unanswered ones the oldest is forgotten."""
        if len(self._controls) == _MOST_CONTROLS:
            del self._controls[next(iter(self._controls))]
        self._controls[sequence_number] = Pending(None, command_id, now)

    def take(self, response_id: int, sequence_number: int) -> Pending | None:
        """Take out the request that fills the window and has just this answer; None where `match` must look closer."""
        pending = self._window.get(sequence_number)
        if pending is None or response_id != pending.command_id | _RESPONSE_BIT:
            return None
        del self._window[sequence_number]
        return pending

    def match(self, response_id: int, sequence_number: int, now: float) -> tuple[Match, Pending | None]:
        """What a response answers; for WRONG the request it does not. Reads only: `remove` what was answered.

        For LATE the request's `sent_at` is when it expired.
        """
        match, pending = Match.ANSWER, self._window.get(sequence_number) or self._controls.get(sequence_number)
        if pending is None:
            self._clear_tombstones(now)
            match, pending = Match.LATE, self._tombstones.get(sequence_number)
        if pending is None:
            return Match.UNASKED, None
        if response_id == pending.command_id | RESPONSE_BIT or _may_answer(response_id, pending.command_id):
            return match, pending
        return Match.WRONG, pending

    def remove(self, sequence_number: int) -> None:
        """It has been answered, in time or late. Raises KeyError when no request has this number."""
        for requests in (self._window, self._controls, self._tombstones):
            if sequence_number in requests:
                del requests[sequence_number]
                return
        raise KeyError(sequence_number)

    def expire(self, now: float, response_s: float) -> list[tuple[int, Pending]]:
        """Take out what was sent `response_s` ago or earlier, oldest first, and leave a tombstone for each."""
        expired: list[tuple[int, Pending]] = []
        for sequence_number, pending in self._window.items():
            if pending.sent_at + response_s > now:
                break
            expired.append((sequence_number, pending))
        for sequence_number, pending in expired:
            del self._window[sequence_number]
            self._tombstones[sequence_number] = Pending(pending.context, pending.command_id, now)
        self._clear_tombstones(now)
        return expired

    def oldest_sent_at(self) -> float | None:
        """When the window's oldest request was sent, in monotonic seconds."""
        return next(iter(self._window.values())).sent_at if self._window else None

    def abandon(self) -> tuple[object, ...]:
        """Forget everything; the contexts of what filled the window, oldest first."""
        contexts = tuple(pending.context for pending in self._window.values())
        self._window.clear()
        self._controls.clear()
        self._tombstones.clear()
        return contexts

    def _clear_tombstones(self, now: float) -> None:
        while self._tombstones:
            oldest = next(iter(self._tombstones.values()))
            if len(self._tombstones) <= MOST_TOMBSTONES and now < oldest.sent_at + TOMBSTONE_S:
                return
            self._tombstones.popitem(last=False)


def _may_answer(response_id: int, request_id: int) -> bool:
    if response_id == _GENERIC_NACK:
        return True
    return any(request_id in ids and response_id & ~RESPONSE_BIT in ids for ids in _MIXED_UP)
