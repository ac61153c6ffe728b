"""`Session` in either role and any state under any course of events.

What is raised is WrongState where the owner asked for too much, and nothing else. Beside that: each request of ours
ends once, each request of the peer is either given to the owner or answered, what goes out can be read, time moves on.
"""

from collections.abc import Callable, Iterator
from typing import get_args

from gateway.smpp import events as event_module
from gateway.smpp.codec import Frame, decode
from gateway.smpp.events import Answered, Closing, Event, LateAnswer, Lost, Oddity, OddityKind, Received, TimedOut
from gateway.smpp.matrix import BINDS, Role, State
from gateway.smpp.pdu import (
    PDU_CLASSES,
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    CancelSm,
    DataSm,
    DeliverSm,
    EnquireLink,
    Outbind,
    QuerySm,
    ReplaceSm,
    Request,
    SubmitMulti,
    SubmitSm,
    command_id,
    response_to,
)
from gateway.smpp.requests import MAX_SEQUENCE_NUMBER
from gateway.smpp.session import WrongState
from gateway.smpp.spec import RESPONSE_BIT, CommandId, is_response
from gateway.smpp.timers import Timers
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.fuzz.targets.traffic import CELLS, SEQUENCE_NUMBERS, STATUSES, VECTOR_OCTETS, framed, raw, vector
from tests.support.pair import session_in

_EVENTS = get_args(event_module.Event)
_REQUESTS: tuple[Request, ...] = (
    SubmitSm(short_message=b"hola"),
    DeliverSm(short_message=b"hola"),
    DataSm(),
    QuerySm("1"),
    CancelSm("1"),
    ReplaceSm("1"),
    SubmitMulti(),
    EnquireLink(),
    BindTransceiver("app"),
    BindReceiver("app"),
    Outbind("smsc"),
    AlertNotification(),
)
_MESSAGES = frozenset(map(command_id, _REQUESTS[:7]))
_UNBIND = int(CommandId.UNBIND)
_TIMERS = (Timers(), Timers(enquire_link_s=None, inactivity_s=60.0))
_PIECES = (1 << 20, 1, 2, 3, 16, 17)
_TIMES = (0.001, 1.0, 9.99, 15.0, 31.0, 700.0)
_MOST_STEPS = 32


