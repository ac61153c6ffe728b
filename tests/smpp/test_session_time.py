"""What a session does as time goes by: timeouts, late answers, the link, and ends nobody asked for."""

import pytest

from gateway.smpp.codec import decode, encode
from gateway.smpp.events import (
    Answered,
    Closing,
    Event,
    LateAnswer,
    LinkChecked,
    Lost,
    Oddity,
    Reason,
    Received,
    TimedOut,
)
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import (
    AlertNotification,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from gateway.smpp.session import Session
from gateway.smpp.spec import CommandId
from gateway.smpp.timers import Timers
from tests.smpp.test_session import frames
from tests.support.pair import session_in

TIMERS = Timers(enquire_link_s=30, enquire_response_s=15, response_s=20)
SUBMIT = SubmitSm(destination_addr="525512345678", short_message=b"hola")


def session(state: State = State.BOUND_TRX, timers: Timers = TIMERS, role: Role = Role.ESME) -> Session:
    return session_in(role, state, timers)


def run_until(session: Session, end: float) -> list[tuple[float, Event]]:
    """Ring the session whenever it wants to be, up to `end`; what it said, and when."""
    said = []
    while (at := session.next_time()) is not None and at <= end:
        said += [(at, event) for event in session.on_time(at)]
        assert session.next_time() is None or session.next_time() > at, "a session must not ask for the same time again"  # type: ignore[operator]
    return said


# Answers that do not come, or come late


def test_request_times_out_and_leaves_the_window() -> None:
    esme = session()
    number = esme.request(SUBMIT, 1000.0, "m")

    assert esme.on_time(1019.9) == []
    assert esme.on_time(1020.0) == [TimedOut("m", number)]
    assert esme.unanswered == 0
    assert esme.bound


def test_requests_time_out_one_by_one() -> None:
    esme = session(timers=Timers(enquire_link_s=None, response_s=20))
    esme.request(SUBMIT, 1000.0, "a")
    esme.request(SUBMIT, 1007.0, "b")

    said = run_until(esme, 1100.0)

    assert [(at, event.context) for at, event in said if isinstance(event, TimedOut)] == [(1020.0, "a"), (1027.0, "b")]


def test_case_28_late_answer_names_its_request() -> None:
    esme = session()
    number = esme.request(SUBMIT, 1000.0, "m")
    esme.on_time(1020.0)

    events = esme.receive(encode(SubmitSmResp("id"), number), 1025.0)

    assert events == [LateAnswer("m", number, 0, SubmitSmResp("id"))]


def test_case_28_late_refusal_by_generic_nack_is_none_that_means_yes() -> None:
    esme = session()
    number = esme.request(SUBMIT, 1000.0, "m")
    esme.on_time(1020.0)

    [event] = esme.receive(encode(GenericNack(), number, 0), 1025.0)

    assert event == LateAnswer("m", number, 0xFF, GenericNack())


def test_late_answer_is_told_once() -> None:
    esme = session()
    number = esme.request(SUBMIT, 1000.0, "m")
    esme.on_time(1020.0)
    late = encode(SubmitSmResp("id"), number)

    events = esme.receive(late + late, 1025.0)

    assert [type(event) for event in events] == [LateAnswer, Oddity]


def test_late_answer_after_ten_minutes_is_only_odd() -> None:
    esme = session(timers=Timers(enquire_link_s=None, response_s=20))
    number = esme.request(SUBMIT, 1000.0, "m")
    esme.on_time(1020.0)

    [event] = esme.receive(encode(SubmitSmResp("id"), number), 1621.0)

    assert isinstance(event, Oddity)


def test_three_timeouts_running_end_the_session_with_an_unbind() -> None:
    esme = session()
    numbers = [esme.request(SUBMIT, 1000.0, index) for index in range(4)]
    esme.data_to_send()

    events = esme.on_time(1020.0)

    assert events == [TimedOut(index, number) for index, number in enumerate(numbers)] + [Closing(Reason.NO_ANSWERS)]
    assert isinstance(decode(esme.data_to_send()).pdu, Unbind)
    assert esme.next_time() is None


def test_an_answer_between_timeouts_keeps_the_session() -> None:
    esme = session(timers=Timers(enquire_link_s=None, response_s=20))
    for begin in (1000.0, 1100.0, 1200.0):
        esme.request(SUBMIT, begin)
        esme.request(SUBMIT, begin)
        answered = esme.request(SUBMIT, begin)
        esme.receive(encode(SubmitSmResp("id"), answered), begin + 1)
        assert len(esme.on_time(begin + 20)) == 2

    assert esme.bound


def test_answers_lost_here_and_there_keep_the_session_when_they_time_out_together() -> None:
    """The carrier has paused us: nothing is sent, so nothing is answered while the lost ones time out."""
    esme = session(timers=Timers(enquire_link_s=None, response_s=20))
    for begin in (1000.0, 1000.1, 1000.2, 1000.3):
        esme.request(SUBMIT, begin, "lost")
        answered = esme.request(SUBMIT, begin + 0.01)
        esme.receive(encode(SubmitSmResp("id"), answered), begin + 0.02)

    assert len(esme.on_time(1021.0)) == 4
    assert esme.bound


def test_answer_to_an_old_request_does_not_hide_that_newer_ones_time_out() -> None:
    esme = session(timers=Timers(enquire_link_s=None, response_s=20))
    answered = esme.request(SUBMIT, 1000.0)
    for begin in (1000.1, 1000.2, 1000.3):
        esme.request(SUBMIT, begin)
    esme.receive(encode(SubmitSmResp("id"), answered), 1000.5)

    assert esme.on_time(1021.0)[-1] == Closing(Reason.NO_ANSWERS)


def test_connection_lost_gives_back_what_was_unanswered() -> None:
    esme = session()
    numbers = [esme.request(SUBMIT, 1000.0, index) for index in range(3)]
    esme.receive(encode(SubmitSmResp("id"), numbers[1]), 1001.0)

    assert esme.connection_lost(1002.0) == [Lost((0, 2))]
    assert esme.connection_lost(1003.0) == []
    assert esme.state is State.CLOSED


def test_connection_lost_with_nothing_out_says_nothing() -> None:
    assert session().connection_lost(1001.0) == []


# The link


def test_idle_session_checks_the_link_and_goes_on() -> None:
    esme = session()

    assert esme.on_time(1030.0) == []
    enquiry = decode(esme.data_to_send())
    assert isinstance(enquiry.pdu, EnquireLink)
    assert esme.unanswered == 0
    assert esme.receive(encode(EnquireLinkResp(), enquiry.sequence_number), 1030.5) == [LinkChecked(0.5)]
    assert run_until(esme, 1059.0) == []
    assert esme.data_to_send() == b""


def test_busy_session_does_not_check_the_link() -> None:
    esme = session()
    for second in range(1, 100):
        now = 1000.0 + second
        number = esme.request(SUBMIT, now)
        esme.data_to_send()
        esme.receive(encode(SubmitSmResp("id"), number), now)
        esme.on_time(now)

    assert esme.data_to_send() == b""


def test_session_checks_the_link_when_only_it_talks() -> None:
    esme = session()
    for second in range(0, 30, 10):
        esme.request(SUBMIT, 1000.0 + second)
        esme.data_to_send()

    esme.on_time(1030.0)

    assert CommandId.ENQUIRE_LINK in [command_id for command_id, _, _ in frames(esme.data_to_send())]


def test_two_missed_links_end_the_session_with_an_unbind() -> None:
    esme = session()

    said = run_until(esme, 2000.0)

    assert said == [(1060.0, Closing(Reason.LINK_DEAD))]  # asked at 30 and 45
    assert [type(decode_first(esme))] == [EnquireLink]


def decode_first(session: Session) -> object:
    data = session.data_to_send()
    return decode(data[: int.from_bytes(data[:4], "big")]).pdu


def test_any_pdu_of_the_peer_counts_as_life() -> None:
    esme = session()
    esme.on_time(1030.0)
    esme.data_to_send()
    for _ in range(3):
        esme.receive(encode(AlertNotification(), 1), esme.next_time() or 0.0)
        assert run_until(esme, (esme.next_time() or 0.0) + 5) == []

    assert esme.bound


def test_link_checked_by_the_owner_is_answered_like_any() -> None:
    smsc = session(role=Role.SMSC)
    number = smsc.request(EnquireLink(), 1001.0)

    assert smsc.receive(encode(EnquireLinkResp(), number), 1003.0) == [LinkChecked(2.0)]


def test_late_answer_to_a_missed_link_still_tells_its_time() -> None:
    esme = session()
    esme.on_time(1030.0)
    first = decode(esme.data_to_send()).sequence_number
    esme.on_time(1045.0)

    assert esme.receive(encode(EnquireLinkResp(), first), 1046.0) == [LinkChecked(16.0)]
    assert run_until(esme, 1060.0) == []


def test_generic_nack_to_enquire_link_is_a_sign_of_life() -> None:
    esme = session()
    esme.on_time(1030.0)
    number = decode(esme.data_to_send()).sequence_number

    assert esme.receive(encode(GenericNack(), number, 3), 1031.0) == [LinkChecked(1.0)]


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED], ids=lambda s: s.value)
def test_case_29_enquire_link_is_answered_in_every_state(state: State) -> None:
    for role in Role:
        asked = session(state, role=role)

        assert asked.receive(encode(EnquireLink(), 3), 1000.0) == []

        assert frames(asked.data_to_send()) == [(0x80000015, 0, 3)]


