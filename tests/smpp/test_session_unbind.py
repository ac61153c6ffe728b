"""Parting: our unbind, the peer's, both at once, and an end that answers neither."""

import pytest

from gateway.smpp.codec import encode
from gateway.smpp.events import Answered, Closing, Lost, Oddity, Reason, Received, Unbound
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    BindTransceiver,
    BindTransceiverResp,
    DeliverSmResp,
    GenericNack,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from gateway.smpp.session import Session, WrongState
from gateway.smpp.spec import CommandId
from gateway.smpp.status import CommandStatus
from gateway.smpp.timers import Timers
from tests.smpp.test_session import DELIVER, SUBMIT, frames
from tests.smpp.test_session_time import run_until
from tests.support.pair import Pair, session_in


def test_pair_parts_by_unbind() -> None:
    pair = Pair()
    pair.bind()

    pair.esme.unbind(pair.now)
    esme_events, smsc_events = pair.carry()

    assert esme_events == [Unbound(by_peer=False), Closing(Reason.UNBOUND)]
    assert smsc_events == [Unbound(by_peer=True), Closing(Reason.UNBOUND)]
    assert pair.esme.connection_lost(pair.now) == pair.smsc.connection_lost(pair.now) == []


def test_unbind_twice_is_sent_once() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    session.unbind(1000.0)
    session.unbind(1000.0)

    assert [command_id for command_id, _, _ in frames(session.data_to_send())] == [CommandId.UNBIND]


def test_unbind_before_the_bind_is_no_way_out() -> None:
    with pytest.raises(WrongState):
        session_in(Role.ESME, State.OPEN).unbind(1000.0)


def test_unbind_without_an_answer_ends_all_the_same() -> None:
    session = session_in(Role.ESME, State.UNBINDING)

    assert run_until(session, 2000.0) == [(1005.0, Closing(Reason.UNBIND_TIMEOUT))]


def test_unbind_answered_by_generic_nack_is_done() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.unbind(1000.0)
    [(_, _, number)] = frames(session.data_to_send())

    assert session.receive(encode(GenericNack(), number, 3), 1000.0)[-1] == Closing(Reason.UNBOUND)


def test_case_31_connection_closed_at_once_counts_as_unbind_resp() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0, "m")
    session.unbind(1000.0)

    assert session.connection_lost(1000.5) == [Unbound(by_peer=False), Lost(("m",))]


def test_session_takes_and_answers_a_receipt_that_crossed_its_unbind() -> None:
    session = session_in(Role.ESME, State.UNBINDING)

    [received] = session.receive(encode(DELIVER, 5), 1000.0)
    assert received == Received(5, DELIVER, 0)
    session.respond(5, DeliverSmResp())

    assert frames(session.data_to_send()) == [(CommandId.DELIVER_SM_RESP, 0, 5)]


def test_session_hears_answers_while_unbinding() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0, "m")
    session.unbind(1000.0)

    [event] = session.receive(encode(SubmitSmResp("id"), number), 1001.0)

    assert isinstance(event, Answered)


def test_submit_that_crossed_our_unbind_is_neither_taken_nor_answered() -> None:
    session = session_in(Role.SMSC, State.UNBINDING)

    events = session.receive(encode(SUBMIT, 5), 1000.0)

    assert [type(event) for event in events] == [Oddity]
    assert session.data_to_send() == b""


def test_submit_after_its_own_unbind_is_refused() -> None:
    session = session_in(Role.SMSC, State.BOUND_TRX)
    session.receive(encode(SUBMIT, 4) + encode(Unbind(), 5), 1000.0)

    session.receive(encode(SUBMIT, 6), 1000.0)

    assert frames(session.data_to_send()) == [(CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 6)]


def test_unbinds_that_cross_are_both_answered() -> None:
    pair = Pair()
    pair.bind()

    pair.esme.unbind(pair.now)
    pair.smsc.unbind(pair.now)
    esme_events, smsc_events = pair.carry()

    assert esme_events == smsc_events == [Unbound(by_peer=False), Closing(Reason.UNBOUND)]


def test_unbind_of_the_peer_is_answered_after_what_we_owe_it() -> None:
    session = session_in(Role.SMSC, State.BOUND_TRX)
    session.receive(encode(SUBMIT, 5), 1000.0)

    assert session.receive(encode(Unbind(), 6), 1000.0) == [Unbound(by_peer=True)]
    assert session.data_to_send() == b""
    session.respond(5, SubmitSmResp("id"))
    at = session.next_time()
    assert at is not None
    assert at <= 1000.0
    events = session.on_time(1000.1)

    assert events == [Closing(Reason.UNBOUND)]
    assert frames(session.data_to_send()) == [(CommandId.SUBMIT_SM_RESP, 0, 5), (CommandId.UNBIND_RESP, 0, 6)]


