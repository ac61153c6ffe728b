"""One carrier: its two lanes, its binds, and the loop that sends.

`pump` asks the scheduler what may go now and does it, until it says to wait; it runs when a message comes, an answer
frees a place, or a moment has come, and never awaits. What an answer does to a message is in `outcomes`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from gateway.carriers.bind import Bind
from gateway.carriers.delays import Delays
from gateway.carriers.message_ids import MessageIds
from gateway.carriers.outcomes import Dispatcher, Outcomes
from gateway.carriers.outgoing import Flight, Outgoing, together
from gateway.carriers.submission import SubmitTemplate
from gateway.correlation import Correlation
from gateway.message import Status
from gateway.parts import CannotWrite, Profile, wires
from gateway.receipts import Source
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.text.references import References
from throughput.entry import Entry
from throughput.gate import Gate
from throughput.lanes import Lane
from throughput.scheduler import Scheduler, Send, Wait

SENDS_A_TURN = 256


class CarrierSettings(NamedTuple):
    """How a carrier takes messages, from its keys of the configuration. `senders` empty: any."""

    name: str
    profile: Profile
    senders: tuple[str, ...]
    template: SubmitTemplate


class SendCounts(Protocol):
    """What is counted of sending, bound to this carrier's labels."""

    def submitted(self, bind: str, lane: str) -> None:
        """A segment went out."""

    def first_sent(self, lane: str, waited_s: float) -> None:
        """A message's first segment went out, so long after it was accepted (or due)."""

    def link(self, bind: str, rtt_s: float) -> None:
        """An enquire_link was answered."""


