"""What a receipt says, and what becomes of its message."""

import pytest
from structlog.testing import capture_logs

from gateway.message import Status
from gateway.smpp.pdu import DeliverSm
from gateway.smpp.receipt import read
from gateway.smpp.spec import MessageState
from tests.receipts.desk import Desk, text, tlvs

S = Status


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("DELIVRD", S.DELIVERED),
        ("EXPIRED", S.EXPIRED),
        ("DELETED", S.UNDELIVERED),
        ("UNDELIV", S.UNDELIVERED),
        ("FAILED", S.UNDELIVERED),
        ("REJECTD", S.UNDELIVERED),
        ("UNKNOWN", S.UNKNOWN),
        ("ACCEPTD", S.SUBMITTED),
        ("ENROUTE", S.SUBMITTED),
        ("NEWWORD", S.SUBMITTED),
    ],
)
async def test_stat_decides_the_status(desk: Desk, stat: str, status: Status) -> None:
    message = await desk.submitted("a1")

    await desk.receive("a1", stat)

    kept = await desk.stored(message)
    assert kept.status is status
    assert kept.error_code == ("" if status in (S.DELIVERED, S.SUBMITTED) else status.word)
    assert desk.told == ([] if status is S.SUBMITTED else [status])


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (MessageState.DELIVERED, "DELIVRD"),
        (MessageState.UNDELIVERABLE, "UNDELIV"),
        (MessageState.ACCEPTED, "ACCEPTD"),
        (MessageState.REJECTED, "REJECTD"),
        (MessageState.ENROUTE, "ENROUTE"),
        (MessageState.SKIPPED, "SKIPPED"),
        (77, "none"),
    ],
)
async def test_receipt_is_counted_under_the_word_of_appendix_b(desk: Desk, state: int, label: str) -> None:
    await desk.submitted("a1")

    desk.receipts.receive(desk.sources[0], read(DeliverSm(esm_class=4, tlvs=tlvs("a1", state))), desk.answer)
    await desk.settled()

    assert desk.counted == {("receipt", "telcel", label): 1}


async def test_receipt_that_comes_twice_changes_nothing_the_second_time(desk: Desk) -> None:
    message = await desk.submitted("a1")
    await desk.receive("a1")
    before = await desk.stored(message)

    await desk.receive("a1")

    assert await desk.stored(message) == before
    assert (desk.told, desk.answers) == ([S.DELIVERED], [True, True])
    assert await desk.store.parked_since(0) == []


async def test_contradiction_after_the_last_receipt_is_logged_and_changes_nothing(desk: Desk) -> None:
    message = await desk.submitted("a1")
    await desk.receive("a1")

    with capture_logs() as logs:
        await desk.receive("a1", "UNDELIV", err="021")

    kept = await desk.stored(message)
    assert (kept.status, kept.segments[0].error, kept.error_code) == (S.DELIVERED, "000", "")
    assert [entry["event"] for entry in logs] == ["receipt_contradicts"]


async def test_transient_receipt_after_the_last_one_is_answered_quietly(desk: Desk) -> None:
    await desk.submitted("a1")
    await desk.receive("a1")

    with capture_logs() as logs:
        await desk.receive("a1", "ENROUTE")

    assert (logs, desk.answers, desk.told) == ([], [True, True], [S.DELIVERED])


async def test_intermediate_receipts_are_history_once_each(desk: Desk) -> None:
    message = await desk.submitted("a1")
    for stat in ("ENROUTE", "ENROUTE", "ACCEPTD", "ENROUTE"):
        await desk.receive("a1", stat)

    details = [event.detail for event in (await desk.stored(message)).events if event.segment and event.detail]
    assert details == ["ENROUTE", "ACCEPTD", "ENROUTE"]
    assert (desk.told, desk.finals, message.status) == ([], [], S.SUBMITTED)


async def test_intermediate_notification_is_never_final(desk: Desk) -> None:
    message = await desk.submitted("a1")

    desk.receipts.receive(desk.sources[0], text("a1", "DELIVRD", esm_class=0x20), desk.answer)
    await desk.settled()

    assert message.status is S.SUBMITTED


async def test_history_does_not_grow_for_ever(desk: Desk) -> None:
    message = await desk.submitted("a1")
    for n in range(150):
        desk.receipts.receive(desk.sources[0], text("a1", ("ENROUTE", "ACCEPTD")[n % 2]), desk.answer)
    await desk.settled()

    assert len(message.events) == 100
    assert len(desk.answers) == 150


async def test_unknown_becomes_delivered_when_the_carrier_knows_better(desk: Desk) -> None:
    message = await desk.submitted("a1")
    await desk.receive("a1", "UNKNOWN")
    assert (message.status, message.error_code) == (S.UNKNOWN, "unknown")

    await desk.receive("a1")

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code, kept.error_detail) == (S.DELIVERED, "", "")
    assert desk.told == [S.UNKNOWN, S.DELIVERED]


async def test_unknown_becomes_delivered_after_its_id_was_spilled(desk: Desk) -> None:
    message = await desk.submitted("a1")
    await desk.receive("a1", "UNKNOWN")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())

    await desk.receive("a1", "UNDELIV")

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code) == (S.UNDELIVERED, "undelivered")
