"""Reference numbers of concatenated messages: a counter per sender and recipient, so that a phone never joins the parts
of two messages because they bear the same number.

A fixed number of counters, chosen by a hash of the pair, holds any number of pairs in 128 KiB. Pairs that share a
counter see gaps, which do no harm: a pair meets its own number again only after 256 (8-bit) messages of the counter.
"""

from array import array
from collections.abc import Callable

_COUNTERS = 1 << 16


class References:
    """16-bit numbers, counting up from a random start per pair; for an 8-bit concatenation take the low octet."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives numbers in [0, 1); it is asked 65,536 times here and never again (some milliseconds)."""
        self._next = array("H", (int(random() * 0x10000) & 0xFFFF for _ in range(_COUNTERS)))

    def take(self, source: str, destination: str) -> int:
        """The next reference, 0 to 65535, for a message of several parts from `source` to `destination`."""
        counter = hash((source, destination)) % _COUNTERS
        reference = self._next[counter]
        self._next[counter] = (reference + 1) & 0xFFFF
        return reference
