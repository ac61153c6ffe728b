"""Which segment a receipt speaks of: (carrier, canonical carrier id) -> message and segment number.

Three tiers, newest first, because most receipts come within minutes: whole messages (`recent`), then only their ids
(`older`, about 140 octets each), then the store's small table of awaiting segments. What leaves memory is handed to
`spill` in slices; a start reads back only what was submitted since the watermark. Receipts of one carrier never
match another's ids (SMSCs count alike), and any bind of the carrier may bring them.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from gateway.message import Message
from gateway.store.store import Awaiting


class Waiting(NamedTuple):
    """A segment waiting for its receipt; `message` is None where only the id is still in memory."""

    message_id: str
    segment: int
    message: Message | None
    since: float


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
    ) -> None:
        """`spill` takes what leaves memory, at most `slice_rows` at a time; it must keep it (next commit)."""
        self._carrier = carrier
        self._spill = spill
        self._recent: OrderedDict[str, Waiting] = OrderedDict()
        self._older: OrderedDict[str, Waiting] = OrderedDict()
        self._max_recent = recent
        self._max_older = older
        self._spill_after_s = spill_after_s
        self._slice_rows = slice_rows
        self.spilled = 0

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def add(self, key: str, message: Message, segment: int, now: float) -> None:
        """Await a receipt for this segment. An id the carrier uses again names the newest segment only."""
        self._older.pop(key, None)
        self._recent[key] = Waiting(message.id, segment, message, now)
        if len(self._recent) > self._max_recent:
            self._age(1)

    def restore(self, key: str, message_id: str, segment: int, since: float) -> None:
        """After a start: await a receipt for a segment that was submitted before it."""
        self._older[key] = Waiting(message_id, segment, None, since)
        if len(self._older) > self._max_older:
            self._spill_oldest(self._slice_rows)

    def find(self, key: str) -> Waiting | None:
        """The segment under this key, if it is in memory."""
        return self._recent.get(key) or self._older.get(key)

    def remove(self, key: str) -> None:
        """Stop waiting for this segment; unknown keys are no error."""
        if self._recent.pop(key, None) is None:
            self._older.pop(key, None)

    def tick(self, now: float) -> None:
        """Let go of what has waited long: at most a slice a call, so that it never holds up the loop."""
        horizon = now - self._spill_after_s
        moved = 0
        while self._recent and moved < self._slice_rows and next(iter(self._recent.values())).since < horizon:
            self._age(1)
            moved += 1
        if self._older and next(iter(self._older.values())).since < horizon:
            self._spill_oldest(self._slice_rows, horizon)

    def oldest(self) -> str:
        """The smallest message id waiting in memory, "" where none does: how far back a restart must read."""
        firsts = [next(iter(tier.values())).message_id for tier in (self._recent, self._older) if tier]
        return min(firsts, default="")

    def _age(self, count: int) -> None:
        for _ in range(count):
            key, waiting = self._recent.popitem(last=False)
            self._older[key] = waiting._replace(message=None)
        if len(self._older) > self._max_older:
            self._spill_oldest(self._slice_rows)

    def _spill_oldest(self, count: int, horizon: float | None = None) -> None:
        rows: list[Awaiting] = []
        while self._older and len(rows) < count:
            if horizon is not None and next(iter(self._older.values())).since >= horizon:
                break
            key, waiting = self._older.popitem(last=False)
            rows.append(Awaiting(self._carrier, key, waiting.message_id, waiting.segment))
        if rows:
            self.spilled += len(rows)
            self._spill(rows)
