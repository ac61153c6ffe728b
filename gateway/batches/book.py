"""All batches: found again after a restart, counted, paused, resumed, cancelled.

A pause holds a batch where its messages wait: its carriers' lanes give back what no carrier has, and the feed reads
nothing of it, so pausing a million messages writes one row. They are accepted on disk and shown as paused. A cancelled
batch is held in the same way while its messages are ended, slice by slice; a restart goes on with that.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import structlog

from gateway.batches.lookups import Lookups
from gateway.batches.outlived import Outlived
from gateway.batches.spreading import Spread
from gateway.batches.tally import Tally
from gateway.batches.upload import DEEPEST, ROW, Counts, Upload
from gateway.batches.watching import Moved
from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import Message, Status
from gateway.store.batch import Batch, State, by_batch
from gateway.store.commits import Commits
from gateway.store.store import IdempotentAnswer, Store

log = structlog.get_logger()

SLICE = 500
KEY_FOR_S = 86_400.0
KEEP_S = 10.0
"""So often the state of a batch at work is written down."""


class Ways(Protocol):
    """Messages on their way to carriers, as far as a batch moves them at once."""

    def hold(self, flow: tuple[str, str]) -> None:
        """Send nothing more of a batch (app, id)."""

    def release(self, flow: tuple[str, str]) -> None:
        """It may go again."""

    async def cancel_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        """Cancel what no carrier has of what is read of a held batch."""

    async def expire_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        """See Expiring."""


class Batches:
    """One for all apps."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        intake: Intake,
        lookups: Lookups,
        ways: Ways,
        counts: Counts,
        *,
        wake: Callable[[], None],
        utc: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        """`wake()` has what waits on disk looked at."""
        self._store = store
        self._commits = commits
        self._intake = intake
        self._lookups = lookups
        self._ways = ways
        self._counts = counts
        self._wake = wake
        self._utc = utc
        self._new_id = new_id
        self._open: dict[str, Tally] = {}
        self._loading: dict[str, asyncio.Lock] = {}
        self._uploads: dict[tuple[str, str], asyncio.Event] = {}
        self._turn = asyncio.Lock()
        self._at_work: set[str] = set()
        self._stale: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept_at = 0.0
        self._outlived = Outlived(ways, lambda batch, after: self.messages(batch.app, batch.id, after))

    # -- life -------------------------------------------------------------------------------------------------------

    async def restore(self) -> None:
        """What an earlier run left: held batches are held before anything is sent. Raises StoreError."""
        for batch in await self._store.open_batches():
            self._stale.add(batch.id)
            if batch.state not in {"running", "cancelled"}:
                self._ways.hold((batch.app, batch.id))

    async def tick(self) -> None:
        """Once a second: count what is not counted yet, go on cancelling, write down how far each has come, end what
        outlives itself in a pause."""
        try:
            for batch_id in list(self._stale):
                await self._tally(batch_id)
        except StoreError as error:
            log.warning("batches_not_counted", reason=str(error))
        now = self._utc()
        keep = now - self._kept_at >= KEEP_S
        self._kept_at = now if keep else self._kept_at
        for tally in list(self._open.values()):
            tally.mark(now)
            if keep:
                self._keep(tally)
        paused = [tally.batch for tally in self._open.values() if tally.batch.state == "paused"]
        for batch in self._outlived.due(paused, now):
            self._spawn(self._outlived.walk(batch, now))

    async def stop(self) -> None:
        """End what is under way; a start goes on with it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for tally in list(self._open.values()):
            self._keep(tally)

    def moved(self, moved: Moved) -> None:
        """A message of a batch was committed."""
        message = moved.message
        before, message.counted = message.counted, moved.status
        tally = self._open.get(message.batch)
        if tally is not None:
            tally.moved(moved, before)
        else:
            self._stale.add(message.batch)

    def _keep(self, tally: Tally) -> None:
        """Write a batch down; one whose messages have all ended is not held in memory any more."""
        batch = tally.batch
        if batch.id in self._at_work or batch.id in self._stale:
            return
        batch.counts = tally.words()
        batch.ended = tally.total == tally.ended and batch.state != "cancelling"
        self._commits.batch(batch)
        if batch.ended:
            del self._open[batch.id]

    # -- looking ----------------------------------------------------------------------------------------------------

    async def get(self, app: str, batch_id: str) -> Tally:
        """A batch with its counts. Raises Refusal not_found, StoreError."""
        tally = await self._tally(batch_id)
        if tally is None or tally.batch.app != app:
            raise Refusal("not_found", "The app has no batch with this id.")
        return tally

    async def caught_up(self, within_s: float) -> bool:
        """See `Lookups.caught_up`."""
        return await self._lookups.caught_up(within_s)

    def uploading(self, batch_id: str) -> bool:
        """Whether its body is still coming."""
        return batch_id in self._at_work

    async def messages(self, app: str, batch_id: str, after: str) -> list[Message]:
        """The next messages of a batch beyond an id, oldest first; [] at the end. Raises StoreError."""
        await self._lookups.flushed()
        return await self._store.found_after(app, by_batch(batch_id), after, SLICE)

    async def _tally(self, batch_id: str) -> Tally | None:
        """A batch from memory, else from disk: then it is counted, unless it had ended and nothing moved since."""
        lock = self._loading.setdefault(batch_id, asyncio.Lock())
        try:
            async with lock:
                found = self._open.get(batch_id)
                return found if found is not None else await self._load(batch_id)
        finally:
            if not lock.locked():
                self._loading.pop(batch_id, None)

    async def _load(self, batch_id: str) -> Tally | None:
        await self._commits.settled()  # it may have been written down a moment ago
        batch = await self._store.batch(batch_id)
        if batch is None:
            self._stale.discard(batch_id)
            return None
        if batch.ended and batch_id not in self._stale:
            return Tally(batch, counted=True)
        await self._lookups.flushed()
        tally = self._open[batch_id] = Tally(batch, counted=False)
        try:
            await tally.count(self._store, self._commits)
        except BaseException:
            self._stale.add(batch_id)
            del self._open[batch_id]
            raise
        self._stale.discard(batch_id)
        batch.ended = False
        if batch.state == "cancelling":
            self._spawn(self._cancel(tally))
        return tally

    # -- a body -----------------------------------------------------------------------------------------------------

    async def begin(
        self, app: str, key: str, asked: str, name: str, spread: Spread | None = None
    ) -> tuple[Upload | None, Tally]:
        """Take a body in. None where one came to its end under this key before: then the batch is the answer.

        `asked` says in short what else is wanted of the rows: another one under the same key is a Refusal
        idempotency_conflict. A `spread` begins when its batch did, if not later. Waits for a body under the key that
        is still coming. Raises StoreError.
        """
        while key and (coming := self._uploads.get((app, key))) is not None:
            await coming.wait()
        ended = asyncio.Event()
        if key:
            self._uploads[app, key] = ended
        try:
            tally = await self._begun(app, key, asked) if key else None
            if tally is not None and tally.batch.complete:
                self._ended(app, key, ended, "")
                return None, tally
            return await self._upload(app, key, asked, name, spread, tally, ended)
        except BaseException:
            self._ended(app, key, ended, "")
            raise

    async def _begun(self, app: str, key: str, asked: str) -> Tally | None:
        """The batch of an earlier body under this key."""
        row = await self._store.answer(app, _answer_key(key))
        if row is None or self._utc() - row.created_at >= KEY_FOR_S:
            return None
        tally = await self._tally(row.answer.decode())
        if tally is not None and tally.batch.asked != asked:
            raise Refusal("idempotency_conflict", field="Idempotency-Key")
        return tally

    async def _upload(
        self,
        app: str,
        key: str,
        asked: str,
        name: str,
        spread: Spread | None,
        tally: Tally | None,
        ended: asyncio.Event,
    ) -> tuple[Upload, Tally]:
        present: set[int] = set()
        if tally is None:
            tally = self._new(app, key, asked, name)
        else:
            present = await self._present(tally.batch)
            self._take_up(tally, present)
        batch_id = tally.batch.id
        self._open[batch_id] = tally
        self._at_work.add(batch_id)
        upload = Upload(
            tally.batch,
            self._intake,
            self._commits,
            self._counts,
            spread=spread and spread._replace(start=max(spread.start, tally.batch.created_at)),
            utc=self._utc,
            turn=self._turn,
            present=present,
            on_end=lambda: self._ended(app, key, ended, batch_id),
        )
        return upload, tally

    def _new(self, app: str, key: str, asked: str, name: str) -> Tally:
        now = self._utc()
        batch = Batch(id=self._new_id(), app=app, created_at=now, name=name, key=key, asked=asked)
        self._commits.batch(batch)
        if key:
            self._commits.answer(IdempotentAnswer(app, _answer_key(key), asked, now, batch.id.encode()))
        return Tally(batch, counted=True)

    async def _present(self, batch: Batch) -> set[int]:
        """The rows beyond the settled ones that are on disk. Raises StoreError."""
        await self._lookups.flushed()
        present: set[int] = set()
        before = ""
        settled = 0
        while True:
            page = await self._store.page(batch.app, by_batch(batch.id), list(Status), "", before, SLICE, SLICE)
            rows = {int(message.extras.get(ROW, "-1")) for message in page.messages}
            beyond = {row for row in rows if row >= batch.rows}
            present |= beyond
            settled += len(rows) - len(beyond)
            before = page.before
            # No body leaves more rows under way behind it, so what is beyond is not deeper than that.
            if not before or settled > DEEPEST:
                return present

    def _take_up(self, tally: Tally, present: set[int]) -> None:
        """Rows that were refused beyond the settled ones are decided on again."""
        batch = tally.batch
        batch.rejected = batch.rows - (tally.total - len(present))
        batch.errors = [error for error in batch.errors if error.index < batch.rows]
        batch.ended = False
        self._commits.batch(batch)

    def _ended(self, app: str, key: str, ended: asyncio.Event, batch_id: str) -> None:
        self._at_work.discard(batch_id)
        if self._uploads.get((app, key)) is ended:
            del self._uploads[app, key]
        ended.set()

    # -- pause, resume, cancel --------------------------------------------------------------------------------------

    async def pause(self, app: str, batch_id: str) -> Tally:
        """Send nothing more of it; durable when it returns. Raises Refusal, StoreError."""
        tally = await self._moving(app, batch_id, ("running", "paused"))
        self._ways.hold((app, batch_id))
        return await self._put(tally, "paused")

    async def resume(self, app: str, batch_id: str) -> Tally:
        """Go on with it; durable when it returns. Raises Refusal, StoreError."""
        tally = await self._moving(app, batch_id, ("running", "paused"))
        await self._put(tally, "running")
        self._ways.release((app, batch_id))
        self._wake()
        return tally

    async def cancel(self, app: str, batch_id: str) -> Tally:
        """End what no carrier has of it. That it will is durable when it returns. Raises Refusal, StoreError."""
        tally = await self._moving(app, batch_id, ("running", "paused", "cancelling", "cancelled"))
        if tally.batch.state.startswith("cancel"):
            return tally
        self._ways.hold((app, batch_id))
        await self._put(tally, "cancelling")
        self._spawn(self._cancel(tally))
        return tally

    async def _moving(self, app: str, batch_id: str, states: tuple[State, ...]) -> Tally:
        tally = await self.get(app, batch_id)
        if tally.batch.state not in states:
            raise Refusal("not_cancellable", f"The batch is {tally.batch.state}.")
        if not self._commits.healthy:
            raise Refusal("store_unavailable", retry_after_s=1.0)
        return tally

    async def _put(self, tally: Tally, state: State) -> Tally:
        tally.batch.state = state
        self._open[tally.batch.id] = tally
        self._commits.batch(tally.batch)
        await self._commits.settled()
        return tally

    async def _cancel(self, tally: Tally) -> None:
        """Slice by slice, once no more rows come; a store that is away is waited for."""
        batch = tally.batch
        after, whole = "", False
        while True:
            try:
                found = await self._ways.cancel_these(partial(self.messages, batch.app, batch.id, after))
                if not found and not whole and not self.uploading(batch.id):
                    await self._commits.drain()  # rows that a body left under way when it broke off
                    whole = True
                    continue
            except StoreError as error:
                log.warning("batch_not_cancelled", batch=batch.id, reason=str(error))
                await asyncio.sleep(1.0)
                continue
            if found:
                after = found[-1].id
            elif whole:
                break
            else:
                await asyncio.sleep(0.05)  # rows that were under way when it was cancelled
        batch.state = "cancelled"
        self._commits.batch(batch)
        self._ways.release((batch.app, batch.id))
        self._wake()  # parts of messages that a carrier has begun with

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _answer_key(key: str) -> str:
    """Beside the keys of single messages, which have no blanks."""
    return f"batch {key}"
