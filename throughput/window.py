"""Unanswered requests on one bind, and the places among them that are the fast lane's.

Unlike tokens, which come back by themselves, a place comes back with the carrier's answer, a whole round trip later.
So the reserved places are kept free by bulk at all times: the price is their share of a bind that is bound by its
window. A window of one has no place to reserve: bulk uses it while nothing urgent waits.
"""


class Window:
    """Counts requests that wait for their answer. `used` may pass `size` only where an owner sends unasked."""

    __slots__ = ("_kept", "reserved", "size", "used")

    def __init__(self, size: int, reserve: float = 0.0) -> None:
        """`size` places; `reserve` (0.0 to 1.0) of them, at least one where there are two, for urgent requests.

        Raises ValueError.
        """
        self.used = 0
        self.resize(size, reserve)

    def resize(self, size: int, reserve: float) -> None:
        """Another size from now on; what is unanswered stays so, and may be more than fits. Raises ValueError."""
        if size < 1 or not 0 <= reserve < 1:
            raise ValueError(f"window of {size} with reserve {reserve}")
        self.size = size
        self._kept = min(size - 1, max(1, int(size * reserve))) if reserve > 0 else 0
        self.reserved = self._kept

    def narrow(self, places: int) -> bool:
        """Bulk has so many places and no more (0: as many as the reserve leaves); whether that is fewer than else."""
        narrower = 0 < places < self.size - self._kept
        self.reserved = self.size - places if narrower else self._kept
        return narrower

    def most(self, urgent: bool = False) -> int:
        """How many places there are when all are free."""
        return self.size if urgent else self.size - self.reserved

    def free(self, urgent: bool = False) -> int:
        """How many requests may be sent now."""
        left = self.size - self.used if urgent else self.size - self.used - self.reserved
        return left if left > 0 else 0

    def take(self, n: int = 1) -> None:
        """`n` requests have been sent."""
        self.used += n

    def give_back(self, n: int = 1) -> None:
        """`n` requests were answered, timed out, or not sent after all. An answer too many frees nothing."""
        used = self.used - n
        self.used = used if used > 0 else 0

    def clear(self) -> None:
        """The session is gone, and with it all that it had in flight."""
        self.used = 0
