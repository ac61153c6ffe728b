"""Binds of a session in either role, and what a peer may do wrong with them."""

import pytest

from gateway.smpp.codec import decode, encode
from gateway.smpp.events import (
    BindRefused,
    Bound,
    Closing,
    Reason,
    Received,
)
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    GenericNack,
    Outbind,
    SubmitSm,
)
from gateway.smpp.session import WrongState
from gateway.smpp.spec import CommandId, Tag
from gateway.smpp.status import CommandStatus
from tests.smpp.test_session import SUBMIT, VERSION, binding_esme, frames
from tests.support.pair import BINDS, Pair, session_in


@pytest.mark.parametrize("state", BINDS, ids=lambda state: state.value)
def test_pair_binds_in_each_direction(state: State) -> None:
    pair = Pair()

    pair.bind(state)

    assert pair.esme.bound
    assert pair.smsc.bound
    assert (pair.esme.peer_version, pair.smsc.peer_version) == (0x34, 0x34)


def test_bind_reaches_the_owner_and_its_acceptance_the_peer() -> None:
    pair = Pair()
    pair.esme.request(BindTransceiver(system_id="app", password="secret"), pair.now)

    _, [received] = pair.carry()
    assert isinstance(received, Received)
    assert received.pdu == BindTransceiver(system_id="app", password="secret")
    assert pair.smsc.state is State.OPEN
    pair.smsc.accept_bind(received.sequence_number, "SMSC")

    assert pair.carry() == ([Bound(State.BOUND_TRX, "SMSC", 0x34)], [])


def test_bind_refused_ends_the_session_of_the_one_that_asked() -> None:
    pair = Pair()
    pair.esme.request(BindTransceiver(system_id="app"), pair.now)
    _, [received] = pair.carry()
    assert isinstance(received, Received)

    pair.smsc.refuse_bind(received.sequence_number, CommandStatus.ESME_RBINDFAIL)
    esme_events, smsc_events = pair.carry()

    assert esme_events == [BindRefused(0x0D), Closing(Reason.BIND_REFUSED, 0x0D)]
    assert smsc_events == []
    assert pair.smsc.state is State.OPEN


def test_bind_can_be_tried_again_after_a_refusal_on_the_smsc_side() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    bind = encode(BindReceiver(system_id="app"), 5)
    session.receive(bind, 1000.0)
    session.refuse_bind(5, CommandStatus.ESME_RBINDFAIL)

    [event] = session.receive(bind, 1001.0)

    assert isinstance(event, Received)
    session.accept_bind(5, "SMSC")
    assert session.state is State.BOUND_RX


@pytest.mark.parametrize(("version", "told"), [(0x00, False), (0x33, False), (0x34, True), (0x50, True)])
def test_smsc_tells_its_version_only_to_who_knows_tlvs(version: int, told: bool) -> None:
    session = session_in(Role.SMSC, State.OPEN)
    session.receive(encode(BindReceiver(interface_version=version), 1), 1000.0)

    session.accept_bind(1, "SMSC")

    assert session.peer_version == version
    assert decode(session.data_to_send()).pdu == BindReceiverResp("SMSC", (VERSION,) if told else ())


def test_smsc_keeps_its_version_to_itself_when_told_to() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    session.receive(encode(BindReceiver(), 1), 1000.0)

    session.accept_bind(1, "SMSC", None)

    assert decode(session.data_to_send()).pdu == BindReceiverResp("SMSC")


def test_smsc_cannot_accept_a_bind_that_never_came_or_was_answered() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    with pytest.raises(WrongState):
        session.accept_bind(1, "SMSC")
    session.receive(encode(BindReceiver(), 1), 1000.0)
    with pytest.raises(WrongState):
        session.refuse_bind(2, CommandStatus.ESME_RBINDFAIL)
    session.accept_bind(1, "SMSC")

    with pytest.raises(WrongState):
        session.accept_bind(1, "SMSC")


def test_smsc_cannot_accept_a_bind_after_the_connection_was_lost() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    session.receive(encode(BindReceiver(), 1), 1000.0)
    session.connection_lost(1001.0)

    with pytest.raises(WrongState):
        session.accept_bind(1, "SMSC")


