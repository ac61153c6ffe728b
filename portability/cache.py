"""Answers of sources outside, kept for a while. A table on disk needs none: it is as quick and never stale."""

from collections import OrderedDict
from typing import NamedTuple

from portability.source import Answer


class Cached(NamedTuple):
    """An answer as kept; `answer` None means the source knew nothing. Times are monotonic seconds."""

    answer: Answer | None
    stored_at: float
    fresh_until: float


class Cache:
    """The `size` answers asked for last, each for `ttl_s`, "knows nothing" for `negative_ttl_s`."""

    def __init__(self, size: int, ttl_s: float, negative_ttl_s: float) -> None:
        self.size = size
        self.ttl_s = ttl_s
        self.negative_ttl_s = negative_ttl_s
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[int, Cached] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, number: int, now: float) -> Cached | None:
        """What is kept and fresh; None when the source must be asked."""
        kept = self._kept.get(number)
        if kept is None or now >= kept.fresh_until:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(number)
        return kept

    def stale(self, number: int, now: float, longest_s: float) -> Cached | None:
        """What is kept, fresh or stored at most `longest_s` ago: better than nothing while the source is down."""
        kept = self._kept.get(number)
        return kept if kept is not None and now - kept.stored_at <= longest_s else None

    def put(self, number: int, answer: Answer | None, now: float) -> None:
        """Keeps an answer; the one not asked for longest makes room."""
        if self.size <= 0:
            return
        ttl_s = self.negative_ttl_s if answer is None else self.ttl_s
        self._kept[number] = Cached(answer, now, now + ttl_s)
        self._kept.move_to_end(number)
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)

    def drop(self, number: int) -> None:
        """Forgets a number, as after a carrier said that it does not serve it."""
        self._kept.pop(number, None)

    def clear(self) -> None:
        """Forgets all."""
        self._kept.clear()
