"""Receipts of messages of several segments."""

import pytest
from structlog.testing import capture_logs

from gateway.message import Event, Message, Status
from gateway.moves import move_segment
from tests.receipts.desk import Desk, text
from tests.support.store import turns

S = Status


async def test_message_of_several_segments_ends_with_the_last_receipt(desk: Desk) -> None:
    message = await desk.submitted("a1", "a2", "a3")

    await desk.receive("a3")
    await desk.receive("a1")
    assert (message.status, desk.told) == (S.SUBMITTED, [])
    await desk.receive("a2")

    assert ((await desk.stored(message)).status, desk.told) == (S.DELIVERED, [S.DELIVERED])


@pytest.fixture
async def first(desk: Desk) -> Desk:
    """A carrier that sends a receipt for the first part of a long message only."""
    desk.receipt_parts = "first"
    desk.start()
    return desk


@pytest.mark.parametrize(("receipt_parts", "named"), [("first", "a1"), ("last", "a3")])
@pytest.mark.parametrize(("stat", "status"), [("DELIVRD", S.DELIVERED), ("UNDELIV", S.UNDELIVERED)])
async def test_case_24_one_parts_receipt_counts_for_all_where_the_carrier_sends_no_other(
    desk: Desk, receipt_parts: str, named: str, stat: str, status: Status
) -> None:
    desk.receipt_parts = receipt_parts
    desk.start()
    message = await desk.submitted("a1", "a2", "a3")

    await desk.receive(named, stat, err="021")

    kept = await desk.stored(message)
    assert (kept.status, [segment.status for segment in kept.segments]) == (status, [status] * 3)
    assert (desk.told, desk.answers, len(desk.correlation)) == ([status], [True], 0)
    assert desk.counted == {("receipt", "telcel", stat): 1}
    assert (kept.error_code == "") is (status is S.DELIVERED)


async def test_case_24_receipt_of_another_part_counts_for_itself_alone(first: Desk) -> None:
    message = await first.submitted("a1", "a2")

    await first.receive("a2", "UNDELIV")
    assert message.status is S.SUBMITTED
    await first.receive("a1")

    assert [segment.status for segment in message.segments] == [S.DELIVERED, S.UNDELIVERED]
    assert (message.status, first.told) == (S.UNDELIVERED, [S.UNDELIVERED])


async def test_case_24_part_that_is_taken_after_the_receipt_comes_to_what_it_said(first: Desk) -> None:
    message = await first.accepted(3)
    first.respond(message, "a1", 1)
    first.respond(message, "a2", 2)
    await first.receive("a1", "UNDELIV", err="021")
    assert [segment.status for segment in message.segments] == [S.UNDELIVERED, S.UNDELIVERED, S.ACCEPTED]

    first.respond(message, "a3", 3)
    await first.settled()

    kept = await first.stored(message)
    assert (kept.status, kept.segments[2].status) == (S.UNDELIVERED, S.UNDELIVERED)
    assert "021" in kept.error_detail
    assert (first.told, len(first.correlation)) == ([S.UNDELIVERED], 0)


async def test_case_24_receipt_before_its_response_counts_for_all_once_matched(first: Desk) -> None:
    message = await first.accepted(2)
    await first.receive("a1")

    first.respond(message, "a2", 2)
    first.respond(message, "a1", 1)
    await first.settled()

    assert ((await first.stored(message)).status, first.told) == (S.DELIVERED, [S.DELIVERED])


async def test_case_24_receipt_after_its_ids_were_spilled_counts_for_all(first: Desk) -> None:
    message = await first.submitted("a1", "a2")
    first.clock.advance(901)
    first.correlation.tick(first.clock.utc())
    await first.settled()
    assert first.correlation.spilled == 2

    await first.receive("a1")

    assert (await first.stored(message)).status is S.DELIVERED
    assert (first.told, first.correlation.spilled) == ([S.DELIVERED], 0)


async def test_case_24_unknown_of_the_one_is_bettered_for_all(first: Desk) -> None:
    message = await first.submitted("a1", "a2")

    await first.receive("a1", "UNKNOWN")
    assert [segment.status for segment in message.segments] == [S.UNKNOWN] * 2
    await first.receive("a1")

    assert [segment.status for segment in message.segments] == [S.DELIVERED] * 2
    assert first.told == [S.UNKNOWN, S.DELIVERED]


