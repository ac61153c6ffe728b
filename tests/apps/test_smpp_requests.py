"""What an app asks for over its bind, and what it is answered."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.apps import smpp_bind
from gateway.errors import StoreError
from gateway.message import Event, Message, Segment, Status
from gateway.smpp.destinations import Destination, DistributionList, Unsuccessful
from gateway.smpp.events import Answered
from gateway.smpp.pdu import (
    BindReceiver,
    BindTransmitter,
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus as S
from tests.apps.smpp_rig import ASKED, BANK, SUBMIT, UNKNOWN, HeldStore, Rig, StubSource, bind, running, until
from tests.support.compiled import skip_where_compiled

MULTI = SubmitMulti(source_addr="45555", registered_delivery=1, short_message=b"hola")


def to(number: str, ton: int = 1) -> Destination:
    return Destination(ton, 1, number)


async def submitted(rig: Rig, peer: Any, **fields: Any) -> Message:
    """A submit that is accepted, as the carriers' side got it."""
    answered = await peer.ask(SUBMIT._replace(**fields))
    assert answered.command_status == S.ESME_ROK
    assert answered.pdu.message_id == rig.handed[-1].id
    return rig.handed[-1]


async def test_submit_is_answered_with_the_message_s_id_once_it_is_on_disk(rig: Rig) -> None:
    peer = await rig.bound()
    message = await submitted(rig, peer)
    kept = await rig.store.message(message.id)
    assert kept is not None
    assert (kept.app, kept.to, kept.sender, kept.lane, kept.interface, kept.receipt) == (
        "bank",
        "525512345678",
        "45555",
        "bulk",
        "smpp",
        "final",
    )
    assert rig.value("accepted", app="bank", lane="bulk", interface="smpp") == 1


async def test_submit_is_not_answered_before_it_is_on_disk() -> None:
    store = HeldStore()
    async with running(store=store) as rig:
        peer = await rig.bound()
        store.gate.clear()
        peer.send(SUBMIT)
        await until(lambda: rig.server.status()["bank"][0]["pending"] == 1)
        assert not rig.handed
        store.gate.set()
        assert (await peer.expect_event(Answered)).command_status == S.ESME_ROK


async def test_submits_of_one_read_are_all_answered_in_order(rig: Rig) -> None:
    peer = await rig.bound()
    numbers = [peer.session.request(SUBMIT, 0.0) for _ in range(300)]
    peer.raw(peer.session.data_to_send())
    assert [(await peer.expect_event(Answered)).sequence_number for _ in numbers] == numbers
    assert len({message.id for message in rig.handed}) == 300


async def test_priority_flag_asks_for_the_fast_lane(rig: Rig) -> None:
    peer = await rig.bound()
    assert (await submitted(rig, peer, priority_flag=1)).lane == "fast"
    assert (await submitted(rig, peer)).lane == "bulk"


async def test_transmitter_submits_and_receiver_does_not(rig: Rig) -> None:
    transmitter, receiver = await rig.bound(bind(BindTransmitter)), await rig.bound(bind(BindReceiver))
    assert (await transmitter.ask(SUBMIT)).command_status == S.ESME_ROK
    receiver.session._sends = transmitter.session._sends  # a peer that does not keep to §2.3
    assert (await receiver.ask(SUBMIT)).command_status == S.ESME_RINVBNDSTS


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"destination_addr": "12"}, S.ESME_RINVDSTADR, "invalid_number"),
        ({"destination_addr": ""}, S.ESME_RINVDSTADR, "invalid_number"),
        ({"destination_addr": str(UNKNOWN)}, S.ESME_RINVDSTADR, "unknown_network"),
        ({"source_addr": "OTRO"}, S.ESME_RINVSRCADR, "sender_not_allowed"),
        ({"short_message": b"", "tlvs": ((Tag.MESSAGE_PAYLOAD, b"x" * 2000),)}, S.ESME_RINVMSGLEN, "text_too_long"),
        ({"data_coding": 0x0B}, S.ESME_RSUBMITFAIL, "bad_encoding"),
        ({"validity_period": "x"}, S.ESME_RINVEXPIRY, "invalid_field"),
        ({"schedule_delivery_time": "x"}, S.ESME_RINVSCHED, "invalid_field"),
    ],
)
async def test_submit_that_is_refused_is_answered_with_why_and_counted(
    rig: Rig, fields: dict[str, Any], status: int, code: str
) -> None:
    peer = await rig.bound()
    answered = await peer.ask(SUBMIT._replace(**fields))
    assert (answered.command_status, answered.pdu) == (status, SubmitSmResp())
    assert rig.value("refused", app="bank", code=code) == 1
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK


