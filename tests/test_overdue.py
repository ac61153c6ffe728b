"""Receipts that never come: when a message ends without one, and what still counts afterwards."""

from collections.abc import AsyncIterator

import pytest

from gateway.message import Content, Event, Message, Segment, Status
from gateway.moves import move_segment
from gateway.overdue import WHOLE_S, Overdue
from tests.receipts.desk import Desk as ReceiptsDesk
from tests.receipts.desk import text
from tests.support.store import turns

S = Status
TTL = 300.0
GRACE_S = 86_400.0
BULK_GRACE_S = 600.0


class Desk(ReceiptsDesk):
    """The road back with its sweep."""

    def start(self) -> None:
        super().start()
        self.forgotten: list[str] = []
        self.overdue = Overdue(
            self.store,
            self.commits,
            utc=self.clock.utc,
            reading=self.receipts.reading,
            tell=self.receipts.tell,
            forget=self._forget,
            grace_s={"fast": GRACE_S, "bulk": BULK_GRACE_S},
        )

    def _forget(self, segment: Segment) -> None:
        self.forgotten.append(segment.carrier_message_id)
        self.correlation.give_up(segment.carrier_message_id)

    async def sweep(self) -> int:
        ended = await self.overdue.sweep()
        await self.settled()
        return ended


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


async def test_message_without_a_receipt_ends_as_unknown_a_day_after_its_ttl(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.clock.advance(TTL + GRACE_S - 1)
    assert await desk.sweep() == 0

    desk.clock.advance(2)
    assert await desk.sweep() == 1

    kept = await desk.stored(message)
    assert (kept.status, kept.segments[0].status, kept.error_code) == (S.UNKNOWN, S.UNKNOWN, "unknown")
    assert kept.events[-1] == Event(desk.clock.utc(), S.UNKNOWN, "telcel", detail="no receipt came", segment=1)
    assert (desk.told, desk.forgotten) == ([S.UNKNOWN], ["a1"])
    assert await desk.sweep() == 0


async def test_message_is_given_the_grace_of_its_lane(desk: Desk) -> None:
    await _quickly_submitted(desk, 1)
    await desk.settled()
    desk.clock.advance(TTL + BULK_GRACE_S - 1)
    assert await desk.sweep() == 0

    desk.clock.advance(2)
    assert await desk.sweep() == 1


async def test_receipt_after_the_end_still_betters_it(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    desk.clock.advance(TTL + GRACE_S + 1)
    await desk.sweep()
    assert desk.correlation.spilled == 0

    await desk.receive("a1")

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code, desk.told) == (S.DELIVERED, "", [S.UNKNOWN, S.DELIVERED])


async def test_message_with_a_longer_ttl_is_looked_at_again(desk: Desk) -> None:
    first = await desk.submitted("a1")
    first.expires_at += 3_600
    desk.commits.update(first)
    await desk.submitted("a2")
    desk.clock.advance(TTL + GRACE_S + 60)
    assert await desk.sweep() == 1

    desk.clock.advance(3_600)
    assert await desk.sweep() == 1
    assert first.id in {parcel.delivery.subject for parcel in desk.offered}


async def test_message_submitted_long_after_it_was_made_is_not_passed_by_for_ever(desk: Desk) -> None:
    """It was scheduled for a week later: the sweep had gone past its id by then."""
    message = await desk.accepted()
    for _ in range(7):
        desk.clock.advance(GRACE_S)
        await desk.sweep()
    message.expires_at = desk.clock.utc() + TTL
    desk.respond(message, "a1")
    await desk.settled()

    desk.clock.advance(TTL + GRACE_S + 1)
    swept = await desk.sweep()
    desk.clock.advance(WHOLE_S)
    swept += await desk.sweep()

    assert (swept, (await desk.stored(message)).status) == (1, S.UNKNOWN)


async def test_message_of_which_one_part_has_its_receipt_ends_with_the_sum(desk: Desk) -> None:
    delivered, failed = await desk.submitted("a1", "a2"), await desk.submitted("b1", "b2")
    await desk.receive("a1")
    await desk.receive("b1", "UNDELIV", err="021")
    desk.clock.advance(TTL + GRACE_S + 1)

    assert await desk.sweep() == 2

    assert ((await desk.stored(delivered)).status, desk.forgotten) == (S.UNKNOWN, ["a2", "b2"])
    kept = await desk.stored(failed)
    assert (kept.status, kept.error_code) == (S.UNDELIVERED, "undelivered")


async def test_part_that_was_refused_keeps_its_error(desk: Desk) -> None:
    message = await desk.accepted(2)
    desk.respond(message, "a1")
    message.error_code, message.error_detail = "carrier_refused", "No."
    move_segment(message, message.segments[1], S.REJECTED, Event(1.0, S.REJECTED))
    desk.commits.update(message)
    desk.clock.advance(TTL + GRACE_S + 1)

    await desk.sweep()

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code, kept.error_detail) == (S.REJECTED, "carrier_refused", "No.")


async def test_more_than_a_slice_ends_in_one_sweep(desk: Desk) -> None:
    messages = [await _quickly_submitted(desk, n) for n in range(1_100)]
    await desk.settled()
    desk.clock.advance(TTL + GRACE_S + 1)

    assert await desk.sweep() == len(messages)
    assert {message.status for message in await desk.store.messages([m.id for m in messages])} == {S.UNKNOWN}


async def _quickly_submitted(desk: Desk, n: int) -> Message:
    message = Message(
        id=desk.new_id(), app="bank", lane="bulk", interface="http", to="525512345678", sender="", network="telcel",
        content=Content("hola"), created_at=desk.clock.utc(), expires_at=desk.clock.utc() + TTL, status=S.SUBMITTED,
        segments=(Segment(1, S.SUBMITTED, "telcel", "telcel-1", f"x{n}"),), receipt="none",
    )  # fmt: skip
    desk.commits.accept(message, lambda *_: None)
    return message


async def test_receipt_that_comes_while_the_sweep_reads_is_what_counts(desk: Desk) -> None:
    for turn in range(14):
        message = await desk.submitted(f"a{turn}")
        desk.clock.advance(901)
        desk.correlation.tick(desk.clock.utc())
        await desk.settled()
        desk.clock.advance(TTL + GRACE_S + 1)
        desk.offered.clear()

        desk.receipts.receive(desk.sources[0], text(f"a{turn}"), desk.answer)
        await turns(turn)
        await desk.sweep()

        kept = await desk.stored(message)
        assert kept.status is S.DELIVERED
        assert [status for status in desk.told if status is not S.UNKNOWN] == [S.DELIVERED]


async def test_message_that_waits_or_has_ended_is_left_alone(desk: Desk) -> None:
    waiting, ended = await desk.accepted(), await desk.submitted("a1")
    await desk.receive("a1")
    desk.clock.advance(TTL + GRACE_S + 1)

    assert await desk.sweep() == 0
    assert [(await desk.stored(each)).status for each in (waiting, ended)] == [S.ACCEPTED, S.DELIVERED]