async def test_case_24_transient_receipt_of_the_one_says_nothing_of_the_others(first: Desk) -> None:
    message = await first.submitted("a1", "a2")

    await first.receive("a1", "ENROUTE")

    assert [event.segment for event in message.events if event.detail == "ENROUTE"] == [1]
    assert len(first.correlation) == 2


async def test_case_24_receipts_of_all_parts_are_no_trouble_where_one_was_expected(first: Desk) -> None:
    message = await first.submitted("a1", "a2")

    for key in ("a1", "a2"):
        await first.receive(key)

    assert (message.status, first.told, first.answers) == (S.DELIVERED, [S.DELIVERED], [True, True])
    assert [event.status for event in message.events] == [S.SUBMITTED] * 2 + [S.DELIVERED] * 2


async def test_error_is_that_of_the_part_that_failed_and_not_of_the_last_receipt(desk: Desk) -> None:
    message = await desk.submitted("a1", "a2")

    await desk.receive("a1", "UNDELIV", err="021")
    await desk.receive("a2", "DELIVRD", err="000")

    kept = await desk.stored(message)
    assert (kept.status, kept.error_detail) == (S.UNDELIVERED, "The carrier's receipt says undelivered (err 021).")


async def test_refused_part_keeps_its_error_when_the_other_is_delivered(desk: Desk) -> None:
    message = await desk.accepted(2)
    desk.respond(message, "a1", 1)
    message.error_code, message.error_detail = "carrier_refused", "telcel answered ESME_RINVDSTADR."
    move_segment(message, message.segments[1], S.REJECTED, Event(1.0, S.REJECTED))

    await desk.receive("a1")

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code) == (S.REJECTED, "carrier_refused")


async def apart(desk: Desk) -> Message:
    """A message whose first segment's id was spilled, while the second's is in memory."""
    message = await desk.accepted(2)
    desk.respond(message, "a1", 1)
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    desk.respond(message, "a2", 2)
    await desk.settled()
    return message


async def test_segments_in_different_tiers_are_parts_of_one_object(desk: Desk) -> None:
    message = await apart(desk)

    await desk.receive("a1")
    assert message.segments[0].status is S.DELIVERED
    await desk.receive("a2")

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_quick_receipt_during_the_look_up_of_a_late_one_is_not_lost(desk: Desk) -> None:
    message = await apart(desk)

    for rounds in range(12):  # wherever the look-up stands when the other receipt comes
        desk.receipts.receive(desk.sources[0], text("a1", "ENROUTE" if rounds % 2 else "ACCEPTD"), desk.answer)
        await turns(rounds)
        desk.receipts.receive(desk.sources[0], text("a2", "ENROUTE" if rounds % 2 else "ACCEPTD"), desk.answer)
        await desk.settled()
    desk.receipts.receive(desk.sources[0], text("a1"), desk.answer)
    await turns(2)
    desk.receipts.receive(desk.sources[0], text("a2"), desk.answer)
    await desk.settled()

    assert (await desk.stored(message)).status is S.DELIVERED
    assert desk.told == [S.DELIVERED]


async def test_late_receipt_changes_the_object_that_is_still_in_its_lane(desk: Desk) -> None:
    """A second part waits to be tried again for a quarter of an hour; meanwhile the first part's id was spilled."""
    message = await desk.accepted(2)
    desk.live[message.id] = message
    desk.respond(message, "a1", 1)
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())

    await desk.receive("a1")
    assert message.segments[0].status is S.DELIVERED
    del desk.live[message.id]
    desk.respond(message, "a2", 2)
    await desk.receive("a2")

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_two_late_receipts_of_one_message_in_one_slice_both_count(desk: Desk) -> None:
    message = await desk.submitted("a1", "a2")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    desk.correlation.tick(desk.clock.utc())

    for name in ("a1", "a2"):
        desk.receipts.receive(desk.sources[0], text(name), desk.answer)
    await desk.settled()

    assert ((await desk.stored(message)).status, desk.told) == (S.DELIVERED, [S.DELIVERED])


async def test_receipt_for_a_segment_there_is_not_is_said_and_answered(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.correlation.add("a9", message, 9, desk.clock.utc())

    with capture_logs() as logs:
        await desk.receive("a9")

    assert ([entry["event"] for entry in logs], desk.answers) == (["receipt_for_no_segment"], [True])
