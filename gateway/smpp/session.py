"""One SMPP session in either role, without I/O: octets and commands in, events and octets out.

The owner feeds `receive` with what it read, `on_time` with the time whenever `next_time` has come, acts on the events
both give, and then writes what `data_to_send` gives. What the protocol alone decides is done here: enquire_link and
unbind are answered, what does not belong is refused, sequence numbers, timeouts and the link are kept.
Times are monotonic seconds and never go back from call to call.
"""

import math
from collections.abc import Callable
from typing import Final

from gateway.smpp.codec import PEER_APP, PEER_CARRIER, Limits, decode_body, encode, peek_header
from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.events import (
    Answered,
    BindRefused,
    Bound,
    Closing,
    Event,
    LateAnswer,
    LinkChecked,
    Lost,
    Oddity,
    OddityKind,
    Reason,
    Received,
    TimedOut,
    Unbound,
)
from gateway.smpp.fields import Tlvs
from gateway.smpp.framing import AFTER_BIND, BEFORE_BIND, Framer
from gateway.smpp.matrix import BINDS, BOUND, BOUND_BY, RECEIVES, SENDS, Role, State
from gateway.smpp.pdu import (
    BindReceiverResp,
    BindResponse,
    BindTransceiverResp,
    BindTransmitterResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Request,
    Response,
    Unbind,
    UnbindResp,
    command_id,
    response_to,
    tlv_int,
)
from gateway.smpp.requests import Match, Pending, Requests
from gateway.smpp.spec import RESPONSE_BIT, VERSION_34, CommandId, Tag, command_name
from gateway.smpp.status import CommandStatus
from gateway.smpp.timers import Due, Timers, Watch

__all__ = ["Role", "Session", "State", "WrongState"]

MOST_MISSED_LINKS = 2
MOST_TIMEOUTS = 3
"""So many requests timed out end the session, without an answer between them and none to what was sent after them: a
peer that loses one answer in a hundred is not dead, however many of those time out together while nothing is sent."""

_C = CommandId
# Plain integers: looking up an enum's member costs on the hot way.
_ENQUIRE_LINK, _UNBIND, _GENERIC_NACK = int(_C.ENQUIRE_LINK), int(_C.UNBIND), int(_C.GENERIC_NACK)
_ROK, _RUNKNOWNERR = int(CommandStatus.ESME_ROK), int(CommandStatus.ESME_RUNKNOWNERR)
_RESPONSE_BIT: Final = RESPONSE_BIT
# What fills the window when we send it, and is owed an answer when we receive it.
_MESSAGES: Final = frozenset(
    int(command)
    for command in (_C.SUBMIT_SM, _C.SUBMIT_MULTI, _C.DATA_SM, _C.DELIVER_SM, _C.QUERY_SM, _C.CANCEL_SM, _C.REPLACE_SM)
)
_UNANSWERED = frozenset({int(_C.OUTBIND), int(_C.ALERT_NOTIFICATION)})
_BIND_RESPONSES: dict[int, Callable[[str, Tlvs], BindResponse]] = {
    _C.BIND_RECEIVER: BindReceiverResp,
    _C.BIND_TRANSMITTER: BindTransmitterResp,
    _C.BIND_TRANSCEIVER: BindTransceiverResp,
}


class WrongState(Exception):
    """The owner asked for what the session's state does not allow (§2.3); nothing was sent."""


