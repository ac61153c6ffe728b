"""The one writer: whatever was said since the last commit goes into the next, so that many messages share an fsync.

When nothing is being written and something urgent is said, a commit begins at the end of the loop's turn; otherwise it
gathers for some milliseconds from the first arrival, or until enough of those who wait are together. While one commit
runs the next gathers, so batches grow with the load by themselves. Bulk accepts go in slices behind everything else: a
fast message never waits for a batch.

No task, future or timer is made for a message: callbacks are (function, argument) pairs, called in the order in
which they were said. When the store fails, accepts are told so and dropped, because their senders wait for an answer;
everything else stays, takes in what is said meanwhile, and is tried again with growing pauses.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from gateway.errors import StoreError
from gateway.message import Message
from gateway.store.gathering import Batch, Callback, Done, Gathering
from gateway.store.sift import Sifted, changes_of, rows_of, sift
from gateway.store.store import Changes, Store, Unwritable

log = structlog.get_logger()

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
COMPANY = 16
"""So many accepts are company enough: what a commit costs by itself is little for each, and their senders wait."""
CROWD = 64
"""So many of all who wait to be told are: carriers send receipts as theirs are answered, a window of them at a time."""
PROBE = "writer_probe"


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Do not call."""


class Watch(Protocol):
    """Who wants to know which messages were committed, for counting and finding them. Called once a commit."""

    def begins(self, changes: Changes) -> object:
        """These are about to be committed as they are now; the answer is given back if they were."""

    def committed(self, noted: object) -> None:
        """They are on disk."""


Later = Callable[[float, Callable[[], None]], Timer]


