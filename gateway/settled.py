"""Ids of segments that had their last receipt lately: carriers say things twice, and some contradict themselves."""

from gateway.message import Status
from gateway.remembered import Remembered

REMEMBERED = 1 << 18
"""Places for ids, 2.3 MiB: of those settled 5,000 others ago 98 % are there, 20,000 ago 93 %, 100,000 ago 68 %."""


class Settled:
    """What the last receipt under a key said."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """`remembered`: so many places."""
        self._ends = Remembered("B", remembered)

    def put(self, key: str, status: Status) -> None:
        """This was the last receipt under the key."""
        self._ends.put(key, status)

    def get(self, key: str) -> Status | None:
        """What it said, None where none is remembered."""
        found = self._ends.get(key)
        return None if found is None else Status(found)
