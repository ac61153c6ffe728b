"""An owner of connections that keeps what it is told."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gateway.connection import Connection
from gateway.smpp.events import Event, Received
from tests.support.peer import DEADLINE_S

E = TypeVar("E")


class RecordingOwner:
    """`on_received` is called with each request, to answer it if a test wants so."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.writable = 0
        self.lost: list[Event] = []
        self.exc: Exception | None = None
        self.closed = asyncio.Event()
        self.heard = asyncio.Event()
        self.on_received: Callable[[Connection, Received], None] = lambda connection, received: None

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Received):
                self.on_received(connection, event)
        self.heard.set()

    def on_writable(self, connection: Connection) -> None:
        self.writable += 1

    def on_closed(self, connection: Connection, events: list[Event], exc: Exception | None) -> None:
        self.lost, self.exc = events, exc
        self.closed.set()

    async def until(self, event_class: type[E]) -> E:
        """Wait for an event of this class. Raises TimeoutError when none comes within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            while not (found := [event for event in self.events if isinstance(event, event_class)]):
                self.heard.clear()
                await self.heard.wait()
        return found[-1]

    async def until_closed(self) -> None:
        """Wait until the connection is gone. Raises TimeoutError when it is not within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            await self.closed.wait()
