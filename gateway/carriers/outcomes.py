"""What an answer, or none, does to a message: moved on, tried again, sent elsewhere, ended, or held as uncertain."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import structlog

from gateway.carriers.answers import Action, decide
from gateway.carriers.bind import Bind
from gateway.carriers.outgoing import Flight, Outgoing
from gateway.correlation import Correlation
from gateway.message import Event, Message, Segment, Status, move_segment
from gateway.receipts import Source
from gateway.smpp.status import status_name
from gateway.store.commits import Commits
from throughput.backoff import doubling

log = structlog.get_logger()

RETRY_MIN_S = 1.0
RETRY_MAX_S = 60.0


class Policy(NamedTuple):
    """A carrier's own words: its `errors`, and by lane what becomes of uncertain segments and after how long."""

    carrier: str
    errors: Mapping[int, str]
    uncertain: Mapping[str, str]
    hold_s: Mapping[str, float]


class Dispatcher(Protocol):
    """What is asked of what lies above a carrier."""

    def reroute(self, outgoing: Outgoing, away_from: str) -> bool:
        """Bring a message to another carrier; False where there is none."""

    def leave(self, outgoing: Outgoing) -> None:
        """The message has nothing more to send."""

    def end(self, outgoing: Outgoing, status: Status, code: str, detail: str, carrier: str = "") -> None:
        """End a message that will not be sent (any more)."""


class Queue(Protocol):
    """The carrier, as far as an outcome needs it."""

    @property
    def correlation(self) -> Correlation:
        """What awaits receipts."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """By bind: what the road back needs to know."""

    def again(self, outgoing: Outgoing) -> None:
        """Back to the head of its lane."""

    def put_off(self, seconds: float, what: Outgoing | Flight) -> None:
        """Look at it again later."""


class Roads(Protocol):
    """The roads back."""

    def answered(self, source: Source, keys: Sequence[str], message: Message, segment: int) -> None:
        """A response named a segment: its receipt may have come before it."""

    def tell(self, message: Message) -> None:
        """The message came to a new status."""


class AnswerCounts(Protocol):
    """What is counted of answers, bound to this carrier's labels."""

    def response(self, bind: str, command_status: int, elapsed_s: float) -> None:
        """A submit_sm was answered."""

    def throttled(self, bind: str) -> None:
        """A bind was told to be slower."""

    def uncertain(self, outcome: str) -> None:
        """What became of a segment that was in flight when its bind died or its time was up."""