class Carrier:
    """An interconnect at work."""

    def __init__(
        self,
        settings: CarrierSettings,
        scheduler: Scheduler[Outgoing],
        correlation: Correlation,
        ids: MessageIds,
        outcomes: Outcomes,
        dispatcher: Dispatcher,
        counts: SendCounts,
        references: References,
        *,
        deliver: Callable[[Source, Bind, int, DeliverSm | DataSm], None],
        on_room: Callable[[str, str], None],
        monotonic: Callable[[], float],
        utc: Callable[[], float],
    ) -> None:
        """`deliver(source, bind, sequence_number, pdu)` takes receipts and inbound; `on_room(carrier, lane)`: a lane
        has room for more."""
        self.settings = settings
        self.name = settings.name
        self.scheduler = scheduler
        self.correlation = correlation
        self.ids = ids
        self.binds: dict[str, Bind] = {}
        self.gates: dict[str, Gate] = {}
        self.sources: dict[str, Source] = {}
        self._outcomes = outcomes
        self._dispatcher = dispatcher
        self._counts = counts
        self._references = references
        self._deliver = deliver
        self._on_room = on_room
        self._monotonic = monotonic
        self._utc = utc
        self._delays: Delays[Outgoing | Flight] = Delays()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._soon = False
        self.draining = False
        self.up = False
        """Whether a bind that sends is up; asked for every message."""

    def _set_up(self, gate: Gate, up: bool) -> None:
        gate.up = up
        self.up = any(each.up for each in self.gates.values())

    def add(self, bind: Bind, gate: Gate | None) -> None:
        """One more bind; `gate` is None where it does not transmit."""
        self.binds[bind.name] = bind
        self.sources[bind.name] = Source(self.name, bind.name, self.correlation, self.ids)
        if gate is not None:
            self.gates[bind.name] = gate
            self.scheduler.add(gate)

    # -- what comes down --------------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Segments in the windows of all binds."""
        return sum(gate.window.used for gate in self.gates.values())

    def lane(self, name: str) -> Lane[Outgoing]:
        """One of the two lanes."""
        return self.scheduler.lanes[name]

    def room(self, lane: str) -> int:
        """How many more messages a lane takes."""
        return 0 if self.draining else self.scheduler.lanes[lane].room

    def take(self, outgoing: Outgoing) -> None:
        """Queue a message at the end of its lane; one that this carrier cannot write goes elsewhere at once."""
        if self._lay_out(outgoing):
            self.scheduler.lanes[outgoing.message.lane].push(self._entry(outgoing))
            self._pump_soon()

    def again(self, outgoing: Outgoing) -> None:
        """Back to the head of its lane, once nothing of it is in flight."""
        if outgoing.flying or outgoing.dropped:
            return
        if outgoing.waiting():
            self.scheduler.lanes[outgoing.message.lane].push_front(self._entry(outgoing))
            self._pump_soon()
        elif outgoing.settled:
            self._dispatcher.leave(outgoing)

    def put_off(self, seconds: float, what: Outgoing | Flight) -> None:
        """Look at it again after so long: a message to be tried again, or a segment whose hold is then over."""
        self._delays.push(self._monotonic() + seconds, what)
        self._pump_soon()

    def drop(self, outgoing: Outgoing) -> None:
        """A cancelled message: out of its lane."""
        outgoing.dropped = True
        if outgoing.entry is not None:
            self.scheduler.lanes[outgoing.message.lane].discard(outgoing.entry)

    def _entry(self, outgoing: Outgoing) -> Entry[Outgoing]:
        message = outgoing.message
        now = self._monotonic()
        group = together(message) or (message.id if outgoing.begun else "")
        entry = Entry(
            outgoing,
            len(outgoing.waiting()),
            expires_at=now + message.expires_at - self._utc(),
            queued_at=now,
            app=message.app,
            batch=message.batch,
            together=group,
        )
        outgoing.entry = entry
        return entry

    def _lay_out(self, outgoing: Outgoing) -> bool:
        """The message's segments as this carrier takes them; False when it cannot, and then it has gone elsewhere."""
        message, settings = outgoing.message, self.settings
        if settings.senders and message.sender not in settings.senders:
            detail = f"{self.name} does not let us send as {message.sender}."
            self._outcomes.refused(outgoing, "sender_not_allowed", detail)
            return False
        try:
            if message.content.parts > 1 and outgoing.reference < 0:
                outgoing.reference = self._references.take(message.sender, message.to)
            outgoing.lay_out(wires(message.content, settings.profile, max(0, outgoing.reference)))
        except CannotWrite as error:
            self._outcomes.refused(outgoing, error.code, f"{self.name}: {error}")
            return False
        return True

    # -- sending ----------------------------------------------------------------------------------------------------

    def _pump_soon(self) -> None:
        if not self._soon:
            self._soon = True
            asyncio.get_running_loop().call_soon(self.pump)

    def pump(self) -> None:
        """Send all that may go now, a bounded number in one turn; then wait for the moment the scheduler names."""
        self._soon = False
        now = self._monotonic()
        if self._delays:
            self._come_due(now)
        lanes = self.scheduler.lanes.values()
        for lane in lanes:
            for entry in lane.expire(now):
                self._expired(entry.item)
        if self.draining:
            self._wake_at(None)
            return
        pick = self.scheduler.pick
        for _ in range(SENDS_A_TURN):
            choice = pick(now)
            if type(choice) is Send:
                self._send(choice)
            elif type(choice) is Wait:
                self._wake_at(choice.until)
                break
            else:
                self._wake_at(None)
                break
        else:
            self._pump_soon()
        for lane in lanes:
            if lane.half_empty:
                self._on_room(self.name, lane.name)

    def _send(self, send: Send[Outgoing]) -> None:
        """Write a message's next segments to a bind; their places and tokens are taken."""
        outgoing, gate = send.entry.item, send.gate
        message, bind = outgoing.message, self.binds[gate.name]
        utc = self._utc()
        if not outgoing.sent_before:
            outgoing.sent_before = True
            self._counts.first_sent(message.lane, utc - (message.send_at or message.created_at))
        fill, remaining_s = self.settings.template.fill, message.expires_at - utc
        for segment in outgoing.waiting()[: send.segments]:
            try:
                bind.submit(fill(message, outgoing.wires[segment.number - 1], remaining_s), Flight(outgoing, segment))
            except ValueError as error:  # a field of the message that no submit_sm can hold
                self.scheduler.give_back(send)
                self._outcomes.refused(outgoing, "invalid_field", str(error))
                return
            outgoing.flying.add(segment.number)
            self._counts.submitted(gate.name, message.lane)

    def _come_due(self, now: float) -> None:
        for what in self._delays.due(now):
            outgoing = what
            if isinstance(what, Flight):
                self._outcomes.hold_over(what)
                outgoing = what.outgoing
            assert isinstance(outgoing, Outgoing)  # noqa: S101  # a Flight was unpacked above
            if outgoing.message.expires_at <= self._utc() and outgoing.waiting() and not outgoing.flying:
                self._expired(outgoing)
            else:
                self.again(outgoing)

    def _expired(self, outgoing: Outgoing) -> None:
        """Its ttl has passed before it could be sent whole: it ends, and is never sent late."""
        if not outgoing.dropped:
            self._dispatcher.end(
                outgoing, Status.EXPIRED, "ttl_expired", "The time to live passed before a carrier took it."
            )

    def _wake_at(self, until: float | None) -> None:
        """Set the one timer: the scheduler's moment, a delay's, or the next ttl's."""
        at = until
        for moment in (self._delays.next_time(), *(lane.next_expiry() for lane in self.scheduler.lanes.values())):
            if moment is not None and (at is None or moment < at):
                at = moment
        if self._timer is not None:
            if at is not None and self._timer_at <= at:
                return  # an earlier timer asks again; it costs less than a new one
            self._timer.cancel()
            self._timer = None
        if at is not None:
            delay_s = max(0.001, at - self._monotonic())  # the loop's clock counts whole milliseconds
            self._timer_at = at
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.pump()

    def close(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what a bind tells ------------------------------------------------------------------------------------------

    def answered(self, bind: Bind, context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        """A submit_sm was answered: its place is free, and the answer says what to do with the segment."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self.gates[bind.name].answered(command_status, elapsed_s, self._monotonic())
        self._outcomes.answered(self, bind, context, command_status, message_id, elapsed_s)

    def timed_out(self, bind: Bind, context: object) -> None:
        """No answer in time: the carrier may have the segment or not."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self.gates[bind.name].timed_out(self._monotonic())
        self._outcomes.uncertain(self, context)

    def answered_late(self, bind: Bind, context: object, command_status: int, message_id: str) -> None:
        """An answer after its time: it settles the segment, unless that was already sent again."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self._outcomes.answered_late(self, bind, context, command_status, message_id)

    def bind_up(self, bind: Bind) -> None:
        """A bind may be used again."""
        gate = self.gates.get(bind.name)
        if gate is not None:
            gate.reset(self._monotonic())
            self._set_up(gate, not bind.receive_only)
            self._pump_soon()

    def bind_down(self, bind: Bind, unanswered: Sequence[object]) -> None:
        """A bind is gone: what it had in flight is uncertain, and queued messages go elsewhere if none is left."""
        gate = self.gates.get(bind.name)
        if gate is not None:
            self._set_up(gate, False)
            gate.reset(self._monotonic())
        for context in unanswered:
            if isinstance(context, Flight):
                self._outcomes.uncertain(self, context)
        if not self.up and not self.draining:
            self._evacuate()

    def _evacuate(self) -> None:
        """No bind is up: messages that another carrier can take go there, the others wait here for a bind."""
        for lane in self.scheduler.lanes.values():
            for entry in lane.entries():
                if self._dispatcher.reroute(entry.item, self.name):
                    lane.discard(entry)

    def set_receive_only(self, bind: Bind, receive_only: bool) -> None:
        """Stop sending over a bind that stays bound for receipts and inbound, or send again."""
        bind.receive_only = receive_only
        gate = self.gates.get(bind.name)
        if gate is not None:
            self._set_up(gate, bind.up and not receive_only)
            self._pump_soon()
            if not self.up:
                self._evacuate()

    def delivered(self, bind: Bind, sequence_number: int, pdu: DeliverSm | DataSm) -> None:
        """A receipt or an inbound message."""
        self._deliver(self.sources[bind.name], bind, sequence_number, pdu)

    def link_checked(self, bind: Bind, rtt_s: float) -> None:
        """An enquire_link was answered."""
        self._counts.link(bind.name, rtt_s)

    def end_of_turn(self, bind: Bind) -> None:
        """A read has been worked off: places may be free."""
        self.pump()
