"""A carrier's lane: messages that wait to be sent, bounded, each app and each batch of it in its turn.

An entry is a whole message; its cost is its segments. Order holds within a batch (what has none is one batch of its
app). Entries that are taken out of turn, expired or cancelled, are only marked: whoever meets them passes over them.

Fairness reaches only as far as the lane: what waits on disk has no turn. `room_for` therefore keeps room for those who
are not here yet: one batch may fill half of the lane, two a third each, and so on (dynamic thresholds, as switches
share out a buffer).
"""

from collections import deque
from collections.abc import Mapping
from itertools import chain
from typing import Final, Generic, TypeVar

from throughput.entry import Entry, Place
from throughput.expiries import Expiries
from throughput.turns import Turn, Turns

T = TypeVar("T")
_WAITS: Final = Place.WAITS
_SENT: Final = Place.SENT
_DROPPED: Final = Place.DROPPED

__all__ = ["Entry", "Lane"]


class _Batch(Turn, Generic[T]):
    __slots__ = ("entries", "waiting")

    def __init__(self) -> None:
        super().__init__()
        self.entries: deque[Entry[T]] = deque()
        self.waiting = 0  # messages that count: without the dropped, with those set aside


class _App(Turn, Generic[T]):
    __slots__ = ("batches", "forget_above", "turns")

    def __init__(self, weight: float) -> None:
        super().__init__(weight)
        self.batches: dict[str, _Batch[T]] = {}
        self.turns: Turns[_Batch[T]] = Turns()
        self.forget_above = 64


