"""What happens, as it happens, for whoever listens: segments sent and answered, receipts, inbound, deliveries, binds.

Nobody listens most of the time, and then it costs the hot way one test of `heard`. Whoever listens has a queue with a
bound: a slow one loses what comes while it is full and is told how many, and nobody waits for it. Numbers are masked as
in the log, and texts are never told.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from gateway.masking import mask_number
from gateway.message import Message
from gateway.message_json import time_text

Happening = dict[str, Any]

MOST_QUEUED = 1_000
MOST_LISTENERS = 16


class TooManyListeners(Exception):
    """There are MOST_LISTENERS already: each costs the hot way some microseconds a segment."""


class Wanted(NamedTuple):
    """What a listener wants to hear: of one app, of one carrier, or of all where it is ""."""

    app: str = ""
    carrier: str = ""

    def has(self, app: str, carrier: str) -> bool:
        """Whether something of this app and carrier is wanted; what concerns no app at all is, unless one is named."""
        return (not self.app or app == self.app) and (not self.carrier or carrier == self.carrier)


class Listener:
    """One reader's queue."""

    def __init__(self, on_leave: Callable[["Listener"], None], wanted: Wanted, most: int = MOST_QUEUED) -> None:
        self.wanted = wanted
        self.closed = False
        """Nothing more will come."""
        self._on_leave = on_leave
        self._most = most
        self._queue: deque[Happening] = deque()
        self._lost = 0
        self._wake = asyncio.Event()

    def put(self, happening: Happening) -> None:
        """One more; counted as lost where the queue is full."""
        if len(self._queue) >= self._most:
            self._lost += 1
            return
        self._queue.append(happening)
        self._wake.set()

    async def take(self, within_s: float) -> list[Happening]:
        """All that is queued, as soon as there is anything; empty after `within_s`, or when it is closed.

        `{"event": "lost", "count": N}` stands where some are missing.
        """
        if not self._queue and not self.closed:
            try:
                async with asyncio.timeout(within_s):
                    await self._wake.wait()
            except TimeoutError:
                return []
        taken, lost = list(self._queue), self._lost
        self._queue.clear()
        self._lost = 0
        if not self.closed:
            self._wake.clear()
        return [*taken, {"event": "lost", "count": lost}] if lost else taken

    def close(self) -> None:
        """No more will come; whoever waits in `take` is let go."""
        self.closed = True
        self._wake.set()

    def leave(self) -> None:
        """The reader has gone."""
        self.close()
        self._on_leave(self)


class Happenings:
    """Everything that can be listened to, and who does."""

    __slots__ = ("_listeners", "_utc", "heard")

    def __init__(self, utc: Callable[[], float]) -> None:
        self._utc = utc
        self._listeners: list[Listener] = []
        self.heard = False
        """Whether anybody listens: to be asked before a call, so that silence costs nothing."""

    def listen(self, wanted: Wanted) -> Listener:
        """A new listener; it hears what comes until it leaves. Raises TooManyListeners."""
        if len(self._listeners) >= MOST_LISTENERS:
            raise TooManyListeners
        listener = Listener(self._left, wanted)
        self._listeners.append(listener)
        self.heard = True
        return listener

    def close(self) -> None:
        """The gateway stops: let every listener end."""
        for listener in self._listeners:
            listener.close()

    def tell(self, event: str, *, app: str = "", carrier: str = "", **fields: object) -> None:
        """Something has happened; `fields` go to the reader as they are."""
        happening = {
            "at": time_text(self._utc()),
            "event": event,
            "app": app or None,
            "carrier": carrier or None,
            **fields,
        }
        for listener in self._listeners:
            if listener.wanted.has(app, carrier):
                listener.put(happening)

    def segment(self, event: str, carrier: str, bind: str, message: Message, number: int, **fields: object) -> None:
        """Something has happened to a segment."""
        self.tell(
            event,
            app=message.app,
            carrier=carrier,
            bind=bind,
            message_id=message.id,
            segment=number,
            lane=message.lane,
            to=mask_number("+" + message.to),
            **fields,
        )

    def _left(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
        self.heard = bool(self._listeners)