class Course:
    """One session, its peer's octets and its owner's part; each method reads from the input what it does."""

    def __init__(self, choices: Octets) -> None:
        self.choices = choices
        begin = choices.byte()
        self.session = session_in(*CELLS[begin % len(CELLS)], _TIMERS[begin // len(CELLS) % len(_TIMERS)])
        self.now = 1000.0
        self.wire = bytearray()
        self.in_frame = True  # all the peer has sent were PDUs of right length
        self.owed: list[Received] = []
        self.asked = 0
        self.unanswered: set[object] = set()
        self.uncertain: set[object] = set()

    def run(self) -> None:
        for _ in range(_MOST_STEPS):
            if not self.choices:
                break
            self.choices.one_of(_STEPS)(self)
            self.sent()
        self.carry(1 << 20)
        self.lose()
        assert self.session.closed
        assert self.session.next_time() is None
        assert not self.unanswered, f"requests that never ended: {self.unanswered}"

    # The peer

    def peer_sends(self, octets: bytes) -> None:
        if self.in_frame and not self.wire and not self.session.closed:
            self.exchange(octets)
        else:
            self.wire += octets

    def peer_sends_pdu(self) -> None:
        self.peer_sends(framed(self.choices))

    def peer_sends_vector(self) -> None:
        self.peer_sends(vector(self.choices))

    def peer_writes(self) -> None:
        """Waits on the wire, to be read together with what comes after it."""
        self.wire += framed(self.choices)

    def peer_babbles(self) -> None:
        self.wire += raw(self.choices)
        self.in_frame = False

    def exchange(self, octets: bytes) -> None:
        """A whole PDU: a request is given to the owner or answered, never both; unbind may be answered later."""
        events = self.session.receive(octets, self.now)
        self.take(events)
        out = self.sent()
        request_id, sequence_number = int.from_bytes(octets[4:8], "big"), int.from_bytes(octets[12:16], "big")
        if is_response(request_id) or request_id == _UNBIND:
            return
        given = sum(isinstance(event, Received) for event in events)
        answers = [
            frame
            for frame in out
            if frame.sequence_number == sequence_number
            and frame.command_id in {request_id | RESPONSE_BIT, RESPONSE_BIT}
        ]
        if not given and not answers and self.crossed_our_unbind(events):
            return
        assert given + len(answers) == 1, f"{octets.hex(' ')}: {events} {answers}"
        assert request_id in PDU_CLASSES or answers[0].command_status == _RINVCMDID, f"{octets.hex(' ')}: {answers}"

    def crossed_our_unbind(self, events: list[Event]) -> bool:
        """Whether an app asked for something before it heard that we unbind it: that alone gets no answer."""
        leaving = self.session.role is Role.SMSC and self.session.state is State.UNBINDING
        return leaving and any(isinstance(event, Oddity) and event.kind is OddityKind.WRONG_STATE for event in events)

    def read_all(self) -> None:
        self.carry(self.choices.one_of(_PIECES))

    def read_some(self) -> None:
        count = self.choices.byte()
        some = bytes(self.wire[:count])
        del self.wire[:count]
        self.in_frame = self.in_frame and not self.wire
        self.take(self.session.receive(some, self.now))

    def carry(self, piece: int) -> None:
        for begin in range(0, len(self.wire), piece):
            self.take(self.session.receive(bytes(self.wire[begin : begin + piece]), self.now))
        self.wire.clear()

    def lose(self) -> None:
        self.take(self.session.connection_lost(self.now))

    # The owner

    def owner_answers(self) -> None:
        """One of those owed, the latest or the oldest."""
        choice, status = self.choices.byte(), self.choices.one_of(STATUSES)
        if not self.owed:
            return
        received = self.owed.pop(-1 if choice & 1 else 0)
        request_id = command_id(received.pdu)
        if request_id not in BINDS:
            response = response_to(request_id)
            assert response is not None
            self.session.respond(received.sequence_number, response, status)
        elif status:
            self._allowed(lambda: self.session.refuse_bind(received.sequence_number, status))
        else:
            self._allowed(lambda: self.session.accept_bind(received.sequence_number, "smsc"))

    def owner_accepts_any_bind(self) -> None:
        number = self.choices.one_of(SEQUENCE_NUMBERS)
        if self._allowed(lambda: self.session.accept_bind(number, "smsc")):
            self.owed = [received for received in self.owed if command_id(received.pdu) not in BINDS]

    def owner_asks(self) -> None:
        pdu = self.choices.one_of(_REQUESTS)
        self.asked += 1
        sent = self._allowed(lambda: self.session.request(pdu, self.now, self.asked))
        if sent and command_id(pdu) in _MESSAGES:
            self.unanswered.add(self.asked)

    def owner_unbinds(self) -> None:
        self._allowed(lambda: self.session.unbind(self.now))

    def _allowed(self, ask: Callable[[], object]) -> bool:
        try:
            ask()
        except WrongState:
            return False
        return True

    # Time

    def wait(self) -> None:
        self.now += self.choices.one_of(_TIMES)
        self.wake()

    def wait_until_asked(self) -> None:
        at = self.session.next_time()
        self.now = self.now if at is None else max(self.now, at)
        self.wake()

    def wake(self) -> None:
        self.take(self.session.on_time(self.now))
        at = self.session.next_time()
        assert at is None or at > self.now, "asks for a time that has been given"

    # What comes of it

    def take(self, events: list[Event]) -> None:
        for event in events:
            assert isinstance(event, _EVENTS)
            match event:
                case Received(pdu=pdu) if response_to(command_id(pdu)) is not None:
                    self.owed.append(event)
                case Answered(context=context):
                    self.unanswered.remove(context)
                case TimedOut(context=context):
                    self.unanswered.remove(context)
                    self.uncertain.add(context)
                case LateAnswer(context=context):
                    self.uncertain.remove(context)
                case Lost(contexts=contexts):
                    self.unanswered.difference_update(contexts)
                case Closing():
                    assert self.session.closed
                    assert event is events[-1], "something after the end"
        assert self.session.unanswered == len(self.unanswered)

    def sent(self) -> list[Frame]:
        """What went out, which must be PDUs that a strict peer can read."""
        data, frames = self.session.data_to_send(), []
        while data:
            length = int.from_bytes(data[:4], "big")
            frame = decode(data[:length])
            assert not frame.stray
            assert is_response(frame.command_id) or 1 <= frame.sequence_number <= MAX_SEQUENCE_NUMBER
            frames.append(frame)
            data = data[length:]
        return frames


_STEPS: tuple[Callable[[Course], None], ...] = (
    Course.peer_sends_pdu,
    Course.peer_sends_vector,
    Course.peer_writes,
    Course.peer_babbles,
    Course.read_all,
    Course.read_some,
    Course.lose,
    Course.owner_answers,
    Course.owner_accepts_any_bind,
    Course.owner_asks,
    Course.owner_unbinds,
    Course.wait,
    Course.wait_until_asked,
)
_RINVCMDID = 0x03


def session(data: bytes) -> None:
    Course(Octets(data)).run()


def _step(step: Callable[[Course], None], *choices: int) -> bytes:
    return bytes((_STEPS.index(step), *choices))


def _seeds() -> Iterator[bytes]:
    """Each worked PDU in each state; then whole lives of a session."""
    answer = _step(Course.owner_answers, 0, 0)
    for cell in range(len(CELLS)):
        for index in range(len(VECTOR_OCTETS)):
            yield bytes((cell,)) + _step(Course.peer_sends_vector, index, 0) + answer
    until_asked = _step(Course.wait_until_asked)
    for cell in range(len(CELLS) * len(_TIMERS)):
        asks = b"".join(_step(Course.owner_asks, kind) for kind in range(len(_REQUESTS)))
        yield bytes((cell,)) + until_asked * 4
        yield bytes((cell,)) + asks + _step(Course.lose) + asks + until_asked
        yield bytes((cell,)) + asks + until_asked * 9
        yield bytes((cell,)) + asks + _step(Course.wait, 4) + asks + _step(Course.owner_unbinds) + until_asked * 3
        unbind = list(VECTOR_OCTETS).index(next(o for o in VECTOR_OCTETS if o[4:8] == b"\0\0\0\6"))
        yield bytes((cell,)) + asks + _step(Course.peer_sends_vector, unbind, 0) + answer + until_asked * 2
        yield bytes((cell,)) + _step(Course.peer_babbles, 4) + b"HTTP" + _step(Course.read_all, 1)


TARGET = Target("session", session, _seeds, 512)
