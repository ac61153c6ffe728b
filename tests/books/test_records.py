"""A message as billing sees it: a record a segment, its moments from the history, its price once a carrier took it."""

from decimal import Decimal

import pytest

from gateway.books.period import By, Period
from gateway.books.records import COLUMNS, Record, records
from gateway.explain import Price
from gateway.message import Content, Event, Message, Segment, Status
from gateway.moves import fail
from tests.support.store import BASE, a_message, submitted

ALWAYS = Period(0.0, BASE * 2)
PRICES = {"telcel": Price("MXN", Decimal("0.18"))}


def of(message: Message, period: Period = ALWAYS) -> list[Record]:
    return list(records(message, PRICES, period))


def delivered(message: Message, at: float) -> Message:
    submitted(message)
    message.status = message.segments[0].status = Status.DELIVERED
    message.events += (Event(at, Status.DELIVERED, "telcel", "telcel-1", None, "a1b2", "DELIVRD", 1),)
    message.segments[0].bind, message.segments[0].command_status = "telcel-1", 0
    return message


def test_record_of_a_delivered_segment_has_every_column() -> None:
    message = delivered(a_message(0, reference="orden 7", batch="b1"), BASE + 9)

    (record,) = of(message)

    assert record._asdict() == {
        "message_id": message.id,
        "segment": 1,
        "segments": 1,
        "app": "bank",
        "batch": "b1",
        "reference": "orden 7",
        "from_": "45555",
        "to": "+5215512345678",
        "lane": "bulk",
        "network": "telcel",
        "carrier": "telcel",
        "bind": "telcel-1",
        "carrier_message_id": "a1b2",
        "accepted_at": "2023-11-14T22:13:20.000Z",
        "submitted_at": "2023-11-14T22:13:21.000Z",
        "final_at": "2023-11-14T22:13:29.000Z",
        "status": "delivered",
        "command_status": 0,
        "error": None,
        "price": "0.18",
        "currency": "MXN",
        "interface": "http",
    }
    assert COLUMNS[6] == "from"


def test_segments_taken_by_two_carriers_are_priced_by_each_and_the_refused_one_costs_nothing() -> None:
    message = a_message(
        0,
        status=Status.REJECTED,
        error_code="carrier_refused",
        segments=(
            Segment(1, Status.UNDELIVERED, "telcel", "telcel-1", "1", 0, "034"),
            Segment(2, Status.SUBMITTED, "other", "o-1", "2", 0),
            Segment(3, Status.REJECTED, "", "", "", 0x0B),
        ),
        events=(
            Event(BASE + 1, Status.SUBMITTED, "telcel", "telcel-1", 0, "1", "", 1),
            Event(BASE + 1, Status.SUBMITTED, "other", "o-1", 0, "2", "", 2),
            Event(BASE + 2, Status.SUBMITTED, "other", "o-1", None, "2", "ACCEPTD", 2),
            Event(BASE + 3, Status.REJECTED, "telcel", segment=3),
            Event(BASE + 4, Status.UNDELIVERED, "telcel", "telcel-1", None, "1", "UNDELIV", 1),
        ),
    )

    one, two, three = of(message)

    assert [each.price for each in (one, two, three)] == ["0.18", None, None]
    assert [each.error for each in (one, two, three)] == ["034", None, "carrier_refused"]
    assert (two.submitted_at or "")[-13:] == "22:13:21.000Z"  # the answer, not the receipt that ended nothing
    assert two.final_at is None
    assert (three.submitted_at, (three.final_at or "")[-13:]) == (None, "22:13:23.000Z")


def test_message_that_no_carrier_was_given_has_a_record_for_each_segment_it_would_take() -> None:
    message = a_message(0, content=Content(text="long", parts=3), segments=())
    fail(message, Status.REJECTED, "no_route", "none", Event(BASE + 5, Status.REJECTED))

    found = of(message)

    assert [(each.segment, each.segments, each.status, each.error) for each in found] == [
        (n, 3, "rejected", "no_route") for n in (1, 2, 3)
    ]
    assert {each.final_at for each in found} == {"2023-11-14T22:13:25.000Z"}


@pytest.mark.parametrize(("by", "at"), [("accepted", 0), ("submitted", 1), ("final", 9)])
def test_segment_belongs_to_the_one_period_that_holds_its_moment(by: By, at: float) -> None:
    message = delivered(a_message(0), BASE + 9)

    assert len(of(message, Period(BASE + at, BASE + at + 1, by))) == 1
    assert of(message, Period(BASE + at - 1, BASE + at, by)) == []


def test_segment_that_has_not_come_so_far_is_in_no_period() -> None:
    assert of(a_message(0), Period(0.0, BASE * 2, "submitted")) == []
    assert of(submitted(a_message(0)), Period(0.0, BASE * 2, "final")) == []
