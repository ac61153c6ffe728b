"""The audit: what must hold of every message, what waits too long, and sums that come to what was accepted."""

from collections import Counter

import pytest

from gateway.books.audit import DELIVERY_LATE_S, RECEIPT_LATE_S, Account, Audit, Limits, total
from gateway.message import Content, Event, Message, Segment, Status
from gateway.moves import fail
from gateway.store.batch import Batch
from tests.support.store import BASE, a_delivery, a_message, an_id, submitted

DAY = "2023-11-14"


def an_audit(now: float = BASE + 10) -> Audit:
    return Audit(Limits(now, {"fast": 0.0, "bulk": 120.0}, 30 * 86_400.0))


def found(audit: Audit) -> list[str]:
    return [finding.what for finding in audit.wrong]


def taken(message: Message) -> Message:
    submitted(message).segments[0].command_status = 0
    return message


def ended(message: Message, status: Status) -> Message:
    taken(message).status = message.segments[0].status = status
    message.events += (Event(BASE + 9, status, "telcel", "telcel-1", None, "a1b2", "", 1),)
    return message


def two_parts(one: Status, two: Status, whole: Status) -> Message:
    return a_message(
        0,
        status=whole,
        segments=(Segment(1, one, "telcel", "t-1", "1", 0), Segment(2, two, "telcel", "t-1", "2", 0)),
        events=(
            *(Event(BASE, Status.SUBMITTED, "telcel", "t-1", 0, str(n), "", n) for n in (1, 2)),
            Event(BASE + 1, one, segment=1),
            Event(BASE + 2, two, segment=2),
        ),
    )


def refused() -> Message:
    message = a_message(0, segments=(), content=Content(text="x", parts=2))
    fail(message, Status.REJECTED, "no_route", "", Event(BASE, Status.REJECTED))
    return message


@pytest.mark.parametrize(
    "message",
    [
        a_message(0),
        a_message(0, segments=()),
        taken(a_message(0)),
        ended(a_message(0), Status.DELIVERED),
        two_parts(Status.SUBMITTED, Status.DELIVERED, Status.SUBMITTED),
        two_parts(Status.UNDELIVERED, Status.EXPIRED, Status.EXPIRED),  # bettered after it had ended
        refused(),
    ],
)
def test_message_in_any_state_it_can_come_to_is_right(message: Message) -> None:
    audit = an_audit()

    audit.message(message, planned=False)

    assert (found(audit), audit.old) == ([], [])
    assert sum(each.total() for each in audit.sums.values()) == max(len(message.segments), message.content.parts)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (a_message(0, segments=(Segment(1), Segment(3))), "segments are not numbered"),
        (a_message(0, segments=(Segment(1), Segment(1))), "segments are not numbered"),
        (a_message(0, status=Status.SUBMITTED), "status is not what"),
        (a_message(0, status=Status.SUBMITTED, segments=()), "status is not what"),
        (two_parts(Status.SUBMITTED, Status.DELIVERED, Status.DELIVERED), "status is not what"),
        (two_parts(Status.DELIVERED, Status.DELIVERED, Status.ACCEPTED), "status is not what"),
        (two_parts(Status.DELIVERED, Status.DELIVERED, Status.REJECTED), "status is not what"),
        (submitted(a_message(0)), "no carrier took it"),
        (a_message(0, status=Status.REJECTED, segments=()), "does not say when"),
    ],
)
def test_message_that_no_course_of_events_explains_is_named(message: Message, what: str) -> None:
    audit = an_audit()

    audit.message(message, planned=False)

    (finding,) = audit.wrong
    assert what in finding.what
    assert (finding.count, finding.ids) == (1, [message.id])


def test_segment_that_was_taken_twice_is_wrong() -> None:
    message = taken(a_message(0))
    message.events += (Event(BASE + 2, Status.SUBMITTED, "other", "o-1", 0, "77", "", 1),)
    audit = an_audit()

    audit.message(message, planned=False)

    assert found(audit) == ["a segment was taken twice"]


