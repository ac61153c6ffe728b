"""One SMPP session to a carrier's SMSC: connect, bind, hold, and connect again.

The loop here only decides when to try: pauses grow with full jitter and are reset only after a bind has held
`stable_after`; RALYBND and RBINDFAIL wait a minute and more, wrong credentials stop it until somebody looks (an SMSC
locks the account otherwise). What comes over the session goes to the carrier as it comes.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

import structlog

from gateway.carriers.answers import BindAction, decide_bind
from gateway.connection import Connection
from gateway.smpp import events as ev
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import (
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    SubmitSm,
)
from gateway.smpp.session import Session
from gateway.smpp.status import CommandStatus, status_name
from gateway.smpp.timers import Timers
from throughput.backoff import Backoff

log = structlog.get_logger()

CONNECT_S = 10.0
SLOW_MIN_S = 60.0
SLOW_MAX_S = 900.0
UNBIND_S = 5.0


class BindState(StrEnum):
    """What a bind is doing, as status and console show it."""

    STOPPED = "stopped"  # by an operator
    FAILED = "failed"  # refused for good: wrong credentials; an operator starts it again
    DOWN = "down"  # waiting for the next try
    CONNECTING = "connecting"
    BINDING = "binding"
    UP = "up"


class Endpoint(NamedTuple):
    """Where a bind connects."""

    host: str
    port: int


class BindSettings(NamedTuple):
    """What one bind needs to know: its own keys of the configuration and its carrier's."""

    name: str
    carrier: str
    endpoints: tuple[Endpoint, ...]
    system_id: str
    password: str
    mode: str
    system_type: str
    interface_version: int
    addr_ton: int
    addr_npi: int
    address_range: str
    source_ip: str
    enquire_link_s: float
    response_timeout_s: float
    reconnect_min_s: float
    reconnect_max_s: float
    stable_after_s: float
    tls: ssl.SSLContext | None = None
    tls_server_name: str = ""

    @property
    def transmits(self) -> bool:
        """Whether messages can be sent over it."""
        return self.mode != "receiver"


