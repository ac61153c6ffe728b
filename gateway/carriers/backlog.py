"""What waits on disk for one carrier's lane: of one batch, or (after a restart) all that was there."""

from typing import ClassVar

Flow = tuple[str, str]
"""An app and one of its batches ("" for what has none): order holds within it, and each has its share of the lane."""


class Backlog:
    """A place to read on from. `after` is the id behind which the next row is; `messages` counts what waits.

    `flow` None: what a start found, of all batches, with ids up to `last`.
    """

    __slots__ = ("after", "carrier", "flow", "lane", "last", "loading", "messages", "noted", "oldest_at", "slice")

    FIRST_SLICE: ClassVar = 64

    def __init__(self, carrier: str, lane: str, flow: Flow | None, last: str = "") -> None:
        self.carrier = carrier
        self.lane = lane
        self.flow = flow
        self.last = last
        self.after = ""
        self.messages = 0
        self.oldest_at = 0.0
        self.loading = False
        self.noted = 0  # grows with each note: what was noted during a read may not be in it
        self.slice = self.FIRST_SLICE

    def note(self, message_id: str, created_at: float) -> None:
        """One more waits."""
        if self.messages == 0:
            self.after, self.oldest_at = before(message_id), created_at
        elif message_id <= self.after:
            self.after = before(message_id)
        self.messages += 1
        self.noted += 1

    def passed(self, message_id: str, created_at: float) -> None:
        """A row needs no more reading."""
        self.after, self.oldest_at = message_id, created_at

    def fewer(self) -> None:
        """One of its messages waits no longer; that all are gone shows only when a read finds nothing."""
        self.messages = max(1, self.messages - 1)


def before(message_id: str) -> str:
    """A text that sorts just before this id (and after all that are clearly smaller)."""
    return message_id[:-1]
