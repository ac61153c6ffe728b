"""How many messages of a batch have which status, counted as they are committed; after a start, counted anew."""

from collections import deque

from gateway.batches.watching import Moved
from gateway.message import FINAL, WAITING, Status
from gateway.store.batch import Batch, by_batch
from gateway.store.commits import Commits
from gateway.store.store import Store

SLICE = 1_000
MARK_S = 5.0
MARKS = 13


class Tally:
    """One batch's. While it is being counted, what lies beyond `_upto` is still to be read."""

    def __init__(self, batch: Batch, *, counted: bool) -> None:
        """`counted`: `batch.counts` can be believed; else `count` has to be awaited first."""
        self.batch = batch
        self.counts = dict.fromkeys(Status, 0)
        self.counts.update({Status[word.upper()]: number for word, number in batch.counts.items() if counted})
        self._upto: str | None = None if counted else ""
        self._meanwhile: dict[str, Status] = {}
        self._marks: deque[tuple[float, int]] = deque(maxlen=MARKS)

    @property
    def total(self) -> int:
        """Messages that were accepted."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """Messages that have ended."""
        return sum(self.counts[status] for status in FINAL)

    @property
    def waiting(self) -> int:
        """Messages that no carrier has yet."""
        return sum(self.counts[status] for status in WAITING)

    def moved(self, moved: Moved, before: Status) -> None:
        """A message was committed; `before` is what it counted as."""
        if self._upto is not None and moved.message.id > self._upto:
            self._meanwhile[moved.message.id] = moved.status
            return
        if not moved.fresh:
            self.counts[before] -= 1
        self.counts[moved.status] += 1

    async def count(self, store: Store, commits: Commits) -> None:
        """Count what is on disk while others go on changing it; nothing is accepted meanwhile. Raises StoreError."""
        self.counts = dict.fromkeys(Status, 0)
        after = self._upto = ""
        app, key = self.batch.app, by_batch(self.batch.id)
        while True:
            self._meanwhile.clear()
            found = await store.statuses_after(app, key, after, SLICE)
            await commits.settled()  # whoever was committed before the read has been told of by now
            self._add(found)
            if len(found) < SLICE:
                break
            after = self._upto = found[-1][0]
        self._upto = None
        self._meanwhile.clear()

    def _add(self, found: list[tuple[str, int]]) -> None:
        for message_id, status in found:
            self.counts[self._meanwhile.get(message_id) or Status(status)] += 1

    def words(self) -> dict[str, int]:
        """The counts that are not 0, by status word."""
        return {status.word: number for status, number in self.counts.items() if number}

    # -- when it will be done ---------------------------------------------------------------------------------------

    def mark(self, now: float) -> None:
        """Note how far it has come, at most every five seconds."""
        if not self._marks or now - self._marks[-1][0] >= MARK_S:
            self._marks.append((now, self.total - self.waiting))

    def end_at(self, now: float) -> float | None:
        """When the last will have gone to a carrier if it goes on as in the last minute; None where none goes."""
        if not self._marks or not self.waiting:
            return None
        at, gone = self._marks[0]
        sent = self.total - self.waiting - gone
        return now + self.waiting * (now - at) / sent if sent > 0 and now > at else None
