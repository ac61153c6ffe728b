"""What was said last of each of many keys: a courtesy that may forget, and that every message writes.

So it is a table of fixed size without objects. Dicts of small strings, which outlive everything around them and are
rebuilt now and then, took 30 MB for 100,000 pairs of numbers and left 40 MB of holes in the heap.
"""

from collections.abc import Hashable
from mmap import MAP_PRIVATE, mmap
from struct import Struct
from typing import Any


class Remembered:
    """A value by each key. It is pushed out by that of any other key that comes to its place.

    Of values written with so many others behind them as there are places 37 % are still there, of those with a tenth as
    many 90 %. Not for what must be right: a key is known by 64 bits of its hash, which is salted anew in each process.
    """

    __slots__ = ("_get", "_places", "_put", "_rows", "_size")

    def __init__(self, kept: str, places: int) -> None:
        """`kept`: the value, as `struct` spells it; `places`: so many rows, of which what is used takes memory."""
        row = Struct("=q" + kept)
        self._put, self._get, self._size = row.pack_into, row.unpack_from, row.size
        self._places = places
        self._rows = mmap(-1, row.size * places, MAP_PRIVATE)

    def put(self, key: Hashable, value: Any) -> None:
        """This is the value now. Raises struct.error where it is not of the kind that is kept."""
        known = hash(key) or 1
        self._put(self._rows, known % self._places * self._size, known, value)

    def get(self, key: Hashable) -> Any | None:
        """The value, None where none is remembered."""
        known = hash(key) or 1  # an unwritten row is of zeros
        whose, value = self._get(self._rows, known % self._places * self._size)
        return value if whose == known else None
