"""One SMPP session to a carrier's SMSC: connect, bind, hold, and connect again.

The loop here only decides when to try: pauses grow with full jitter and are reset only after a bind has held
`stable_after`; RALYBND and RBINDFAIL wait a minute and more, wrong credentials stop it until somebody looks (an SMSC
locks the account otherwise). What comes over the session goes to the carrier as it comes.

The owner hears of three moments: `bind_up`, `bind_ending` as soon as nothing may be sent any more (an unbind of either
side, a session that closes itself, an operator's stop), and `bind_down` when the connection is gone, with all that was
not answered until then.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import Final, Protocol

import structlog

from gateway.carriers.answers import BindAction, decide_bind, longest_slow_pause
from gateway.carriers.bind_settings import BindSettings
from gateway.carriers.connecting import bind_request, connect
from gateway.carriers.pauses import Pauses
from gateway.carriers.stops import Stop
from gateway.carriers.tap import Tap
from gateway.connection import Connection
from gateway.happenings import Listener
from gateway.smpp import events as ev
from gateway.smpp.pdu import (
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    SubmitSm,
)
from gateway.smpp.spec import VERSION_33
from gateway.smpp.status import status_name

log = structlog.get_logger()

UNBIND_S = 5.0
CLOSE_S = 2.0
"""So long a peer (its TLS, above all) may take to close with us, before it is cut off."""
ANSWERS_A_FILL = 12
"""After so many answers in one read what they freed of the window is filled and written, before the rest of the read is
looked at: from a carrier whose window is the limit, and who answers in bunches, the places lie idle that much less."""


class BindState(StrEnum):
    """What a bind is doing, as status and console show it."""

    STOPPED = "stopped"  # by an operator
    FAILED = "failed"  # refused for good: wrong credentials; an operator starts it again
    DOWN = "down"  # waiting for the next try
    CONNECTING = "connecting"
    BINDING = "binding"
    UP = "up"
    UNBINDING = "unbinding"  # one of the two sides has said that it leaves: answers may still come


Respond = Callable[[int], None]
"""Answers a deliver_sm or data_sm with a command_status, over the session it came by. Once that is gone it does
nothing: the SMSC sends the message again, and a number of the next session would answer another one."""


class BindOwner(Protocol):
    """What a bind tells its carrier. Calls come from the loop, one at a time."""

    def bind_up(self, bind: "Bind") -> None:
        """It is bound."""

    def bind_ending(self, bind: "Bind") -> None:
        """Nothing may be sent over it any more; answers may still come, and `bind_down` will."""

    def bind_down(self, bind: "Bind", unanswered: Sequence[object]) -> None:
        """The connection is gone; the contexts of what was never answered. Only for a bind that had come up."""

    def answered(self, bind: "Bind", context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        """A submit_sm was answered."""

    def timed_out(self, bind: "Bind", context: object) -> None:
        """A submit_sm was not answered within the response timeout; its place in the window is free again."""

    def answered_late(self, bind: "Bind", context: object, command_status: int, message_id: str) -> None:
        """The answer to a submit_sm that had timed out."""

    def delivered(self, bind: "Bind", pdu: DeliverSm | DataSm, respond: Respond) -> None:
        """A receipt or an inbound message, to be answered with `respond`."""

    def link_checked(self, bind: "Bind", rtt_s: float) -> None:
        """An enquire_link was answered."""

    def end_of_turn(self, bind: "Bind") -> None:
        """All events of one read have been told: the moment to send on."""


class Bind:
    """One bind of a carrier and the task that holds it."""

    def __init__(
        self,
        settings: BindSettings,
        owner: BindOwner,
        *,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        on_reconnect: Callable[[], None] = lambda: None,
        on_state: Callable[["Bind"], None] = lambda _bind: None,
        tap: Tap | None = None,
    ) -> None:
        """`on_reconnect()`: it tries again; `on_state(bind)`: it does something else than before, and `reason` why;
        `tap` shows its PDUs to whoever asks (None: nobody can)."""
        self.settings = settings
        self.name = settings.name
        self._state = BindState.DOWN
        self.receive_only = False
        self.reason = ""
        self._on_state = on_state
        self._tap = tap
        self._failed_by = Stop.CREDENTIALS
        self.since = 0.0
        self.endpoint = settings.endpoints[0]
        """The host it is bound to or has tried last: its own, or a backup."""
        self.next_try_at: float | None = None
        """While it waits: when it tries again, in monotonic seconds."""
        self._owner = owner
        self._monotonic = monotonic
        self._random = random
        self._on_reconnect = on_reconnect
        self._pauses = Pauses(settings.reconnect_min_s, settings.reconnect_max_s, settings.stable_after_s)
        self._connection: Connection | None = None
        self._sends = False  # between `bind_up` and `bind_ending`
        self._was_up = False  # between `bind_up` and `bind_down`
        self._closed = asyncio.Event()
        self._wake = asyncio.Event()
        self._stopping = False
        self._tries = 0

    # -- what the carrier uses --------------------------------------------------------------------------------------

    @property
    def state(self) -> BindState:
        """What it is doing."""
        return self._state

    @state.setter
    def state(self, state: BindState) -> None:
        if state is not self._state:
            self._state = state
            self._on_state(self)

    @property
    def up(self) -> bool:
        """Whether it is bound now."""
        return self._state is BindState.UP

    @property
    def stop_reason(self) -> Stop | None:
        """Why it stays away until it is started; None where it does not."""
        if self._state is BindState.STOPPED:
            return Stop.OPERATOR
        return self._failed_by if self._state is BindState.FAILED else None

    @property
    def state_word(self) -> str:
        """What it is doing, as operators read it: bound, receive-only, waiting, connecting, failed, stopped, ..."""
        return "receive-only" if self.up and self.receive_only else _WORDS.get(self.state, self.state.value)

    @property
    def plain(self) -> bool:
        """Whether one of the two sides speaks SMPP 3.3 or older, which knows no TLVs (§3.2.4)."""
        peer_version = self.peer_version
        return self.settings.interface_version <= VERSION_33 or (
            peer_version is not None and peer_version <= VERSION_33
        )

    @property
    def writable(self) -> bool:
        """Whether the socket takes more; False when the SMSC reads slower than we send."""
        return self._connection is not None and self._connection.writable

    def submit(self, pdu: SubmitSm, context: object) -> int:
        """Send a submit_sm and return its sequence_number; its answer comes to the owner with `context`.

        Only between `bind_up` and `bind_ending`. Raises ValueError for what no submit_sm can hold.
        """
        connection = self._connection
        assert connection is not None  # noqa: S101  # the carrier submits only while `up`
        sequence_number = connection.session.request(pdu, self._monotonic(), context)
        connection.flush_soon()
        return sequence_number

    @property
    def peer_version(self) -> int | None:
        """The sc_interface_version of the SMSC, None where it did not say."""
        return self._connection.session.peer_version if self._connection else None

    def trace(self, *, full: bool) -> Listener:
        """Its PDUs from now on (see Tap), until the listener leaves or the bind is stopped for good."""
        tap = self._tap
        assert tap is not None  # noqa: S101  # binds of a gateway have one
        begins = not tap.heard
        listener = tap.listen(full=full, on_silent=self._untrace)
        if begins and self._connection is not None:
            self._connection.trace_to(tap)
        return listener

    def _untrace(self) -> None:
        if self._connection is not None:
            self._connection.trace_to(None)

    # -- holding it -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hold the bind until `stop`; never raises for what the network or the SMSC does."""
        try:
            while not self._stopping:
                if self.state in _AWAY:
                    await self._woken(None)
                    continue
                await self._session()
                if not self._stopping and self.state not in _AWAY:
                    await self._rest()
        finally:
            if self._connection is not None:
                self._connection.abort()

    async def stop(self) -> None:
        """Unbind in order and end `run`. The carrier has stopped submitting and waited for the window before."""
        self._stopping = True
        self._wake.set()
        await self._unbind()
        if self._tap is not None:
            self._tap.close()

    async def halt(self) -> None:
        """An operator's stop: unbind and stay away until `start`."""
        self.reason = "stopped by an operator"
        self.state = BindState.STOPPED
        self._wake.set()
        await self._unbind()

    @property
    def halted(self) -> bool:
        """Whether an operator has stopped it."""
        return self.state is BindState.STOPPED

    def begin_halted(self) -> None:
        """Not to bind until `start`: the bind whose place it takes was stopped by an operator."""
        self.reason = "stopped by an operator"
        self.state = BindState.STOPPED

    def start(self) -> None:
        """An operator's start, also after FAILED: try now. It also ends being `receive_only`."""
        self.receive_only = False
        if self.state in _AWAY:
            self.reason = ""
            self.state = BindState.DOWN
        if self.state is BindState.DOWN:
            self._wake.set()

    async def _rest(self) -> None:
        """Wait between two sessions, for as long as the last one calls for."""
        now = self._monotonic()
        if self.since:
            self._pauses.held(now - self.since)
        pause_s = self._pauses.next(self._random())
        self.state = BindState.DOWN
        self.next_try_at = now + pause_s
        log.info("bind_waits", carrier=self.settings.carrier, bind=self.name, pause_s=round(pause_s, 1))
        await self._woken(pause_s)
        self.next_try_at = None

    async def _woken(self, timeout_s: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        self._wake.clear()

    async def _session(self) -> None:
        """One life of the session: connect, bind, until it is closed."""
        endpoint = self.endpoint = self.settings.endpoints[self._tries % len(self.settings.endpoints)]
        if self._tries:
            self._on_reconnect()
        self._tries += 1
        self.state = BindState.CONNECTING
        self.since = 0.0
        self._closed.clear()
        try:
            connection = await connect(self.settings, endpoint, self, self._monotonic)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._lost(f"cannot connect to {endpoint.host}:{endpoint.port}: {str(error) or type(error).__name__}")
            return
        self._connection = connection
        if self._tap is not None and self._tap.heard:
            self._tap.restart()
            connection.trace_to(self._tap)
        if self.state is BindState.CONNECTING and not self._stopping:
            self.state = BindState.BINDING
            self.reason = ""
            connection.session.request(bind_request(self.settings), self._monotonic())
            connection.flush_soon()
        else:  # stopped meanwhile
            connection.close()
        await self._closed.wait()

    async def _unbind(self) -> None:
        connection = self._connection
        if connection is None:
            return
        self._leave(connection)
        await self._closes(UNBIND_S)
        connection.close()
        await self._closes(CLOSE_S)
        connection.abort()
        await self._closed.wait()

    def _leave(self, connection: Connection) -> None:
        """Send unbind where we are bound, else close; the owner sends nothing more."""
        if connection.session.bound:
            connection.session.unbind(self._monotonic())
            connection.flush_soon()
        elif not self._was_up:
            connection.close()
        self._end_sending()

    async def _closes(self, within_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._closed.wait()

    def _end_sending(self) -> None:
        if self._sends:
            self._sends = False
            self._owner.bind_ending(self)

    # -- what the connection tells ----------------------------------------------------------------------------------

    def on_events(self, connection: Connection, events: Sequence[ev.Event]) -> None:
        """What came over the session, in order."""
        owner = self._owner
        answered = 0
        for event in events:
            try:
                if isinstance(event, ev.Answered):
                    owner.answered(self, event.context, event.command_status, _message_id(event.pdu), event.elapsed_s)
                    answered += 1
                    # By what stands behind this event the session may be over, which the owner has yet to hear.
                    if answered % ANSWERS_A_FILL == 0 and connection.session.bound:
                        owner.end_of_turn(self)
                        connection.flush()
                elif isinstance(event, ev.Received):
                    self._received(connection, event)
                else:
                    self._rare(connection, event)
            except Exception:  # whatever it is, it concerns this event: unheard, those behind it would never end
                log.exception("bind_event_failed", carrier=self.settings.carrier, bind=self.name)
                if isinstance(event, ev.Bound):  # bound, and of no use to its owner
                    connection.abort()
        owner.end_of_turn(self)

    def _received(self, connection: Connection, event: ev.Received) -> None:
        pdu = event.pdu
        if isinstance(pdu, (DeliverSm, DataSm)):
            self._owner.delivered(self, pdu, partial(_respond, connection, event.sequence_number, pdu))
        else:  # outbind on a connection of ours (our bind is under way already), alert_notification
            log.info("carrier_sent_unasked", carrier=self.settings.carrier, bind=self.name, pdu=type(pdu).__name__)

    def _rare(self, connection: Connection, event: ev.Event) -> None:
        match event:
            case ev.Bound():
                self._bound()
            case ev.BindRefused(command_status=status):
                self._refused(status)
            case ev.TimedOut(context=context):
                if context is not None:
                    self._owner.timed_out(self, context)
            case ev.LateAnswer(context=context, command_status=status, pdu=pdu):
                if context is not None:
                    self._owner.answered_late(self, context, status, _message_id(pdu))
            case ev.LinkChecked(rtt_s=rtt_s):
                self._owner.link_checked(self, rtt_s)
            case ev.Unbound(by_peer=True):
                self._ending("the carrier sent unbind")
            case ev.Closing(reason=reason, detail=detail):
                self._ending(f"{reason}: {detail}" if detail else reason)
            case ev.Oddity():
                log.info(
                    "carrier_oddity",
                    carrier=self.settings.carrier,
                    bind=self.name,
                    what=event.kind,
                    detail=event.detail,
                )

    def _bound(self) -> None:
        if self.state is not BindState.BINDING:  # stopped while the answer was under way
            return
        self.since = self._monotonic()
        self.reason = ""
        self.state = BindState.UP
        self._sends = self._was_up = True
        log.info("bind_up", carrier=self.settings.carrier, bind=self.name)
        self._owner.bind_up(self)

    def _ending(self, reason: str) -> None:
        """The session is over, or will be when what is under way has been answered."""
        self.reason = self.reason or reason
        if self.state is BindState.UP:
            self.state = BindState.UNBINDING
        self._end_sending()

    def _refused(self, command_status: int) -> None:
        self.reason = f"bind refused: {status_name(command_status)}"
        match decide_bind(command_status):
            case BindAction.STOP:
                self._failed_by = Stop.CREDENTIALS
                self.state = BindState.FAILED
                log.error("bind_refused_for_good", carrier=self.settings.carrier, bind=self.name, reason=self.reason)
            case BindAction.SLOW:
                self._pauses.slow(longest_slow_pause(command_status))
                log.warning("bind_refused", carrier=self.settings.carrier, bind=self.name, reason=self.reason)
            case BindAction.RETRY:
                log.warning("bind_refused", carrier=self.settings.carrier, bind=self.name, reason=self.reason)

    def on_closed(self, connection: Connection, events: Sequence[ev.Event], error: Exception | None) -> None:
        """The connection is gone; what was unanswered is handed to the carrier."""
        unanswered = [
            context
            for event in events
            if isinstance(event, ev.Lost)
            for context in event.contexts
            if context is not None
        ]
        self._connection = None
        if error is not None:
            self.reason = self.reason or str(error) or type(error).__name__
        self._lost(self.reason or "the connection was closed", unanswered)
        self._closed.set()

    def on_writable(self, connection: Connection) -> None:
        """The socket takes more again."""
        self._owner.end_of_turn(self)

    def fail(self, reason: str) -> None:
        """Stay away until an operator has looked: a submit_sm was answered so that sending on makes it worse."""
        if self.state in _AWAY:
            return
        log.error("bind_stopped", carrier=self.settings.carrier, bind=self.name, reason=reason)
        self.reason = reason
        self._failed_by = Stop.SUBMIT
        self.state = BindState.FAILED
        if self._connection is not None:
            self._leave(self._connection)

    def rebind(self, reason: str) -> None:
        """End the session and bind anew: the SMSC has forgotten us, or answers nothing."""
        if self._sends and self._connection is not None:
            self._ending(reason)
            self._leave(self._connection)

    def _lost(self, reason: str, unanswered: Sequence[object] = ()) -> None:
        self.reason = reason
        if self.state not in _AWAY:
            self.state = BindState.DOWN
        if self._was_up:
            if not self._stopping:
                log.warning(
                    "bind_lost",
                    carrier=self.settings.carrier,
                    bind=self.name,
                    reason=reason,
                    unanswered=len(unanswered),
                )
            self._end_sending()
            self._was_up = False
            self._owner.bind_down(self, unanswered)
        elif not self._stopping and self.state is BindState.DOWN:
            log.warning("bind_not_made", carrier=self.settings.carrier, bind=self.name, reason=reason)


_WORDS = {BindState.UP: "bound", BindState.DOWN: "waiting"}
_AWAY = frozenset({BindState.STOPPED, BindState.FAILED})
_DELIVER_SM_RESP: Final = DeliverSmResp()
_DATA_SM_RESP: Final = DataSmResp()


def _respond(connection: Connection, sequence_number: int, pdu: DeliverSm | DataSm, command_status: int) -> None:
    response = _DATA_SM_RESP if isinstance(pdu, DataSm) else _DELIVER_SM_RESP
    connection.session.respond(sequence_number, response, command_status)
    connection.flush_soon()


def _message_id(pdu: object) -> str:
    """The id a response carries; "" for one without (an error, a generic_nack)."""
    message_id: str = getattr(pdu, "message_id", "")
    return message_id
