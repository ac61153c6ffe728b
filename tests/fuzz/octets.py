"""An input read as decisions: each takes octets from the front, and any input is a whole one."""

from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_FEW, _SOME = 8, 2048  # octets that are stretched to the full, and how far others are


class Octets:
    """The octets of an input not used yet. Behind its end everything is zero, so no input is too short."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __len__(self) -> int:
        return len(self._data) - self._at

    def byte(self) -> int:
        """The next octet."""
        at = self._at
        if at >= len(self._data):
            return 0
        self._at = at + 1
        return self._data[at]

    def short(self) -> int:
        """The next two octets as a number."""
        return self.byte() << 8 | self.byte()

    def one_of(self, items: Sequence[_Item]) -> _Item:
        """The item the next octet names; at most 256 of them can be."""
        return items[self.byte() % len(items)]

    def take(self, count: int) -> bytes:
        """The next `count` octets, or those that are left."""
        taken = self._data[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def rest(self) -> bytes:
        """All that are left."""
        return self.take(len(self))

    def stretched(self, most: int) -> bytes:
        """All that are left; where the next octet is 0xFF, repeated: a few of them up to `most`, more up to 2,048.

        A fuzzer grows its inputs slowly; this way those as long as the wire allows are among the first thousands, and
        are not so many of them that the others have no time (three to four times as many inputs a second).
        """
        stretch = self.byte() == 0xFF
        octets = self.rest()
        if not stretch or not octets:
            return octets
        size = most if len(octets) <= _FEW else min(most, _SOME)
        return (octets * (size // len(octets) + 1))[:size]
