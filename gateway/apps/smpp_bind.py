"""One app's connection: a session in the SMSC's role, from accept to close.

Who may bind is decided by its Keeper, what is asked over it served by its AppRequests. An app that submits faster than
messages become durable is not read for a while, so that what waits here is bounded and TCP slows it down.
"""

import asyncio
from typing import Final, Protocol

from gateway.apps.smpp_allowance import Allowance
from gateway.apps.smpp_requests import AppRequests, Around
from gateway.apps.smpp_submission import spellings
from gateway.config.apps import App
from gateway.connection import Connection
from gateway.log import logger
from gateway.smpp.events import Answered, Closing, Event, LinkChecked, Lost, Oddity, Received, TimedOut, Unbound
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, EnquireLink
from gateway.smpp.session import Session, WrongState
from gateway.smpp.spec import VERSION_34
from gateway.smpp.timers import Timers

log = logger()

MOST_PENDING = 2_000
"""Requests of one bind that wait for their commit, or for an answer from elsewhere; over it the bind is not read."""
_READ_AGAIN = MOST_PENDING // 2
MOST_NONSENSE = 200
"""PDUs of one slice that all make no sense (answers to nothing, broken requests): whoever sends so many is cut off."""
UNBIND_S = 1.0
"""So long an app may take to answer our unbind. The others wait for it, where the gateway is to start again."""
TIMERS = Timers(session_init_s=10.0, enquire_link_s=30.0, response_s=30.0, inactivity_s=300.0)

_BINDS = frozenset({BindReceiver, BindTransceiver, BindTransmitter})
_TYPES = {State.BOUND_TX: "transmitter", State.BOUND_RX: "receiver", State.BOUND_TRX: "transceiver"}
# Compared by identity: a set would ask an enum's member for its hash, in Python, for each delivery.
_RECEIVER: Final = State.BOUND_RX
_TRANSCEIVER: Final = State.BOUND_TRX


class Offered(Protocol):
    """What a deliver_sm tells of: whoever offered it wants to know what becomes of it, and is told once."""

    def answered(self, command_status: int) -> None:
        """The app's answer."""

    def unanswered(self, why: str) -> None:
        """There was none; whether the app has it is not known."""


class Keeper(Protocol):
    """Who keeps the binds: decides who may bind, and hears what becomes of them."""

    def connected(self, bind: "AppBind") -> None:
        """Somebody has connected; nothing was read yet."""

    def asked(self, bind: "AppBind", received: Received) -> None:
        """It asks to be bound; to be answered with `accept` or `refuse`."""

    def alive(self, bind: "AppBind") -> None:
        """It answered an enquire_link."""

    def has_room(self, bind: "AppBind") -> None:
        """It reads again after it did not keep up."""

    def leaving(self, bind: "AppBind") -> None:
        """It is bound no longer; nothing more may be sent to it. May be told twice."""

    def gone(self, bind: "AppBind") -> None:
        """The connection is closed: the last call."""