class Lane(Generic[T]):
    """Entries by app and batch. `segments` is the depth in segments, `len()` in messages.

    `busy_since`: from when on there has always been something to send; of no meaning while it is empty.
    """

    __slots__ = (
        "_apps",
        "_aside",
        "_count",
        "_expiries",
        "_shares",
        "_turns",
        "busy_since",
        "capacity",
        "name",
        "segments",
    )

    def __init__(self, name: str, capacity: int, shares: Mapping[str, float] | None = None) -> None:
        """`capacity` in messages; `shares`: weights of apps, 1 for those not named."""
        self.name = name
        self.capacity = capacity
        self.segments = 0
        self.busy_since = 0.0
        self._shares = dict(shares or {})
        self._apps: dict[str, _App[T]] = {}
        self._turns: Turns[_App[T]] = Turns()
        self._count = 0
        self._expiries: Expiries[T] = Expiries()
        self._aside: set[Entry[T]] = set()

    # -- how full it is ---------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._count

    @property
    def room(self) -> int:
        """How many more messages fit; what comes back to the front is let in all the same."""
        left = self.capacity - self._count
        return left if left > 0 else 0

    def room_for(self, app: str, batch: str | None = None) -> int:
        """How many more of one batch should be let in, so that others find room too: never more than is left free."""
        found = self._apps.get(app)
        flow = found.batches.get(batch or "") if found else None
        room = self.room
        return max(0, (room - flow.waiting + 1) // 2) if flow else (room + 1) // 2

    @property
    def half_empty(self) -> bool:
        """Whether it is time to bring more."""
        return self._count * 2 <= self.capacity

    def oldest_s(self, now: float) -> float:
        """How long the oldest has waited, in seconds, 0.0 where none does. Looks at each batch: not for each send."""
        heads = (
            entry.queued_at
            for app in self._apps.values()
            for batch in app.batches.values()
            if (entry := next((entry for entry in batch.entries if entry.place is _WAITS), None)) is not None
        )
        aside = (entry.queued_at for entry in self._aside)
        return max(0.0, now - min(chain(heads, aside), default=now))

    def set_shares(self, shares: Mapping[str, float]) -> None:
        """Other weights from now on."""
        self._shares = dict(shares)
        for name, app in self._apps.items():
            app.step = 1.0 / self._shares.get(name, 1.0)

    # -- in ---------------------------------------------------------------------------------------------------------

    def push(self, entry: Entry[T]) -> None:
        """Queue at the end of its batch; the caller has looked for room. Raises ValueError for one that waits."""
        batch = self._admit(entry, front=False)
        batch.entries.append(entry)
        self._wake(entry, batch)

    def push_front(self, entry: Entry[T]) -> None:
        """Back to the head of its batch: it was not taken. Also what was set aside, which still counts here."""
        if entry.place is _WAITS:
            self._aside.discard(entry)
            batch = self._batch(entry)
        else:
            batch = self._admit(entry, front=True)
        batch.entries.appendleft(entry)
        self._wake(entry, batch)

    def _admit(self, entry: Entry[T], *, front: bool) -> _Batch[T]:
        if entry.place is _WAITS or entry.place is _DROPPED:
            raise ValueError(f"an entry that is {entry.place.name} cannot be queued")
        entry.place = _WAITS
        if not self._count:
            self.busy_since = entry.queued_at
        self._count += 1
        self.segments += entry.cost
        self._expiries.add(entry, front=front)
        batch = self._batch(entry)
        batch.waiting += 1
        return batch

    def _batch(self, entry: Entry[T]) -> _Batch[T]:
        app = self._apps.get(entry.app)
        if app is None:
            app = self._apps[entry.app] = _App(self._shares.get(entry.app, 1.0))
        batch = app.batches.get(entry.batch)
        if batch is None:
            batch = app.batches[entry.batch] = _Batch()
        return batch

    def _wake(self, entry: Entry[T], batch: _Batch[T]) -> None:
        """A batch takes turns while its queue holds something: an entry just came, so with one it did not wait."""
        if len(batch.entries) == 1:
            app = self._apps[entry.app]
            if not app.turns:
                self._turns.join(app)
            app.turns.join(batch)

    # -- out --------------------------------------------------------------------------------------------------------

    def peek(self) -> Entry[T] | None:
        """The entry whose turn it is; the same until it is popped, set aside or dropped, or one comes before it."""
        while (app := self._turns.first()) is not None:
            batch = app.turns.first()
            assert batch is not None  # noqa: S101  # an app takes turns while one of its batches does
            entries = batch.entries
            while entries:
                entry = entries[0]
                if entry.place is _WAITS:
                    return entry
                entries.popleft()
            app.turns.leave()
            if not app.turns:
                self._turns.leave()
        return None

    def pop(self) -> Entry[T]:
        """Take out the entry that `peek` named: it is sent, and its app and batch are charged for it."""
        entry = self._advance()
        self._uncount(entry)
        entry.place = _SENT
        return entry

    def set_aside(self) -> Entry[T]:
        """Take the entry that `peek` named out of its turn: it waits elsewhere, and still counts here.

        Then either `release`, `push_front` or `discard` it.
        """
        entry = self._advance()
        self._aside.add(entry)
        return entry

    def release(self, entry: Entry[T]) -> None:
        """What was set aside is sent."""
        self._uncount(entry)
        entry.place = _SENT

    def discard(self, entry: Entry[T]) -> bool:
        """It is not to be sent from here; whether it still waited."""
        if entry.place is not _WAITS:
            return False
        self._uncount(entry)
        entry.place = _DROPPED
        return True

    def discard_batch(self, app: str, batch: str | None) -> list[Entry[T]]:
        """All that waits of a batch, oldest first: it is paused or cancelled."""
        name = batch or ""
        found = [entry for entry in self.entries() if entry.app == app and entry.batch == name]
        for entry in found:
            self.discard(entry)
        return found

    def entries(self) -> list[Entry[T]]:
        """All that waits, those that came back first, then in the order they came. O(n log n)."""
        return self._expiries.waiting()

    def _advance(self) -> Entry[T]:
        app = self._turns.first()
        batch = app.turns.first() if app is not None else None
        if app is None or batch is None:
            raise LookupError("nothing waits in this lane")
        entry = batch.entries.popleft()
        if batch.entries:
            app.turns.charge(entry.cost)
            self._turns.charge(entry.cost)
            return entry
        app.turns.leave(entry.cost)
        if app.turns:
            self._turns.charge(entry.cost)
        else:
            self._turns.leave(entry.cost)
        if len(app.batches) > app.forget_above:
            _forget_batches(app)
        return entry

    def _uncount(self, entry: Entry[T]) -> None:
        self._count -= 1
        self.segments -= entry.cost
        if self._aside:
            self._aside.discard(entry)
        self._apps[entry.app].batches[entry.batch].waiting -= 1

    # -- ttl --------------------------------------------------------------------------------------------------------

    def expire(self, now: float) -> list[Entry[T]]:
        """Take out what has passed its time, the earliest first; it is not to be sent."""
        expired: list[Entry[T]] = []
        while (entry := self._expiries.due(now)) is not None:
            self.discard(entry)
            expired.append(entry)
        return expired

    def next_expiry(self) -> float | None:
        """When the next passes its time; None where nothing waits."""
        return self._expiries.next_time()


def _forget_batches(app: _App[T]) -> None:
    """Batches that have ended: nothing waits, and by now others have had the turns they had before."""
    ended = [
        name
        for name, batch in app.batches.items()
        if not batch.entries and not batch.waiting and batch.tag <= app.turns.served
    ]
    for name in ended:
        del app.batches[name]
    app.forget_above = 2 * len(app.batches) + 64
