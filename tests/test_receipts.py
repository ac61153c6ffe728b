"""The road back: receipts in every order, form and place, and what the app is told."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.carriers.message_ids import MessageIds
from gateway.correlation import Correlation
from gateway.message import Content, Event, Message, Segment, Status, move_segment
from gateway.receipts import Receipts, Source, wants
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Receipt, read
from gateway.smpp.spec import MessageState, Tag
from gateway.store.store import Awaiting
from tests.support.roads import Ground
from tests.support.store import turns

S = Status


class Desk(Ground):
    """The road over one carrier, telcel, with two binds; `again` opens the road anew, as after a restart."""

    def __init__(self, **correlation: Any) -> None:
        super().__init__()
        self.counted: Counter[tuple[str, ...]] = Counter()
        self.finals: list[tuple[str, Status, float]] = []
        self.live: dict[str, Message] = {}
        self.ids = MessageIds("same")
        self.receipt_parts = "all"
        self.limits = correlation
        self.start()

    def start(self) -> None:
        self.correlation = Correlation("telcel", self._spill, **self.limits)
        self.sources = [Source("telcel", f"telcel-{n}", self.correlation, self.ids, self.receipt_parts) for n in (1, 2)]
        self.receipts = Receipts(
            self.store,
            self.commits,
            utc=self.clock.utc,
            new_id=self.new_id,
            offer=self.offered.append,
            live=self.live.get,
            held=self._held,
            on_receipt=lambda carrier, state: self.counted.update([("receipt", carrier, state)]),
            on_unmatched=lambda carrier: self.counted.update([("unmatched", carrier)]),
            on_final=lambda message, at: self.finals.append((message.id, message.status, at)),
        )

    def _spill(self, rows: list[Awaiting]) -> None:
        for row in rows:
            self.commits.await_receipt(row)

    def _held(self, read_: Message) -> Message | None:
        for segment in read_.segments:
            waiting = self.correlation.find(self.ids.key(segment.carrier_message_id))
            if waiting is not None and waiting.message is not None and waiting.message.id == read_.id:
                return waiting.message
        return None

    async def accepted(self, parts: int = 1, **fields: Any) -> Message:
        """A message on disk, with a segment for each part."""
        now = self.clock.utc()
        message = Message(
            id=self.new_id(), app="bank", lane="fast", interface="http", to="525512345678", sender="45555",
            network="telcel", content=Content("hola", parts=parts), created_at=now, expires_at=now + 300,
            carrier="telcel", segments=[Segment(number) for number in range(1, parts + 1)],
            **fields,
        )  # fmt: skip
        self.commits.accept(message, lambda *_: None, urgent=True)
        await self.settled()
        return message

    def respond(self, message: Message, carrier_message_id: str, number: int = 1) -> None:
        """The carrier takes a segment, as `Outcomes` has it."""
        segment = message.segments[number - 1]
        segment.carrier, segment.carrier_message_id = "telcel", carrier_message_id
        now = self.clock.utc()
        before = message.status
        event = Event(now, S.SUBMITTED, "telcel", "telcel-1", 0, carrier_message_id, "", number)
        move_segment(message, segment, S.SUBMITTED, event)
        self.commits.update(message)
        if message.status is not before and message.receipt == "all":
            self.receipts.tell(message)
        key = self.ids.key(carrier_message_id)
        self.correlation.add(key, message, number, now)
        self.receipts.answered(self.sources[0], (key,), message, number)

    async def submitted(self, *ids: str, **fields: Any) -> Message:
        message = await self.accepted(len(ids), **fields)
        for number, carrier_message_id in enumerate(ids, 1):
            self.respond(message, carrier_message_id, number)
        await self.settled()
        return message

    async def receive(self, carrier_message_id: str, stat: str = "DELIVRD", bind: int = 0, err: str = "000") -> None:
        self.receipts.receive(self.sources[bind], text(carrier_message_id, stat, err), self.answer)
        await self.settled()

    async def stored(self, message: Message) -> Message:
        found = await self.store.message(message.id)
        assert found is not None
        return found

    @property
    def told(self) -> list[Status]:
        """The statuses of the receipts offered to the app."""
        return [parcel.delivery.status for parcel in self.offered]


def text(carrier_message_id: str, stat: str = "DELIVRD", err: str = "000", esm_class: int = 4) -> Receipt:
    body = (
        f"id:{carrier_message_id} sub:001 dlvrd:001 submit date:2311142213 done date:2311142213 stat:{stat} err:{err}"
    )
    return read(DeliverSm(esm_class=esm_class, short_message=body.encode()))


def tlvs(carrier_message_id: str, state: int) -> tuple[tuple[int, bytes], ...]:
    name = carrier_message_id.encode() + b"\0"
    return ((Tag.RECEIPTED_MESSAGE_ID, name), (Tag.MESSAGE_STATE, bytes((state,))))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


# -- when and where it comes -----------------------------------------------------------------------------------------


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


async def test_transient_receipt_behind_a_final_one_does_not_hide_it_while_both_are_parked(desk: Desk) -> None:
    message = await desk.accepted()
    for stat in ("DELIVRD", "ACCEPTD"):
        await desk.receive("a1", stat)

    desk.respond(message, "a1")
    await desk.settled()

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_final_receipt_behind_a_transient_one_is_what_counts_when_both_are_parked(desk: Desk) -> None:
    message = await desk.accepted()
    for stat in ("ENROUTE", "UNDELIV"):
        await desk.receive("a1", stat)

    desk.respond(message, "a1")
    await desk.settled()

    assert (await desk.stored(message)).status is S.UNDELIVERED


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


# -- what it says ----------------------------------------------------------------------------------------------------


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


# -- messages of several segments ------------------------------------------------------------------------------------


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


async def test_segments_in_different_tiers_are_parts_of_one_object(desk: Desk) -> None:
    """The first segment's id was spilled, the second's is in memory: both receipts must change the same message."""
    message = await desk.accepted(2)
    desk.respond(message, "a1", 1)
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    desk.respond(message, "a2", 2)
    await desk.settled()

    await desk.receive("a1")
    assert message.segments[0].status is S.DELIVERED
    await desk.receive("a2")

    assert (await desk.stored(message)).status is S.DELIVERED


async def test_quick_receipt_during_the_look_up_of_a_late_one_is_not_lost(desk: Desk) -> None:
    message = await desk.accepted(2)
    desk.respond(message, "a1", 1)
    desk.clock.advance(901)
    desk.correlation.tick(desk.clock.utc())
    desk.respond(message, "a2", 2)
    await desk.settled()

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


# -- when the store is away ------------------------------------------------------------------------------------------


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


# -- what the app wants to hear --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("receipt", "stats", "told"),
    [
        ("final", ("DELIVRD", "DELIVRD"), [S.DELIVERED]),
        ("final", ("UNDELIV", "DELIVRD"), [S.UNDELIVERED]),
        ("all", ("DELIVRD", "DELIVRD"), [S.SUBMITTED, S.DELIVERED]),
        ("all", ("EXPIRED", "DELIVRD"), [S.SUBMITTED, S.EXPIRED]),
        ("failure", ("DELIVRD", "DELIVRD"), []),
        ("failure", ("DELIVRD", "UNDELIV"), [S.UNDELIVERED]),
        ("none", ("DELIVRD", "UNDELIV"), []),
    ],
)
@pytest.mark.parametrize("several", [False, True])
async def test_app_is_told_what_it_asked_for(
    desk: Desk, receipt: str, stats: tuple[str, str], told: list[Status], several: bool
) -> None:
    if not several:
        stats = (next((stat for stat in stats if stat != "DELIVRD"), "DELIVRD"), "")
    ids = ("a1", "a2") if several else ("a1",)
    message = await desk.submitted(*ids, receipt=receipt, callback="https://app.example/dlr")

    for name, stat in zip(ids, stats, strict=False):
        await desk.receive(name, stat)

    assert desk.told == told
    assert {parcel.delivery.url for parcel in desk.offered} <= {"https://app.example/dlr"}
    assert {parcel.delivery.subject for parcel in desk.offered} <= {message.id}
    assert len(desk.finals) == 1


async def test_delivery_to_make_is_on_disk_with_the_status_it_tells_of(desk: Desk) -> None:
    message = await desk.submitted("a1")

    await desk.receive("a1")

    (delivery,) = await desk.store.deliveries("bank", desk.clock.utc(), "", 10)
    assert (delivery.kind, delivery.subject, delivery.status) == ("receipt", message.id, S.DELIVERED)
    assert desk.offered[0].delivery.id == delivery.id


def test_wish_that_is_unknown_is_taken_for_none() -> None:
    message = Message(
        id="m", app="a", lane="fast", interface="http", to="1", sender="", network="n", content=Content(),
        created_at=0.0, expires_at=1.0, status=S.DELIVERED, receipt="nonsense",
    )  # fmt: skip

    assert not wants(message)


# -- what may be no receipt at all -----------------------------------------------------------------------------------


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
