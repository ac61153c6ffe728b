"""Receipts in every order, at every time and place, and what may be none: which message they are of."""

import pytest

from gateway.carriers.message_ids import MessageIds
from gateway.correlation import Correlation
from gateway.message import Event, Status
from gateway.receipts import Source
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import read
from gateway.smpp.spec import Tag
from tests.receipts.desk import Desk, text, tlvs
from tests.support.store import turns

S = Status


async def test_receipt_after_the_response_ends_the_message_and_tells_the_app(desk: Desk) -> None:
    message = await desk.submitted("a1")

    desk.clock.advance(3.0)
    await desk.receive("a1")

    kept = await desk.stored(message)
    assert (kept.status, kept.segments[0].status, kept.error_code) == (S.DELIVERED, S.DELIVERED, "")
    assert kept.events[-1] == Event(desk.clock.utc(), S.DELIVERED, "telcel", "telcel-1", None, "a1", "DELIVRD", 1)
    assert (desk.told, desk.answers) == ([S.DELIVERED], [True])
    assert desk.finals == [(message.id, S.DELIVERED, desk.clock.utc() - 3.0)]
    assert desk.counted == {("receipt", "telcel", "DELIVRD"): 1}
    assert len(desk.correlation) == 0


async def test_carrier_is_answered_only_after_the_commit(desk: Desk) -> None:
    await desk.submitted("a1")

    desk.receipts.receive(desk.sources[0], text("a1"), desk.answer)
    assert (desk.answers, desk.offered) == ([], [])

    await desk.settled()
    assert (desk.answers, desk.told) == ([True], [S.DELIVERED])


async def test_case_23_receipt_over_another_bind_finds_its_message(desk: Desk) -> None:
    message = await desk.submitted("a1")

    await desk.receive("a1", bind=1)

    assert (await desk.stored(message)).events[-1].bind == "telcel-2"


async def test_receipt_before_its_response_waits_for_it(desk: Desk) -> None:
    message = await desk.accepted()
    await desk.receive("a1", bind=1)
    assert (desk.answers, await desk.store.parked("telcel", ["a1"]) != []) == ([True], True)

    desk.respond(message, "a1")
    await desk.settled()

    kept = await desk.stored(message)
    assert kept.status is S.DELIVERED
    assert desk.told == [S.DELIVERED]
    assert await desk.store.parked("telcel", ["a1"]) == []
    assert desk.counted == {("receipt", "telcel", "DELIVRD"): 1}
    desk.clock.advance(500)
    desk.receipts.tick()
    assert ("unmatched", "telcel") not in desk.counted


async def test_response_that_comes_while_the_store_is_asked_is_not_missed(desk: Desk) -> None:
    message = await desk.accepted()

    desk.receipts.receive(desk.sources[0], text("a1"), desk.answer)
    await turns(1)
    desk.respond(message, "a1")
    await desk.settled()

    assert (await desk.stored(message)).status is S.DELIVERED
    assert desk.answers == [True]


@pytest.mark.parametrize(
    ("parked", "status"), [(("DELIVRD", "ACCEPTD"), S.DELIVERED), (("ENROUTE", "UNDELIV"), S.UNDELIVERED)]
)
async def test_final_receipt_counts_whether_a_transient_one_is_parked_before_or_behind_it(
    desk: Desk, parked: tuple[str, str], status: Status
) -> None:
    message = await desk.accepted()
    for stat in parked:
        await desk.receive("a1", stat)

    desk.respond(message, "a1")
    await desk.settled()

    assert (await desk.stored(message)).status is status


async def test_parked_receipt_finds_its_message_after_a_restart(desk: Desk) -> None:
    message = await desk.accepted()
    await desk.receive("a1", "UNDELIV", err="021")

    desk.start()
    desk.receipts.restore(await desk.store.parked_since(desk.clock.utc() - 3600))
    desk.respond(message, "a1")
    await desk.settled()

    kept = await desk.stored(message)
    assert (kept.status, kept.error_code) == (S.UNDELIVERED, "undelivered")
    assert "021" in kept.error_detail


async def test_receipt_for_an_unknown_id_is_answered_kept_and_counted_once_it_is_hopeless(desk: Desk) -> None:
    await desk.receive("zzz")
    assert (desk.answers, desk.counted) == ([True], {})

    desk.clock.advance(121)
    desk.receipts.tick()
    desk.receipts.tick()

    assert desk.counted == {("unmatched", "telcel"): 1}
    assert [row.carrier_message_id for row in await desk.store.parked_since(0)] == ["zzz"]


async def test_old_parked_receipt_is_not_taken_for_that_of_an_id_used_again(desk: Desk) -> None:
    await desk.receive("1")
    desk.clock.advance(3_601)

    message = await desk.submitted("1")

    assert message.status is S.SUBMITTED


async def test_receipt_that_can_be_read_in_two_ways_leaves_nothing_behind_once_matched(desk: Desk) -> None:
    desk.ids = MessageIds("auto")
    desk.start()
    first = await desk.accepted()
    await desk.receive("1234")
    desk.respond(first, "1234")

    second = await desk.submitted("4660")  # 0x1234
    third = await desk.submitted("4d2")  # 1234 in hexadecimal

    assert (first.status, second.status, third.status) == (S.DELIVERED, S.SUBMITTED, S.SUBMITTED)
    assert await desk.store.parked_since(0) == []


