"""A message is changed in one object only: what one says is lost when another is written."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from gateway.message import Message


class Objects:
    """Finds the one object of a message that is read from the store while others may be changing it.

    It is the one on its way to a carrier, or the one of which another segment awaits its receipt in memory, or the one
    that was changed since the read began; else what was read becomes it until the last reader is done.
    """

    def __init__(self, live: Callable[[str], Message | None], held: Callable[[Message], Message | None]) -> None:
        """`live(id)`: the message on its way to a carrier; `held(message)`: the one that awaits receipts in memory."""
        self._live = live
        self._held = held
        self._readers = 0
        self._changed: dict[str, Message] = {}

    @contextmanager
    def reading(self) -> Iterator["Objects"]:
        """From before messages are read until they have been changed."""
        self._readers += 1
        try:
            yield self
        finally:
            self._readers -= 1
            if not self._readers:
                self._changed.clear()

    def changed(self, message: Message) -> None:
        """This object is being changed."""
        if self._readers:
            self._changed[message.id] = message

    def known(self, message_ids: Iterable[str]) -> set[str]:
        """Those of the messages that are in memory, as far as their ids tell: they need not be read."""
        for message_id in message_ids:
            if message_id not in self._changed and (live := self._live(message_id)) is not None:
                self._changed[message_id] = live
        return set(self._changed)

    def get(self, message_id: str) -> Message | None:
        """The object of a message that is known."""
        return self._changed.get(message_id)

    def one(self, read: Message) -> Message:
        """The object to change for a message that was read."""
        found = self._changed.get(read.id) or self._live(read.id) or self._held(read) or read
        self._changed[read.id] = found
        return found
