"""A socket around a session: feed it, tell the owner, write once a turn, keep one timer, mind the flow.

However many PDUs a read brings or the owner queues, one write carries all that they call for: wake-ups cost, PDUs do
not. But a long read is taken in slices, one a turn, so that no peer has the loop for itself. The loop runs one timer
for each connection, moved only when it has to ring earlier than it would.
"""

import asyncio
import select
import socket
from collections.abc import Callable
from typing import Final, Protocol, cast

from gateway.smpp.events import Event
from gateway.smpp.session import Session

STALL_S = 30.0
"""So long a peer may leave our full buffer unread, or a closed connection unfinished, before it is cut off."""
MOST_BUFFERED = 1 << 20
"""Octets unread by the peer from which on we stop reading it too: its requests would only add to them."""
SLICE: Final = 8 * 1024
"""Octets taken in one turn of the loop: some ms of work. A read may bring a quarter of a megabyte."""
SLICE_UNBOUND: Final = 1024
"""The same of a peer that is not bound: ten binds."""
# uvloop counts in whole milliseconds; a timer rounded down to none would ring without end.
_SHORTEST_TIMER_S = 0.001
# A timer so late means that the loop stood still; answers then lie unread in the socket, and are to be read first.
_LATE_S = 0.25
_CATCH_UP_S = 0.01

Trace = Callable[[str, bytes], None]
"""Called with "in" or "out" and octets as they were read or written, cut anywhere; passwords are in clear."""


class Owner(Protocol):
    """Whom a connection tells what happens, always in the loop. What it raises ends the connection."""

    def on_events(self, connection: "Connection", events: list[Event]) -> None:
        """What the session says, in order. After a Closing the connection closes by itself."""

    def on_writable(self, connection: "Connection") -> None:
        """The peer has read enough, `writable` is true again: requests may go on."""

    def on_closed(self, connection: "Connection", events: list[Event], exc: Exception | None) -> None:
        """The connection is gone; `events` hold what was lost with it. The last call."""


class Allowance(Protocol):
    """How much a peer may ask for; shared by connections that are one party's."""

    def spend(self, pdus: int) -> bool:
        """So many were taken that were no answers; False: wait for a turn before any more is read."""

    def await_turn(self, go_on: Callable[[], None]) -> None:
        """Call once when more may be read."""

    def leave(self, go_on: Callable[[], None]) -> None:
        """Do not call it, if it waits."""


