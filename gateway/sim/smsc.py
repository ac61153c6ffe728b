"""An SMSC to test against: any number of binds on the same session as the gateway's, in the other role.

    simulator = Simulator(Profile(logins={"acme": "secret"}, latency_s=0.02), SystemClock(), Random(1).random)
    port = await simulator.start()

Everything is done where a PDU is read or where the agenda rings; no task is made for a bind or a message.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

from gateway.clock import Clock
from gateway.connection import Connection
from gateway.sim.agenda import Agenda
from gateway.sim.around import Around
from gateway.sim.desk import Desk, Observer, Submit
from gateway.sim.faults import Dice, Faults
from gateway.sim.inbound import inbound
from gateway.sim.inquiries import answer
from gateway.sim.outbox import Item, Link, Outbox
from gateway.sim.profile import Profile
from gateway.sim.records import Record, Records
from gateway.sim.stats import Stats
from gateway.sim.wire import Wire
from gateway.smpp.codec import encode
from gateway.smpp.events import Answered, Event, LateAnswer, Lost, Received, TimedOut
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    CancelSm,
    DataSm,
    DeliverSm,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
)
from gateway.smpp.session import Session
from gateway.smpp.status import CommandStatus
from gateway.smpp.timers import Timers
from gateway.text.encoding import Encoding
from gateway.text.references import References

STOP_S = 2.0
"""So long peers have to answer our unbind before they are cut off."""

_LONGEST_SYSTEM_ID = 15
_SUBMITS = (SubmitSm, DataSm, SubmitMulti)
_MODES: dict[type, str] = {BindReceiver: "receiver", BindTransmitter: "transmitter", BindTransceiver: "transceiver"}
_BINDS = (BindReceiver, BindTransmitter, BindTransceiver)
_INQUIRIES = (QuerySm, CancelSm, ReplaceSm)


class Simulator:
    """The SMSC: a `connection.Owner`. To be made in a running loop; `random` gives numbers in [0, 1)."""

    def __init__(
        self, profile: Profile, clock: Clock, random: Callable[[], float], observer: Observer | None = None
    ) -> None:
        self.profile = profile
        self.stats = Stats()
        self.records = Records(profile.keep)
        self.agenda = Agenda(clock.monotonic)
        self._clock = clock
        self._random = random
        self._references = References(random)
        self._outboxes: dict[str, Outbox] = {}
        self._links: dict[Connection, Link] = {}
        self._server: asyncio.Server | None = None
        self._gone = asyncio.Event()
        around = Around(profile, self.agenda, clock, random, self.stats)
        self._desk = Desk(around, self.records, self._offer, observer)

    @property
    def received(self) -> deque[Record]:
        """The messages taken, oldest first, the newest `keep` of them."""
        return self.records.newest

    @property
    def faults(self) -> Faults:
        """What it does wrong; may be set at any time. Raises ValueError where shares add up to more than 1."""
        return self._desk.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._desk.dice = Dice(faults, self._random)
        self._desk.faults = faults
        for link in list(self._links.values()):
            self._freeze(link)

    @property
    def bound(self) -> dict[str, int]:
        """How many binds each system_id has."""
        bound: dict[str, int] = {}
        for link in self._links.values():
            if link.session.bound:
                bound[link.system_id] = bound.get(link.system_id, 0) + 1
        return bound

    @property
    def waiting(self) -> int:
        """deliver_sm that no bind has room for yet."""
        return sum(len(outbox) for outbox in self._outboxes.values())

    async def start(self) -> int:
        """Listen; the port. Raises OSError where that cannot be, ssl.SSLError for a certificate that is none."""
        profile = self.profile
        context = None
        if profile.certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(profile.certificate, profile.key)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._answer_call, profile.host, profile.port, ssl=context)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, unbind every peer and wait for it; those that do not answer are cut off."""
        if self._server is not None:
            self._server.close()
        self.agenda.clear()
        for link in list(self._links.values()):
            self._see_off(link)
        try:
            async with asyncio.timeout(STOP_S):
                await self._all_gone()
        except TimeoutError:
            self.disconnect()
            await self._all_gone()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def disconnect(self, system_id: str | None = None) -> int:
        """Cut connections, all or those of one system_id, as a network that fails does; how many."""
        cut = [link for link in self._links.values() if system_id in {None, link.system_id}]
        for link in cut:
            link.connection.abort()
        return len(cut)

    def mo(
        self, sender: str, to: str, text: str, *, system_id: str | None = None, encoding: Encoding = Encoding.AUTO
    ) -> int:
        """A subscriber writes; how many parts it takes. Without `system_id` it goes to whom is bound, or last was.

        Raises LookupError where nobody ever bound, ValueError for a text or an address that cannot be sent.
        """
        account = self._account() if system_id is None else system_id
        outbox = self._outboxes.get(account)
        if outbox is None:
            raise LookupError(f"{account or 'nobody'} has not bound yet")
        reference = self._references.take(sender, to)
        profile = self.profile
        parts = inbound(
            sender, to, text, reference,
            encoding=encoding, alphabet=profile.habits.inbound_alphabet or profile.alphabet,
            long_messages=profile.long_messages,
        )  # fmt: skip
        for pdu in parts:
            encode(pdu, 1)
        order = self._desk.dice.order(len(parts))
        if order[0]:
            self.stats.mishaps["shuffled_inbound"] += 1
        for place in order:
            self.stats.inbound += 1
            outbox.offer(parts[place])
        return len(parts)

    # What the connections say

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        """See connection.Owner."""
        link = self._links[connection]
        for event in events:
            if type(event) is Received:
                self._receive(link, event)
            else:
                self._settle(link, event)
        if link.outbox is not None:
            link.outbox.pump()

    def on_writable(self, connection: Connection) -> None:
        """See connection.Owner."""
        outbox = self._links[connection].outbox
        if outbox is not None:
            outbox.pump()

    def on_closed(self, connection: Connection, events: list[Event], exc: Exception | None) -> None:
        """See connection.Owner."""
        link = self._links.pop(connection)
        if link.outbox is not None:
            link.outbox.leave(link)
        for event in events:
            self._settle(link, event)
        if not self._links:
            self._gone.set()

    def _answer_call(self) -> Wire:
        session = Session(Role.SMSC, self._timers(), self._clock.monotonic())
        wire = Wire(session, self, self._clock.monotonic, on_connected=lambda _: self._begin(wire))
        return wire

    def _timers(self) -> Timers:
        """An SMSC that ends silent sessions does not ask for signs of life: the answers would be some."""
        inactivity_s = self.profile.habits.inactivity_s
        return Timers() if inactivity_s is None else Timers(enquire_link_s=None, inactivity_s=inactivity_s)

    def _begin(self, wire: Wire) -> None:
        self.stats.connections += 1
        link = self._links[wire] = Link(wire)
        self._freeze(link)
        self._gone.clear()

    def _freeze(self, link: Link) -> None:
        """Leave what comes in the socket while frozen; afterwards it is read as if it came then."""
        if self.faults.frozen:
            link.connection.pause_reading()
        else:
            link.connection.resume_reading()

    def _receive(self, link: Link, received: Received) -> None:
        pdu = received.pdu
        if isinstance(pdu, _SUBMITS):
            self._desk.take(Submit(link, received.sequence_number, pdu))
        elif isinstance(pdu, _BINDS):
            self._bind(link, received.sequence_number, pdu)
        elif isinstance(pdu, _INQUIRIES):
            response, status = answer(self.records, self._clock, link.system_id, pdu)
            link.session.respond(received.sequence_number, response, status)

    def _settle(self, link: Link, event: Event) -> None:
        """What became of a deliver_sm of ours; one that timed out has been sent again already when it is answered."""
        outbox = link.outbox
        if outbox is None or type(event) is LateAnswer:
            return
        if type(event) is Answered and isinstance(event.context, Item):
            outbox.answered(event.context, event.command_status)
        elif type(event) is TimedOut and isinstance(event.context, Item):
            outbox.unanswered([event.context])
        elif type(event) is Lost:
            outbox.unanswered([item for item in event.contexts if isinstance(item, Item)])

    # Binds

    def _bind(self, link: Link, sequence_number: int, pdu: BindRequest) -> None:
        status = self._verdict(pdu)
        if status:
            self.stats.binds_refused += 1
            link.session.refuse_bind(sequence_number, status)
            return
        self.stats.binds += 1
        link.system_id = pdu.system_id
        link.session.accept_bind(sequence_number, self.profile.name[:_LONGEST_SYSTEM_ID], self.profile.habits.version)
        link.outbox = self._outbox(pdu.system_id)
        if link.session.state is not State.BOUND_TX:
            link.outbox.join(link)

    def _verdict(self, pdu: BindRequest) -> int:
        """The command_status that refuses a bind, else 0."""
        profile = self.profile
        if self.faults.refuse_binds is not None:
            return self.faults.refuse_binds
        if _MODES[type(pdu)] not in profile.habits.modes:
            return profile.habits.refuse_mode
        if profile.logins and pdu.system_id not in profile.logins:
            return CommandStatus.ESME_RINVSYSID
        if profile.logins and profile.logins[pdu.system_id] != pdu.password:
            return CommandStatus.ESME_RINVPASWD
        if profile.max_binds is not None and self.bound.get(pdu.system_id, 0) >= profile.max_binds:
            return CommandStatus.ESME_RALYBND
        return 0

    def _outbox(self, system_id: str) -> Outbox:
        outbox = self._outboxes.get(system_id)
        if outbox is None:
            outbox = Outbox(self.profile.deliver_window, self.agenda, self._clock.monotonic, self.stats)
            self._outboxes[system_id] = outbox
        return outbox

    def _offer(self, system_id: str, pdu: DeliverSm | DataSm) -> None:
        self._outbox(system_id).offer(pdu)

    def _account(self) -> str:
        """Whom an inbound message without a name is for."""
        attended = (system_id for system_id, outbox in self._outboxes.items() if outbox.attended)
        return next(attended, next(reversed(self._outboxes), ""))

    # The end

    def _see_off(self, link: Link) -> None:
        link.connection.resume_reading()
        if link.session.bound:
            link.session.unbind(self._clock.monotonic())
            link.connection.flush_soon()
        else:
            link.connection.close()

    async def _all_gone(self) -> None:
        if self._links:
            await self._gone.wait()
