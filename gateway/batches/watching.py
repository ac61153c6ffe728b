"""What every commit tells: which messages came to be, and what became of those of a batch."""

from collections.abc import Callable
from typing import NamedTuple, cast

from gateway.message import Message, Status
from gateway.store.store import Changes


class Moved(NamedTuple):
    """A message of a batch, the status it was committed with, and whether it was just accepted."""

    message: Message
    status: Status
    fresh: bool


class _Noted(NamedTuple):
    accepted: list[Message]
    moved: list[Moved]


class Watching:
    """Passes on what was committed. Costs an attribute for each message that is of no batch."""

    def __init__(self, accepted: Callable[[list[Message]], None], moved: Callable[[Moved], None]) -> None:
        self._accepted = accepted
        self._moved = moved

    def begins(self, changes: Changes) -> object:
        """Note the statuses as they are being written: a message may have moved on before it is on disk."""
        moved = [Moved(message, message.status, True) for message in changes.accepted if message.batch]
        moved += [Moved(message, message.status, False) for message in changes.updated.values() if message.batch]
        return _Noted(changes.accepted, moved)

    def committed(self, noted: object) -> None:
        """They are on disk."""
        accepted, moved = cast("_Noted", noted)
        if accepted:
            self._accepted(accepted)
        for each in moved:
            self._moved(each)
