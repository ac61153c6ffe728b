"""The table of moves, and what the segments' ways make of their message."""

import pytest

from gateway.message import FINAL, WAITING, Content, Event, Message, Segment, Status
from gateway.moves import MOVES, fail, may_move, move, move_segment, sum_up

S = Status


def a_message(*segments: Status, status: Status = S.ACCEPTED) -> Message:
    return Message(
        id="m1", app="bank", lane="fast", interface="http", to="525512345678", sender="45555", network="telcel",
        content=Content("hola"), created_at=1.0, expires_at=301.0, status=status,
        segments=tuple(Segment(number, each) for number, each in enumerate(segments, 1)),
    )  # fmt: skip


def step(message: Message, number: int, after: Status, at: float = 2.0) -> bool:
    return move_segment(message, message.segments[number - 1], after, Event(at, after, segment=number))


def test_table_names_every_status_and_leads_only_to_such() -> None:
    assert set(MOVES) == set(Status)
    assert all(after in Status for moves in MOVES.values() for after in moves)
    assert not any(before in moves for before, moves in MOVES.items())


def test_table_lets_no_final_status_move_but_unknown() -> None:
    assert {status for status in FINAL if MOVES[status]} == {S.UNKNOWN}
    assert MOVES[S.UNKNOWN] == {S.DELIVERED, S.UNDELIVERED, S.EXPIRED}
    assert WAITING | {S.SUBMITTED} | FINAL == set(Status)


def test_table_lets_nothing_that_a_carrier_took_wait_again() -> None:
    assert not MOVES[S.SUBMITTED] & WAITING
    assert not any(MOVES[status] & (WAITING | {S.SUBMITTED}) for status in FINAL)
    assert S.CANCELLED not in MOVES[S.SUBMITTED]