async def test_reserved_data_coding_is_named_to_a_peer_that_knows_the_code(rig: Rig) -> None:
    peer = await rig.bound(bind(interface_version=0x50))
    assert (await peer.ask(SUBMIT._replace(data_coding=0x0B))).command_status == S.ESME_RINVDCS


async def test_app_over_its_tps_is_throttled() -> None:
    async with running({"bank": replace(BANK, tps=5.0)}) as rig:
        peer = await rig.bound()
        statuses = [(await peer.ask(SUBMIT)).command_status for _ in range(8)]
        assert statuses.count(S.ESME_ROK) in {5, 6}
        assert set(statuses) == {S.ESME_ROK, S.ESME_RTHROTTLED}
        assert rig.value("refused", app="bank", code="over_tps") == statuses.count(S.ESME_RTHROTTLED)


async def test_store_that_fails_is_a_full_queue_and_nothing_is_kept() -> None:
    store = HeldStore()
    async with running(store=store) as rig:
        peer = await rig.bound()
        store.error = StoreError("disk full")
        assert (await peer.ask(SUBMIT)).command_status == S.ESME_RMSGQFUL
        assert (await peer.ask(SUBMIT)).command_status == S.ESME_RMSGQFUL  # refused early now
        assert not rig.handed
        assert rig.value("refused", app="bank", code="store_unavailable") == 2
        store.error = None
        await until(lambda: rig.commits.healthy)
        await submitted(rig, peer)


async def test_gateway_that_stops_takes_nothing_more(rig: Rig) -> None:
    peer = await rig.bound()
    rig.intake.stopping = True
    assert (await peer.ask(SUBMIT)).command_status == S.ESME_RMSGQFUL