class Session:
    """One session from the connection's begin to its end; see the module.

    `limits` is how strictly requests are read, by default leniently from an SMSC, strictly from an ESME.
    """

    def __init__(
        self,
        role: Role,
        timers: Timers,
        now: float,
        *,
        first_sequence_number: int = 1,
        limits: Limits | None = None,
    ) -> None:
        self.role = role
        self.state = State.OPEN
        self.closed = False
        """Whether the session is over: nothing is read or sent any more, but what is queued."""
        self.bound = False
        """Whether messages may be exchanged, in the directions of the bind."""
        self.peer_version: int | None = None
        self.unasked = 0
        """PDUs received so far that were no answers to requests of ours."""
        self._lenient = (limits or (PEER_CARRIER if role is Role.ESME else PEER_APP)).lenient
        self._framer = Framer(AFTER_BIND if role is Role.ESME else BEFORE_BIND)
        self._requests = Requests(first_sequence_number)
        self._watch = Watch(timers, now)
        self._now = now
        self._responses_out: list[bytes] = []
        self._requests_out: list[bytes] = []
        self._timeouts_running = 0
        self._answered_from = -math.inf  # when the latest request that was answered had been sent
        self._owed = 0
        self._bind: tuple[int, int] | None = None  # sequence_number and command_id of the bind the owner is to answer
        self._peer_unbind: int | None = None  # sequence_number of the unbind we have yet to answer
        self._peer_leaves = False
        self._enter(State.OPEN)

    @property
    def begun(self) -> bytes:
        """What was received of a PDU that is not whole yet."""
        return self._framer.begun

    @property
    def unanswered(self) -> int:
        """How many places of the window are taken by requests of ours."""
        return len(self._requests)

    # What the owner asks for

    def request(self, pdu: Request, now: float, context: object = None) -> int:
        """Queue a request and return its sequence_number; `context` comes back with its outcome.

        Raises WrongState where §2.3 forbids the request, ValueError where the PDU cannot be encoded.
        """
        request_id = command_id(pdu)
        if request_id not in self._sends:
            raise WrongState(f"{command_name(request_id)} by the {self.role.value} while {self.state.value}")
        self._now = now
        sequence_number = self._requests.take_number()
        self._requests_out.append(encode(pdu, sequence_number))
        if request_id in _MESSAGES:
            self._requests.add(sequence_number, request_id, context, now)
            self._watch.request_sent(now)
        elif request_id not in _UNANSWERED:
            self._requests.add_control(sequence_number, request_id, now)
            self._control_sent(request_id)
        elif request_id == _C.OUTBIND:
            self._enter(State.OUTBOUND)
        return sequence_number

    def respond(self, sequence_number: int, pdu: Response, command_status: int = 0) -> None:
        """Queue the answer to a Received. Once the session is closed it is dropped: there is nobody to hear it.

        Raises ValueError where the PDU cannot be encoded.
        """
        if self.closed:
            return
        self._responses_out.append(encode(pdu, sequence_number, command_status))
        if self._owed:
            self._owed -= 1
        if self._peer_leaves and not self._owed:
            self._watch.ring(self._now)

    def accept_bind(self, sequence_number: int, system_id: str, sc_interface_version: int | None = VERSION_34) -> None:
        """Answer the bind received under this number: the session is bound from here on. `system_id` is ours.

        Peers up to 3.3 know no TLVs and are not told `sc_interface_version`. Raises WrongState when no such bind
        waits for its answer, be it that the session has ended meanwhile.
        """
        request_id = self._take_bind(sequence_number)
        tlvs: Tlvs = ()
        if sc_interface_version is not None and (self.peer_version or 0) >= VERSION_34:
            tlvs = ((int(Tag.SC_INTERFACE_VERSION), bytes((sc_interface_version,))),)
        self.respond(sequence_number, _BIND_RESPONSES[request_id](system_id, tlvs))
        self._become_bound(BOUND_BY[request_id])

    def refuse_bind(self, sequence_number: int, command_status: int) -> None:
        """Answer the bind received under this number: not bound, and the peer may try again until session_init ends.

        Raises WrongState when no such bind waits for its answer.
        """
        request_id = self._take_bind(sequence_number)
        self._refuse(request_id, sequence_number, command_status)
        self._owed -= 1

    def unbind(self, now: float) -> None:
        """Queue unbind; Unbound and Closing follow, at the latest when its answer is overdue. Repeating is harmless.

        Raises WrongState before a bind: there the connection is just closed.
        """
        if self.state not in {State.UNBINDING, State.CLOSED}:
            self.request(Unbind(), now)

    # What the connection does

    def connection_made(self, now: float) -> None:
        """The connection stands: session_init counts from here, not from when the session was made."""
        self._now = now
        self._watch.opening(now)

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take octets as they were read, cut anywhere; never raises for what they hold."""
        if self.closed:
            return []
        self._now = now
        events: list[Event] = []
        broken: FramingError | None = None
        pdus: list[bytes] | tuple[bytes, ...]
        try:
            pdus = self._framer.feed(data)
        except FramingError as error:
            pdus, broken = error.whole, error
        if pdus:
            self._watch.received(now)
            self.unasked += len(pdus)
        for octets in pdus:
            self._receive_pdu(octets, events)
            if self._peer_leaves:
                self._see_peer_off(events)
            if self.closed:
                return events
        if broken is not None:
            self._receive_garbage(broken, events)
        elif self._framer.pending:
            self._watch.unfinished(now, began=bool(pdus))
        else:
            self._watch.finished()
        return events

    def hold(self) -> None:
        """Reading rests: that a PDU is unfinished is not the peer's doing until octets come again."""
        self._watch.finished()

    def data_to_send(self) -> bytes:
        """All queued octets, responses first; the queue is empty afterwards."""
        if not self._responses_out and not self._requests_out:
            return b""
        self._watch.sent(self._now)
        queued = self._responses_out + self._requests_out
        self._responses_out.clear()
        self._requests_out.clear()
        return queued[0] if len(queued) == 1 else b"".join(queued)

    def next_time(self) -> float | None:
        """When `on_time` is to be called; earlier than needed at times. None: not any more."""
        wake_at = self._watch.wake_at
        return None if wake_at == math.inf else wake_at

    def on_time(self, now: float) -> list[Event]:
        """See to what has come due; nothing if called early."""
        if now < self._watch.wake_at:
            return []
        self._now = now
        events: list[Event] = []
        if self._peer_leaves:
            self._see_peer_off(events)
        for due in self._watch.due(now):
            if self.closed:
                return events
            self._see_to(due, events)
        if not self.closed:
            self._watch.rearm()
        return events

    def connection_lost(self, now: float) -> list[Event]:
        """The connection is gone, whoever closed it: what was unanswered is lost. An unbind of ours counts as done."""
        self._now = now
        events: list[Event] = []
        if self.state is State.UNBINDING and not self._peer_leaves:
            events.append(Unbound(by_peer=False))
        contexts = self._requests.abandon()
        if contexts:
            events.append(Lost(contexts))
        self._enter(State.CLOSED)
        return events

    # Requests of the peer

    def _receive_pdu(self, octets: bytes, events: list[Event]) -> None:
        _, received_id, command_status, sequence_number = peek_header(octets)
        if received_id & _RESPONSE_BIT:
            self._receive_response(octets, received_id, command_status, sequence_number, events)
        elif received_id in self._takes:
            if self._receive_request(octets, received_id, command_status, sequence_number, events) is not None:
                self._owed += 1
        else:
            self._receive_other(octets, received_id, command_status, sequence_number, events)

    def _receive_other(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        allowed = received_id in RECEIVES[self.role, self.state]
        if received_id == _ENQUIRE_LINK:
            self._responses_out.append(encode(EnquireLinkResp(), sequence_number))
        elif received_id == _UNBIND:
            self._receive_unbind(sequence_number, events)
        elif received_id in BINDS and self.role is Role.SMSC and (self._bind or self.bound):
            self._refuse_oddly(received_id, sequence_number, CommandStatus.ESME_RALYBND, events)
        elif allowed and received_id in BINDS:
            self._receive_bind(octets, received_id, command_status, sequence_number, events)
        elif allowed:
            self._receive_unanswered(octets, received_id, command_status, sequence_number, events)
        elif received_id in _MESSAGES and self._sees_off:
            events.append(Oddity(OddityKind.WRONG_STATE, f"{command_name(received_id)} while {self.state.value}"))
        elif received_id in _UNANSWERED or response_to(received_id) is not None:
            self._refuse_oddly(received_id, sequence_number, CommandStatus.ESME_RINVBNDSTS, events)
        else:
            self._refuse_oddly(received_id, sequence_number, CommandStatus.ESME_RINVCMDID, events)

    @property
    def _sees_off(self) -> bool:
        """Whether we unbind an app, and what it still asks for was on its way before it heard of that.

        It gets no answer: most apps take any no for an end of the message. The connection's end tells it to submit
        again on its next bind, and no copy can come of that, for nothing was taken.
        """
        return self.role is Role.SMSC and self.state is State.UNBINDING and not self._peer_leaves

    def _receive_bind(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        pdu = self._receive_request(octets, received_id, command_status, sequence_number, events)
        if pdu is not None:
            self._bind = sequence_number, received_id
            self._owed += 1
            self.peer_version = getattr(pdu, "interface_version", None)

    def _receive_unanswered(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        pdu = self._receive_request(octets, received_id, command_status, sequence_number, events)
        if pdu is not None and received_id == _C.OUTBIND:
            self._enter(State.OUTBOUND)

    def _receive_unbind(self, sequence_number: int, events: list[Event]) -> None:
        if self.state is State.UNBINDING:  # crossed ours, or is a repetition
            self._responses_out.append(encode(UnbindResp(), sequence_number))
            return
        if self._bind is not None:
            self.refuse_bind(self._bind[0], CommandStatus.ESME_RBINDFAIL)
        self._peer_unbind = sequence_number
        self._peer_leaves = True
        self._enter(State.UNBINDING)
        events.append(Unbound(by_peer=True))

    def _see_peer_off(self, events: list[Event]) -> None:
        """Unbind_resp comes after all other answers, for a peer may close on it; we close when it owes us none."""
        if self._owed:
            return
        self._answer_unbind()
        if not self._requests:
            self._close(Reason.UNBOUND, events)

    def _answer_unbind(self) -> None:
        if self._peer_unbind is not None:
            self._responses_out.append(encode(UnbindResp(), self._peer_unbind))
            self._peer_unbind = None

    def _receive_garbage(self, error: FramingError, events: list[Event]) -> None:
        self._responses_out.append(encode(GenericNack(), 0, error.command_status))
        self._close(Reason.FRAMING, events, error.command_status, error.reason)

    def _receive_request(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> Request | None:
        """A PDU that cannot be read is refused, and the session goes on."""
        try:
            pdu, stray = decode_body(octets, received_id, sequence_number, self._lenient)
        except PduError as error:
            self._refuse(error.command_id, error.sequence_number, error.command_status)
            events.append(Oddity(OddityKind.MALFORMED_PDU, str(error)))
            return None
        if stray:
            _note_stray(received_id, stray, events)
        request: Request = pdu  # type: ignore[assignment]  # by its command_id
        events.append(Received(sequence_number, request, command_status))
        return request

    def _refuse(self, request_id: int, sequence_number: int, command_status: int) -> None:
        response = response_to(request_id) or GenericNack()
        self._responses_out.append(encode(response, sequence_number, command_status))

    def _refuse_oddly(
        self, request_id: int, sequence_number: int, command_status: CommandStatus, events: list[Event]
    ) -> None:
        self._refuse(request_id, sequence_number, command_status)
        unknown = command_status == CommandStatus.ESME_RINVCMDID
        kind = OddityKind.UNKNOWN_REQUEST if unknown else OddityKind.WRONG_STATE
        events.append(Oddity(kind, f"{command_name(request_id)} while {self.state.value}"))

    # Answers of the peer

    def _receive_response(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        pending = self._requests.take(received_id, sequence_number)
        if pending is None:
            self._receive_other_response(octets, received_id, command_status, sequence_number, events)
        else:
            response = self._decode_response(octets, received_id, sequence_number, events)
            self._message_answered(pending, sequence_number, command_status, response, events)

    def _receive_other_response(
        self, octets: bytes, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        """It is late, answers a request of the session's own, is of another kind than expected, or answers nothing."""
        match, pending = self._requests.match(received_id, sequence_number, self._now)
        if pending is None or match is Match.WRONG:
            self._receive_unasked(received_id, command_status, sequence_number, events)
            return
        response = self._decode_response(octets, received_id, sequence_number, events)
        self._requests.remove(sequence_number)
        if received_id == _GENERIC_NACK and command_status == _ROK:
            command_status = _RUNKNOWNERR  # it never means yes
        if match is Match.LATE:
            events.append(LateAnswer(pending.context, sequence_number, command_status, response))
        elif pending.command_id in _MESSAGES:
            self._message_answered(pending, sequence_number, command_status, response, events)
        else:
            self._control_answered(pending, response, command_status, events)

    def _decode_response(self, octets: bytes, received_id: int, sequence_number: int, events: list[Event]) -> Response:
        """Of a request of ours; what cannot be read of it is no reason to refuse it."""
        pdu, stray = decode_body(octets, received_id, sequence_number, lenient=True)
        if stray:
            _note_stray(received_id, stray, events)
        self.unasked -= 1
        response: Response = pdu  # type: ignore[assignment]  # by its command_id
        return response

    def _message_answered(
        self, pending: Pending, sequence_number: int, command_status: int, response: Response, events: list[Event]
    ) -> None:
        sent_at = pending.sent_at
        self._timeouts_running = 0
        if sent_at > self._answered_from:  # noqa: PLR1730 - max() costs more than the rest here
            self._answered_from = sent_at
        events.append(Answered(pending.context, sequence_number, command_status, response, self._now - sent_at))

    def _receive_unasked(
        self, received_id: int, command_status: int, sequence_number: int, events: list[Event]
    ) -> None:
        """It answers nothing. A request of ours that has its number stays out until it is answered or expires."""
        if received_id == _GENERIC_NACK and command_status == CommandStatus.ESME_RINVCMDLEN:
            self._close(Reason.STREAM_BROKEN, events, command_status, "the peer has lost our framing")
            return
        known = received_id == _GENERIC_NACK or response_to(received_id & ~RESPONSE_BIT) is not None
        kind = OddityKind.UNEXPECTED_RESPONSE if known else OddityKind.UNKNOWN_RESPONSE
        events.append(Oddity(kind, f"{command_name(received_id)} {sequence_number}"))

    def _control_answered(self, pending: Pending, response: Response, command_status: int, events: list[Event]) -> None:
        if pending.command_id == _ENQUIRE_LINK:
            events.append(LinkChecked(self._now - pending.sent_at))
        elif pending.command_id == _UNBIND:
            events.append(Unbound(by_peer=False))
            self._close(Reason.UNBOUND, events)
        elif command_status != _ROK:
            events.append(BindRefused(command_status))
            self._close(Reason.BIND_REFUSED, events, command_status)
        elif self.state is not State.UNBINDING:  # else the peer unbinds us already
            self.peer_version = tlv_int(response, Tag.SC_INTERFACE_VERSION)
            self._become_bound(BOUND_BY[pending.command_id])
            events.append(Bound(self.state, getattr(response, "system_id", ""), self.peer_version))

    # States and time

    def _enter(self, state: State) -> None:
        """Change the state; everything that hangs on it follows."""
        self.state = state
        self.closed = state is State.CLOSED
        self.bound = state in BOUND
        self._takes = RECEIVES[self.role, state] & _MESSAGES
        self._sends = SENDS[self.role, state]
        if state in {State.OPEN, State.OUTBOUND}:
            self._watch.opening(self._now)
        elif self.bound:
            self._watch.bound(self._now)
        elif state is State.UNBINDING:
            self._watch.ending(self._now)
        else:
            self._watch.stop()

    def _become_bound(self, state: State) -> None:
        self._framer.max_length = AFTER_BIND
        self._enter(state)

    def _take_bind(self, sequence_number: int) -> int:
        if self._bind is None or self._bind[0] != sequence_number or self.closed:
            raise WrongState(f"no bind {sequence_number} waits for its answer while {self.state.value}")
        bind_id = self._bind[1]
        self._bind = None
        return bind_id

    def _control_sent(self, request_id: int) -> None:
        if request_id == _ENQUIRE_LINK:
            self._watch.enquired(self._now)
        elif request_id == _UNBIND:
            self._enter(State.UNBINDING)
        else:
            self._sends = frozenset()  # one bind at a time, and nothing beside it
            self._watch.opening(self._now)

    def _see_to(self, due: Due, events: list[Event]) -> None:
        match due:
            case Due.RESPONSES:
                self._expire(events)
            case Due.ENQUIRE_LINK:
                self.request(EnquireLink(), self._now)
            case Due.ENQUIRE_RESPONSE:
                self._miss_link(events)
            case Due.SESSION_INIT:
                self._close(Reason.SESSION_INIT, events)
            case Due.UNFINISHED_PDU:
                self._close(Reason.UNFINISHED_PDU, events)
            case Due.INACTIVITY:
                self._close(Reason.INACTIVE, events)
            case Due.UNBIND_RESPONSE:
                self._answer_unbind()
                self._close(Reason.UNBOUND if self._peer_leaves else Reason.UNBIND_TIMEOUT, events)

    def _expire(self, events: list[Event]) -> None:
        expired = self._requests.expire(self._now, self._watch.timers.response_s)
        events.extend(TimedOut(pending.context, sequence_number) for sequence_number, pending in expired)
        self._watch.waiting(self._requests.oldest_sent_at())
        self._timeouts_running += sum(pending.sent_at > self._answered_from for _, pending in expired)
        if self._timeouts_running >= MOST_TIMEOUTS:
            self._close(Reason.NO_ANSWERS, events)

    def _miss_link(self, events: list[Event]) -> None:
        self._watch.missed += 1
        if self._watch.missed >= MOST_MISSED_LINKS:
            self._close(Reason.LINK_DEAD, events)
        else:
            self.request(EnquireLink(), self._now)

    def _close(self, reason: Reason, events: list[Event], command_status: int | None = None, detail: str = "") -> None:
        """End the session. While bound, unbind goes out first, unawaited: else some SMSCs hold the bind for minutes."""
        if self.bound and reason not in {Reason.FRAMING, Reason.STREAM_BROKEN}:
            self._requests_out.append(encode(Unbind(), self._requests.take_number()))
        self._enter(State.CLOSED)
        events.append(Closing(reason, command_status, detail))


def _note_stray(received_id: int, stray: bytes, events: list[Event]) -> None:
    events.append(Oddity(OddityKind.STRAY_OCTETS, f"{len(stray)} in {command_name(received_id)}"))