def test_second_bind_is_refused_while_the_first_is_being_decided() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    session.receive(encode(BindReceiver(), 1), 1000.0)

    session.receive(encode(BindTransceiver(), 2), 1000.0)

    assert frames(session.data_to_send()) == [(CommandId.BIND_TRANSCEIVER_RESP, CommandStatus.ESME_RALYBND, 2)]
    session.accept_bind(1, "SMSC")
    assert session.state is State.BOUND_RX


def test_second_bind_of_a_bound_peer_changes_nothing() -> None:
    session = session_in(Role.SMSC, State.BOUND_TX)

    session.receive(encode(BindReceiver(), 9), 1000.0)

    assert frames(session.data_to_send()) == [(CommandId.BIND_RECEIVER_RESP, CommandStatus.ESME_RALYBND, 9)]
    assert session.state is State.BOUND_TX


def test_esme_sends_one_bind_at_a_time() -> None:
    session = binding_esme()

    with pytest.raises(WrongState):
        session.request(BindReceiver(), 1000.0)


def test_request_with_a_bind_under_way_is_refused() -> None:
    session = session_in(Role.SMSC, State.OPEN)
    session.receive(encode(BindTransceiver(), 1), 1000.0)

    session.receive(encode(SUBMIT, 2), 1000.0)

    assert frames(session.data_to_send()) == [(CommandId.SUBMIT_SM_RESP, CommandStatus.ESME_RINVBNDSTS, 2)]


def test_bind_accepted_without_a_body_is_bound() -> None:
    session = binding_esme()

    events = session.receive(bytes.fromhex("00000010800000090000000000000001"), 1000.0)

    assert events == [Bound(State.BOUND_TRX, "", None)]


def test_bind_answered_by_the_response_of_another_bind_is_bound_as_asked() -> None:
    session = binding_esme()

    events = session.receive(encode(BindReceiverResp("SMSC"), 1), 1000.0)

    assert events == [Bound(State.BOUND_TRX, "SMSC", None)]


def test_bind_answered_by_generic_nack_is_refused_even_with_status_zero() -> None:
    session = binding_esme()

    events = session.receive(encode(GenericNack(), 1, 0), 1000.0)

    assert events[0] == BindRefused(CommandStatus.ESME_RUNKNOWNERR)


def test_case_1_bind_refused_in_17_octets_is_read() -> None:
    session = binding_esme()

    events = session.receive(bytes.fromhex("0000001180000009000000530000000100"), 1000.0)

    assert events == [BindRefused(0x53), Closing(Reason.BIND_REFUSED, 0x53)]


def test_esme_takes_a_long_deliver_sm_right_behind_the_bind_resp() -> None:
    session = binding_esme()
    long = DeliverSm(tlvs=((int(Tag.MESSAGE_PAYLOAD), bytes(5000)),))

    events = session.receive(encode(BindTransceiverResp("SMSC"), 1) + encode(long, 1), 1000.0)

    assert [type(event) for event in events] == [Bound, Received]


def test_smsc_takes_no_long_pdu_before_the_bind_and_does_after() -> None:
    long = encode(SubmitSm(tlvs=((int(Tag.MESSAGE_PAYLOAD), bytes(60_000)),)), 2)
    unbound, bound = session_in(Role.SMSC, State.OPEN), session_in(Role.SMSC, State.BOUND_TRX)

    assert isinstance(unbound.receive(long, 1000.0)[-1], Closing)
    assert isinstance(bound.receive(long, 1000.0)[-1], Received)


def test_outbind_leads_to_a_bind_the_other_way_round() -> None:
    pair = Pair()
    pair.smsc.request(Outbind(system_id="SMSC", password="secret"), pair.now)

    [received], _ = pair.carry()
    assert isinstance(received, Received)
    assert received.pdu == Outbind(system_id="SMSC", password="secret")
    assert (pair.esme.state, pair.smsc.state) == (State.OUTBOUND, State.OUTBOUND)
    pair.bind(State.BOUND_RX)
