"""Sequence numbers, matching, expiry and tombstones."""

import pytest

from gateway.smpp import requests
from gateway.smpp.requests import MAX_SEQUENCE_NUMBER, TOMBSTONE_S, Match, Pending, Requests
from gateway.smpp.spec import CommandId

SUBMIT, SUBMIT_RESP = CommandId.SUBMIT_SM.value, CommandId.SUBMIT_SM_RESP.value


def out(*sent_at: float) -> Requests:
    """Requests 1, 2, … sent at these times, their numbers being their contexts."""
    made = Requests()
    for now in sent_at:
        number = made.take_number()
        made.add(number, SUBMIT, number, now)
    return made


def test_numbers_begin_at_one_and_grow_by_one() -> None:
    made = Requests()

    assert [made.take_number() for _ in range(3)] == [1, 2, 3]


def test_numbers_wrap_to_one_and_not_to_zero() -> None:
    made = Requests(MAX_SEQUENCE_NUMBER)

    assert [made.take_number() for _ in range(2)] == [MAX_SEQUENCE_NUMBER, 1]


def test_numbers_pass_over_what_is_out_or_buried_after_a_wrap() -> None:
    made = out(0.0, 5.0)  # 1 and 2
    made.expire(9.0, 9.0)  # 1 is buried
    made.add_control(3, CommandId.ENQUIRE_LINK.value, 9.0)
    made._next = MAX_SEQUENCE_NUMBER

    assert [made.take_number() for _ in range(2)] == [MAX_SEQUENCE_NUMBER, 4]


@pytest.mark.parametrize("first", [0, -1, MAX_SEQUENCE_NUMBER + 1])
def test_numbers_refuse_to_begin_outside_their_range(first: int) -> None:
    with pytest.raises(ValueError, match="first_sequence_number"):
        Requests(first)


def test_match_finds_a_request_until_it_is_removed() -> None:
    made = out(1.0)

    assert made.match(SUBMIT_RESP, 1, 2.0) == (Match.ANSWER, Pending(1, SUBMIT, 1.0))
    assert len(made) == 1
    made.remove(1)
    assert made.match(SUBMIT_RESP, 1, 2.0) == (Match.UNASKED, None)
    assert len(made) == 0


def test_take_gives_a_request_to_its_own_answer_alone() -> None:
    made = out(1.0)

    assert made.take(CommandId.DATA_SM_RESP.value, 1) is None
    assert made.take(SUBMIT_RESP, 2) is None
    assert made.take(SUBMIT_RESP, 1) == Pending(1, SUBMIT, 1.0)
    assert made.take(SUBMIT_RESP, 1) is None
    assert len(made) == 0


def test_remove_raises_for_a_number_that_is_not_out() -> None:
    with pytest.raises(KeyError):
        out(1.0).remove(2)


@pytest.mark.parametrize(
    ("request_id", "response_id", "match"),
    [
        (CommandId.SUBMIT_SM, CommandId.SUBMIT_SM_RESP, Match.ANSWER),
        (CommandId.SUBMIT_SM, CommandId.GENERIC_NACK, Match.ANSWER),
        (CommandId.SUBMIT_SM, CommandId.DATA_SM_RESP, Match.ANSWER),
        (CommandId.DATA_SM, CommandId.SUBMIT_SM_RESP, Match.ANSWER),
        (CommandId.DELIVER_SM, CommandId.DATA_SM_RESP, Match.ANSWER),
        (CommandId.SUBMIT_SM, CommandId.QUERY_SM_RESP, Match.WRONG),
        (CommandId.SUBMIT_SM, CommandId.ENQUIRE_LINK_RESP, Match.WRONG),
        (CommandId.SUBMIT_SM, CommandId.BIND_TRANSCEIVER_RESP, Match.WRONG),
        (CommandId.QUERY_SM, CommandId.SUBMIT_SM_RESP, Match.WRONG),
    ],
)
def test_match_takes_only_responses_that_peers_mix_up(
    request_id: CommandId, response_id: CommandId, match: Match
) -> None:
    made = Requests()
    made.add(1, request_id.value, None, 0.0)

    assert made.match(response_id.value, 1, 0.0)[0] is match


def test_bind_may_be_answered_by_the_response_of_another_bind() -> None:
    made = Requests()
    made.add_control(1, CommandId.BIND_TRANSCEIVER.value, 0.0)

    assert made.match(CommandId.BIND_RECEIVER_RESP.value, 1, 0.0)[0] is Match.ANSWER


def test_expire_takes_the_oldest_first_and_stops_at_the_first_young_one() -> None:
    made = out(0.0, 1.0, 2.0, 2.5)

    expired = made.expire(32.0, 30.0)

    assert [number for number, _ in expired] == [1, 2, 3]
    assert made.oldest_sent_at() == 2.5
    assert len(made) == 1


def test_expire_leaves_controls_to_the_timers() -> None:
    made = Requests()
    made.add_control(1, CommandId.BIND_RECEIVER.value, 0.0)

    assert made.expire(1000.0, 30.0) == []
    assert made.match(CommandId.BIND_RECEIVER_RESP.value, 1, 1000.0)[0] is Match.ANSWER


def test_tombstone_keeps_the_context_until_its_time_is_over() -> None:
    made = out(0.0)
    made.expire(30.0, 30.0)

    match, pending = made.match(SUBMIT_RESP, 1, 30.0 + TOMBSTONE_S - 1)
    assert match is Match.LATE
    assert pending is not None
    assert pending.context == 1
    assert made.match(SUBMIT_RESP, 1, 30.0 + TOMBSTONE_S) == (Match.UNASKED, None)


def test_tombstone_goes_with_its_late_answer() -> None:
    made = out(0.0)
    made.expire(30.0, 30.0)

    made.remove(1)

    assert made.match(SUBMIT_RESP, 1, 31.0) == (Match.UNASKED, None)


def test_tombstones_are_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_TOMBSTONES", 3)
    made = out(*[0.0] * 5)

    made.expire(30.0, 30.0)

    assert [made.match(SUBMIT_RESP, number, 30.0)[0] for number in range(1, 6)] == [Match.UNASKED] * 2 + [
        Match.LATE
    ] * 3


def test_controls_are_bounded_for_a_peer_that_answers_none() -> None:
    made = Requests()

    for number in range(1, 101):
        made.add_control(number, CommandId.ENQUIRE_LINK.value, 0.0)

    answerable = [n for n in range(1, 101) if made.match(CommandId.ENQUIRE_LINK_RESP.value, n, 0.0)[0] is Match.ANSWER]
    assert answerable == [97, 98, 99, 100]


def test_abandon_gives_the_contexts_of_the_window_oldest_first() -> None:
    made = out(0.0, 1.0, 2.0)
    made.add_control(9, CommandId.ENQUIRE_LINK.value, 2.0)
    made.remove(2)

    assert made.abandon() == (1, 3)
    assert made.abandon() == ()
    assert made.oldest_sent_at() is None
