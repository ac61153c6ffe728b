"""One carrier: its two lanes, its binds, and the loop that sends.

`pump` asks the scheduler what may go now and does it, until it says to wait; it runs when a message comes, an answer
frees a place, or a moment has come, and never awaits. What an answer does to a message is in `outcomes`.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from gateway.carriers.alarm import Alarm
from gateway.carriers.backlog import Flow
from gateway.carriers.bind import Bind, Respond
from gateway.carriers.counts import CarrierCounts
from gateway.carriers.delays import Delays
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.health import Health
from gateway.carriers.layout import CarrierSettings, Layout
from gateway.carriers.message_ids import MessageIds
from gateway.carriers.outcomes import Outcomes
from gateway.carriers.outgoing import Flight, Outgoing, together
from gateway.carriers.refusals import AddressWatch
from gateway.carriers.submission import NO_TLVS
from gateway.correlation import Correlation
from gateway.happenings import Happenings
from gateway.message import Message, Status
from gateway.receipts import Source
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.text.references import References
from throughput.entry import Entry, Place
from throughput.gate import Gate
from throughput.lanes import Lane
from throughput.scheduler import Scheduler, Send, Wait

log = structlog.get_logger()

_WAITS: Final = Place.WAITS
SENDS_A_TURN: Final = 256
LOOK_EVERY_S = 1.0
"""How often a carrier with something in its lanes looks at their age, and whether others could take it."""


class Carrier:
    """An interconnect at work."""

    def __init__(
        self,
        settings: CarrierSettings,
        scheduler: Scheduler[Outgoing],
        correlation: Correlation,
        health: Health,
        ids: MessageIds,
        outcomes: Outcomes,
        dispatcher: Dispatch,
        counts: CarrierCounts,
        references: References,
        addresses: AddressWatch,
        *,
        deliver: Callable[[Source, DeliverSm | DataSm, Respond], None],
        on_room: Callable[[str, str], None],
        monotonic: Callable[[], float],
        utc: Callable[[], float],
        happenings: Happenings | None = None,
    ) -> None:
        """`deliver(source, pdu, respond)` takes receipts and inbound; `on_room(carrier, lane)`: a lane has room for
        more."""
        self.settings = settings
        self.name = settings.name
        self.scheduler = scheduler
        self.correlation = correlation
        self.health = health
        self.ids = ids
        self.addresses = addresses
        self.binds: dict[str, Bind] = {}
        self.gates: dict[str, Gate] = {}
        self.sources: dict[str, Source] = {}
        self._outcomes = outcomes
        self._dispatcher = dispatcher
        self._counts = counts
        self._layout = Layout(settings, references)
        self._deliver = deliver
        self._on_room = on_room
        self._monotonic = monotonic
        self._utc = utc
        self._happenings = happenings or Happenings(utc)
        self._plain: set[str] = set()
        self._delays: Delays[Outgoing | Flight] = Delays()
        self._put_off = {"fast": 0, "bulk": 0}
        self._look_at = 0.0
        self._alarm = Alarm(self.pump, monotonic)
        self._soon = False
        self._turn_spent = False
        self._turned = asyncio.Event()
        self.draining = False
        self.retired = False
        """Whether it is configured no longer, and only what is in flight keeps it."""
        self.up = False
        """Whether a bind that sends is up; asked for every message."""

    def _set_up(self, gate: Gate, up: bool) -> None:
        gate.up = up
        self.up = any(each.up for each in self.gates.values())

    def add(self, bind: Bind, gate: Gate | None) -> None:
        """One more bind; `gate` is None where it does not transmit."""
        self.binds[bind.name] = bind
        self.sources[bind.name] = self._source(bind.name)
        if gate is not None:
            self.gates[bind.name] = gate
            self.scheduler.add(gate)

    def _source(self, bind: str) -> Source:
        return Source(self.name, bind, self.correlation, self.ids, self.settings.receipt_parts)

    # -- what a reload changes ----------------------------------------------------------------------------------------

    def remove(self, bind: Bind) -> None:
        """A bind that has been stopped is no more."""
        del self.binds[bind.name], self.sources[bind.name]
        self._plain.discard(bind.name)
        gate = self.gates.pop(bind.name, None)
        if gate is not None:
            self.scheduler.remove(gate)
        self._turned.set()

    def adopt(self, fresh: "Carrier") -> None:
        """Go on by the settings of one that was built anew under this name; what waits is laid out by them.

        Lanes, binds and what awaits receipts stay. What was learnt by answers (health, what is refused) begins anew.
        """
        self.settings, self.ids, self.health, self.addresses = fresh.settings, fresh.ids, fresh.health, fresh.addresses
        self._outcomes, self._counts = fresh._outcomes, fresh._counts
        self._layout = fresh._layout
        for name in self.sources:
            self.sources[name] = self._source(name)
        if self._plain:
            self._layout.without_tlvs()
        self._lay_out_anew()

    def retire(self) -> None:
        """It is configured no longer: what waits goes other ways, what is in flight may still be answered."""
        self.retired = self.draining = True
        for lane in self.scheduler.lanes.values():
            for entry in lane.entries():
                lane.discard(entry)
                self._dispatcher.anew(entry.item)

    @property
    def idle(self) -> bool:
        """Whether nothing of any message is here: in no lane, in no window, and nothing put off."""
        return not self.in_flight and not self._delays and not any(map(len, self.scheduler.lanes.values()))

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for `done()`, which is asked after each turn of answers and timers, and when a bind goes."""
        while not done():
            self._turned.clear()
            await self._turned.wait()

    def _lay_out_anew(self) -> None:
        for lane in self.scheduler.lanes.values():
            for entry in lane.entries():
                if not entry.item.begun:
                    lane.discard(entry)
                    if self._lay_out(entry.item):
                        lane.push(self._entry(entry.item, self._monotonic(), entry.queued_at))
        self._pump_soon()

    @property
    def omitted(self) -> tuple[str, ...]:
        """What its submit_sm go without since it refused them with it."""
        return self._outcomes.omissions.learnt

    # -- what comes down --------------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """Segments in the windows of all binds."""
        return sum(gate.window.used for gate in self.gates.values())

    def lane(self, name: str) -> Lane[Outgoing]:
        """One of the two lanes."""
        return self.scheduler.lanes[name]

    def room(self, lane: str) -> int:
        """How many more messages a lane takes; those that are put off have their place in it."""
        return 0 if self.draining else max(0, self.scheduler.lanes[lane].room - self._put_off[lane])

    def room_for(self, message: Message) -> int:
        """How many more of this message's batch a lane takes, so that others find room too."""
        lane = message.lane
        return min(self.room(lane), self.scheduler.lanes[lane].room_for(message.app, message.batch))

    def wants(self, lane: str, flow: Flow | None) -> int:
        """How many messages of a batch (None: of any) to bring from disk now: a good share of the lane, or none yet.

        Of one batch as soon as it may have as many more as it has here, of any when half of the lane is free; so reads
        are few and long.
        """
        room, queue = self.room(lane), self.scheduler.lanes[lane]
        if flow is None:
            return room if 2 * room >= queue.capacity else 0
        share = min(room, queue.room_for(*flow))
        return share if 3 * share > room else 0

    def fit(self, lane: str) -> bool:
        """Whether messages that have another way had better go by this carrier all the same."""
        return self.health.fit[lane]

    def probe(self, lane: str) -> bool:
        """Whether one of them may go by it although it is ill, to see if it still is."""
        return self.health.probe(lane, self._monotonic())

    def writes(self, message: Message) -> bool:
        """Whether it can take this message: the sender is ours here, and the text can be written."""
        return self._layout.writes(message)

    def take(self, outgoing: Outgoing) -> None:
        """Queue a message at the end of its lane; one that this carrier cannot write goes elsewhere at once."""
        if self._lay_out(outgoing):
            now = self._monotonic()
            self.scheduler.lanes[outgoing.message.lane].push(self._entry(outgoing, now, now))
            self._pump_soon()

    def again(self, outgoing: Outgoing) -> None:
        """Back to the head of its lane, once nothing of it is in flight; or elsewhere, if this carrier is of no use."""
        entry = outgoing.entry
        if outgoing.flying or outgoing.dropped or (entry is not None and entry.place is _WAITS):
            return
        if not outgoing.waiting():
            if outgoing.settled:
                self._dispatcher.leave(outgoing)
        elif self.retired:
            self._dispatcher.anew(outgoing)
        elif outgoing.cut_for is not self.settings and not outgoing.begun and not self._lay_out(outgoing):
            return  # it was put off, and the settings have changed so that it went elsewhere
        elif self.name in outgoing.tried and outgoing.message.expires_at > self._utc():
            self._outcomes.refused(self, outgoing, *outgoing.refusal)
        elif self.up or self.draining or not self._dispatcher.reroute(outgoing, self.name):
            now = self._monotonic()
            queued_at = entry.queued_at if entry is not None else now
            self.scheduler.lanes[outgoing.message.lane].push_front(self._entry(outgoing, now, queued_at))
            self._pump_soon()

    def put_off(self, seconds: float, what: Outgoing | Flight) -> None:
        """Look at it again after so long: a message to be tried again, or a segment whose hold is then over."""
        outgoing = what.outgoing if isinstance(what, Flight) else what
        self._put_off[outgoing.message.lane] += 1
        self._delays.push(self._monotonic() + seconds, what)
        self._pump_soon()

    def drop(self, outgoing: Outgoing) -> None:
        """A cancelled message: out of its lane."""
        outgoing.dropped = True
        self.withdraw(outgoing)

    def withdraw(self, outgoing: Outgoing) -> None:
        """Out of its lane, if it waits there."""
        if outgoing.entry is not None:
            self.scheduler.lanes[outgoing.message.lane].discard(outgoing.entry)

    def errs(self) -> None:
        """An answer asked for later, or none came: too many in a row and messages go another way."""
        if self.health.failed(self._monotonic()):
            log.warning("carrier_ill", carrier=self.name)
            self.relieve()

    def _entry(self, outgoing: Outgoing, now: float, queued_at: float) -> Entry[Outgoing]:
        message = outgoing.message
        cost = len(outgoing.waiting())
        group = together(message) or (message.id if cost > 1 or outgoing.taken else "")
        expires_at = now + message.expires_at - self._utc()
        entry = Entry(outgoing, cost, expires_at, queued_at, message.app, message.batch, group)
        outgoing.entry = entry
        return entry

    def _lay_out(self, outgoing: Outgoing) -> bool:
        """The message's segments as this carrier takes them; False when it cannot, and then it has gone elsewhere."""
        refusal = self._layout.lay_out(outgoing)
        if refusal is not None:
            self._outcomes.refused(self, outgoing, *refusal)
        return refusal is None

    # -- sending ----------------------------------------------------------------------------------------------------

    def _pump_soon(self) -> None:
        if not self._soon:
            self._soon = True
            asyncio.get_running_loop().call_soon(self.pump)

    def pump(self) -> None:
        """Send all that may go now, a bounded number in one turn; then wait for the moment the scheduler names."""
        self._soon = self._turn_spent = False
        self._turned.set()
        now = self._monotonic()
        if self._delays:
            self._come_due(now)
        if now >= self._look_at:
            self._look(now)
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
            self._turn_spent = True
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
        template, remaining_s, left = self.settings.template, message.expires_at - utc, send.segments
        without = outgoing.without | template.left_out(remaining_s)
        if gate.name in self._plain:
            without |= NO_TLVS
        for segment in outgoing.waiting()[:left]:
            flight = Flight(outgoing, segment, without)
            try:
                bind.submit(template.fill(message, outgoing.wires[segment.number - 1], remaining_s, without), flight)
            except ValueError as error:  # a field of the message that no submit_sm can hold
                self.scheduler.give_back(send, left)
                outgoing.verdict = None
                self._outcomes.unwritable(outgoing, str(error))
                return
            left -= 1
            outgoing.flying[segment.number] = flight
            self._counts.submitted(gate.name, message.lane)
            if self._happenings.heard:
                self._happenings.segment("submitted", self.name, gate.name, message, segment.number)
        if left:  # a receipt has settled segments while they waited to be sent again
            self.scheduler.give_back(send, left)
            self.again(outgoing)

    def _come_due(self, now: float) -> None:
        for what in self._delays.due(now):
            if isinstance(what, Flight):
                self._put_off[what.outgoing.message.lane] -= 1
                self._outcomes.hold_over(self, what)
            else:
                self._put_off[what.message.lane] -= 1
                self.again(what)

    def _expired(self, outgoing: Outgoing) -> None:
        """Its ttl has passed before it could be sent whole: it ends, and is never sent late.

        What was sent once and never answered has not expired, as far as anybody knows.
        """
        if outgoing.dropped:
            return
        if outgoing.doubtful:
            why = "The time to live passed, and a carrier did not answer: the message may have been sent."
            self._dispatcher.end(outgoing, Status.UNKNOWN, "unknown", why)
        else:
            why = "The time to live passed before a carrier took it."
            self._dispatcher.end(outgoing, Status.EXPIRED, "ttl_expired", why)

    def _wake_at(self, until: float | None) -> None:
        """Ring at the scheduler's moment, a delay's, or the next ttl's."""
        at = until
        lanes = self.scheduler.lanes
        fast_at, bulk_at = lanes["fast"].next_expiry(), lanes["bulk"].next_expiry()
        look_at = self._look_at if fast_at is not None or bulk_at is not None or self.health.slow else None
        for moment in (self._delays.next_time(), fast_at, bulk_at, look_at):
            if moment is not None and (at is None or moment < at):
                at = moment
        self._alarm.set(at)

    def close(self) -> None:
        """No more timers."""
        self._alarm.set(None)

    # -- what a bind tells ------------------------------------------------------------------------------------------

    def answered(self, bind: Bind, context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        """A submit_sm was answered: its place is free, and the answer says what to do with the segment."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self.gates[bind.name].answered(command_status, elapsed_s, self._monotonic())
        if not command_status:
            self.health.succeeded()
        self._outcomes.answered(self, bind, context, command_status, message_id, elapsed_s)

    def timed_out(self, bind: Bind, context: object) -> None:
        """No answer in time: the carrier may have the segment or not."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self.gates[bind.name].timed_out(self._monotonic())
        self.errs()
        self._outcomes.uncertain(self, context)

    def answered_late(self, bind: Bind, context: object, command_status: int, message_id: str) -> None:
        """An answer after its time: it settles the segment, unless that was already sent again."""
        assert isinstance(context, Flight)  # noqa: S101  # what `_send` gave
        self._outcomes.answered_late(self, bind, context, command_status, message_id)

    def bind_up(self, bind: Bind) -> None:
        """A bind may be used again."""
        gate = self.gates.get(bind.name)
        if gate is None:
            return
        if bind.plain:
            self._plain.add(bind.name)
            if self._layout.without_tlvs():
                self._lay_out_anew()  # also those that wait
        else:
            self._plain.discard(bind.name)
        gate.reset(self._monotonic())
        self._set_up(gate, not bind.receive_only)
        self._pump_soon()
        if self.up:
            self._dispatcher.came_up(self.name)

    def bind_ending(self, bind: Bind) -> None:
        """Nothing may be sent over a bind any more; what it has in flight may still be answered."""
        gate = self.gates.get(bind.name)
        if gate is not None:
            self._set_up(gate, False)
            self.relieve()

    def bind_down(self, bind: Bind, unanswered: Sequence[object]) -> None:
        """A bind is gone: what it had in flight is uncertain."""
        gate = self.gates.get(bind.name)
        if gate is not None:
            gate.reset(self._monotonic())
        self._turned.set()
        for context in unanswered:
            if isinstance(context, Flight):
                self._outcomes.uncertain(self, context)

    def relieve(self) -> None:
        """Where no bind is up, or this carrier is ill: messages that another can take go there; others wait here."""
        if self.draining or (self.up and not self.health.ill) or not self._dispatcher.others_up(self.name):
            return
        self._evacuate(fit=self.up, queued_before=math.inf)

    def _evacuate(self, *, fit: bool, queued_before: float) -> None:
        for lane in self.scheduler.lanes.values():
            for entry in lane.entries():
                if entry.queued_at <= queued_before and self._dispatcher.reroute(entry.item, self.name, fit=fit):
                    lane.discard(entry)

    def _look(self, now: float) -> None:
        """Once a second while something waits: is it too old, and could others have it?"""
        self._look_at = now + LOOK_EVERY_S
        for lane in self.scheduler.lanes.values():
            self.health.aged(lane.name, lane.oldest_s(now) if len(lane) else 0.0)
        if not self.up or self.health.ill:
            self.relieve()
        elif self.health.slow and self._dispatcher.others_up(self.name):
            self._evacuate(fit=True, queued_before=now - self.health.queue_age_s)

    def set_receive_only(self, bind: Bind, receive_only: bool) -> None:
        """Stop sending over a bind that stays bound for receipts and inbound, or send again."""
        bind.receive_only = receive_only
        gate = self.gates.get(bind.name)
        if gate is not None:
            self._set_up(gate, bind.up and not receive_only)
            self._pump_soon()
            self.relieve()
            if self.up:
                self._dispatcher.came_up(self.name)

    def delivered(self, bind: Bind, pdu: DeliverSm | DataSm, respond: Respond) -> None:
        """A receipt or an inbound message."""
        self._deliver(self.sources[bind.name], pdu, respond)

    def link_checked(self, bind: Bind, rtt_s: float) -> None:
        """An enquire_link was answered."""
        self._counts.link(bind.name, rtt_s)

    def end_of_turn(self, bind: Bind) -> None:
        """A read has been worked off, or a part of it: places may be free.

        Where this turn of the loop has sent all that one may, the next fills them.
        """
        if not self._turn_spent:
            self.pump()