class Commits(Gathering):
    """Group commit over a store. Everything but `run` and `drain` is called from the loop and never waits."""

    def __init__(
        self,
        store: Store,
        *,
        gather_s: float = 0.002,
        slice_rows: int = 150,
        on_commit: Callable[[float, int], None] | None = None,
        on_error: Callable[[StoreError], None] | None = None,
        watch: Watch | None = None,
        later: Later | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`gather_s`: how long the first that is not urgent waits for COMPANY; `slice_rows`: bulk accepts a commit.

        `on_commit(seconds, rows)` is called after each commit, `on_error(error)` for each try that failed and each
        row that was refused; `later(seconds, function)` is the running loop's call_later where None.

        While a body of 300,000 rows came in, an OTP behind slices of 500 waited 24 / 55 ms (p50 / p99), behind 150 it
        was 6 / 20 ms, at the same rows a second; smaller ones let the rows' own rate fall.
        """
        super().__init__(slice_rows)
        self._store = store
        self._gather_s = gather_s
        self._on_commit = on_commit
        self._on_error = on_error
        self.watch = watch
        self._later = later or _call_later
        self._monotonic = monotonic
        self._due = False
        self._timer: Timer | None = None
        self._sleeper: asyncio.Future[None] | None = None
        self._drains: set[asyncio.Future[None]] = set()
        self._lulls: list[asyncio.Future[None]] = []
        self._writing = 0
        self._pause_s = FIRST_PAUSE_S
        self._healthy = True

    @property
    def healthy(self) -> bool:
        """Whether the last try succeeded; while it is False, what is submitted is better refused early."""
        return self._healthy

    @property
    def backlog(self) -> int:
        """Rows that are not durable yet: gathered, queued behind a slice, or being written."""
        return self._writing + self.gathered

    async def drain(self, *, bulk: bool = True) -> None:
        """Wait until everything said so far is durable, or was told its error; without `bulk`, all but the bulk accepts
        that wait in slices: whoever asks what became of messages is not kept waiting by a batch that comes in.

        Raises StoreError when a try fails before that; what was not an accept goes on being tried all the same.
        """
        drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drains.add(drained)
        if bulk:
            self._then_all(_resolve, drained)
        else:
            self.then(_resolve, drained)
        try:
            await drained
        finally:
            self._drains.discard(drained)

    async def settled(self) -> None:
        """As `drain`, but bulk accepts that wait in slices are not waited for, and errors are waited out."""
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.then(_resolve, settled, urgent=False)
        await settled

    async def lull(self) -> None:
        """Return at once, or when the commit is over that urgent accepts wait for: whoever makes many rows lets those
        few have the processor. Never waits for a second one, so that it goes on however many come."""
        if self._urgent_accepts or self._urgent_writing:
            lull: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._lulls.append(lull)
            await lull

    async def run(self) -> None:
        """Write until cancelled; to lose nothing, `drain` first. Run once, by one task."""
        while True:
            if not self._due:
                await self._sleep()
            self._due = False
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            batch = self._take()
            self._due = bool(self._bulk)
            await self._write(batch)
            if self._urgent_writing:
                self._urgent_writing = 0
                lulls, self._lulls = self._lulls, []
                for lull in lulls:
                    _resolve(lull, None)

    # -- when -------------------------------------------------------------------------------------------------------

    def _stir(self, urgent: bool) -> None:
        """Something was said: see to it that a commit comes."""
        if self._due:
            return
        if urgent or self._gather_s <= 0 or len(self._bulk) >= COMPANY or len(self._callbacks) >= CROWD:
            self._wake()
        elif self._timer is None:
            self._timer = self._later(self._gather_s, self._wake)

    def _wake(self) -> None:
        self._due = True
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)  # the task goes on in the loop's next turn: this turn's words are all in

    async def _sleep(self) -> None:
        self._sleeper = asyncio.get_running_loop().create_future()
        try:
            await self._sleeper
        finally:
            self._sleeper = None

    async def _pause(self) -> None:
        """Let the store be for a while, longer each time; what is said meanwhile goes into the next try."""
        rested: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self._later(self._pause_s, lambda: _resolve(rested, None))
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        try:
            await rested
        finally:
            timer.cancel()
        self._due = True

    # -- writing ----------------------------------------------------------------------------------------------------

    async def _write(self, batch: Batch) -> None:
        changes = batch.changes
        if not self._healthy and not changes:
            # Intake refuses while the store is away, so nobody else would ever find out that it is back.
            changes.settings[PROBE] = "1"
        self._writing = len(changes)
        noted = self.watch.begins(changes) if self.watch is not None else None
        started = self._monotonic()
        try:
            await (self._store.commit(changes) if changes else asyncio.sleep(0))
        except Unwritable as error:
            sifted = await sift(self._store, changes, error)
            self._watched(changes, sifted, noted)
            await self._settle(batch, sifted)
        except StoreError as error:
            await self._settle(batch, Sifted(left=rows_of(changes), error=error))
        else:
            if self.watch is not None:
                self.watch.committed(noted)
            self._written(batch, self._monotonic() - started)

    def _watched(self, changes: Changes, sifted: Sifted, noted: object) -> None:
        """Tell the watch of what came through a sift; where rows did not, they have no status to be counted by."""
        if self.watch is None:
            return
        if sifted.left or sifted.refused:
            out = {(row.field, id(row.value)) for row in [*sifted.left, *(said for said, _ in sifted.refused)]}
            rows = [row for row in rows_of(changes) if (row.field, id(row.value)) not in out]
            noted = self.watch.begins(changes_of(rows))
        self.watch.committed(noted)

    def _written(self, batch: Batch, seconds: float) -> None:
        rows, self._writing = self._writing, 0
        if rows:
            self._recover()
            if self._on_commit is not None:
                self._on_commit(seconds, rows)
        for done, argument, _, _ in batch.callbacks:
            _call(done, argument, None)

    async def _settle(self, batch: Batch, sifted: Sifted) -> None:
        """Not all could be written: tell those it concerns, keep what may be tried again, and pause."""
        self._writing = 0
        for row, refusal in sifted.refused:
            self._count(refusal)
            log.error("change_unwritable", kind=row.field, reason=str(refusal))
        self._healthy = self._healthy and sifted.error is None  # before anybody is told and asks
        kept = self._tell(batch.callbacks, sifted)
        if sifted.error is None:
            self._recover()
            return
        self._put_back(Batch(kept, changes_of([row for row in sifted.left if row.field != "accepted"])))
        self._fail(sifted.error)
        await self._pause()

    def _tell(self, callbacks: list[Callback], sifted: Sifted) -> list[Callback]:
        """Call whoever has an outcome; the callbacks that have none yet."""
        refused = {_about(row.field == "accepted", row.value): error for row, error in sifted.refused}
        left = {_about(row.field == "accepted", row.value) for row in sifted.left}
        kept: list[Callback] = []
        for callback in callbacks:
            done, argument, message, accepted = callback
            about = _about(accepted, message)
            if about in refused:
                _call(done, argument, refused[about])
            elif sifted.error is None or (message is not None and about not in left):
                _call(done, argument, None)
            elif accepted:
                _call(done, argument, sifted.error)
            else:
                kept.append(callback)
        return kept

    def _fail(self, error: StoreError) -> None:
        self._count(error)
        log.error("store_commit_failed", reason=str(error), waiting=self.backlog, again_in_s=self._pause_s)
        for drained in self._drains:
            if not drained.done():
                drained.set_exception(error)

    def _recover(self) -> None:
        if not self._healthy:
            log.info("store_commit_recovered", waiting=self.backlog)
        self._healthy = True
        self._pause_s = FIRST_PAUSE_S

    def _count(self, error: StoreError) -> None:
        if self._on_error is not None:
            self._on_error(error)


def _about(accepted: bool, value: object) -> object:
    """What names a row and its callback alike: the object that was accepted, or the id of what was updated."""
    if isinstance(value, Message) and not accepted:
        return value.id
    return id(value)


def _call(done: Done, argument: object, error: StoreError | None) -> None:
    try:
        done(argument, error)
    except Exception:  # whatever it is, the callbacks behind it must be called
        log.exception("commit_callback_failed", callback=getattr(done, "__qualname__", repr(done)))


def _resolve(future: object, _error: StoreError | None) -> None:
    if isinstance(future, asyncio.Future) and not future.done():
        future.set_result(None)


def _call_later(seconds: float, function: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, function)