_REQUESTS: dict[str, type[BindTransceiver] | type[BindTransmitter] | type[BindReceiver]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


class BindOwner(Protocol):
    """What a bind tells its carrier. Calls come from the loop, one at a time."""

    def bind_up(self, bind: "Bind") -> None:
        """It is bound."""

    def bind_down(self, bind: "Bind", unanswered: Sequence[object]) -> None:
        """It is no longer bound; the contexts of what was never answered."""

    def answered(self, bind: "Bind", context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        """A submit_sm was answered."""

    def timed_out(self, bind: "Bind", context: object) -> None:
        """A submit_sm was not answered within the response timeout; its place in the window is free again."""

    def answered_late(self, bind: "Bind", context: object, command_status: int, message_id: str) -> None:
        """The answer to a submit_sm that had timed out."""

    def delivered(self, bind: "Bind", sequence_number: int, pdu: DeliverSm | DataSm) -> None:
        """A receipt or an inbound message; to be answered with `Bind.answer`."""

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
    ) -> None:
        self.settings = settings
        self.name = settings.name
        self.state = BindState.DOWN
        self.receive_only = False
        self.reason = ""
        self.since = 0.0
        self._owner = owner
        self._monotonic = monotonic
        self._random = random
        self._on_reconnect = on_reconnect
        self._backoff = Backoff(settings.reconnect_min_s, settings.reconnect_max_s, settings.stable_after_s)
        self._slow = Backoff(SLOW_MIN_S, SLOW_MAX_S, settings.stable_after_s)
        self._next_pause: Callable[[], float] = self._quick_pause
        self._connection: Connection | None = None
        self._closed = asyncio.Event()
        self._wake = asyncio.Event()
        self._stopping = False
        self._tries = 0

    # -- what the carrier uses --------------------------------------------------------------------------------------

    @property
    def up(self) -> bool:
        """Whether it is bound now."""
        return self.state is BindState.UP

    @property
    def writable(self) -> bool:
        """Whether the socket takes more; False when the SMSC reads slower than we send."""
        return self._connection is not None and self._connection.writable

    def submit(self, pdu: SubmitSm, context: object) -> int:
        """Send a submit_sm; its answer comes to the owner with `context`. Only while `up`. Answers its sequence_number."""
        connection = self._connection
        assert connection is not None  # noqa: S101  # the carrier submits only while `up`
        sequence_number = connection.session.request(pdu, self._monotonic(), context)
        connection.flush_soon()
        return sequence_number

    def answer(self, sequence_number: int, pdu: DeliverSm | DataSm, command_status: int) -> None:
        """Answer a deliver_sm or data_sm; lost silently if the session is gone (the SMSC sends it again)."""
        connection = self._connection
        if connection is None:
            return
        response = DataSmResp() if isinstance(pdu, DataSm) else DeliverSmResp()
        connection.session.respond(sequence_number, response, command_status)
        connection.flush_soon()

    @property
    def peer_version(self) -> int | None:
        """The sc_interface_version of the SMSC, None where it did not say."""
        return self._connection.session.peer_version if self._connection else None

    # -- holding it -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hold the bind until `stop`; never raises for what the network or the SMSC does."""
        while not self._stopping:
            if self.state in {BindState.STOPPED, BindState.FAILED}:
                await self._woken(None)
                continue
            started = self._monotonic()
            await self._session()
            if self._stopping or self.state in {BindState.STOPPED, BindState.FAILED}:
                continue
            if self.since and self.since >= started:
                self._backoff.held(self._monotonic() - self.since)
                self._slow.held(self._monotonic() - self.since)
            pause_s = self._next_pause()
            self._next_pause = self._quick_pause
            self.state = BindState.DOWN
            log.info("bind_waits", carrier=self.settings.carrier, bind=self.name, pause_s=round(pause_s, 1))
            await self._woken(pause_s)

    async def stop(self) -> None:
        """Unbind in order and end `run`. The carrier has stopped submitting and waited for the window before."""
        self._stopping = True
        await self._unbind()
        self._wake.set()

    async def halt(self) -> None:
        """An operator's stop: unbind and stay away until `start`."""
        was_up = self.up
        self.state = BindState.STOPPED
        if was_up or self._connection is not None:
            await self._unbind()

    def start(self) -> None:
        """An operator's start, also after FAILED: try now."""
        if self.state in {BindState.STOPPED, BindState.FAILED, BindState.DOWN}:
            self.state = BindState.DOWN
            self.receive_only = False
            self._wake.set()

    async def _woken(self, timeout_s: float | None) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()

    def _quick_pause(self) -> float:
        return self._backoff.next_pause(self._random())

    def _slow_pause(self) -> float:
        return max(SLOW_MIN_S, self._slow.next_pause(self._random()))

    async def _session(self) -> None:
        """One life of the session: connect, bind, until it is closed."""
        endpoint = self.settings.endpoints[self._tries % len(self.settings.endpoints)]
        if self._tries:
            self._on_reconnect()
        self._tries += 1
        self.state = BindState.CONNECTING
        self.since = 0.0
        self._closed.clear()
        try:
            connection = await self._connect(endpoint)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._lost(f"cannot connect to {endpoint.host}:{endpoint.port}: {error or type(error).__name__}")
            return
        self._connection = connection
        if self.state is BindState.CONNECTING:
            self.state = BindState.BINDING
            connection.session.request(self._request(), self._monotonic())
            connection.flush_soon()
        else:  # stopped meanwhile
            connection.close()
        await self._closed.wait()

    async def _connect(self, endpoint: Endpoint) -> Connection:
        settings = self.settings
        timers = Timers(
            session_init_s=10.0, enquire_link_s=settings.enquire_link_s, response_s=settings.response_timeout_s
        )
        async with asyncio.timeout(CONNECT_S):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(Session(Role.ESME, timers, self._monotonic()), self, self._monotonic),
                endpoint.host,
                endpoint.port,
                local_addr=(settings.source_ip, 0) if settings.source_ip else None,
                ssl=settings.tls,
                server_hostname=(settings.tls_server_name or endpoint.host) if settings.tls else None,
            )
        return connection

    def _request(self) -> BindRequest:
        settings = self.settings
        return _REQUESTS[settings.mode](
            system_id=settings.system_id,
            password=settings.password,
            system_type=settings.system_type,
            interface_version=settings.interface_version,
            addr_ton=settings.addr_ton,
            addr_npi=settings.addr_npi,
            address_range=settings.address_range,
        )

    async def _unbind(self) -> None:
        connection = self._connection
        if connection is None:
            return
        if self.up or connection.session.bound:
            connection.session.unbind(self._monotonic())
            connection.flush_soon()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(UNBIND_S):
                    await self._closed.wait()
        connection.close()
        await self._closed.wait()

    # -- what the connection tells ----------------------------------------------------------------------------------

    def on_events(self, connection: Connection, events: Sequence[ev.Event]) -> None:
        """What came over the session, in order."""
        owner = self._owner
        for event in events:
            if isinstance(event, ev.Answered):
                owner.answered(self, event.context, event.command_status, _message_id(event.pdu), event.elapsed_s)
            elif isinstance(event, ev.Received):
                self._received(event)
            else:
                self._rare(connection, event)
        owner.end_of_turn(self)

    def _received(self, event: ev.Received) -> None:
        pdu = event.pdu
        if isinstance(pdu, DeliverSm | DataSm):
            self._owner.delivered(self, event.sequence_number, pdu)
        else:
            log.info("carrier_sent_unasked", carrier=self.settings.carrier, bind=self.name, pdu=type(pdu).__name__)

    def _rare(self, connection: Connection, event: ev.Event) -> None:
        match event:
            case ev.Bound():
                self.state = BindState.UP
                self.since = self._monotonic()
                self.reason = ""
                log.info("bind_up", carrier=self.settings.carrier, bind=self.name)
                self._owner.bind_up(self)
            case ev.BindRefused(command_status=status):
                self._refused(status)
                connection.close()
            case ev.TimedOut(context=context):
                if context is not None:
                    self._owner.timed_out(self, context)
            case ev.LateAnswer(context=context, command_status=status, pdu=pdu):
                if context is not None:
                    self._owner.answered_late(self, context, status, _message_id(pdu))
            case ev.LinkChecked(rtt_s=rtt_s):
                self._owner.link_checked(self, rtt_s)
            case ev.Unbound(by_peer=True):
                self.reason = "the carrier sent unbind"
            case ev.Closing(reason=reason):
                self.reason = self.reason or reason
            case ev.Oddity():
                log.info(
                    "carrier_oddity",
                    carrier=self.settings.carrier,
                    bind=self.name,
                    what=event.kind,
                    detail=event.detail,
                )

    def _refused(self, command_status: int) -> None:
        self.reason = f"bind refused: {status_name(command_status)}"
        match decide_bind(command_status):
            case BindAction.STOP:
                self.state = BindState.FAILED
                log.error("bind_refused_for_good", carrier=self.settings.carrier, bind=self.name, reason=self.reason)
            case BindAction.SLOW:
                self._next_pause = self._slow_pause
                log.warning("bind_refused", carrier=self.settings.carrier, bind=self.name, reason=self.reason)
            case BindAction.RETRY:
                log.warning("bind_refused", carrier=self.settings.carrier, bind=self.name, reason=self.reason)

    def on_closed(self, connection: Connection, events: Sequence[ev.Event], error: Exception | None) -> None:
        """The connection is gone; what was unanswered is handed to the carrier."""
        unanswered = [
            context for event in events if isinstance(event, ev.Lost) for context in event.contexts if context
        ]
        self._connection = None
        if error is not None:
            self.reason = self.reason or str(error)
        if self.state is BindState.FAILED:
            self._owner.bind_down(self, unanswered)
        else:
            self._lost(self.reason or "the connection was closed", unanswered)
        self._closed.set()

    def on_writable(self, connection: Connection) -> None:
        """The socket takes more again."""
        self._owner.end_of_turn(self)

    def fail(self, reason: str) -> None:
        """Stay away until an operator has looked: sending on makes it worse."""
        log.error("bind_stopped", carrier=self.settings.carrier, bind=self.name, reason=reason)
        self.state = BindState.FAILED
        self.reason = reason
        gone = self._connection
        if gone is not None:
            gone.session.unbind(self._monotonic())
            gone.flush_soon()

    def rebind(self, reason: str) -> None:
        """Close the session and bind anew: the SMSC has forgotten us, or answers nothing."""
        self.reason = reason
        if self._connection is not None:
            self._connection.close()

    def _lost(self, reason: str, unanswered: Sequence[object] = ()) -> None:
        was_up = self.up
        self.reason = reason
        if self.state not in {BindState.STOPPED, BindState.FAILED}:
            self.state = BindState.DOWN
        if was_up or unanswered:
            log.warning(
                "bind_lost", carrier=self.settings.carrier, bind=self.name, reason=reason, unanswered=len(unanswered)
            )
            self._owner.bind_down(self, unanswered)
        elif not self._stopping:
            log.warning("bind_not_made", carrier=self.settings.carrier, bind=self.name, reason=reason)


def _message_id(pdu: object) -> str:
    """The id a response carries; "" for one without (an error, a generic_nack)."""
    message_id: str = getattr(pdu, "message_id", "")
    return message_id


ANSWER_OF_STORED = {True: int(CommandStatus.ESME_ROK), False: int(CommandStatus.ESME_RX_T_APPN)}
