"""The road in: what a message becomes, and when it is on disk, answered and handed down."""

import pytest

from gateway.errors import Refusal, StoreError
from gateway.message import Content, Event, Message, Status
from portability.source import NeedsAsking
from tests.intake.desk import ASKED, TELCEL, Desk, a_submission
from tests.support.store import turns


async def test_submission_becomes_a_message_on_disk(desk: Desk) -> None:
    message = await desk.taken(to="+52 1 55 1000 0000", reference="r1", batch="b1", extras={"k": "v"}, callback="u")

    now = desk.clock.utc()
    assert message == Message(
        id=message.id, app="bank", lane="fast", interface="http", to=TELCEL, sender="45555", network="telcel",
        content=Content("hola"), created_at=now, expires_at=now + 300, reference="r1", batch="b1", receipt="final",
        callback="u", extras={"k": "v"}, carriers=("telcel",), carrier="telcel", status=Status.ACCEPTED,
        updated_at=now, events=(Event(now, Status.ACCEPTED),),
    )  # fmt: skip
    assert await desk.store.message(message.id) == message


async def test_message_is_answered_and_handed_down_only_after_the_commit(desk: Desk) -> None:
    desk.submit(reference="r1")
    assert desk.log == []

    await desk.settled()

    assert desk.log == [("answered", "r1"), ("handed", "r1")]


async def test_message_is_handed_down_even_if_whoever_asked_is_gone(desk: Desk) -> None:
    def gone(argument: object, message: Message, error: StoreError | None) -> None:
        raise ConnectionResetError

    desk.intake.submit(a_submission(), gone)
    await desk.settled()

    assert len(desk.handed) == 1


async def test_store_error_is_told_and_nothing_is_kept(desk: Desk) -> None:
    desk.store.away = True
    desk.submit(reference="r1")
    await turns(20)

    assert desk.log == [("failed", "r1")]
    assert str(desk.errors[0]) == "the disk is full"
    refused = desk.refusal()
    assert (refused.code, refused.retry_after_s, refused.answer.http_status) == ("store_unavailable", 1.0, 503)
    desk.store.away = False


async def test_fast_message_goes_ahead_of_bulk_that_was_said_before(desk: Desk) -> None:
    for n in range(3):
        desk.submit(lane="bulk", reference=f"bulk{n}")
    desk.submit(reference="otp")
    await desk.settled()

    assert next(what for what in desk.log if what[0] == "answered") == ("answered", "otp")
    assert len(desk.handed) == 4


async def test_scheduled_message_waits_on_disk_and_its_ttl_runs_from_then(desk: Desk) -> None:
    send_at = desk.clock.utc() + 3_600
    message = await desk.taken(send_at=send_at)

    assert (message.status, message.send_at, message.expires_at) == (Status.SCHEDULED, send_at, send_at + 300)
    assert desk.handed == []
    assert [row.id for row in await desk.store.due(send_at, 10)] == [message.id]


async def test_message_whose_moment_is_past_goes_at_once(desk: Desk) -> None:
    message = await desk.taken(send_at=desk.clock.utc() - 1)

    assert (message.status, message.send_at, message.expires_at) == (Status.ACCEPTED, 0.0, desk.clock.utc() + 300)


async def test_message_of_a_paused_batch_stays_on_disk(desk: Desk) -> None:
    message = await desk.taken(lane="bulk", status=Status.PAUSED)

    assert (message.status, desk.handed) == (Status.PAUSED, [])


@pytest.mark.parametrize(
    ("asked", "lane", "ttl"),
    [(None, "fast", 300), (60.0, "fast", 60), (9_999.0, "fast", 300), (9_999.0, "bulk", 9_999)],
)
async def test_ttl_is_what_was_asked_for_up_to_the_lanes(
    desk: Desk, asked: float | None, lane: str, ttl: float
) -> None:
    message = await desk.taken(ttl_s=asked, lane=lane)

    assert message.expires_at == desk.clock.utc() + ttl


async def test_number_that_must_be_asked_outside_goes_the_waiting_way(desk: Desk) -> None:
    assert isinstance(desk.submit(to=ASKED), NeedsAsking)
    await desk.settled()
    assert desk.log == []

    await desk.intake.submit_asking(a_submission(to=ASKED), desk.done)
    await desk.settled()

    assert (desk.accepted[0].network, len(desk.handed)) == ("telcel", 1)


async def test_refusal_comes_the_waiting_way_too(desk: Desk) -> None:
    with pytest.raises(Refusal, match="invalid_number"):
        await desk.intake.submit_asking(a_submission(to="1"), desk.done)
    with pytest.raises(Refusal, match="ttl_expired"):
        await desk.intake.submit_asking(a_submission(to=ASKED, ttl_s=0), desk.done)