def test_case_30_esme_never_asks_before_it_is_bound() -> None:
    esme = Session(Role.ESME, Timers(session_init_s=100, enquire_link_s=1), 1000.0)
    esme.request(BindTransceiver(), 1000.0)
    assert frames(esme.data_to_send()) == [(CommandId.BIND_TRANSCEIVER, 0, 1)]

    assert run_until(esme, 1099.0) == []

    assert esme.data_to_send() == b""
    esme.receive(encode(BindTransceiverResp("SMSC"), 1), 1099.5)
    run_until(esme, 1100.0)
    assert frames(esme.data_to_send())[0][0] == CommandId.ENQUIRE_LINK


# Ends nobody asked for


def test_session_without_a_bind_in_time_is_closed_silently() -> None:
    smsc = Session(Role.SMSC, TIMERS, 1000.0)

    assert run_until(smsc, 2000.0) == [(1010.0, Closing(Reason.SESSION_INIT))]
    assert smsc.data_to_send() == b""


def test_session_init_counts_from_the_connection() -> None:
    smsc = Session(Role.SMSC, TIMERS, 1000.0)

    smsc.connection_made(1008.0)

    assert run_until(smsc, 2000.0) == [(1018.0, Closing(Reason.SESSION_INIT))]


def test_bind_without_a_response_in_time_closes_the_session() -> None:
    esme = Session(Role.ESME, TIMERS, 1000.0)
    esme.request(BindTransceiver(), 1004.0)

    assert run_until(esme, 2000.0) == [(1014.0, Closing(Reason.SESSION_INIT))]


