"""Messages whose receipt never comes: after their ttl and their lane's grace (a day) they end as `unknown`.

Some carriers report only failures, and some lose receipts; whoever waits for ever has books that never close. A
receipt that comes later still betters an unknown.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from gateway.message import Event, Message, Segment, Status
from gateway.moves import move_segment
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.store import Store

log = structlog.get_logger()

SLICE = 500
WHOLE_S = 86_400.0
"""So often a sweep begins at the oldest message of all: what was put off or tried again for long was passed by."""


class Objects(Protocol):
    """Finds the one object of a message that was read."""

    def one(self, read: Message) -> Message:
        """The object to change."""


class Overdue:
    """Looks through what awaits receipts, from the oldest on, each time from where the last sweep ended."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        *,
        utc: Callable[[], float],
        reading: Callable[[], AbstractContextManager[Objects]],
        tell: Callable[[Message], None],
        forget: Callable[[Segment], None],
        grace_s: Mapping[str, float],
    ) -> None:
        """`reading()` is entered while messages are read to be changed; `tell(message)` makes what the app wants to
        hear; `forget(segment)`: nobody waits for its receipt any more, though one that comes still counts;
        `grace_s`: by lane, how long after the ttl; nothing younger than the shortest can be overdue."""
        self._store = store
        self._commits = commits
        self._utc = utc
        self._reading = reading
        self._tell = tell
        self._forget = forget
        self._grace_s = grace_s
        self._shortest_s = min(grace_s.values())
        self._since = ""
        self._whole_at = utc()

    async def sweep(self) -> int:
        """End what is overdue; how many messages that were. Raises StoreError."""
        now = self._utc()
        if not 0 <= now - self._whole_at < WHOLE_S:  # a day is over, or the clock was set back
            self._since, self._whole_at = "", now
        bound = first_id(now - self._shortest_s)
        ended, after, kept = 0, "", ""
        while True:
            with self._reading() as objects:
                await self._commits.drain()  # what is read must hold the receipts that came before
                found = await self._store.unanswered(self._since, after, SLICE)
                for read in found:
                    if read.id >= bound:
                        break
                    if read.expires_at + self._grace_s[read.lane] > now:
                        kept = kept or read.id
                    else:
                        ended += self._end(objects.one(read))
            if len(found) < SLICE or found[-1].id >= bound:
                break
            after = found[-1].id
        self._since = max(self._since, kept or bound)
        if ended:
            log.info("receipts_never_came", messages=ended)
        return ended

    def _end(self, message: Message) -> bool:
        """End the segments that still wait; whether that ended the message."""
        before, now = message.status, self._utc()
        waiting = [segment for segment in message.segments if segment.status is Status.SUBMITTED]
        if before is not Status.SUBMITTED or not waiting:
            return False  # a receipt came while it was read
        for segment in waiting:
            self._forget(segment)
            event = Event(now, Status.UNKNOWN, segment.carrier, detail="no receipt came", segment=segment.number)
            move_segment(message, segment, Status.UNKNOWN, event)
        if not message.error_code:  # another part may have been refused before
            message.error_code = message.status.word
            message.error_detail = "No receipt came within the message's time to live and the grace after it."
        self._commits.update(message)
        self._tell(message)
        return True
