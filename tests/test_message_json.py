from datetime import UTC, datetime

import pytest

from gateway.message import Content, Event, Inbound, Message, Segment, Status
from gateway.message_json import event_object, inbound_object, message_object, time_text

AT = 1_795_414_506.123
TEXT = "2026-11-23T06:15:06.123Z"


def a_message(**fields: object) -> Message:
    return Message(
        **{
            "id": "0193", "app": "bank", "lane": "fast", "interface": "http", "to": "525512345678", "sender": "45555",
            "network": "telcel", "content": Content("hola", settled="ucs2", parts=2), "created_at": AT,
            "expires_at": AT + 300,
        }
        | fields
    )  # type: ignore[arg-type]  # fmt: skip


def test_message_object_has_every_field_from_the_start() -> None:
    assert message_object(a_message()) == {
        "id": "0193",
        "app": "bank",
        "batch": None,
        "reference": None,
        "tags": [],
        "to": "+525512345678",
        "from": "45555",
        "lane": "fast",
        "status": "accepted",
        "network": "telcel",
        "carrier": None,
        "encoding": "ucs2",
        "segments": 2,
        "created_at": TEXT,
        "updated_at": TEXT,
        "error": None,
        "events": [],
    }


def test_message_object_tells_how_far_it_came() -> None:
    moved = a_message(
        status=Status.REJECTED, carrier="telcel", batch="b1", reference="r1", updated_at=AT + 1,
        segments=tuple(Segment(number) for number in (1, 2, 3)), error_code="carrier_refused",
        error_detail="ESME_RINVDSTADR",
        events=(Event(AT, Status.ACCEPTED),),
    )  # fmt: skip
    shown = message_object(moved)
    assert (shown["status"], shown["carrier"], shown["batch"], shown["reference"]) == ("rejected", "telcel", "b1", "r1")
    assert shown["segments"] == 3
    assert shown["updated_at"] == "2026-11-23T06:15:07.123Z"
    assert shown["error"] == {"code": "carrier_refused", "detail": "ESME_RINVDSTADR"}
    assert shown["events"] == [event_object(Event(AT, Status.ACCEPTED))]


def test_event_object_has_every_field() -> None:
    assert event_object(Event(AT, Status.ACCEPTED)) == {
        "at": TEXT,
        "status": "accepted",
        "carrier": None,
        "bind": None,
        "command_status": None,
        "carrier_message_id": None,
        "segment": None,
        "detail": None,
    }
    assert event_object(Event(AT, Status.SUBMITTED, "telcel", "telcel-1", 0, "5F3A09C1", "taken", 2)) == {
        "at": TEXT,
        "status": "submitted",
        "carrier": "telcel",
        "bind": "telcel-1",
        "command_status": 0,
        "carrier_message_id": "5F3A09C1",
        "segment": 2,
        "detail": "taken",
    }


def an_inbound(**fields: object) -> Inbound:
    plain = {
        "id": "0194", "app": "bank", "carrier": "telcel", "to": "45555", "sender": "525512345678", "text": "ACEPTO ya",
        "received_at": AT,
    }  # fmt: skip
    return Inbound(**(plain | fields))  # type: ignore[arg-type]


def test_inbound_object_has_every_field() -> None:
    assert inbound_object(an_inbound()) == {
        "id": "0194",
        "to": "45555",
        "from": "+525512345678",
        "text": "ACEPTO ya",
        "network": None,
        "carrier": "telcel",
        "keyword": None,
        "received_at": TEXT,
        "in_reply_to": None,
        "data": None,
        "data_coding": 0,
        "incomplete": None,
    }


@pytest.mark.parametrize("sender", ["BANCO", "45555", ""])
def test_inbound_object_leaves_a_sender_that_is_no_number(sender: str) -> None:
    assert inbound_object(an_inbound(sender=sender))["from"] == sender


def test_inbound_object_shows_octets_in_hex() -> None:
    shown = inbound_object(an_inbound(text="", data=b"\x00\xff", data_coding=4, incomplete="2 of 3"))
    assert (shown["data"], shown["data_coding"], shown["incomplete"]) == ("00ff", 4, "2 of 3")


@pytest.mark.parametrize(
    ("epoch_s", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (AT, TEXT),
        (1_795_414_506.9999, "2026-11-23T06:15:06.999Z"),
        (1_795_414_507.0, "2026-11-23T06:15:07.000Z"),
    ],
)
def test_time_text_is_utc_with_milliseconds(epoch_s: float, text: str) -> None:
    assert time_text(epoch_s) == text


def test_time_text_reads_back_to_each_millisecond() -> None:
    for millisecond in range(1000):
        read = datetime.fromisoformat(time_text(1_795_414_506 + millisecond / 1000))
        assert read == datetime.fromtimestamp(1_795_414_506, UTC).replace(microsecond=millisecond * 1000)
