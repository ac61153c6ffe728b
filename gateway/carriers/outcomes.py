"""What an answer, or none, does to a message: moved on, tried again, sent elsewhere, ended, or held as uncertain.

A message of several segments is decided about when all that is in flight of it has been answered, by the gravest of the
answers: the others cannot be taken back, and what is left of it goes, or ends, as one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol, final

import structlog

from gateway.carriers.answers import Action, decide
from gateway.carriers.bind import Bind
from gateway.carriers.counts import CarrierCounts
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.omissions import Omissions
from gateway.carriers.outgoing import Flight, Outgoing, Verdict
from gateway.happenings import Happenings
from gateway.message import Event, Message, Segment, Status
from gateway.moves import move_segment
from gateway.receipts import Source
from gateway.smpp.record import Record
from gateway.smpp.status import status_name
from gateway.store.commits import Commits
from throughput.backoff import doubling

if TYPE_CHECKING:
    from gateway.carriers.carrier import Carrier

log = structlog.get_logger()

_ACCEPTED: Final = Status.ACCEPTED
_SUBMITTED: Final = Status.SUBMITTED
RETRY_MIN_S = 1.0
RETRY_MAX_S = 60.0
NO_ROOM_S = 1.0
_GRAVITY = {Action.REFUSE: 3, Action.NEXT: 2, Action.WRONG_NETWORK: 2, Action.LATER: 1}


@final
class Policy(Record):
    """A carrier's own words: its `errors`, and by lane what becomes of uncertain segments and after how long."""

    __slots__ = ("carrier", "errors", "hold_s", "uncertain")

    def __init__(
        self, carrier: str, errors: Mapping[int, str], uncertain: Mapping[str, str], hold_s: Mapping[str, float]
    ) -> None:
        self.carrier = carrier
        self.errors = errors
        self.uncertain = uncertain
        self.hold_s = hold_s


class Roads(Protocol):
    """The roads back."""

    def answered(self, source: Source, keys: Sequence[str], message: Message, segment: int) -> None:
        """A response named a segment: its receipt may have come before it."""

    def tell(self, message: Message) -> None:
        """The message came to a new status."""


class SecondLook(Protocol):
    """Whose number it is, looked up again."""

    def wrong(self, message: Message, carrier: str) -> None:
        """A carrier says that the number is another network's."""

    def look(self, message: Message, carrier: str, then: Callable[[], None]) -> bool:
        """Look it up, set the message's network and carriers by that, then call `then`; False: not now."""


