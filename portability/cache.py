"""Answers of sources outside, kept for a while. A table on disk needs none: it is as quick and never stale.

A million numbers are usual and only some tens of answers differ, so that a number is a row of 28 octets in a table of
fixed size: as objects they took 450 each.
"""

from math import nan
from mmap import MAP_PRIVATE, mmap
from struct import Struct
from typing import NamedTuple

from portability.answer import Answer

MOST_KINDS = 65_536
"""So many answers may differ, beside their dates; what is outside chooses them. At one more all is forgotten."""
_WAYS = 4
# Each four places are their numbers, 0 where there is none, and behind them what is kept of each.
_NUMBER, _NUMBERS = Struct("=Q"), Struct(f"={_WAYS}Q")
_KEPT = Struct("=ddI")  # when it was stored; the answer's date; which of the kinds it is
_SET_SIZE = _NUMBERS.size + _WAYS * _KEPT.size


class Cached(NamedTuple):
    """An answer as kept; `answer` None means the source knew nothing. `stored_at`: monotonic seconds."""

    answer: Answer | None
    stored_at: float


class Cache:
    """About `size` answers, each for `ttl_s`, "knows nothing" for `negative_ttl_s`.

    A number has one of four places; of those the answer stored longest ago makes room. There are twice as many places
    as `size`, taken as they are used: of so many numbers 96 % are kept.
    """

    def __init__(self, size: int, ttl_s: float, negative_ttl_s: float) -> None:
        self.size = size
        self.ttl_s = ttl_s
        self.negative_ttl_s = negative_ttl_s
        self.hits = 0
        self.misses = 0
        self._sets = max(1, 2 * size // _WAYS)
        self._rows = mmap(-1, self._sets * _SET_SIZE, MAP_PRIVATE)  # of zeros only what is written takes memory
        self._kinds: list[Answer | None] = [None]
        self._numbers: dict[Answer | None, int] = {None: 0}  # of the kinds
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def get(self, number: int, now: float) -> Cached | None:
        """What is kept and fresh; None when the source must be asked."""
        kept = self._find(number)
        if kept is None or now >= kept.stored_at + (self.negative_ttl_s if kept.answer is None else self.ttl_s):
            self.misses += 1
            return None
        self.hits += 1
        return kept

    def stale(self, number: int, now: float, longest_s: float) -> Cached | None:
        """What is kept, fresh or stored at most `longest_s` ago: better than nothing while the source is down."""
        kept = self._find(number)
        return kept if kept is not None and now - kept.stored_at <= longest_s else None

    def put(self, number: int, answer: Answer | None, now: float) -> None:
        """Keeps an answer; of those in its places the one stored longest ago makes room."""
        if self.size <= 0:
            return
        as_of = nan if answer is None or answer.as_of is None else answer.as_of
        kind = self._kind(None if answer is None else answer._replace(as_of=None))
        start = self._start(number)
        numbers = _NUMBERS.unpack_from(self._rows, start)
        way = self._way(start, numbers, number)
        if not numbers[way]:
            self._count += 1
        self._write(start, way, number)
        _KEPT.pack_into(self._rows, _kept_at(start, way), now, as_of, kind)

    def drop(self, number: int) -> None:
        """Forgets a number, as after a carrier said that it does not serve it."""
        start = self._start(number)
        numbers = _NUMBERS.unpack_from(self._rows, start)
        if number in numbers:
            self._count -= 1
            self._write(start, numbers.index(number), 0)

    def clear(self) -> None:
        """Forgets all."""
        self._rows.close()
        self._rows = mmap(-1, self._sets * _SET_SIZE, MAP_PRIVATE)
        self._kinds, self._numbers = [None], {None: 0}
        self._count = 0

    def _start(self, number: int) -> int:
        return hash((number,)) % self._sets * _SET_SIZE  # a tuple's hash, because a number's own is the number

    def _write(self, start: int, way: int, number: int) -> None:
        _NUMBER.pack_into(self._rows, start + way * _NUMBER.size, number)

    def _find(self, number: int) -> Cached | None:
        start = self._start(number)
        numbers = _NUMBERS.unpack_from(self._rows, start)
        if number not in numbers:
            return None
        stored_at, as_of, kind = _KEPT.unpack_from(self._rows, _kept_at(start, numbers.index(number)))
        answer = self._kinds[kind]
        if answer is not None and as_of == as_of:  # noqa: PLR0124  not NaN: it has a date
            network, source, ported, _, mobile, hosts, detail = answer  # 0.6 us less than _replace
            answer = Answer(network, source, ported, as_of, mobile, hosts, detail)
        return Cached(answer, stored_at)

    def _way(self, start: int, numbers: tuple[int, ...], number: int) -> int:
        """Which of its four places a number takes: its own, a free one, or that of the answer stored longest ago."""
        for wanted in (number, 0):
            if wanted in numbers:
                return numbers.index(wanted)
        return min(range(_WAYS), key=lambda way: _KEPT.unpack_from(self._rows, _kept_at(start, way))[0])

    def _kind(self, answer: Answer | None) -> int:
        found = self._numbers.get(answer)
        if found is None:
            if len(self._kinds) > MOST_KINDS:
                self.clear()
            found = self._numbers[answer] = len(self._kinds)
            self._kinds.append(answer)
        return found


def _kept_at(start: int, way: int) -> int:
    return start + _NUMBERS.size + way * _KEPT.size
