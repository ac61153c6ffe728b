"""Requests and answers of a session, and what a peer may do wrong with them."""

import pytest

from gateway.smpp.codec import decode, encode
from gateway.smpp.events import (
    Answered,
    Closing,
    Event,
    Oddity,
    OddityKind,
    Reason,
    Received,
)
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    BindTransceiver,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
)
from gateway.smpp.requests import MAX_SEQUENCE_NUMBER
from gateway.smpp.session import Session
from gateway.smpp.spec import CommandId, Tag
from gateway.smpp.status import CommandStatus
from gateway.smpp.timers import Timers
from tests.support.pair import Pair, session_in

SUBMIT = SubmitSm(destination_addr="525512345678", short_message=b"hola")
DELIVER = DeliverSm(source_addr="525512345678", short_message=b"alta")
VERSION = (int(Tag.SC_INTERFACE_VERSION), b"\x34")


def frames(data: bytes) -> list[tuple[int, int, int]]:
    """(command_id, command_status, sequence_number) of each PDU."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        frame = decode(data[:length])
        found.append((frame.command_id, frame.command_status, frame.sequence_number))
        data = data[length:]
    return found


def binding_esme() -> Session:
    """An ESME that has sent bind_transceiver, sequence_number 1, at 1000.0."""
    session = Session(Role.ESME, Timers(), 1000.0)
    session.request(BindTransceiver(system_id="us"), 1000.0)
    session.data_to_send()
    return session


# Requests and answers


def test_request_is_answered_with_its_context_and_the_time_it_took() -> None:
    pair = Pair()
    pair.bind()
    sequence_number = pair.esme.request(SUBMIT, pair.now, "message 1")
    _, [received] = pair.carry()
    assert received == Received(sequence_number, SUBMIT, 0)
    assert pair.esme.unanswered == 1

    pair.clock.advance(0.25)
    pair.smsc.respond(sequence_number, SubmitSmResp("id1"))

    assert pair.carry() == ([Answered("message 1", sequence_number, 0, SubmitSmResp("id1"), 0.25)], [])
    assert pair.esme.unanswered == 0


def test_requests_of_both_sides_have_numbers_of_their_own() -> None:
    pair = Pair()
    pair.bind()

    first = pair.smsc.request(DELIVER, pair.now, "receipt")
    pair.esme.request(SUBMIT, pair.now, "submit")
    esme_events, smsc_events = pair.carry()

    assert first == 1
    assert [event.sequence_number for event in esme_events if isinstance(event, Received)] == [1]
    assert [event.sequence_number for event in smsc_events if isinstance(event, Received)] == [2]


def test_answers_may_come_in_any_order() -> None:
    pair = Pair()
    pair.bind()
    numbers = [pair.esme.request(SUBMIT, pair.now, index) for index in range(5)]
    pair.carry()

    for number in reversed(numbers):
        pair.smsc.respond(number, SubmitSmResp(f"id{number}"))

    assert [event.context for event in pair.carry()[0] if isinstance(event, Answered)] == [4, 3, 2, 1, 0]


def test_responses_are_written_ahead_of_requests() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0)
    session.receive(encode(DELIVER, 7) + encode(EnquireLink(), 8), 1000.0)

    session.respond(7, DeliverSmResp())

    assert [command_id for command_id, _, _ in frames(session.data_to_send())] == [
        CommandId.ENQUIRE_LINK_RESP,
        CommandId.DELIVER_SM_RESP,
        CommandId.SUBMIT_SM,
    ]
    assert session.data_to_send() == b""


@pytest.mark.parametrize("sequence_number", [0, 0x80000000, 0xFFFFFFFF])
def test_odd_sequence_numbers_of_a_peer_are_echoed(sequence_number: int) -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    [received] = session.receive(encode(DELIVER, sequence_number), 1000.0)
    assert isinstance(received, Received)
    session.respond(received.sequence_number, DeliverSmResp())

    assert frames(session.data_to_send()) == [(CommandId.DELIVER_SM_RESP, 0, sequence_number)]


def test_sequence_number_wraps_within_a_session() -> None:
    pair = Pair(first_sequence_number=MAX_SEQUENCE_NUMBER - 1)
    pair.bind()

    assert [pair.esme.request(SUBMIT, pair.now) for _ in range(2)] == [MAX_SEQUENCE_NUMBER, 1]


def test_request_that_cannot_be_encoded_leaves_nothing_behind() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    with pytest.raises(ValueError, match="short_message"):
        session.request(SubmitSm(short_message=bytes(255)), 1000.0)

    assert session.unanswered == 0
    assert session.data_to_send() == b""


def test_response_for_a_closed_session_is_dropped() -> None:
    session = session_in(Role.SMSC, State.BOUND_TRX)
    session.receive(encode(SUBMIT, 5), 1000.0)
    session.connection_lost(1000.0)

    session.respond(5, SubmitSmResp("id"))

    assert session.data_to_send() == b""


def test_case_2_error_answers_are_read_with_and_without_a_body() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    numbers = [session.request(SUBMIT, 1000.0, index) for index in range(3)]
    header = "800000040000000b"

    octets = b"".join(
        bytes.fromhex(f"{16 + len(body) // 2:08x}{header}{number:08x}{body}")
        for number, body in zip(numbers, ("", "00", "61626300"), strict=True)
    )
    events = session.receive(octets, 1000.0)

    assert [(event.context, event.command_status) for event in events if isinstance(event, Answered)] == [
        (0, 0x0B),
        (1, 0x0B),
        (2, 0x0B),
    ]
    assert len(events) == 3


def test_case_10_several_deliver_sm_in_one_read_all_arrive() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    events = session.receive(b"".join(encode(DELIVER, number) for number in range(1, 21)), 1000.0)

    assert [event.sequence_number for event in events if isinstance(event, Received)] == list(range(1, 21))


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 16, 17])
def test_case_11_pdus_split_anywhere_are_put_together(piece: int) -> None:
    pair = Pair(piece=piece)
    pair.bind()

    number = pair.esme.request(SUBMIT, pair.now, "split")
    _, smsc_events = pair.carry()
    pair.smsc.respond(number, SubmitSmResp("id"))
    esme_events, _ = pair.carry()

    assert smsc_events == [Received(number, SUBMIT, 0)]
    assert esme_events == [Answered("split", number, 0, SubmitSmResp("id"), 0.0)]


def test_case_26_submit_refused_as_not_bound_reaches_the_owner() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0, "m")

    events = session.receive(encode(SubmitSmResp(), number, CommandStatus.ESME_RINVBNDSTS), 1000.0)

    assert [event.command_status for event in events if isinstance(event, Answered)] == [CommandStatus.ESME_RINVBNDSTS]
    assert session.bound  # to rebind is the owner's decision


def test_case_32_generic_nack_answers_the_request_of_its_number() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(QuerySm(message_id="id"), 1000.0, "query")

    events = session.receive(encode(GenericNack(), number, CommandStatus.ESME_RINVCMDID), 1000.0)

    assert events == [Answered("query", number, CommandStatus.ESME_RINVCMDID, GenericNack(), 0.0)]


def test_generic_nack_with_status_zero_never_means_yes() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0)

    [event] = session.receive(encode(GenericNack(), number, 0), 1000.0)

    assert isinstance(event, Answered)
    assert event.command_status == CommandStatus.ESME_RUNKNOWNERR


# What is odd


def test_response_of_a_wrong_kind_leaves_the_request_out() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0, "m")

    odd = session.receive(encode(EnquireLinkResp(), number) + encode(QuerySmResp(), number), 1000.0)
    assert [event.kind for event in odd if isinstance(event, Oddity)] == [OddityKind.UNEXPECTED_RESPONSE] * 2
    assert session.unanswered == 1

    assert isinstance(session.receive(encode(SubmitSmResp("id"), number), 1000.0)[0], Answered)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (encode(SubmitSmResp("id"), 99), OddityKind.UNEXPECTED_RESPONSE),
        (encode(GenericNack(), 0, 3), OddityKind.UNEXPECTED_RESPONSE),
        (bytes.fromhex("00000010800001110000000000000063"), OddityKind.UNKNOWN_RESPONSE),
    ],
    ids=["unknown_number", "nack_of_nothing", "unknown_id"],
)
def test_response_that_answers_nothing_is_dropped(octets: bytes, kind: OddityKind) -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    [event] = session.receive(octets, 1000.0)

    assert isinstance(event, Oddity)
    assert event.kind is kind
    assert session.data_to_send() == b""
    assert session.bound


def test_unknown_request_is_refused_and_the_session_stays() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    session.receive(bytes.fromhex("00000012010000020000000000000009abcd") + encode(EnquireLink(), 10), 1000.0)

    assert frames(session.data_to_send()) == [
        (CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 9),
        (CommandId.ENQUIRE_LINK_RESP, 0, 10),
    ]


def test_request_that_cannot_be_read_is_refused_and_the_session_stays() -> None:
    session = session_in(Role.SMSC, State.BOUND_TRX)
    cut = encode(SUBMIT, 5)[:30]

    events = session.receive(len(cut).to_bytes(4, "big") + cut[4:] + encode(SUBMIT, 6), 1000.0)

    assert [type(event) for event in events] == [Oddity, Received]
    assert frames(session.data_to_send()) == [(CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVMSGLEN, 5)]


def test_alert_notification_that_cannot_be_read_is_refused_by_generic_nack() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    session.receive(bytes.fromhex("00000012000001020000000000000009abcd"), 1000.0)

    assert frames(session.data_to_send()) == [(CommandId.GENERIC_NACK, CommandStatus.ESME_RINVMSGLEN, 9)]


def test_stray_octets_are_counted_and_the_message_kept() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    octets = encode(DELIVER, 5) + b"\0"

    events = session.receive(len(octets).to_bytes(4, "big") + octets[4:], 1000.0)

    assert events == [Oddity(OddityKind.STRAY_OCTETS, "1 in deliver_sm"), Received(5, DELIVER, 0)]


def test_body_is_not_read_before_the_state_allows_it() -> None:
    session = session_in(Role.SMSC, State.OPEN)

    events = session.receive(bytes.fromhex("00000012000000040000000000000009ffff"), 1000.0)

    assert [event.kind for event in events if isinstance(event, Oddity)] == [OddityKind.WRONG_STATE]


# Framing


def closing(events: list[Event]) -> Closing:
    assert isinstance(events[-1], Closing)
    return events[-1]


def test_case_8_web_server_is_recognised() -> None:
    session = binding_esme()

    event = closing(session.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n", 1000.0))

    assert (event.reason, event.command_status) == (Reason.FRAMING, CommandStatus.ESME_RINVCMDLEN)
    assert "HTTP" in event.detail
    assert frames(session.data_to_send()) == [(CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDLEN, 0)]


def test_case_9_banner_closes_the_session() -> None:
    session = session_in(Role.SMSC, State.OPEN)

    assert closing(session.receive(b"\r\n\r\n", 1000.0)).reason is Reason.FRAMING


def test_pdus_before_lost_framing_are_still_served() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0, "m")

    events = session.receive(encode(SubmitSmResp("id"), number) + b"\xff\xff\xff\xff", 1000.0)

    assert [type(event) for event in events] == [Answered, Closing]
    assert session.receive(encode(DELIVER, 1), 1000.0) == []


def test_peer_that_lost_our_framing_ends_the_session() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0)

    event = closing(session.receive(encode(GenericNack(), 0, CommandStatus.ESME_RINVCMDLEN), 1000.0))

    assert event.reason is Reason.STREAM_BROKEN