class Outcomes:
    """Carries out what answers ask for, for one carrier."""

    def __init__(
        self,
        policy: Policy,
        commits: Commits,
        dispatcher: Dispatch,
        roads: Roads,
        second_look: SecondLook,
        omissions: Omissions,
        counts: CarrierCounts,
        utc: Callable[[], float],
        happenings: Happenings | None = None,
    ) -> None:
        self.policy = policy
        self._commits = commits
        self._dispatcher = dispatcher
        self._roads = roads
        self._second_look = second_look
        self.omissions = omissions
        self._counts = counts
        self._utc = utc
        self._happenings = happenings or Happenings(utc)

    # -- answers ----------------------------------------------------------------------------------------------------

    def answered(
        self,
        queue: "Carrier",
        bind: Bind,
        flight: Flight,
        command_status: int,
        message_id: str,
        elapsed_s: float | None,
    ) -> None:
        """A submit_sm was answered: do what `errors` or the table of `answers` says."""
        self._counts.response(bind.name, command_status, elapsed_s)
        outgoing, segment = flight.outgoing, flight.segment
        if self._happenings.heard:
            self._tell(bind, flight, command_status, message_id, elapsed_s)
        if outgoing.flying.get(segment.number) is flight:
            del outgoing.flying[segment.number]
        if segment.status is not _ACCEPTED:  # a receipt or a late answer has settled it before
            self.go_on(queue, outgoing)
        elif command_status:
            self._failed(queue, bind, flight, command_status)
        else:
            if flight.without & outgoing.without:
                self.omissions.taken(flight, outgoing.message.expires_at - self._utc())
            self._taken(queue, bind, outgoing, segment, message_id)

    def _tell(self, bind: Bind, flight: Flight, command_status: int, message_id: str, elapsed_s: float | None) -> None:
        self._happenings.segment(
            "response",
            self.policy.carrier,
            bind.name,
            flight.outgoing.message,
            flight.segment.number,
            command_status=command_status,
            status=status_name(command_status),
            carrier_message_id=message_id or None,
            elapsed_s=None if elapsed_s is None else round(elapsed_s, 3),
        )

    def _failed(self, queue: "Carrier", bind: Bind, flight: Flight, command_status: int) -> None:
        outgoing, segment = flight.outgoing, flight.segment
        action = self.omissions.settle(decide(command_status, self.policy.errors), flight)
        segment.command_status = command_status
        if action is Action.THROTTLE:
            self._counts.throttled(bind.name)
        else:
            self._note(bind, outgoing, segment, command_status)
        if action is Action.REFUSE:
            self._reject(outgoing, segment, self._reason(command_status))
        if action is Action.LATER:
            queue.errs()
        verdict = outgoing.verdict
        if verdict is None or _GRAVITY.get(action, 0) > _GRAVITY.get(verdict.action, 0):
            outgoing.verdict = Verdict(action, command_status)
        self.go_on(queue, outgoing)
        if action is Action.STOP:
            bind.fail(f"submit_sm was answered {status_name(command_status)}")
        elif action is Action.REBIND:
            bind.rebind(f"submit_sm was answered {status_name(command_status)}")

    def go_on(self, queue: "Carrier", outgoing: Outgoing) -> None:
        """Nothing more of a message is in flight: do what the gravest answer asked for with what is left of it."""
        if outgoing.flying:
            return
        verdict, outgoing.verdict = outgoing.verdict, None
        match verdict.action if verdict is not None else None:
            case Action.LATER:
                self._later(queue, outgoing)
            case Action.WRONG_NETWORK:
                assert verdict is not None  # noqa: S101  # it has an action
                self._wrong_network(queue, outgoing, self._reason(verdict.command_status))
            case Action.NEXT:
                assert verdict is not None  # noqa: S101  # it has an action
                self.refused(queue, outgoing, "carrier_refused", self._reason(verdict.command_status))
            case Action.REFUSE:
                assert verdict is not None  # noqa: S101  # it has an action
                self._refuse(outgoing, self._reason(verdict.command_status))
            case _:
                queue.again(outgoing)

    def _reason(self, command_status: int) -> str:
        return f"{self.policy.carrier} answered {status_name(command_status)}."

    def _taken(self, queue: "Carrier", bind: Bind, outgoing: Outgoing, segment: Segment, message_id: str) -> None:
        """The carrier has the segment: correlate its id, and let go of the message when all are taken."""
        message, carrier, bind_name, number = outgoing.message, self.policy.carrier, bind.name, segment.number
        now = self._utc()
        segment.carrier = carrier
        segment.bind = bind_name
        segment.carrier_message_id = message_id
        segment.command_status = 0
        before = message.status
        event = Event(now, _SUBMITTED, carrier, bind_name, 0, message_id, "", number)
        move_segment(message, segment, _SUBMITTED, event)
        if outgoing.verdict is None and outgoing.settled:
            self._dispatcher.leave(outgoing)
        else:
            self.go_on(queue, outgoing)  # what did not fit into the window with it, or was not taken
        self._commits.update(message)
        if message.status is not before and message.receipt == "all":
            self._roads.tell(message)
        if not message_id:
            log.warning("accepted_without_id", carrier=carrier, bind=bind_name, message=message.id)
            return
        source = queue.sources[bind_name]
        key = queue.ids.key(message_id)
        queue.correlation.add(key, message, number, now)
        self._roads.answered(source, (key,), message, number)

    def _later(self, queue: "Carrier", outgoing: Outgoing) -> None:
        """After 1 s, doubling to 60 s; by the next carrier after the second failure here, if there is one.

        The pauses go on growing over all carriers; once each has failed twice, they are gone through again.
        """
        outgoing.failures += 1
        outgoing.failures_here += 1
        if outgoing.failures_here >= 2:
            outgoing.worn |= {self.policy.carrier}
            if self._dispatcher.reroute(outgoing, self.policy.carrier):
                return
            outgoing.worn = frozenset()
        pause_s = doubling(outgoing.failures - 1, RETRY_MIN_S, RETRY_MAX_S)
        queue.put_off(max(0.0, min(pause_s, outgoing.message.expires_at - self._utc())), outgoing)

    def _refuse(self, outgoing: Outgoing, detail: str, code: str = "carrier_refused") -> None:
        """Nothing more of the message is sent: what no carrier has yet ends, and the message with the last of all."""
        message, before = outgoing.message, outgoing.message.status
        message.error_code, message.error_detail = code, detail
        for segment in outgoing.waiting():
            self._reject(outgoing, segment, detail)
        self._dispatcher.leave(outgoing)
        self._commits.update(message)
        if message.status is not before or message.final:
            self._roads.tell(message)

    def _reject(self, outgoing: Outgoing, segment: Segment, detail: str) -> None:
        event = Event(self._utc(), Status.REJECTED, self.policy.carrier, detail=detail, segment=segment.number)
        move_segment(outgoing.message, segment, Status.REJECTED, event)

    def refused(self, queue: "Carrier", outgoing: Outgoing, code: str, detail: str) -> None:
        """This carrier cannot have it: the next one that is up, or the end."""
        outgoing.tried |= {self.policy.carrier}
        outgoing.refusal = code, detail
        if self._dispatcher.reroute(outgoing, self.policy.carrier):
            return
        if self._dispatcher.has_other(outgoing, self.policy.carrier):
            queue.put_off(NO_ROOM_S, outgoing)
        elif outgoing.taken:
            self._refuse(outgoing, detail, code)
        else:
            self._dispatcher.end(outgoing, Status.REJECTED, code, detail, self.policy.carrier)

    def _wrong_network(self, queue: "Carrier", outgoing: Outgoing, detail: str) -> None:
        """Another network serves the number, says this carrier: one more look at whose it is, then as `refused`."""
        carrier, second_look = self.policy.carrier, self._second_look
        second_look.wrong(outgoing.message, carrier)
        outgoing.tried |= {carrier}
        outgoing.refusal = "carrier_refused", detail
        again, outgoing.looked = outgoing.looked, True
        if again or outgoing.taken or not second_look.look(outgoing.message, carrier, lambda: queue.again(outgoing)):
            self.refused(queue, outgoing, "carrier_refused", detail)

    def unwritable(self, outgoing: Outgoing, detail: str) -> None:
        """A field of the message fits into no submit_sm: it ends, with all that is not in flight of it."""
        if outgoing.begun:
            self._refuse(outgoing, detail, "invalid_field")
        else:
            self._dispatcher.end(outgoing, Status.REJECTED, "invalid_field", detail, self.policy.carrier)

    def _note(self, bind: Bind, outgoing: Outgoing, segment: Segment, command_status: int) -> None:
        """An answer that moved nothing still belongs to the history: of many alike the first and the last."""
        message = outgoing.message
        events, name = message.events, status_name(command_status)
        event = Event(
            self._utc(), message.status, self.policy.carrier, bind.name, command_status, "", name, segment.number
        )
        if len(events) > 1 and _alike(events[-2], event) and _alike(events[-1], event):
            message.events = (*events[:-1], event)
        else:
            message.events = (*events, event)
        self._commits.update(message)

    # -- uncertain --------------------------------------------------------------------------------------------------

    def uncertain(self, queue: "Carrier", flight: Flight) -> None:
        """The carrier may have the segment or not: hold it, since a late answer may settle it, then decide."""
        queue.put_off(self.policy.hold_s[flight.outgoing.message.lane], flight)

    def answered_late(self, queue: "Carrier", bind: Bind, flight: Flight, command_status: int, message_id: str) -> None:
        """A late answer during the hold settles its segment; after it, a yes still saves sending it once more."""
        outgoing, segment = flight.outgoing, flight.segment
        held = outgoing.flying.get(segment.number) is flight
        here = outgoing.message.carrier == self.policy.carrier and not outgoing.dropped
        if segment.status is not _ACCEPTED or not here or (command_status and not held):
            log.info("answer_too_late", carrier=self.policy.carrier, bind=bind.name, message=outgoing.message.id)
            return
        if held:
            self._counts.uncertain("settled")
        else:
            queue.withdraw(outgoing)
        self.answered(queue, bind, flight, command_status, message_id, None)

    def hold_over(self, queue: "Carrier", flight: Flight) -> None:
        """The hold is over: `resend` makes it wait to be sent again, `fail` ends it as unknown.

        Past its ttl it is never sent again, and what may have been sent has not expired: it is unknown as well.
        """
        outgoing, segment = flight.outgoing, flight.segment
        message = outgoing.message
        if outgoing.flying.get(segment.number) is not flight:
            return  # settled meanwhile
        del outgoing.flying[segment.number]
        if segment.status is _ACCEPTED:
            if self.policy.uncertain[message.lane] == "resend" and message.expires_at > self._utc():
                self._counts.uncertain("resent")
                outgoing.doubtful = True
            else:
                self._counts.uncertain("failed")
                self._unknown(outgoing, segment)
        self.go_on(queue, outgoing)

    def _unknown(self, outgoing: Outgoing, segment: Segment) -> None:
        message, before = outgoing.message, outgoing.message.status
        detail = f"{self.policy.carrier} did not answer: the segment may have been sent."
        message.error_code, message.error_detail = "unknown", detail
        event = Event(self._utc(), Status.UNKNOWN, self.policy.carrier, detail=detail, segment=segment.number)
        move_segment(message, segment, Status.UNKNOWN, event)
        if outgoing.settled:
            self._dispatcher.leave(outgoing)
        self._commits.update(message)
        if message.status is not before:
            self._roads.tell(message)


def _alike(one: Event, other: Event) -> bool:
    return (one.carrier, one.command_status, one.segment) == (other.carrier, other.command_status, other.segment)
