"""Which of our messages a subscriber's message may answer: the last one between our number and theirs.

A courtesy to apps (`in_reply_to`), kept in memory for the latest hundred thousand pairs; a restart forgets it.
"""

from collections import OrderedDict

REMEMBERED = 100_000


class Conversations:
    """The last message id by (our number, subscriber)."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._last: OrderedDict[tuple[str, str], str] = OrderedDict()

    def sent(self, sender: str, to: str, message_id: str) -> None:
        """A message from our `sender` to the subscriber is on its way."""
        self._last[sender, to] = message_id
        self._last.move_to_end((sender, to))
        if len(self._last) > self._remembered:
            self._last.popitem(last=False)

    def last(self, sender: str, to: str) -> str:
        """The id of the last one, "" where none is remembered."""
        return self._last.get((sender, to), "")