class Outcomes:
    """Carries out what answers ask for, for one carrier."""

    def __init__(
        self,
        policy: Policy,
        commits: Commits,
        dispatcher: Dispatcher,
        roads: Roads,
        counts: AnswerCounts,
        utc: Callable[[], float],
    ) -> None:
        self.policy = policy
        self._commits = commits
        self._dispatcher = dispatcher
        self._roads = roads
        self._counts = counts
        self._utc = utc

    # -- answers ----------------------------------------------------------------------------------------------------

    def answered(
        self, queue: Queue, bind: Bind, flight: Flight, command_status: int, message_id: str, elapsed_s: float
    ) -> None:
        """A submit_sm was answered: done | later | throttle | next | refuse | stop, as the table and `errors` say."""
        self._counts.response(bind.name, command_status, elapsed_s)
        outgoing, segment = flight
        outgoing.flying.discard(segment.number)
        action = decide(command_status, self.policy.errors) if command_status else Action.DONE
        if segment.status is not Status.ACCEPTED:
            return  # a receipt that named it by other means has settled it
        if action is Action.DONE:
            self._taken(queue, bind, outgoing, segment, message_id)
            return
        segment.command_status = command_status
        if action is not Action.THROTTLE:
            self._note(bind, outgoing, segment, command_status)
        match action:
            case Action.THROTTLE:
                self._counts.throttled(bind.name)
                queue.again(outgoing)
            case Action.LATER:
                self._later(queue, outgoing)
            case Action.NEXT | Action.WRONG_NETWORK:
                self.refused(outgoing, "carrier_refused", self._reason(command_status))
            case Action.REFUSE:
                self._refuse(outgoing, segment, self._reason(command_status))
            case Action.STOP:
                queue.again(outgoing)
                bind.fail(f"submit_sm was answered {status_name(command_status)}")
            case Action.REBIND:
                queue.again(outgoing)
                bind.rebind(f"submit_sm was answered {status_name(command_status)}")

    def _reason(self, command_status: int) -> str:
        return f"{self.policy.carrier} answered {status_name(command_status)}."

    def _taken(self, queue: Queue, bind: Bind, outgoing: Outgoing, segment: Segment, message_id: str) -> None:
        """The carrier has the segment: correlate its id, and let go of the message when all are taken."""
        message, carrier = outgoing.message, self.policy.carrier
        now = self._utc()
        segment.carrier = carrier
        segment.bind = bind.name
        segment.carrier_message_id = message_id
        segment.command_status = 0
        before = message.status
        event = Event(now, Status.SUBMITTED, carrier, bind.name, 0, message_id, "", segment.number)
        move_segment(message, segment, Status.SUBMITTED, event)
        if outgoing.settled:
            self._dispatcher.leave(outgoing)
        elif not outgoing.flying:
            queue.again(outgoing)  # what did not fit into the window with it
        self._commits.update(message)
        if message.status is not before and message.receipt == "all":
            self._roads.tell(message)
        if not message_id:
            log.warning("accepted_without_id", carrier=carrier, bind=bind.name, message=message.id)
            return
        source = queue.sources[bind.name]
        key = source.ids.key(message_id)
        queue.correlation.add(key, message, segment.number, now)
        self._roads.answered(source, (key,), message, segment.number)

    def _later(self, queue: Queue, outgoing: Outgoing) -> None:
        """After 1 s, doubling to 60 s; by the next carrier after the second failure here, if there is one."""
        outgoing.failures += 1
        if outgoing.flying:
            return  # the last answer of the message decides for all that is left of it
        if outgoing.failures >= 2 and self._dispatcher.reroute(outgoing, self.policy.carrier):
            return
        queue.put_off(doubling(outgoing.failures - 1, RETRY_MIN_S, RETRY_MAX_S), outgoing)

    def _refuse(self, outgoing: Outgoing, segment: Segment, reason: str) -> None:
        """The carrier does not want this message: nothing more of it is sent, and it ends when all parts have."""
        message, before = outgoing.message, outgoing.message.status
        message.error_code, message.error_detail = "carrier_refused", reason
        now = self._utc()
        for one in (segment, *outgoing.waiting()):
            if one.status is Status.ACCEPTED:
                event = Event(now, Status.REJECTED, self.policy.carrier, detail=reason, segment=one.number)
                move_segment(message, one, Status.REJECTED, event)
        self._close(outgoing, before)

    def _close(self, outgoing: Outgoing, before: Status) -> None:
        """Segments were ended here: keep it, let go of the message if nothing is left, and tell."""
        message = outgoing.message
        if outgoing.settled:
            self._dispatcher.leave(outgoing)
        self._commits.update(message)
        if message.status is not before:
            self._roads.tell(message)

    def refused(self, outgoing: Outgoing, code: str, detail: str) -> None:
        """This carrier cannot have it: the next one that is up, or the end."""
        outgoing.tried.add(self.policy.carrier)
        if outgoing.flying or self._dispatcher.reroute(outgoing, self.policy.carrier):
            return
        message = outgoing.message
        if any(segment.status is not Status.ACCEPTED for segment in message.segments):
            self._refuse_rest(outgoing, code, detail)
        else:
            self._dispatcher.end(outgoing, Status.REJECTED, code, detail, self.policy.carrier)

    def _refuse_rest(self, outgoing: Outgoing, code: str, detail: str) -> None:
        """Some segments are with a carrier already: only the others end now, the message with the last of all."""
        waiting = outgoing.waiting()
        if waiting:
            self._refuse(outgoing, waiting[0], detail)
        outgoing.message.error_code = code

    def _note(self, bind: Bind, outgoing: Outgoing, segment: Segment, command_status: int) -> None:
        """An answer that moved nothing still belongs to the history."""
        message = outgoing.message
        name = status_name(command_status)
        message.events.append(
            Event(self._utc(), message.status, self.policy.carrier, bind.name, command_status, "", name, segment.number)
        )
        self._commits.update(message)

    # -- uncertain --------------------------------------------------------------------------------------------------

    def uncertain(self, queue: Queue, flight: Flight) -> None:
        """The carrier may have the segment or not: hold it, since a late answer may settle it, then decide."""
        queue.put_off(self.policy.hold_s[flight.outgoing.message.lane], flight)

    def answered_late(self, queue: Queue, bind: Bind, flight: Flight, command_status: int, message_id: str) -> None:
        """A late answer during the hold settles its segment; after the hold it was decided without it."""
        outgoing, segment = flight
        if segment.status is not Status.ACCEPTED or segment.number not in outgoing.flying or outgoing.dropped:
            log.info("answer_too_late", carrier=self.policy.carrier, bind=bind.name, message=outgoing.message.id)
            return
        self._counts.uncertain("settled")
        self.answered(queue, bind, flight, command_status, message_id, 0.0)

    def hold_over(self, flight: Flight) -> None:
        """The hold is over: `resend` makes it wait to be sent again, `fail` ends it as unknown."""
        outgoing, segment = flight
        message = outgoing.message
        if segment.number not in outgoing.flying:
            return  # settled meanwhile
        outgoing.flying.discard(segment.number)
        if segment.status is not Status.ACCEPTED:
            return
        if self.policy.uncertain[message.lane] == "resend":
            self._counts.uncertain("resent")
            return
        self._counts.uncertain("failed")
        before = message.status
        detail = f"{self.policy.carrier} did not answer: the segment may have been sent."
        message.error_code, message.error_detail = "unknown", detail
        event = Event(self._utc(), Status.UNKNOWN, self.policy.carrier, detail=detail, segment=segment.number)
        move_segment(message, segment, Status.UNKNOWN, event)
        self._close(outgoing, before)
