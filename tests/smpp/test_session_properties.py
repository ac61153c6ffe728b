"""What holds for any octets and any traffic."""

from collections.abc import Callable
from random import Random
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.smpp import events as event_module
from gateway.smpp.codec import encode
from gateway.smpp.events import Answered, Event, Received, TimedOut
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import PDU_CLASSES, DataSm, DataSmResp, DeliverSm, DeliverSmResp, Response, SubmitSm, SubmitSmResp
from gateway.smpp.requests import MAX_SEQUENCE_NUMBER
from gateway.smpp.session import Session
from gateway.smpp.timers import Timers
from tests.support.pair import Pair, session_in

EVENTS = get_args(event_module.Event)
COMMAND_IDS = [*PDU_CLASSES, 0x111, 0x80000111, 0x01000001, 0xFFFFFFFF]


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """A PDU by its header, with a body of anything."""
    body = draw(st.binary(max_size=80))
    command_id = draw(st.sampled_from(COMMAND_IDS))
    status = draw(st.sampled_from([0, 0, 1, 0x58, 0x455]))
    number = draw(st.sampled_from([0, 1, 2, 3, 4, 0x7FFFFFFF, 0xFFFFFFFF]))
    return b"".join(value.to_bytes(4, "big") for value in (16 + len(body), command_id, status, number)) + body


octets = st.lists(st.one_of(framed(), framed(), framed(), st.binary(max_size=40)), max_size=8).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Role), st.sampled_from(State), octets, st.integers(1, 60), st.booleans())
def test_any_octets_in_any_state_give_events_and_nothing_else(
    role: Role, state: State, data: bytes, piece: int, with_requests: bool
) -> None:
    session = session_in(role, state)
    if with_requests and session.bound and not (role is Role.SMSC and state is State.BOUND_TX):
        session.request(DataSm(), 1000.0, "context")
        session.data_to_send()
    now, events = 1000.0, list[Event]()
    for begin in range(0, len(data), piece):
        now += 0.001
        events += session.receive(data[begin : begin + piece], now)
        session.data_to_send()
    while (at := session.next_time()) is not None and at < now + 100:
        events += session.on_time(at)
        session.data_to_send()
    events += session.connection_lost(now + 100)

    assert all(isinstance(event, EVENTS) for event in events)
    assert session.closed
    assert session.unanswered == 0


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Role), st.sampled_from([state for state in State if state is not State.CLOSED]), octets)
def test_whole_gives_the_same_as_octet_by_octet(role: Role, state: State, data: bytes) -> None:
    at_once, bit_by_bit = session_in(role, state), session_in(role, state)

    whole = at_once.receive(data, 1000.0)
    pieces = [event for begin in range(len(data)) for event in bit_by_bit.receive(data[begin : begin + 1], 1000.0)]

    # Why a stream is garbage may read differently when less of it was seen.
    assert [type(event) for event in whole] == [type(event) for event in pieces]
    assert at_once.state is bit_by_bit.state
    assert at_once.data_to_send() == bit_by_bit.data_to_send()


RESPONSES: dict[type, Callable[[], Response]] = {
    SubmitSm: lambda: SubmitSmResp("id"),
    DataSm: lambda: DataSmResp("id"),
    DeliverSm: DeliverSmResp,
}
SENDS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.binary(max_size=140), st.sampled_from([0, 0, 0x58])), max_size=30
)


@settings(max_examples=100, deadline=None)
@given(SENDS, st.randoms(use_true_random=False), st.sampled_from([None, 1, 5, 100]), st.booleans())
def test_pair_with_any_traffic_ends_with_nothing_unanswered(
    sends: list[tuple[bool, int, bytes, int]],
    random: Random,
    piece: int | None,
    wraps: bool,
) -> None:
    pair = Pair(Timers(response_s=1e6), piece=piece, first_sequence_number=MAX_SEQUENCE_NUMBER - 9 if wraps else 1)
    pair.bind()
    asked: list[int] = []
    owed: list[tuple[Session, Received]] = []
    answered: list[object] = []

    def carry() -> None:
        esme_events, smsc_events = pair.carry()
        for session, events in ((pair.esme, esme_events), (pair.smsc, smsc_events)):
            owed.extend((session, event) for event in events if isinstance(event, Received))
            answered.extend(event.context for event in events if isinstance(event, Answered))
            assert not any(isinstance(event, TimedOut) for event in events)

    for index, (from_esme, kind, text, status) in enumerate(sends):
        session = pair.esme if from_esme else pair.smsc
        message = (
            DataSm() if kind == 0 else SubmitSm(short_message=text) if from_esme else DeliverSm(short_message=text)
        )
        session.request(message, pair.now, index)
        asked.append(index)
        pair.clock.advance(0.1)
        if random.random() < 0.5:
            carry()
        if owed and random.random() < 0.5:
            owner, received = owed.pop(random.randrange(len(owed)))
            owner.respond(received.sequence_number, RESPONSES[type(received.pdu)](), status)
    carry()
    for owner, received in owed:
        owner.respond(received.sequence_number, RESPONSES[type(received.pdu)]())
    owed.clear()
    carry()

    assert sorted(answered) == asked  # type: ignore[type-var]  # they are the indices
    assert pair.esme.unanswered == pair.smsc.unanswered == 0
    assert not owed


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 40), min_size=1, max_size=40))
def test_session_never_asks_for_a_time_it_has_been_given(steps: list[float]) -> None:
    session, now = session_in(Role.ESME, State.BOUND_TRX), 1000.0
    for index, step in enumerate(steps):
        now += step
        session.on_time(now)
        at = session.next_time()
        assert at is None or at > now
        if session.bound and index % 3 == 0:
            session.request(SubmitSm(), now)
        session.receive(encode(DeliverSm(), index), now)
        session.data_to_send()