def test_statuses_keep_the_numbers_that_stores_hold() -> None:
    assert [(status.word, int(status)) for status in Status] == [
        ("scheduled", 1), ("accepted", 2), ("paused", 3), ("submitted", 4), ("delivered", 5), ("undelivered", 6),
        ("expired", 7), ("unknown", 8), ("rejected", 9), ("cancelled", 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("segments", "summed"),
    [
        ((), S.ACCEPTED),
        ((S.DELIVERED,), S.DELIVERED),
        ((S.DELIVERED, S.DELIVERED), S.DELIVERED),
        ((S.SUBMITTED, S.ACCEPTED), S.ACCEPTED),
        ((S.REJECTED, S.ACCEPTED), S.ACCEPTED),
        ((S.DELIVERED, S.SUBMITTED), S.SUBMITTED),
        ((S.UNDELIVERED, S.SUBMITTED), S.SUBMITTED),
        ((S.UNDELIVERED, S.DELIVERED), S.UNDELIVERED),
        ((S.UNKNOWN, S.DELIVERED), S.UNKNOWN),
        ((S.EXPIRED, S.UNKNOWN), S.EXPIRED),
        ((S.EXPIRED, S.UNDELIVERED, S.REJECTED), S.REJECTED),
        ((S.PAUSED, S.DELIVERED), S.PAUSED),
    ],
)
def test_segments_sum_up_to_what_has_not_ended_then_to_the_worst(segments: tuple[Status, ...], summed: Status) -> None:
    assert sum_up(a_message(*segments).segments) is summed


def test_message_of_two_is_submitted_with_the_second_and_delivered_with_the_last() -> None:
    message = a_message(S.ACCEPTED, S.ACCEPTED)

    seen = []
    for number, after in ((1, S.SUBMITTED), (1, S.DELIVERED), (2, S.SUBMITTED), (2, S.DELIVERED)):
        assert step(message, number, after)
        seen.append(message.status)

    assert seen == [S.ACCEPTED, S.ACCEPTED, S.SUBMITTED, S.DELIVERED]
    assert [(event.status, event.segment) for event in message.events] == [
        (S.SUBMITTED, 1), (S.DELIVERED, 1), (S.SUBMITTED, 2), (S.DELIVERED, 2),
    ]  # fmt: skip


def test_message_with_a_lost_part_ends_only_with_its_last_part() -> None:
    message = a_message(S.SUBMITTED, S.SUBMITTED, status=S.SUBMITTED)

    step(message, 1, S.UNDELIVERED)
    assert message.status is S.SUBMITTED
    step(message, 2, S.DELIVERED)
    assert message.status is S.UNDELIVERED


def test_illegal_move_of_a_segment_changes_nothing() -> None:
    message = a_message(S.DELIVERED, status=S.DELIVERED)

    assert not step(message, 1, S.UNDELIVERED, at=9.0)

    assert (message.status, message.segments[0].status) == (S.DELIVERED, S.DELIVERED)
    assert (message.events, message.updated_at) == ((), 0.0)


def test_illegal_move_of_a_message_changes_nothing() -> None:
    message = a_message(status=S.CANCELLED)

    assert not move(message, S.ACCEPTED, Event(9.0, S.ACCEPTED))
    assert not fail(message, S.EXPIRED, "ttl_expired", "late", Event(9.0, S.EXPIRED))

    assert (message.status, message.events, message.updated_at, message.error_code) == (S.CANCELLED, (), 0.0, "")


def test_paused_message_stays_paused_while_a_receipt_comes_for_another_part() -> None:
    message = a_message(S.SUBMITTED, S.ACCEPTED, status=S.PAUSED)

    assert step(message, 1, S.DELIVERED)

    assert (message.status, message.segments[0].status) == (S.PAUSED, S.DELIVERED)


def test_paused_message_whose_only_segment_was_in_flight_is_submitted_by_its_answer() -> None:
    message = a_message(S.ACCEPTED, status=S.PAUSED)

    step(message, 1, S.SUBMITTED)

    assert message.status is S.SUBMITTED


def test_unknown_message_is_bettered_by_each_of_its_parts() -> None:
    message = a_message(S.UNKNOWN, S.UNKNOWN, status=S.UNKNOWN)

    step(message, 1, S.DELIVERED)
    assert message.status is S.UNKNOWN
    step(message, 2, S.DELIVERED)
    assert message.status is S.DELIVERED


def test_cancelled_message_takes_its_waiting_segments_along() -> None:
    message = a_message(S.ACCEPTED, S.ACCEPTED)

    assert move(message, S.CANCELLED, Event(3.0, S.CANCELLED))

    assert [segment.status for segment in message.segments] == [S.CANCELLED, S.CANCELLED]
    assert message.final


def test_failed_message_that_no_carrier_has_ends_at_once() -> None:
    message = a_message(S.ACCEPTED, S.ACCEPTED)

    assert fail(message, S.EXPIRED, "ttl_expired", "too late", Event(3.0, S.EXPIRED))

    assert (message.status, message.error_code, message.error_detail) == (S.EXPIRED, "ttl_expired", "too late")
    assert (message.updated_at, message.events) == (3.0, (Event(3.0, S.EXPIRED),))


def test_failed_message_without_segments_ends_at_once() -> None:
    message = a_message()

    assert fail(message, S.REJECTED, "no_route", "none", Event(3.0, S.REJECTED))

    assert message.status is S.REJECTED


def test_failed_message_of_which_a_carrier_has_a_part_ends_with_that_parts_receipt() -> None:
    message = a_message(S.SUBMITTED, S.ACCEPTED)

    assert fail(message, S.EXPIRED, "ttl_expired", "too late", Event(3.0, S.EXPIRED))
    assert (message.status, [each.status for each in message.segments]) == (S.SUBMITTED, [S.SUBMITTED, S.EXPIRED])

    step(message, 1, S.DELIVERED)
    assert (message.status, message.error_code) == (S.EXPIRED, "ttl_expired")


def test_message_with_nothing_left_to_give_up_cannot_fail() -> None:
    message = a_message(S.SUBMITTED, status=S.SUBMITTED)

    assert not fail(message, S.EXPIRED, "ttl_expired", "too late", Event(3.0, S.EXPIRED))

    assert (message.status, message.error_code) == (S.SUBMITTED, "")


def test_may_move_reads_the_table() -> None:
    assert may_move(S.ACCEPTED, S.SUBMITTED)
    assert not may_move(S.DELIVERED, S.SUBMITTED)