class Scheduler(Protocol):
    """What is needed of an event loop."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...

    def call_later(self, delay: float, callback: Callable[[], object], /) -> asyncio.TimerHandle: ...


class Connection(asyncio.Protocol):
    """One TCP or TLS connection and its session.

    The owner asks the session for what it wants sent, then calls `flush_soon`; inside `on_events` it need not.
    `clock` gives monotonic seconds; `on_connected` is called before anything is read; `loop` is the running one
    unless given.
    """

    def __init__(
        self,
        session: Session,
        owner: Owner,
        clock: Callable[[], float],
        *,
        on_connected: Callable[["Connection"], None] | None = None,
        trace: Trace | None = None,
        loop: Scheduler | None = None,
    ) -> None:
        self.session = session
        self._owner = owner
        self._clock = clock
        self._on_connected = on_connected
        self._trace = trace
        self._loop: Scheduler = loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._flush_awaited = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._catching_up = False
        self._cut_off_at: float | None = None
        self._reading = True
        self._held = False
        self._unread = b""
        self._resting = False
        self._turn_awaited = False
        self._allowance: Allowance | None = None
        self.writable = True
        """False while the peer does not keep up with reading."""
        self.closing = False
        """True from `close` or `abort` on, and after the peer has gone."""

    @property
    def peer(self) -> tuple[str, int]:
        """The peer's IP address and port; ("", 0) where the transport has none or is not there."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return (str(name[0]), int(name[1])) if isinstance(name, tuple) else ("", 0)

    # What the owner asks for

    def flush_soon(self) -> None:
        """Something was queued in the session: write it at the end of the loop's turn, however much it becomes."""
        if not self._flush_awaited:
            self._flush_awaited = True
            self._loop.call_soon(self._flush)

    def trace_to(self, trace: Trace | None) -> None:
        """Show what passes from now on, or no more; what was read of a PDU that is not whole yet comes first."""
        self._trace = trace
        if trace is not None and (begun := self.session.begun + self._unread):
            trace("in", begun)

    def pace(self, allowance: Allowance) -> None:
        """Read no more than it allows, from now on."""
        if self._resting and self._turn_awaited and self._allowance is not None:
            self._allowance.leave(self._read_on)
            allowance.await_turn(self._read_on)
        self._allowance = allowance

    def spend(self, pdus: int) -> None:
        """What the owner was just told of costs as much as so many PDUs more."""
        if self._allowance is not None:
            self._allowance.spend(pdus)

    def pause_reading(self) -> None:
        """Read nothing more until `resume_reading`: the owner has as much to do as it can hold. Timers run on."""
        self._held = True
        self._read_or_not()

    def resume_reading(self) -> None:
        """The owner has room again."""
        self._held = False
        self._read_or_not()

    def close(self) -> None:
        """Write what is queued, then close; a peer that does not take it is cut off after STALL_S."""
        if self._transport is None or self.closing:
            return
        self._write()
        self.closing = True
        self._cut_off_at = self._cut_off_at or self._clock() + STALL_S
        self._transport.close()
        self._rearm()

    def abort(self) -> None:
        """Close at once; what is queued is lost."""
        self.closing = True
        if self._transport is not None:
            self._transport.abort()

    # What the loop does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # what the protocol of a stream is given
        connected = transport.get_extra_info("socket")
        if connected is not None and connected.family in {socket.AF_INET, socket.AF_INET6}:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.session.connection_made(self._clock())
        if self._on_connected is not None:
            self._on_connected(self)
        self.flush_soon()

    def data_received(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace("in", data)
        if self._unread or self._turn_awaited:  # a read that was under way when reading was paused
            self._unread += data
        else:
            self._take(data)

    def pause_writing(self) -> None:
        self.writable = False
        self._cut_off_at = self._clock() + STALL_S
        self._rearm()

    def resume_writing(self) -> None:
        self.writable = True
        if not self.closing:
            self._cut_off_at = None
        self._read_or_not()
        self._owner.on_writable(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._allowance is not None:
            self._allowance.leave(self._read_on)
        self._transport = None
        self._owner.on_closed(self, self.session.connection_lost(self._clock()), exc)

    # A turn

    def _take(self, data: bytes) -> None:
        """One slice is taken now, the rest in turns to come; reading rests until then, or while too much was spent."""
        session = self.session
        most = SLICE if session.bound else SLICE_UNBOUND
        if len(data) > most:
            self._unread = data[most:]
            data = data[:most]
        unasked = session.unasked
        self._tell(session.receive(data, self._clock()))
        if self._allowance is not None and not self._allowance.spend(session.unasked - unasked):
            self._resting = True
        if self._unread or self._resting:
            self._read_or_not()

    def _read_on(self) -> None:
        """It is our turn."""
        self._turn_awaited = False
        if self._transport is None or self.closing:
            self._unread = b""
            return
        if self._resting and _has_hung_up(self._transport):
            self.abort()  # or it would be read on, a slice at a time, and keep its place for minutes
            return
        if self._held or self._behind():
            return
        self._resting = False
        if self._unread:
            data, self._unread = self._unread, b""
            self._take(data)
        self._read_or_not()

    def _tell(self, events: list[Event]) -> None:
        """The owner acts on the events, and what that queues is written with the session's own answers."""
        self._flush_awaited = True
        if events:
            self._owner.on_events(self, events)
        self._flush()

    def flush(self) -> None:
        """Write now what is queued, in the middle of a turn."""
        if self._transport is not None and not self.closing:
            self._write()

    def _flush(self) -> None:
        self._flush_awaited = False
        if self._transport is None or self.closing:
            return
        self._write()
        if self.session.closed:
            self.close()
        else:
            self._rearm()

    def _write(self) -> None:
        data = self.session.data_to_send()
        if not data or self._transport is None:
            return
        if self._trace is not None:
            self._trace("out", data)
        self._transport.write(data)
        if not self.writable and self._reading:
            self._read_or_not()

    def _read_or_not(self) -> None:
        """Read, unless the owner wants no more, the peer leaves too much of ours unread, or has sent too much."""
        if self._transport is None or self.closing:
            return
        stopped = self._held or self._behind()
        if (self._unread or self._resting) and not stopped and not self._turn_awaited:
            self._await_turn()
        reading = not (stopped or self._unread or self._resting)
        if not reading:
            self.session.hold()
        if reading == self._reading:
            return
        self._reading = reading
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _behind(self) -> bool:
        """Whether the peer leaves too much of ours unread."""
        if self.writable or self._transport is None:
            return False
        return self._transport.get_write_buffer_size() > MOST_BUFFERED

    def _await_turn(self) -> None:
        self._turn_awaited = True
        if self._resting and self._allowance is not None:
            self._allowance.await_turn(self._read_on)
        else:
            self._loop.call_soon(self._read_on)

    # The timer

    def _next_time(self) -> float | None:
        session_time = None if self.closing else self.session.next_time()
        if session_time is None or self._cut_off_at is None:
            return self._cut_off_at if session_time is None else session_time
        return min(session_time, self._cut_off_at)

    def _rearm(self) -> None:
        """Set the timer where there is none or it would ring too late; one that rings early sets itself anew."""
        next_time = self._next_time()
        if next_time is None or (self._timer is not None and self._timer_at <= next_time):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = next_time
        delay = max(next_time - self._clock(), _SHORTEST_TIMER_S)
        self._timer = self._loop.call_later(delay, self._ring)

    def _ring(self) -> None:
        now = self._clock()
        self._catching_up = now - self._timer_at > _LATE_S and not self._catching_up
        if self._catching_up:
            self._timer = self._loop.call_later(_CATCH_UP_S, self._ring)
            return
        self._timer = None
        if self._cut_off_at is not None and now >= self._cut_off_at:
            self.abort()
        elif self.closing:
            self._rearm()
        else:
            self._tell(self.session.on_time(now))


def _has_hung_up(transport: asyncio.Transport) -> bool:
    """Whether the peer has closed or reset a connection that is not being read, where the system can tell (Linux)."""
    connected = transport.get_extra_info("socket")
    if connected is None or connected.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(connected.fileno(), getattr(select, "POLLRDHUP", 0))  # POLLERR and POLLHUP are told unasked
    return bool(poll.poll(0))
