"""Which segment a receipt speaks of: (carrier, canonical carrier id) -> message and segment number.

Three tiers, newest first, because most receipts come within minutes: whole messages (`recent`), then only their ids
(`older`, about 230 octets each), then the store's small table of awaiting segments. What leaves memory is handed to
`spill` in slices; a start reads back only what was submitted since the watermark. Receipts of one carrier never
match another's ids (SMSCs count alike), and any bind of the carrier may bring them.

A receipt that comes before its response speaks of no segment yet: those are `Parked`.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from gateway.awaited import Waiting, pack, unpack
from gateway.message import Message, Status
from gateway.moves import may_move
from gateway.settled import Settled
from gateway.store.store import Awaiting, ParkedReceipt

BLOCK_S = 60.0


class Correlation:
    """The segments of one carrier that wait for a receipt, by canonical carrier id."""

    def __init__(
        self,
        carrier: str,
        spill: Callable[[list[Awaiting]], None],
        *,
        recent: int = 100_000,
        older: int = 500_000,
        spill_after_s: float = 900.0,
        slice_rows: int = 1_000,
        settled: Settled | None = None,
    ) -> None:
        """`spill` takes what leaves memory, at most `slice_rows` at a time; it must keep it (next commit). `settled`
        remembers the ids of segments that had their last receipt."""
        self._carrier = carrier
        self._spill = spill
        self._recent: OrderedDict[str, Waiting] = OrderedDict()
        self._older: OrderedDict[str, bytes] = OrderedDict()
        self._settled = settled or Settled()
        self._max_recent = recent
        self._max_older = older
        self._spill_after_s = spill_after_s
        self._slice_rows = slice_rows
        self._blocks: deque[tuple[float, str]] = deque()  # closed ones: latest `since`, smallest message id
        self._block_ends = 0.0
        self._least = ""  # the smallest message id of the open block
        self.spilled = 0

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def add(self, key: str, message: Message, segment: int, now: float) -> None:
        """Await a receipt for this segment. An id the carrier uses again names the newest segment only."""
        message_id, recent = message.id, self._recent
        size = len(recent)
        recent[key] = Waiting(message_id, segment, message, now)
        if len(recent) == size:
            recent.move_to_end(key)
        self._older.pop(key, None)
        if now >= self._block_ends:
            self._open_block(message_id, now)
        elif message_id < self._least:
            self._least = message_id
        if size >= self._max_recent and len(recent) > self._max_recent:
            self._age(1)

    def restore(self, key: str, message_id: str, segment: int, since: float) -> None:
        """After a start: await a receipt for a segment that was submitted before it."""
        self._older[key] = pack(message_id, segment, since)
        if since >= self._block_ends:
            self._open_block(message_id, since)
        elif message_id < self._least:
            self._least = message_id
        if len(self._older) > self._max_older:
            self._spill_oldest(self._slice_rows)

    def find(self, key: str) -> Waiting | None:
        """The segment under this key, if it is in memory."""
        found = self._recent.get(key)
        if found is None and (row := self._older.get(key)) is not None:
            return unpack(row)
        return found

    def knows(self, key: str) -> bool:
        """Whether a segment waits under this key, or had its last receipt lately."""
        return key in self._recent or key in self._older or self.settled(key) is not None

    def settled(self, key: str) -> Status | None:
        """What the last receipt under this key said, if it came lately. A segment that `find` knows goes before it."""
        return self._settled.get(key)

    def settle(self, key: str, status: Status) -> None:
        """The segment had its last receipt: nothing more is awaited; the id is remembered for a while."""
        if self._recent.pop(key, None) is None:
            self._older.pop(key, None)
        self._settled.put(key, status)

    def give_up(self, key: str) -> None:
        """The receipt is not counted as awaited any more; one that comes after all still finds its segment."""
        waiting = self.find(key)
        if waiting is None:
            self.spilled = max(0, self.spilled - 1)
        else:
            if self._recent.pop(key, None) is None:
                del self._older[key]
            self._spill([Awaiting(self._carrier, key, waiting.message_id, waiting.segment)])

    def tick(self, now: float) -> None:
        """Let go of what has waited long: at most a slice a call, so that it never holds up the loop."""
        horizon = now - self._spill_after_s
        moved = 0
        while self._recent and moved < self._slice_rows and next(iter(self._recent.values())).since < horizon:
            self._age(1)
            moved += 1
        self._spill_oldest(self._slice_rows, horizon)
        self._forget_blocks()

    def oldest(self) -> str:
        """An id at or below every message id waiting in memory, "" where none does: how far back a restart must read.

        Messages are not submitted in the order of their ids (some are put off, or tried again for hours), so the
        smallest id is kept for each minute of submissions, as long as any of that minute may still be in memory.
        """
        if not self:
            return ""
        self._forget_blocks()
        return min([self._least, *(least for _, least in self._blocks)])

    def _open_block(self, message_id: str, now: float) -> None:
        if self._least:
            self._blocks.append((self._block_ends, self._least))
        self._block_ends = now + BLOCK_S
        self._least = message_id

    def _forget_blocks(self) -> None:
        """Let go of minutes before the one in which the longest waiting segment was submitted."""
        first = [*islice(self._recent.values(), 1), *map(unpack, islice(self._older.values(), 1))]
        since = min((waiting.since for waiting in first), default=None)
        while self._blocks and (since is None or self._blocks[0][0] <= since):
            self._blocks.popleft()

    def spill_all(self) -> None:
        """The carrier is configured no longer: all that waits is kept on disk, should it come back."""
        self._age(len(self._recent))
        while self._older:
            self._spill_oldest(self._slice_rows)

    def _age(self, count: int) -> None:
        for _ in range(count):
            key, waiting = self._recent.popitem(last=False)
            self._older[key] = pack(waiting.message_id, waiting.segment, waiting.since)
        if len(self._older) > self._max_older:
            self._spill_oldest(self._slice_rows)

    def _spill_oldest(self, count: int, horizon: float | None = None) -> None:
        rows: list[Awaiting] = []
        older = self._older
        while older and len(rows) < count:
            key = next(iter(older))
            waiting = unpack(older[key])
            if horizon is not None and waiting.since >= horizon:
                break
            del older[key]
            rows.append(Awaiting(self._carrier, key, waiting.message_id, waiting.segment))
        if rows:
            self.spilled += len(rows)
            self._spill(rows)


class Early:
    """A receipt that speaks of no segment yet, parked under every key it may mean."""

    __slots__ = ("keys", "matched", "row")

    def __init__(self, row: ParkedReceipt, keys: tuple[str, ...]) -> None:
        self.row = row
        self.keys = keys
        self.matched = False


class Parked:
    """Receipts of all carriers that came before their response, in memory; the store has them as well.

    A receipt that could be read in several ways stands under several keys, and leaves them all once one has matched:
    what is left would be taken for the receipt of whoever gets that id next. For the same reason none matches after
    `within_s`: carriers use ids again.
    """

    def __init__(self, *, most: int = 100_000, within_s: float = 3_600.0, lost_after_s: float = 120.0) -> None:
        """At most so many are kept; after `lost_after_s` one counts as belonging to nobody."""
        self._most = most
        self._within_s = within_s
        self._lost_after_s = lost_after_s
        self._kept: OrderedDict[tuple[str, str], Early] = OrderedDict()
        self._fresh: deque[Early] = deque()

    def __bool__(self) -> bool:
        return bool(self._kept)

    def add(self, rows: Sequence[ParkedReceipt]) -> None:
        """One receipt, a row for each key it may mean."""
        if rows:
            self._fresh.append(self._keep(rows))

    def restore(self, rows: Iterable[ParkedReceipt]) -> None:
        """After a start, oldest first: rows that say the same at the same moment were one receipt."""
        receipts: dict[tuple[str, float, int, str, str], list[ParkedReceipt]] = {}
        for row in rows:
            receipts.setdefault((row.carrier, row.at, row.status, row.error, row.detail), []).append(row)
        for each in receipts.values():
            self._keep(each)

    def take(self, carrier: str, key: str, now: float) -> Early | None:
        """The receipt parked under a response's key; it is parked no longer."""
        found = self._kept.get((carrier, key))
        if found is None:
            return None
        for each in found.keys:
            if self._kept.get((carrier, each)) is found:
                del self._kept[carrier, each]
        if found.row.at + self._within_s < now:
            return None
        found.matched = True
        return found

    def lost(self, now: float) -> list[str]:
        """The carrier of each receipt that has waited in vain for `lost_after_s`; each is told once."""
        carriers: list[str] = []
        while self._fresh and (len(self._fresh) > self._most or self._fresh[0].row.at + self._lost_after_s <= now):
            early = self._fresh.popleft()
            if not early.matched:
                carriers.append(early.row.carrier)
        while self._kept and next(iter(self._kept.values())).row.at + self._within_s < now:
            self._kept.popitem(last=False)
        return carriers

    def _keep(self, rows: Sequence[ParkedReceipt]) -> Early:
        early = Early(rows[0], tuple(row.carrier_message_id for row in rows))
        for key in early.keys:
            name = (early.row.carrier, key)
            before = self._kept.get(name)
            if before is not None:
                if not self._betters(early.row, before.row):
                    early.matched = True  # what stands there says it all
                    continue
                before.matched = True
            self._kept.pop(name, None)
            self._kept[name] = early
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return early

    def _betters(self, row: ParkedReceipt, before: ParkedReceipt) -> bool:
        """Whether a later receipt under the same key takes the place of the one before: a transient one does not."""
        return before.at + self._within_s < row.at or may_move(Status(before.status), Status(row.status))
