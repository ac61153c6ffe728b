"""One body on its way in: rows in slices through the intake, in order, as fast as the writer takes them.

A row is known by its place. `Batch.rows` is how many from the first on are settled, on disk or refused for good; of
those beyond, a crash or a store that fails may have kept some and not others, so going on skips what is `present`.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from gateway.batches.spreading import Spread
from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import Message
from gateway.store.batch import Batch, RowError
from gateway.store.commits import Commits
from gateway.store.store import Unwritable
from gateway.submission import Submission
from portability.answer import Answer
from portability.number import Number
from portability.source import NeedsAsking

SLICE = 32
"""Rows decided on in one turn of the loop, whosever they are: about 1 ms."""
IN_FLIGHT = 450
"""Rows of one body that are not on disk yet: a commit's worth that is written, one that waits, one that is made.

More of them, and rows are made in bursts in which the writer's thread waits for the interpreter: with 2,000 the slowest
commits took three times as long.
"""
DEEPEST = 4_000
"""What is beyond the settled rows is not among more than so many: a body had up to 2,000 under way once."""
KEEP_EVERY = 2_000
MOST_ERRORS = 100
ROW = "row"


class Refused(NamedTuple):
    """A row that is no submission: what it was for, as it was written, and why."""

    to: str
    refusal: Refusal


Row = Submission | Refused
_Known = Answer | NeedsAsking | Refusal
_Found = tuple[int, Row, Number | None, _Known]
"""A row with its place, its number, and whose that is."""


class Counts(Protocol):
    """What is counted of rows."""

    def accepted(self, message: Message) -> None:
        """A row is on disk."""

    def refused(self, app: str, code: str) -> None:
        """A row was refused."""


class Upload:
    """Takes the rows of one batch. One body at a time; `end` in any case."""

    def __init__(
        self,
        batch: Batch,
        intake: Intake,
        commits: Commits,
        counts: Counts,
        *,
        spread: Spread | None = None,
        utc: Callable[[], float],
        turn: asyncio.Lock | None = None,
        present: Collection[int] = (),
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """`spread` says when each row goes, where not all go alike; `turn` is shared by all bodies, so that many of
        them hold up the loop no longer than one; `present`: rows beyond `batch.rows` that are on disk already."""
        self.batch = batch
        self._intake = intake
        self._commits = commits
        self._counts = counts
        self._spread = spread
        self._utc = utc
        self._turn = turn or asyncio.Lock()
        self._present = frozenset(present)
        self._settled = batch.rows
        self._on_end = on_end
        self._kept = batch.rows
        self._at = 0
        self._in_flight = 0
        self._enough = 0
        self._room: asyncio.Future[None] | None = None
        self._error: StoreError | None = None

    async def take(self, rows: Iterable[Row]) -> None:
        """The next rows of the body, which are made as they are taken.

        Raises StoreError, Refusal stopping or cancelled: then `end`, and the body may come again.
        """
        rest = iter(rows)
        while True:
            async with self._turn:
                if self.batch.state.startswith("cancel"):
                    raise Refusal("cancelled", "The batch was cancelled.")
                if self._intake.stopping:
                    raise Refusal("stopping", retry_after_s=5.0)
                if not (next_rows := list(islice(rest, SLICE))):
                    return
                asking = self._take_slice(next_rows)
                await asyncio.sleep(0)
                await self._commits.lull()
            if asking:
                for row in await asyncio.gather(*map(self._ask, asking)):
                    self._decide(*row)
            while self._in_flight >= IN_FLIGHT and self._error is None:
                await self._wait(IN_FLIGHT * 2 // 3)
            if self._error is not None:
                raise self._error

    def _take_slice(self, rows: Sequence[Row]) -> list[_Found]:
        """Decide on rows in their order; those from the first on that a source outside must be asked about."""
        asking: list[_Found] = []
        self._intake.expect([row.to for row in rows if type(row) is Submission])
        for row in rows:
            index = self._at
            self._at += 1
            if index < self._settled or index in self._present:
                continue
            number, answer = self._resolve(row)
            if asking or type(answer) is NeedsAsking:
                asking.append((index, row, number, answer))
            else:
                self._decide(index, row, number, answer)
        return asking

    def _resolve(self, row: Row) -> tuple[Number | None, _Known]:
        """Whose number a row is for, or why it is refused."""
        if isinstance(row, Refused):
            return None, row.refusal
        try:
            number = self._intake.number(row)
        except Refusal as refusal:
            return None, refusal
        return number, self._intake.resolver.resolve_now(int(number.digits))

    async def _ask(self, row: _Found) -> _Found:
        """The row with an answer; the sources are asked about all of a slice at once."""
        answer = row[3]
        if isinstance(answer, NeedsAsking):
            answer = await self._intake.resolver.resume(answer)
        return row[0], row[1], row[2], answer

    def _decide(self, index: int, row: Row, number: Number | None, answer: _Known) -> None:
        if isinstance(answer, Refusal):
            self._refuse(index, row.to, answer)
            return
        assert number is not None  # noqa: S101  # there is an answer about it
        assert isinstance(row, Submission)  # noqa: S101  # what is Refused has a Refusal
        assert not isinstance(answer, NeedsAsking)  # noqa: S101  # `_ask` has asked
        if self._spread is not None:
            row.send_at = self._spread.due(index, self._utc())  # before routes are asked: some hold at certain hours
        try:
            decision = self._intake.decide(row, number, answer)
        except Refusal as refusal:
            self._refuse(index, row.to, refusal)
            return
        row.batch = self.batch.id
        row.extras = {ROW: str(index)}
        self._in_flight += 1
        self._intake.accept(self._intake.message(row, decision), self._accepted, index, urgent=False)

    def _refuse(self, index: int, to: str, refusal: Refusal) -> None:
        batch = self.batch
        batch.rejected += 1
        if len(batch.errors) < MOST_ERRORS:
            batch.errors.append(RowError(index, to[:64], refusal.code, refusal.detail))
        self._counts.refused(batch.app, refusal.code)

    def _accepted(self, index: object, message: Message, error: StoreError | None) -> None:
        assert isinstance(index, int)  # noqa: S101  # what `_decide` gave
        self._in_flight -= 1
        if isinstance(error, Unwritable):
            self._refuse(index, message.to, Refusal("invalid_field", f"The row cannot be stored: {error}", "text"))
        elif error is not None:
            self._error = self._error or error
        else:
            self._counts.accepted(message)
            if self._error is None and index >= self.batch.rows:
                self.batch.rows = index + 1
                if index - self._kept >= KEEP_EVERY:
                    self._kept = index
                    self._commits.batch(self.batch)
        if self._room is not None and not self._room.done() and self._in_flight <= self._enough:
            self._room.set_result(None)

    async def _wait(self, enough: int) -> None:
        """Until no more than so many rows are under way; the writer answers each, with yes or an error."""
        self._enough = enough
        self._room = asyncio.get_running_loop().create_future()
        try:
            await self._room
        finally:
            self._room = None

    async def end(self, digest: str = "") -> None:
        """No more rows: wait for what is under way. With the body's `digest` it came to its end. Raises StoreError."""
        try:
            if self._in_flight:
                await self._wait(0)
            batch = self.batch
            if self._error is None:
                batch.rows = max(batch.rows, self._at)
                batch.complete = bool(digest)
                batch.digest = digest
            self._commits.batch(batch)
            if self._error is not None:
                raise self._error
            await self._commits.settled()
        finally:
            self._on_end()