class AppBind:
    """One connection; `app` is "" until it is bound."""

    def __init__(self, around: Around, keeper: Keeper, allowance: Allowance) -> None:
        """`allowance` is what it may ask for until it is bound."""
        self._around = around
        self._monotonic = around.monotonic
        self._keeper = keeper
        self.app = ""
        self.system_id = ""
        self.type = ""
        self.window = 0
        """How many deliver_sm may be unanswered."""
        self.since = 0.0
        """When it was bound, epoch seconds."""
        self.address, self.port = "", 0
        self._requests: AppRequests | None = None
        self._paused = False
        self._unbind_when_idle = False
        self._why = ""
        self.session = Session(Role.SMSC, TIMERS, around.monotonic())
        self.connection = Connection(self.session, self, around.monotonic, on_connected=self._connected)
        self.connection.pace(allowance)

    # -- what it is -------------------------------------------------------------------------------------------------

    @property
    def receiving(self) -> bool:
        """Whether it takes deliver_sm: bound as receiver or transceiver."""
        state = self.session.state
        return state is _TRANSCEIVER or state is _RECEIVER

    @property
    def room(self) -> bool:
        """Whether it takes one more deliver_sm now."""
        return (
            self.session.unanswered < self.window
            and self.connection.writable
            and not self.connection.closing
            and self.receiving
        )

    @property
    def takes_tlvs(self) -> bool:
        """Peers up to 3.3 know none (§1.6.2)."""
        return (self.session.peer_version or 0) >= VERSION_34

    @property
    def pending(self) -> int:
        """Requests of the app that wait for their answer."""
        return self._requests.pending if self._requests is not None else 0

    # -- what its keeper asks for -----------------------------------------------------------------------------------

    def accept(self, sequence_number: int, app: str, settings: App, system_id: str, allowance: Allowance) -> bool:
        """Answer its bind: it is the app's from here on, and shares what the app may ask for, `allowance`.

        False where it has left meanwhile; `system_id` is ours.
        """
        if self.connection.closing:
            return False
        try:
            self.session.accept_bind(sequence_number, system_id)
        except WrongState:
            return False
        self.app = app
        self.type = _TYPES[self.session.state]
        self.since = self._around.utc()
        self._requests = AppRequests(self._around, self.connection, app, spellings(settings.senders), self._settled)
        self.window = settings.window
        self.connection.pace(allowance)
        self.connection.flush_soon()
        return True

    def refuse(self, sequence_number: int, command_status: int) -> None:
        """Answer its bind with a no and close; nothing where it has left meanwhile."""
        try:
            self.session.refuse_bind(sequence_number, command_status)
        except WrongState:
            return
        self.connection.close()

    def change(self, settings: App) -> None:
        """The app's configuration has changed."""
        self.window = settings.window
        if self._requests is not None:
            self._requests.senders = spellings(settings.senders)

    def deliver(self, pdu: DeliverSm, offered: Offered) -> None:
        """Send a deliver_sm; `offered` is told what becomes of it. Raises WrongState, or ValueError naming a field."""
        self.session.request(pdu, self._monotonic(), offered)
        self.connection.flush_soon()

    def ping(self) -> None:
        """Ask whether it is there; the keeper hears `alive`."""
        self.session.request(EnquireLink(), self._around.monotonic())
        self.connection.flush_soon()

    def finish(self) -> None:
        """Unbind once all that it asked is answered; close what is not bound."""
        if not self.session.bound:
            self.connection.close()
            return
        self._unbind_when_idle = True
        self.connection.pause_reading()  # who always has something under way would never be idle
        self._unbind_if_idle()

    def evict(self, why: str) -> None:
        """Cut it off."""
        self._why = why
        self.connection.abort()

    # -- what the connection tells ----------------------------------------------------------------------------------

    def _connected(self, connection: Connection) -> None:
        self.address, self.port = connection.peer
        self._keeper.connected(self)

    def on_events(self, _connection: Connection, events: list[Event]) -> None:
        requests = self._requests
        if len(events) >= MOST_NONSENSE and all(type(event) is Oddity for event in events):
            self.evict("sends nothing but nonsense")
            return
        if requests is not None and len(events) > 1:
            requests.expect(events)
        for event in events:
            if isinstance(event, Answered):
                event.context.answered(event.command_status)
            elif isinstance(event, Received) and requests is not None:
                requests.take(event.sequence_number, event.pdu)
            else:
                self._note(event)
        if requests is not None and requests.pending > MOST_PENDING and not self._paused:
            self._paused = True
            self.connection.pause_reading()

    def _note(self, event: Event) -> None:
        match event:
            case TimedOut(context=offered):
                offered.unanswered("no answer within the response timeout")
            case Received(pdu=pdu) if type(pdu) in _BINDS:
                self._keeper.asked(self, event)
            case LinkChecked():
                self._keeper.alive(self)
            case Unbound(by_peer=by_peer):
                self._leave("unbound by the app" if by_peer else "unbound")
            case Closing(reason=reason, detail=detail):
                self._leave(f"{reason}: {detail}" if detail else str(reason))
            case Oddity(kind=kind, detail=detail):
                log.debug("app_oddity", app=self.app, address=self.address, kind=str(kind), detail=detail)

    def on_writable(self, _connection: Connection) -> None:
        self._keeper.has_room(self)

    def on_closed(self, _connection: Connection, events: list[Event], exc: Exception | None) -> None:
        self._leave(f"connection lost: {exc}" if exc else "connection closed")
        for event in events:
            if isinstance(event, Lost):
                for offered in event.contexts:
                    offered.unanswered("the connection was lost")
        if self.app:
            log.info("app_unbound", app=self.app, address=self.address, type=self.type, why=self._why)
        else:
            log.debug("app_never_bound", address=self.address, why=self._why)
        self._keeper.gone(self)

    # -- the rest ---------------------------------------------------------------------------------------------------

    def _leave(self, why: str) -> None:
        self._why = self._why or why
        self._keeper.leaving(self)

    def _settled(self) -> None:
        """A request was answered."""
        if self._paused and self.pending <= _READ_AGAIN and not self._unbind_when_idle:
            self._paused = False
            self.connection.resume_reading()
        if self._unbind_when_idle:
            self._unbind_if_idle()

    def _cut_off(self) -> None:
        if not self.connection.closing:
            self.connection.abort()

    def _unbind_if_idle(self) -> None:
        if not self.pending and self.session.bound:
            self.session.unbind(self._around.monotonic())
            self.connection.flush_soon()
            self.connection.resume_reading()
            self._leave("unbound by the gateway")
            asyncio.get_running_loop().call_later(UNBIND_S, self._cut_off)