async def test_receipt_read_in_two_ways_leaves_nothing_behind_after_a_restart_either(desk: Desk) -> None:
    desk.ids = MessageIds("auto")
    desk.start()
    await desk.receive("1234")
    desk.start()
    desk.receipts.restore(await desk.store.parked_since(0))

    first, second = await desk.submitted("1234"), await desk.submitted("4660")

    assert (first.status, second.status) == (S.DELIVERED, S.SUBMITTED)


async def test_receipt_is_parked_under_the_learnt_form_alone(desk: Desk) -> None:
    desk.ids = MessageIds("auto", "same")
    desk.start()
    await desk.receive("1234")

    assert [row.carrier_message_id for row in await desk.store.parked_since(0)] == ["1234"]


async def test_receipt_without_any_id_is_answered_and_counted(desk: Desk) -> None:
    desk.receipts.receive(desk.sources[0], read(DeliverSm(esm_class=4, short_message=b"stat:DELIVRD")), desk.answer)
    await desk.settled()

    assert (desk.answers, desk.counted) == ([True], {("unmatched", "telcel"): 1})


async def test_receipt_after_its_id_was_spilled_is_found_on_disk(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    await desk.settled()
    assert (len(desk.correlation), desk.correlation.spilled) == (0, 1)

    await desk.receive("a1")

    assert (await desk.stored(message)).status is S.DELIVERED
    assert await desk.store.awaited("telcel", ["a1"]) == []
    assert (desk.told, desk.answers, desk.correlation.spilled) == ([S.DELIVERED], [True], 0)


async def test_intermediate_receipt_leaves_a_spilled_id_for_the_final_one(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())

    await desk.receive("a1", "ENROUTE")
    assert await desk.store.awaited("telcel", ["a1"]) != []
    await desk.receive("a1")

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_case_23_receipt_after_a_restart_finds_its_message_on_disk(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.start()
    desk.correlation.restore("a1", message.id, 1, desk.clock.utc())

    await desk.receive("a1")

    assert (await desk.stored(message)).status is S.DELIVERED
    assert len(desk.correlation) == 0


async def test_receipt_by_data_sm_with_tlvs_alone_counts(desk: Desk) -> None:
    message = await desk.submitted("a1")

    desk.receipts.receive(desk.sources[0], read(DataSm(esm_class=4, tlvs=tlvs("a1", 5))), desk.answer)
    await desk.settled()

    assert (await desk.stored(message)).status is S.UNDELIVERED


async def test_receipt_with_a_network_error_tlv_alone_gives_the_message_its_error(desk: Desk) -> None:
    message = await desk.submitted("a1")
    pdu = DeliverSm(esm_class=4, tlvs=(*tlvs("a1", 5), (Tag.NETWORK_ERROR_CODE, b"\x03\x00\x22")))

    desk.receipts.receive(desk.sources[0], read(pdu), desk.answer)
    await desk.settled()

    assert (await desk.stored(message)).error_detail == "The carrier's receipt says undelivered (err 34)."


async def test_text_that_only_looks_like_a_receipt_is_handed_back_when_nobody_knows_its_id(desk: Desk) -> None:
    handed_back: list[str] = []

    desk.receipts.receive(
        desk.sources[0], text("zzz", esm_class=0), desk.answer, otherwise=lambda: handed_back.append("mo")
    )
    await desk.settled()

    assert (handed_back, desk.answers, await desk.store.parked_since(0)) == (["mo"], [], [])


async def test_unmarked_receipt_is_known_by_its_id_also_on_disk(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())

    desk.receipts.receive(
        desk.sources[0], text("a1", esm_class=0), desk.answer, otherwise=lambda: pytest.fail("it is a receipt")
    )
    await desk.settled()

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_store_that_is_away_makes_the_carrier_come_again(desk: Desk) -> None:
    message = await desk.submitted("a1")
    desk.store.away = True
    desk.commits.setting("probe", "1")
    await turns(20)
    assert not desk.commits.healthy

    desk.receipts.receive(desk.sources[0], text("a1"), desk.answer)
    desk.receipts.receive(desk.sources[0], text("zzz"), desk.answer)

    assert (desk.answers, message.status) == ([False, False], S.SUBMITTED)


async def test_store_that_cannot_be_read_answers_each_receipt_once(desk: Desk) -> None:
    message = await desk.submitted("a1")
    other = Source("movistar", "movistar-1", Correlation("movistar", desk._spill), MessageIds("same"))
    desk.start()
    desk.correlation.restore("a1", message.id, 1, desk.clock.utc())
    desk.store.reads_away = True

    desk.receipts.receive(desk.sources[0], text("a1"), desk.answer)
    desk.receipts.receive(other, text("b1"), desk.answer)
    desk.receipts.receive(desk.sources[0], text("zzz"), desk.answer)
    await turns(40)

    assert desk.answers == [False, False, False]
    desk.store.reads_away = False
    await desk.receive("a1")
    assert (await desk.stored(message)).status is S.DELIVERED
