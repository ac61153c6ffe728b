"""A message in a lane, and where it is."""

from enum import Enum, auto
from typing import Generic, TypeVar

T = TypeVar("T")


class Place(Enum):
    """Where an entry is. DROPPED may still stand in a queue, so it never waits again: push a new entry."""

    NEW = auto()
    WAITS = auto()
    SENT = auto()
    DROPPED = auto()


class Entry(Generic[T]):
    """A message in a lane. `cost` in segments; times are monotonic seconds.

    Entries with the same `together` go over the same bind while that is up, in order: parts that an app cut itself, or
    what is left of a message that did not fit into a window.
    """

    __slots__ = ("app", "batch", "cost", "expires_at", "item", "place", "queued_at", "together")

    def __init__(
        self,
        item: T,
        cost: int,
        expires_at: float,
        queued_at: float,
        app: str,
        batch: str | None = None,
        together: str = "",
    ) -> None:
        self.item = item
        self.cost = cost
        self.expires_at = expires_at
        self.queued_at = queued_at
        self.app = app
        self.batch = batch or ""
        self.together = together
        self.place = Place.NEW
