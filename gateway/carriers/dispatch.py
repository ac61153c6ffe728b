"""Which carrier a message goes to, decided with what is up now, and the register of all that is on its way.

Intake gave the carriers in order; the choice is made again here when the message comes down, when its carrier loses
its last bind, and when a carrier says "not mine". A message is in exactly one place: a lane or a window of one carrier
(then it is in `live`), or on disk behind the feed.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.carriers.outgoing import Outgoing
from gateway.errors import Refusal, StoreError
from gateway.message import WAITING, Event, Message, Status, fail, move
from gateway.store.commits import Commits
from gateway.store.store import Store


class Sender(Protocol):
    """A carrier, as far as the choice needs it."""

    @property
    def up(self) -> bool:
        """Whether messages can be sent over it now."""

    def room(self, lane: str) -> int:
        """How many more messages its lane takes."""

    def take(self, outgoing: Outgoing) -> None:
        """Queue a message; there is room."""

    def drop(self, outgoing: Outgoing) -> None:
        """Take a cancelled message out of its lane."""


class Overflow(Protocol):
    """Where messages wait that found no room."""

    def waits(self, carrier: str, lane: str) -> bool:
        """Whether older ones wait there already."""

    def note(self, message: Message) -> None:
        """One more waits on disk."""

    def left(self, message: Message) -> None:
        """A message has left memory."""


class Dispatch:
    """All messages on their way to carriers."""

    def __init__(
        self,
        carriers: Mapping[str, Sender],
        store: Store,
        commits: Commits,
        *,
        utc: Callable[[], float],
        tell: Callable[[Message], None],
    ) -> None:
        """`tell(message)` makes what the app wants to be told of the message's new status."""
        self._carriers = carriers
        self._store = store
        self._commits = commits
        self._utc = utc
        self._tell = tell
        self.live: dict[str, Outgoing] = {}
        self.overflow: Overflow | None = None

    def up(self, carrier: str) -> bool:
        """Whether a carrier has a bind that sends."""
        found = self._carriers.get(carrier)
        return found is not None and found.up

    def room(self, carrier: str, lane: str) -> int:
        """How many messages a carrier's lane would take from disk now; none for carriers that are not configured."""
        found = self._carriers.get(carrier)
        return found.room(lane) if found is not None else 0

    def hand_down(self, message: Message) -> None:
        """A message that is on disk and may go: to a lane, or left on disk where there is no room."""
        if message.id in self.live or message.status is not Status.ACCEPTED:
            return
        overflow = self.overflow
        if (overflow is not None and overflow.waits(message.carrier, message.lane)) or (not self.place(message) and overflow is not None):
            overflow.note(message)

    def place(self, message: Message) -> bool:
        """Put a message into the lane of the carrier that is best now; False where that lane is full."""
        name = self._choose(message, frozenset())
        carrier = self._carriers.get(name)
        if carrier is None:
            return self._no_carrier(message)
        if carrier.room(message.lane) <= 0:
            return False
        message.carrier = name
        outgoing = self.live[message.id] = Outgoing(message)
        carrier.take(outgoing)
        return True

    def reroute(self, outgoing: Outgoing, away_from: str) -> bool:
        """Bring a message to another carrier that is up and has room; False where there is none."""
        message = outgoing.message
        name = next(
            (
                name
                for name in message.carriers
                if name != away_from
                and name not in outgoing.tried
                and self.up(name)
                and self.room(name, message.lane) > 0
            ),
            None,
        )
        if name is None:
            return False
        message.carrier = name
        outgoing.failures = 0
        self._carriers[name].take(outgoing)
        return True

    def leave(self, outgoing: Outgoing) -> None:
        """A message has nothing more to send: every segment is with a carrier, or it has ended."""
        if self.live.pop(outgoing.message.id, None) is not None and self.overflow is not None:
            self.overflow.left(outgoing.message)

    def end(self, outgoing: Outgoing, status: Status, code: str, detail: str, carrier: str = "") -> None:
        """End a message that will not be sent (any more): expired, refused, no carrier."""
        message = outgoing.message
        self.leave(outgoing)
        if fail(message, status, code, detail, Event(self._utc(), status, carrier, detail=detail)):
            self._commits.update(message)
            self._tell(message)

    async def cancel(self, app: str, message_id: str) -> Message:
        """Cancel what no carrier has yet. Raises Refusal not_found or not_cancellable; durable when it returns."""
        outgoing = self.live.get(message_id)
        message = outgoing.message if outgoing is not None else await self._store.message(message_id)
        if message is None or message.app != app:
            raise Refusal("not_found", f"No message {message_id}.")
        outgoing = self.live.get(message_id)  # it may have come down while the store was read
        if outgoing is not None:
            message = outgoing.message
        begun = outgoing is not None and outgoing.begun
        if begun or message.status not in WAITING:
            raise Refusal("not_cancellable", f"The message is {message.status.word}: it cannot be cancelled any more.")
        move(message, Status.CANCELLED, Event(self._utc(), Status.CANCELLED, detail="cancelled by the app"))
        if outgoing is not None:
            carrier = self._carriers.get(message.carrier)
            if carrier is not None:
                carrier.drop(outgoing)
            self.leave(outgoing)
        elif self.overflow is not None:
            self.overflow.left(message)
        self._commits.update(message)
        self._tell(message)
        await self._commits.drain()
        if not self._commits.healthy:
            raise StoreError("the cancellation is not on disk yet")
        return message

    def oldest(self) -> str:
        """The smallest id in memory, "" where there is none."""
        return min(self.live, default="")

    def _choose(self, message: Message, without: frozenset[str]) -> str:
        """The first of the message's carriers that is up, else its own."""
        own = self._carriers.get(message.carrier)
        if own is not None and own.up:
            return message.carrier
        for name in message.carriers:
            if name not in without and self.up(name):
                return name
        return message.carrier

    def _no_carrier(self, message: Message) -> bool:
        """A message whose carrier is no longer configured: another of its carriers, or the end."""
        for name in message.carriers:
            if name in self._carriers:
                message.carrier = name
                return self.place(message)
        self.end(
            Outgoing(message), Status.REJECTED, "no_route", "None of the message's carriers is configured any more."
        )
        return True