def test_unbind_of_the_peer_waits_no_longer_than_its_time_for_what_we_owe() -> None:
    session = session_in(Role.SMSC, State.BOUND_TRX)
    session.receive(encode(SUBMIT, 5) + encode(Unbind(), 6), 1000.0)

    assert run_until(session, 2000.0) == [(1005.0, Closing(Reason.UNBOUND))]
    assert frames(session.data_to_send()) == [(CommandId.UNBIND_RESP, 0, 6)]


def test_unbind_of_the_peer_leaves_time_for_answers_on_their_way() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    number = session.request(SUBMIT, 1000.0, "m")
    session.data_to_send()

    assert session.receive(encode(Unbind(), 6), 1000.0) == [Unbound(by_peer=True)]
    assert frames(session.data_to_send()) == [(CommandId.UNBIND_RESP, 0, 6)]
    events = session.receive(encode(SubmitSmResp("id"), number), 1001.0)

    assert [type(event) for event in events] == [Answered, Closing]


def test_answers_that_never_come_are_lost_after_an_unbind_of_the_peer() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0, "m")
    session.receive(encode(Unbind(), 6), 1000.0)

    assert run_until(session, 2000.0) == [(1005.0, Closing(Reason.UNBOUND))]
    assert session.connection_lost(1005.0) == [Lost(("m",))]


def test_no_request_goes_out_after_an_unbind_of_the_peer() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0)
    session.receive(encode(Unbind(), 6), 1000.0)

    with pytest.raises(WrongState):
        session.request(SUBMIT, 1000.0)


def test_repeated_unbind_of_the_peer_is_answered_too() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    session.request(SUBMIT, 1000.0)
    session.data_to_send()

    session.receive(encode(Unbind(), 6) + encode(Unbind(), 7), 1000.0)

    assert sorted(number for _, _, number in frames(session.data_to_send())) == [6, 7]


def test_unbind_instead_of_a_bind_is_answered_and_the_session_over() -> None:
    session = Session(Role.SMSC, Timers(), 1000.0)

    assert session.receive(encode(Unbind(), 1), 1000.0) == [Unbound(by_peer=True), Closing(Reason.UNBOUND)]
    assert frames(session.data_to_send()) == [(CommandId.UNBIND_RESP, 0, 1)]


def test_unbind_behind_an_undecided_bind_takes_it_back() -> None:
    session = Session(Role.SMSC, Timers(), 1000.0)

    events = session.receive(encode(BindTransceiver(), 1) + encode(Unbind(), 2), 1000.0)

    assert events[-1] == Closing(Reason.UNBOUND)
    assert frames(session.data_to_send()) == [
        (CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RBINDFAIL, 1),
        (CommandId.UNBIND_RESP, 0, 2),
    ]
    with pytest.raises(WrongState):
        session.accept_bind(1, "SMSC")


def test_bind_accepted_by_a_peer_that_unbinds_does_not_bind() -> None:
    session = Session(Role.ESME, Timers(), 1000.0)
    session.request(BindTransceiver(), 1000.0)

    session.receive(encode(Unbind(), 9) + encode(BindTransceiverResp("SMSC"), 1), 1000.0)

    assert not session.bound


def test_case_25_unbind_goes_out_on_every_end_of_ours_while_bound() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX, Timers(enquire_link_s=None, inactivity_s=60))

    [(_, event)] = run_until(session, 2000.0)

    assert event == Closing(Reason.INACTIVE)
    assert [command_id for command_id, _, _ in frames(session.data_to_send())] == [CommandId.UNBIND]


def test_unbind_resp_nobody_asked_for_changes_nothing() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)

    [event] = session.receive(encode(UnbindResp(), 50), 1000.0)

    assert isinstance(event, Oddity)
    assert session.bound


def test_unbind_behind_an_alert_notification_is_answered_at_once() -> None:
    session = session_in(Role.ESME, State.BOUND_TRX)
    alert = bytes.fromhex("00000016000001020000000000000105" + "000000000000")

    events = session.receive(alert + encode(Unbind(), 6), 1000.0)

    assert [type(event) for event in events] == [Received, Unbound, Closing]
