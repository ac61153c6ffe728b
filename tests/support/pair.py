"""Two sessions joined in memory: what one sends, the other receives, on one clock."""

from gateway.smpp.codec import PEER_APP, Limits
from gateway.smpp.events import Event, Received
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import BindReceiver, BindRequest, BindTransceiver, BindTransmitter, Outbind
from gateway.smpp.session import Session
from gateway.smpp.timers import Timers
from tests.support.clock import ManualClock

BINDS: dict[State, BindRequest] = {
    State.BOUND_RX: BindReceiver(system_id="app", password="secret"),
    State.BOUND_TX: BindTransmitter(system_id="app", password="secret"),
    State.BOUND_TRX: BindTransceiver(system_id="app", password="secret"),
}


class Pair:
    """An ESME and an SMSC. `piece`: the wire cuts what it carries into so many octets; None: not at all."""

    def __init__(
        self, timers: Timers | None = None, *, piece: int | None = None, first_sequence_number: int = 1,
        limits: Limits = PEER_APP,
    ) -> None:  # fmt: skip
        self.clock = ManualClock()
        timers = timers or Timers()
        now = self.clock.monotonic()
        self.esme = Session(Role.ESME, timers, now, first_sequence_number=first_sequence_number)
        self.smsc = Session(Role.SMSC, timers, now, first_sequence_number=first_sequence_number, limits=limits)
        self.piece = piece

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    def carry(self) -> tuple[list[Event], list[Event]]:
        """Carry octets both ways until there are none; the events of the ESME and of the SMSC."""
        esme_events: list[Event] = []
        smsc_events: list[Event] = []
        while True:
            to_smsc, to_esme = self.esme.data_to_send(), self.smsc.data_to_send()
            if not to_smsc and not to_esme:
                return esme_events, smsc_events
            smsc_events += self._feed(self.smsc, to_smsc)
            esme_events += self._feed(self.esme, to_esme)

    def bind(self, state: State = State.BOUND_TRX, *, interface_version: int = 0x34) -> None:
        """Bind, so that both are in `state`."""
        self.esme.request(BINDS[state]._replace(interface_version=interface_version), self.now)
        _, smsc_events = self.carry()
        received = smsc_events[-1]
        assert isinstance(received, Received)
        self.smsc.accept_bind(received.sequence_number, "SMSC")
        self.carry()
        assert self.esme.state is self.smsc.state is state

    def _feed(self, session: Session, data: bytes) -> list[Event]:
        events: list[Event] = []
        piece = self.piece or max(len(data), 1)
        for begin in range(0, len(data), piece):
            events += session.receive(data[begin : begin + piece], self.now)
        return events


def session_in(role: Role, state: State, timers: Timers | None = None) -> Session:
    """A session brought to a state by its peer, with nothing left to send, at the time 1000.0."""
    pair = Pair(timers)
    session = pair.esme if role is Role.ESME else pair.smsc
    if state is State.OUTBOUND:
        _send_outbind(pair)
    elif state is State.UNBINDING:
        pair.bind()
        session.unbind(pair.now)
        session.data_to_send()
    elif state is State.CLOSED:
        session.connection_lost(pair.now)
    elif state is not State.OPEN:
        pair.bind(state)
    assert session.state is state
    return session


def _send_outbind(pair: Pair) -> None:
    pair.smsc.request(Outbind(system_id="SMSC", password="secret"), pair.now)
    pair.carry()
