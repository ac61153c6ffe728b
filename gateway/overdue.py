"""Messages whose receipt never comes: after their ttl and a day of grace they end as `unknown`.

Some carriers report only failures, and some lose receipts; whoever waits for ever has books that never close. A
receipt that comes later still betters an unknown.
"""

from collections.abc import Callable

import structlog

from gateway.message import Event, Message, Segment, Status, move_segment
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.store import Store

log = structlog.get_logger()

GRACE_S = 86_400.0
SLICE = 500


class Overdue:
    """Looks through what awaits receipts, from the oldest on, each time from where the last sweep ended."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        *,
        utc: Callable[[], float],
        tell: Callable[[Message], None],
        forget: Callable[[Segment], None],
        shortest_ttl_s: float,
    ) -> None:
        """`tell(message)` makes what the app wants to hear; `forget(segment)`: no receipt is awaited any more;
        `shortest_ttl_s`: nothing younger than that (and the grace) can be overdue."""
        self._store = store
        self._commits = commits
        self._utc = utc
        self._tell = tell
        self._forget = forget
        self._shortest_ttl_s = shortest_ttl_s
        self._since = ""

    async def sweep(self) -> int:
        """End what is overdue; how many messages that were. Raises StoreError."""
        await self._commits.drain()  # what is read must hold the receipts that came before
        bound = first_id(self._utc() - self._shortest_ttl_s - GRACE_S)
        ended, after, kept = 0, self._since, ""
        while True:
            found = await self._store.unanswered(self._since, after, SLICE)
            due = [message for message in found if message.id < bound]
            for message in due:
                if message.expires_at + GRACE_S <= self._utc():
                    self._end(message)
                    ended += 1
                else:
                    kept = kept or message.id
            if len(due) < SLICE:
                break
            after = due[-1].id
        self._since = kept or bound
        if ended:
            log.info("receipts_never_came", messages=ended)
        return ended

    def _end(self, message: Message) -> None:
        before, now = message.status, self._utc()
        message.error_code = "unknown"
        message.error_detail = "No receipt came within a day of the message's time to live."
        for segment in message.segments:
            if segment.status is Status.SUBMITTED:
                self._forget(segment)
                event = Event(now, Status.UNKNOWN, segment.carrier, detail="no receipt came", segment=segment.number)
                move_segment(message, segment, Status.UNKNOWN, event)
        self._commits.update(message)
        if message.status is not before:
            self._tell(message)