def test_schedule_and_status_say_the_same() -> None:
    audit = an_audit()

    audit.message(a_message(0, status=Status.SCHEDULED, send_at=BASE + 60, segments=()), planned=True)
    assert found(audit) == []
    audit.message(a_message(1, status=Status.SCHEDULED, send_at=BASE + 60, segments=()), planned=False)
    audit.message(a_message(2), planned=True)
    audit.planned_for_nothing(an_id(3))

    assert [finding.count for finding in audit.wrong] == [2, 1]


def test_ids_beyond_the_first_ten_are_counted_only() -> None:
    audit = an_audit()

    for n in range(15):
        audit.message(submitted(a_message(n)), planned=False)

    assert (audit.wrong[0].count, len(audit.wrong[0].ids)) == (15, 10)


def test_sums_are_kept_by_day_app_and_the_segments_carrier() -> None:
    audit = an_audit()

    audit.message(a_message(0, app="shop", segments=(), carrier="att"), planned=False)
    audit.message(two_parts(Status.SUBMITTED, Status.DELIVERED, Status.SUBMITTED), planned=False)
    unsure = a_message(1, status=Status.UNKNOWN)
    unsure.segments[0].status = Status.UNKNOWN
    unsure.events += (Event(BASE, Status.UNKNOWN, segment=1),)
    audit.message(unsure, planned=False)

    assert audit.sums == {
        Account(DAY, "shop", "att"): Counter({Status.ACCEPTED: 1}),
        Account(DAY, "bank", "telcel"): Counter({Status.SUBMITTED: 1, Status.DELIVERED: 1, Status.UNKNOWN: 1}),
    }
    assert total(audit.sums.values()).total() == 4
    assert audit.uncertain == {Account(DAY, "bank", "telcel"): 1}


@pytest.mark.parametrize(
    ("message", "late_from", "what"),
    [
        (a_message(0), BASE + 300 + 120 + 60, "waiting past their ttl and hold"),
        (a_message(0, status=Status.SCHEDULED, send_at=BASE + 50, segments=()), BASE + 110, "scheduled, and past"),
        (taken(a_message(0)), BASE + 1 + RECEIPT_LATE_S, "receipts pending"),
    ],
)
def test_what_waits_too_long_is_old_and_not_wrong(message: Message, late_from: float, what: str) -> None:
    for now, old in ((late_from, 0), (late_from + 1, 1)):
        audit = an_audit(now)
        audit.message(message, planned=message.status is Status.SCHEDULED)
        assert audit.wrong == []
        assert [finding.what.startswith(what) for finding in audit.old] == [True] * old


def test_deliveries_are_old_after_a_day_or_when_given_up_and_wrong_without_a_subject() -> None:
    audit = an_audit(BASE + DELIVERY_LATE_S + 1)

    audit.delivery(a_delivery(2), has_subject=True)
    assert audit.old == []
    audit.delivery(a_delivery(0), has_subject=True)
    audit.delivery(a_delivery(2, state="dead"), has_subject=True)
    audit.delivery(a_delivery(3), has_subject=False)
    audit.delivery(a_delivery(-31 * 86_400), has_subject=False)  # its message has outlived the retention

    assert [(finding.what, finding.count) for finding in audit.old] == [
        ("deliveries older than a day", 2),
        ("deliveries that were given up (dead)", 1),
    ]
    assert [finding.ids for finding in audit.wrong] == [[an_id(3)]]


def test_batch_has_a_message_for_each_row_that_was_not_refused() -> None:
    audit = an_audit()
    for n in range(3):
        audit.message(a_message(n, batch="b1"), planned=False)

    audit.batch(Batch(id="b1", app="bank", created_at=BASE, complete=True, rows=5, rejected=2))
    audit.batch(Batch(id="b2", app="bank", created_at=BASE, complete=False, rows=5))
    audit.batch(Batch(id="b3", app="bank", created_at=BASE - 31 * 86_400, complete=True, rows=5))
    assert audit.wrong == []
    audit.batch(Batch(id="b4", app="bank", created_at=BASE, complete=True, rows=1))

    assert [finding.ids for finding in audit.wrong] == [["b4"]]