async def test_message_that_trips_the_road_costs_only_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_where_compiled()
    peer = await rig.bound()
    with monkeypatch.context() as patch:
        patch.setattr(rig.intake, "decide", lambda *_: 1 // 0)
        assert (await peer.ask(SUBMIT)).command_status == S.ESME_RSYSERR
    await submitted(rig, peer)


async def test_number_whose_network_must_be_asked_for_is_taken_too(rig: Rig) -> None:
    peer = await rig.bound()
    message = await submitted(rig, peer, destination_addr=str(ASKED))
    assert message.to == str(ASKED)
    assert rig.server.status()["bank"][0]["pending"] == 0


async def test_number_that_must_be_asked_for_is_refused_when_the_answer_leads_nowhere(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = await rig.bound()
    answered = await peer.ask(SUBMIT._replace(destination_addr=str(ASKED), source_addr="OTRO"))
    assert answered.command_status == S.ESME_RINVSRCADR
    monkeypatch.setattr(StubSource, "ask", lambda self, number: 1 // 0)
    assert (await peer.ask(SUBMIT._replace(destination_addr=str(ASKED)))).command_status == S.ESME_RSYSERR
    assert rig.server.status()["bank"][0]["pending"] == 0


async def test_scheduled_message_is_kept_and_not_handed_down(rig: Rig) -> None:
    peer = await rig.bound()
    answered = await peer.ask(SUBMIT._replace(schedule_delivery_time="000000010000000R"))
    kept = await rig.store.message(answered.pdu.message_id)  # type: ignore[union-attr]  # a SubmitSmResp
    assert kept is not None
    assert kept.status is Status.SCHEDULED
    assert kept.send_at == pytest.approx(kept.created_at + 3600, abs=1)
    assert not rig.handed


async def test_long_messages_are_taken_in_all_three_ways(rig: Rig) -> None:
    peer = await rig.bound()
    parts = [
        await submitted(rig, peer, esm_class=0x40, short_message=bytes((5, 0, 3, 9, 2, n)) + b"x" * 100) for n in (1, 2)
    ]
    assert [part.content.udh[-1] for part in parts] == [1, 2]
    assert [part.content.parts for part in parts] == [1, 1]
    sar = ((Tag.SAR_MSG_REF_NUM, b"\0\7"), (Tag.SAR_TOTAL_SEGMENTS, b"\2"), (Tag.SAR_SEGMENT_SEQNUM, b"\2"))
    assert (await submitted(rig, peer, tlvs=sar)).content.sar == (7, 2, 2)
    whole = await submitted(rig, peer, short_message=b"", tlvs=((Tag.MESSAGE_PAYLOAD, b"y" * 400),))
    assert (whole.content.text, whole.content.parts) == ("y" * 400, 3)


async def test_bind_that_has_too_much_pending_is_not_read_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_bind, "MOST_PENDING", 50)
    monkeypatch.setattr(smpp_bind, "_READ_AGAIN", 25)
    store = HeldStore()
    async with running({"bank": replace(BANK, tps=100_000.0)}, store=store) as rig:
        peer = await rig.bound()
        (app_bind,) = rig.server.binds.of("bank")
        store.gate.clear()
        numbers = [peer.session.request(SUBMIT, 0.0) for _ in range(20_000)]
        octets = peer.session.data_to_send()
        peer.raw(octets)
        await until(lambda: app_bind.pending > 50)
        for _ in range(200):  # turns of the loop, in each of which it might be read
            await asyncio.sleep(0)
        assert app_bind.pending < 10_000  # what one or two reads brought
        store.gate.set()
        for _ in numbers:
            assert (await peer.expect_event(Answered)).command_status == S.ESME_ROK
        assert app_bind.pending == 0


# -- submit_multi, data_sm --------------------------------------------------------------------------------------------


async def test_submit_multi_makes_a_message_for_each_destination_under_one_name(rig: Rig) -> None:
    peer = await rig.bound()
    numbers = [f"5255123400{n:02d}" for n in range(20)]
    answered = await peer.ask(MULTI._replace(dest_address=tuple(to(number) for number in numbers)))
    assert isinstance(answered.pdu, SubmitMultiResp)
    assert (answered.command_status, answered.pdu.unsuccess_sme) == (S.ESME_ROK, ())
    assert sorted(message.to for message in rig.handed) == numbers
    assert {message.extras["smpp_id"] for message in rig.handed} == {answered.pdu.message_id}
    assert answered.pdu.message_id not in {message.id for message in rig.handed}


async def test_submit_multi_names_the_destinations_it_did_not_reach(rig: Rig) -> None:
    peer = await rig.bound()
    destinations = (to("525512345678"), to("12"), DistributionList("friends"), to(str(ASKED)), to(str(UNKNOWN)))
    answered = await peer.ask(MULTI._replace(dest_address=destinations))
    assert isinstance(answered.pdu, SubmitMultiResp)
    assert answered.command_status == S.ESME_ROK
    assert set(answered.pdu.unsuccess_sme) == {
        Unsuccessful(1, 1, "12", S.ESME_RINVDSTADR),
        Unsuccessful(0, 0, "friends", S.ESME_RCNTSUBDL),
        Unsuccessful(1, 1, str(UNKNOWN), S.ESME_RINVDSTADR),
    }
    assert {message.to for message in rig.handed} == {"525512345678", str(ASKED)}
    assert rig.server.status()["bank"][0]["pending"] == 0


@pytest.mark.parametrize(
    ("destinations", "fields", "status"),
    [
        ((), {}, S.ESME_RINVNUMDESTS),
        ((DistributionList("friends"),), {}, S.ESME_RCNTSUBDL),
        ((to("1"), to("2")), {}, S.ESME_RINVDSTADR),
        ((to("1"), DistributionList("friends")), {}, S.ESME_RSUBMITFAIL),
        ((to("525512345678"),), {"short_message": b""}, S.ESME_RINVMSGLEN),
    ],
)
async def test_submit_multi_that_reaches_nobody_is_refused(
    rig: Rig, destinations: tuple[Any, ...], fields: dict[str, Any], status: int
) -> None:
    peer = await rig.bound()
    answered = await peer.ask(MULTI._replace(dest_address=destinations, **fields))
    assert (answered.command_status, answered.pdu) == (status, SubmitMultiResp())


async def test_submit_multi_tells_of_destinations_over_the_tps_and_of_a_store_that_fails() -> None:
    store = HeldStore()
    async with running({"bank": replace(BANK, tps=3.0)}, store=store) as rig:
        peer = await rig.bound()
        answered = await peer.ask(MULTI._replace(dest_address=tuple(to(f"52551234000{n}") for n in range(6))))
        rows = answered.pdu.unsuccess_sme  # type: ignore[union-attr]  # a SubmitMultiResp
        assert {row.error_status_code for row in rows} == {S.ESME_RTHROTTLED}
        store.error = StoreError("disk full")
    async with running(store=store) as rig:
        peer = await rig.bound()
        answered = await peer.ask(MULTI._replace(dest_address=(to("525512345678"),)))
        assert answered.command_status == S.ESME_RMSGQFUL
        store.error = None


async def test_data_sm_is_taken_as_a_message(rig: Rig) -> None:
    peer = await rig.bound()
    pdu = DataSm(source_addr="45555", destination_addr="5512345678", tlvs=((Tag.MESSAGE_PAYLOAD, b"hola"),))
    answered = await peer.ask(pdu)
    assert (answered.command_status, answered.pdu) == (S.ESME_ROK, DataSmResp(rig.handed[-1].id))
    assert rig.handed[-1].content.text == "hola"
    assert (await peer.ask(pdu._replace(destination_addr=str(ASKED)))).pdu == DataSmResp(rig.handed[-1].id)


async def test_data_sm_without_payload_is_refused(rig: Rig) -> None:
    peer = await rig.bound()
    assert (await peer.ask(DataSm(destination_addr="5512345678"))).command_status == S.ESME_RMISSINGTLV


# -- query_sm, cancel_sm, replace_sm ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "dated"),
    [
        (Status.ACCEPTED, 1, False),
        (Status.SUBMITTED, 1, False),
        (Status.DELIVERED, 2, True),
        (Status.EXPIRED, 3, True),
        (Status.CANCELLED, 4, True),
        (Status.UNDELIVERED, 5, True),
        (Status.UNKNOWN, 7, True),
        (Status.REJECTED, 8, True),
    ],
)
async def test_query_tells_the_state_and_when_it_was_reached(rig: Rig, status: Status, state: int, dated: bool) -> None:
    peer = await rig.bound()
    message = await submitted(rig, peer)
    message.status = status
    message.updated_at = 1_795_000_000.0
    message.segments = (Segment(1, status, error="0034"),)
    rig.commits.update(message)
    await rig.commits.drain()
    answered = await peer.ask(QuerySm(message_id=message.id))
    assert (answered.command_status, answered.pdu) == (
        S.ESME_ROK,
        QuerySmResp(message.id, "261118110640000+" if dated else "", state, 34),
    )


async def test_scheduled_message_is_enroute(rig: Rig) -> None:
    peer = await rig.bound()
    answered = await peer.ask(SUBMIT._replace(schedule_delivery_time="000000010000000R"))
    found = await peer.ask(QuerySm(message_id=answered.pdu.message_id))  # type: ignore[union-attr]  # a SubmitSmResp
    assert found.pdu.message_state == 1  # type: ignore[union-attr]  # a QuerySmResp


async def test_message_of_another_app_and_none_at_all_are_the_same_to_a_query(rig: Rig) -> None:
    bank, shop = await rig.bound(), await rig.bound(bind(system_id="shop1", password="other"))
    message = await submitted(rig, bank)
    for message_id in (message.id, "nothing", ""):
        assert (await shop.ask(QuerySm(message_id=message_id))).command_status == S.ESME_RQUERYFAIL
        assert (await shop.ask(CancelSm(message_id=message_id))).command_status == S.ESME_RCANCELFAIL


async def test_store_that_cannot_be_read_is_a_system_error(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = await rig.bound()

    async def away(_message_id: str) -> None:
        raise StoreError("away")

    around = rig.server._around._replace(find=away)  # type: ignore[arg-type]  # always raises
    monkeypatch.setattr(rig.server.binds.of("bank")[0]._requests, "_around", around)
    assert (await peer.ask(QuerySm(message_id="x"))).command_status == S.ESME_RSYSERR
    assert (await peer.ask(CancelSm(message_id="x"))).command_status == S.ESME_RSYSERR
    monkeypatch.setattr(rig.server.binds.of("bank")[0]._requests, "_around", around._replace(find=lambda _: None))
    assert (await peer.ask(QuerySm(message_id="x"))).command_status == S.ESME_RSYSERR


async def test_cancel_takes_back_what_no_carrier_has(rig: Rig) -> None:
    peer = await rig.bound()
    answered = await peer.ask(SUBMIT._replace(schedule_delivery_time="000000010000000R"))
    message_id = answered.pdu.message_id  # type: ignore[union-attr]  # a SubmitSmResp
    wrong_source = await peer.ask(CancelSm(message_id=message_id, source_addr="BANCO"))
    assert wrong_source.command_status == S.ESME_RCANCELFAIL
    cancelled = await peer.ask(CancelSm(message_id=message_id, source_addr="45555"))
    assert (cancelled.command_status, cancelled.pdu) == (S.ESME_ROK, CancelSmResp())
    kept = await rig.store.message(message_id)
    assert kept is not None
    assert kept.status is Status.CANCELLED


async def test_cancel_fails_for_what_a_carrier_has(rig: Rig) -> None:
    peer = await rig.bound()
    message = await submitted(rig, peer)
    message.status = Status.SUBMITTED
    message.events += (Event(0.0, Status.SUBMITTED),)
    rig.commits.update(message)
    await rig.commits.drain()
    assert (await peer.ask(CancelSm(message_id=message.id))).command_status == S.ESME_RCANCELFAIL


async def test_replace_is_always_refused(rig: Rig) -> None:
    peer = await rig.bound()
    message = await submitted(rig, peer)
    answered = await peer.ask(ReplaceSm(message_id=message.id, short_message=b"otra"))
    assert (answered.command_status, answered.pdu) == (S.ESME_RREPLACEFAIL, ReplaceSmResp())


async def test_app_that_hangs_up_with_questions_open_disturbs_nobody() -> None:
    store = HeldStore()
    async with running(store=store) as rig:
        peer, other = await rig.bound(), await rig.bound()
        store.gate.clear()
        for _ in range(10):
            peer.send(SUBMIT)
        peer.send(SubmitSm(destination_addr=str(ASKED), short_message=b"x"))
        (first, _) = rig.server.binds.of("bank")
        await until(lambda: first.pending == 11)
        peer.abort()
        await until(lambda: len(rig.server.binds.of("bank")) == 1)
        store.gate.set()
        assert (await other.ask(SUBMIT)).command_status == S.ESME_ROK
        assert len(rig.handed) == 12  # accepted, though nobody heard it


@pytest.mark.parametrize("count", [1, 2, 3, 20])
async def test_numbers_of_many_that_come_together_are_looked_up_together(rig: Rig, count: int) -> None:
    peer = await rig.bound()
    texts = [f"+{n}" if n % 2 else str(n) for n in range(525_510_000_000, 525_510_000_000 + count)]
    for text in texts:
        peer.session.request(SUBMIT._replace(destination_addr=text), 0.0)
    peer.raw(peer.session.data_to_send())
    for _ in texts:
        assert (await peer.expect_event(Answered)).command_status == S.ESME_ROK

    assert rig.source.ahead == ([[int(message.to) for message in rig.handed]] if count >= 3 else [])
