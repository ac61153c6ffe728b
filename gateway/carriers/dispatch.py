"""Which carrier a message goes to, decided with what is up now, and the register of all that is on its way.

Intake gave the carriers in order; the choice is made again here when the message comes down, when its carrier loses
its last bind or its health, and when a carrier says "not mine". A message is in exactly one place: a lane or a window
of one carrier (then it is in `live`), or on disk behind the feed. Once a carrier has taken a part of a message, the
others go nowhere else: phones join only what was cut alike.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from gateway.carriers.backlog import Flow
from gateway.carriers.outgoing import Outgoing, taken
from gateway.errors import Refusal, StoreError
from gateway.message import WAITING, Event, Message, Status
from gateway.moves import fail, move
from gateway.store.commits import Commits
from gateway.store.store import Store
from throughput.entry import Place

if TYPE_CHECKING:
    from gateway.carriers.carrier import Carrier
    from gateway.carriers.feed import Feed

_ACCEPTED: Final = Status.ACCEPTED
_WAITS: Final = Place.WAITS

UNCONFIGURED_ROOM = 1_000
"""What "room" a carrier has that is no longer configured: its messages are read to go elsewhere, or to end."""


class Dispatch:
    """All messages on their way to carriers."""

    def __init__(
        self,
        carriers: "Mapping[str, Carrier]",
        store: Store,
        commits: Commits,
        *,
        utc: Callable[[], float],
        tell: Callable[[Message], None],
        choose_anew: Callable[[Message], tuple[str, ...]] = lambda _message: (),
    ) -> None:
        """`tell(message)` makes what the app wants to be told of the message's new status; `choose_anew(message)`: the
        carriers that present routes give one whose own carriers are all gone."""
        self._carriers = carriers
        self._store = store
        self._commits = commits
        self._utc = utc
        self._tell = tell
        self._choose_anew = choose_anew
        self.live: dict[str, Outgoing] = {}
        self.overflow: Feed | None = None
        """Where messages wait that found no room; None while it is being made."""
        self._held: set[Flow] = set()
        self._cancelling = 0
        self._left: set[str] = set()  # ids that left memory while somebody was reading one to cancel it

    def up(self, carrier: str) -> bool:
        """Whether a carrier has a bind that sends."""
        found = self._carriers.get(carrier)
        return found is not None and found.up

    def others_up(self, carrier: str) -> bool:
        """Whether any other carrier has a bind that sends."""
        return any(found.up for name, found in self._carriers.items() if name != carrier)

    def came_up(self, carrier: str) -> None:
        """A carrier has a bind that sends again: what waits elsewhere in vain may go by it."""
        for name, found in self._carriers.items():
            if name != carrier:
                found.relieve()

    def wants(self, carrier: str, lane: str, flow: Flow | None) -> int:
        """How many messages of a batch a carrier's lane wants from disk now."""
        if flow in self._held:
            return 0
        found = self._carriers.get(carrier)
        return found.wants(lane, flow) if found is not None else UNCONFIGURED_ROOM

    def hand_down(self, message: Message) -> None:
        """A message that is on disk and may go: to a lane, or left on disk where there is no room."""
        if message.id in self.live or message.status is not _ACCEPTED:
            return
        overflow = self.overflow
        if overflow is None:
            self.place(message)
        elif overflow.waits(message) or not self.place(message):
            overflow.note(message)

    def place(self, message: Message) -> bool:
        """Put a message into the lane of the carrier that is best now; False where its batch has no room there, or is
        held."""
        if self._held and (message.app, message.batch) in self._held:
            return False
        name = self._choose(message)
        carrier = self._carriers.get(name)
        if carrier is None and not taken(message):  # reloads and restarts may leave a message without a carrier
            message.carriers = self._choose_anew(message) or message.carriers
            name = self._choose(message)
            carrier = self._carriers.get(name)
        if carrier is None:
            self.end(Outgoing(message), Status.REJECTED, "no_route", "None of its carriers is configured any more.")
            return True
        if carrier.room_for(message) <= 0:
            return False
        message.carrier = name
        outgoing = self.live[message.id] = Outgoing(message)
        carrier.take(outgoing)
        return True

    def reroute(self, outgoing: Outgoing, away_from: str, *, fit: bool = False) -> bool:
        """Bring a message to another carrier that is up (and `fit`, if asked), can write it and has room.

        False where there is none; then nothing has changed.
        """
        message = outgoing.message
        for name in self._others(outgoing, away_from):
            carrier = self._carriers[name]
            if (fit and not carrier.fit(message.lane)) or carrier.room_for(message) <= 0:
                continue
            message.carrier = name
            outgoing.failures_here = 0
            carrier.take(outgoing)
            return True
        return False

    def has_other(self, outgoing: Outgoing, away_from: str) -> bool:
        """Whether another carrier that is up could take it, had it room."""
        return bool(self._others(outgoing, away_from))

    def _others(self, outgoing: Outgoing, away_from: str) -> list[str]:
        message, passed = outgoing.message, outgoing.tried | outgoing.worn | {away_from}
        names = [name for name in message.carriers if name not in passed and self.up(name)]
        if not names or outgoing.begun:
            return []
        return [name for name in names if self._carriers[name].writes(message)]

    def anew(self, outgoing: Outgoing) -> None:
        """A message's carrier is configured no longer: it goes by another, by present routes if it must, or ends."""
        self.leave(outgoing)
        self.hand_down(outgoing.message)
        after = self.live.get(outgoing.message.id)
        if after is not None:
            after.doubtful = outgoing.doubtful

    def leave(self, outgoing: Outgoing) -> None:
        """A message has nothing more to send: every segment is with a carrier, or it has ended."""
        message_id = outgoing.message.id
        if self.live.pop(message_id, None) is not None:
            if outgoing.entry is not None and outgoing.entry.place is not _WAITS:
                outgoing.entry = None  # the two name each other: left so, only the collector could free them
            if self.overflow is not None:
                self.overflow.left(message_id)
            if self._cancelling:
                self._left.add(message_id)

    def end(self, outgoing: Outgoing, status: Status, code: str, detail: str, carrier: str = "") -> None:
        """End a message that will not be sent (any more): expired, refused, no carrier."""
        message = outgoing.message
        self.leave(outgoing)
        if fail(message, status, code, detail, Event(self._utc(), status, carrier, detail=detail)):
            self._commits.update(message)
            self._tell(message)

    async def cancel(self, app: str, message_id: str) -> Message:
        """Cancel what no carrier has yet. Raises Refusal not_found or not_cancellable; durable when it returns."""
        message = await self._find(message_id)
        if message is None or message.app != app:
            raise Refusal("not_found", f"No message {message_id}.")
        outgoing = self.live.get(message_id)
        begun = outgoing.begun or outgoing.doubtful if outgoing is not None else taken(message)
        if begun or message.status not in WAITING:
            raise Refusal("not_cancellable", f"The message is {message.status.word}: it cannot be cancelled any more.")
        if outgoing is not None:
            self._withdraw(outgoing)
        self._cancel(message, "cancelled by the app")
        await self._commits.drain(bulk=False)
        if not self._commits.healthy:
            raise StoreError("the cancellation is not on disk yet")
        return message

    # -- batches ----------------------------------------------------------------------------------------------------

    def hold(self, flow: Flow) -> None:
        """Send nothing more of a batch: what waits of it in memory goes back behind the feed, still accepted."""
        self._held.add(flow)
        app, batch = flow
        for outgoing in [one for one in self.live.values() if one.message.batch == batch and one.message.app == app]:
            if not outgoing.begun:
                self._withdraw(outgoing)
                self._commits.update(outgoing.message)  # it may have changed its carrier, and is read by that
                if self.overflow is not None:
                    self.overflow.note(outgoing.message)

    def release(self, flow: Flow) -> None:
        """What waits of a batch may go; the feed brings it."""
        self._held.discard(flow)

    def held(self, message: Message) -> bool:
        """Whether a message waits because its batch is held."""
        return (message.app, message.batch) in self._held and message.status in WAITING

    async def cancel_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        """Cancel what no carrier has of the messages of a held batch that `read` gives; the messages that were read."""
        return await self._end_these(read, lambda message: self._cancel(message, "cancelled with its batch"))

    async def expire_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        """As `cancel_these`, for those whose time to live has passed while the batch was held."""
        return await self._end_these(read, self._expire)

    async def _end_these(
        self, read: Callable[[], Awaitable[list[Message]]], end: Callable[[Message], None]
    ) -> list[Message]:
        self._cancelling += 1
        try:
            await self._commits.drain(bulk=False)  # what has moved must not be read as waiting
            found = await read()
            for message in found:
                if message.id in self.live or message.id in self._left or message.status not in WAITING:
                    continue
                if not taken(message):
                    end(message)
            return found
        finally:
            self._forget_cancelling()

    def _withdraw(self, outgoing: Outgoing) -> None:
        """Out of memory, out of its carrier's lane."""
        carrier = self._carriers.get(outgoing.message.carrier)
        if carrier is not None:
            carrier.drop(outgoing)
        self.leave(outgoing)

    def _cancel(self, message: Message, detail: str) -> None:
        """End a message that no carrier has and that is not in memory."""
        move(message, Status.CANCELLED, Event(self._utc(), Status.CANCELLED, detail=detail))
        if self.overflow is not None:
            self.overflow.left(message.id)
        self._commits.update(message)
        self._tell(message)

    def _expire(self, message: Message) -> None:
        """End a message that is not in memory if it has outlived itself."""
        now, detail = self._utc(), "The time to live passed while its batch was paused."
        if message.expires_at > now:
            return
        if fail(message, Status.EXPIRED, "ttl_expired", detail, Event(now, Status.EXPIRED, detail=detail)):
            if self.overflow is not None:
                self.overflow.left(message.id)
            self._commits.update(message)
            self._tell(message)

    def _forget_cancelling(self) -> None:
        self._cancelling -= 1
        if not self._cancelling:
            self._left.clear()

    async def _find(self, message_id: str) -> Message | None:
        """The message as it is now: the one in memory, else the one on disk once that holds all that was said."""
        self._cancelling += 1
        try:
            while (outgoing := self.live.get(message_id)) is None:
                self._left.discard(message_id)
                await self._commits.drain(bulk=False)
                message = await self._store.message(message_id)
                if message_id not in self.live and message_id not in self._left:
                    return message
            return outgoing.message
        finally:
            self._forget_cancelling()

    def oldest(self) -> str:
        """The smallest id in memory, "" where there is none."""
        return min(self.live, default="")

    def _choose(self, message: Message) -> str:
        """The message's own carrier where that is up and fit, else the first of its carriers that is, else its own."""
        lane = message.lane
        own = self._carriers.get(message.carrier)
        if own is not None and own.up and (own.fit(lane) or own.probe(lane)):
            return message.carrier
        if own is not None and taken(message):
            return message.carrier
        others = [name for name in message.carriers if name != message.carrier and self.up(name)]
        others = [name for name in others if self._carriers[name].writes(message)]
        well = [name for name in others if self._carriers[name].fit(lane)]
        if well:
            return well[0]
        if own is not None:
            return message.carrier if own.up or not others else others[0]
        configured = (name for name in message.carriers if name in self._carriers)
        return others[0] if others else next(configured, message.carrier)