def test_pdu_begun_and_not_finished_closes_the_session() -> None:
    esme = session(timers=Timers(enquire_link_s=None))
    esme.receive(encode(DeliverSm(), 1)[:20], 1000.0)
    esme.receive(b"\0", 1005.0)

    assert run_until(esme, 2000.0) == [(1010.0, Closing(Reason.UNFINISHED_PDU))]


def test_pdu_finished_in_time_keeps_the_session() -> None:
    esme = session(timers=Timers(enquire_link_s=None))
    octets = encode(DeliverSm(), 1)
    esme.receive(octets[:20], 1000.0)

    [event] = esme.receive(octets[20:], 1009.0)

    assert isinstance(event, Received)
    assert run_until(esme, 2000.0) == []


def test_silent_peer_is_inactive() -> None:
    smsc = session(timers=Timers(enquire_link_s=None, inactivity_s=300), role=Role.SMSC)
    smsc.receive(encode(EnquireLink(), 1), 1100.0)

    assert run_until(smsc, 2000.0) == [(1400.0, Closing(Reason.INACTIVE))]


def test_answer_at_the_last_moment_is_in_time() -> None:
    esme = session()
    number = esme.request(SUBMIT, 1000.0, "m")

    assert isinstance(esme.receive(encode(SubmitSmResp("id"), number), 1020.0)[0], Answered)
    assert esme.on_time(1020.0) == []
