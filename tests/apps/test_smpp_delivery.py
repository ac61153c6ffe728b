"""Receipts and inbound messages on their way to an app's binds, and what the app's answers make of them."""

import time
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.apps.smpp_delivery import MOST_REFUSALS, NOT_NOW, Offer, Refusals
from gateway.deliveries import Outcome, Parcel
from gateway.message import Delivery, Inbound, Message, Status
from gateway.smpp.events import Received, TimedOut
from gateway.smpp.pdu import BindReceiver, BindTransmitter, DeliverSm, DeliverSmResp, GenericNack, tlv
from gateway.smpp.receipt import read
from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus as S
from tests.apps.smpp_rig import BANK, SUBMIT, Rig, bind, new_id, running, until
from tests.support.peer import Peer

INBOUND = Inbound(id="0", app="bank", carrier="telcel", to="45555", sender="525512345678", text="BAJA")


async def submitted(rig: Rig, peer: Peer, count: int = 1, **fields: Any) -> list[Message]:
    """Messages that the app submitted and the carriers' side has."""
    before = len(rig.handed)
    for _ in range(count):
        assert (await peer.ask(SUBMIT._replace(**fields))).command_status == S.ESME_ROK
    return rig.handed[before:]


async def taken(peer: Peer, command_status: int = 0) -> DeliverSm:
    """The next deliver_sm, answered."""
    received = await peer.expect(DeliverSm)
    peer.answer(received, DeliverSmResp(), command_status)
    assert isinstance(received.pdu, DeliverSm)
    return received.pdu


async def settled(rig: Rig, *outcomes: Outcome) -> None:
    """Wait until so many offers have come to these outcomes."""
    await until(lambda: len(rig.outcomes) >= len(outcomes))
    assert [outcome for _, outcome in rig.outcomes] == list(outcomes)


async def test_receipt_comes_over_the_bind_and_leaves_the_store_when_taken(rig: Rig) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    pdu = await taken(peer)
    assert read(pdu).message_id == message.id
    await settled(rig, Outcome.TAKEN)
    assert await rig.waiting() == 0


async def test_receipt_goes_to_the_receiver_of_a_pair(rig: Rig) -> None:
    transmitter, receiver = await rig.bound(bind(BindTransmitter)), await rig.bound(bind(BindReceiver))
    (message,) = await submitted(rig, transmitter)
    await rig.tell(message)
    assert read(await taken(receiver)).message_id == message.id


async def test_receipts_go_to_the_receiving_binds_in_turn(rig: Rig) -> None:
    peers = [await rig.bound(), await rig.bound(), await rig.bound(bind(BindReceiver))]
    messages = await submitted(rig, peers[0], 6)
    for message in messages:
        await rig.tell(message)
    found = [read(await taken(peer)).message_id for _ in range(2) for peer in peers]
    assert found == [message.id for message in messages]


async def test_receipts_wait_while_the_app_is_away_and_come_on_its_return_oldest_first(rig: Rig) -> None:
    peer = await rig.bound(bind(BindTransmitter))
    messages = await submitted(rig, peer, 30)
    await rig.tell_inbound(an_inbound(id=new_id()))
    for message in messages:
        await rig.tell(message)
    assert await rig.waiting() == 31
    receiver = await rig.bound(bind(BindReceiver))
    found = [await taken(receiver) for _ in range(31)]
    receipts = [read(pdu).message_id for pdu in found if pdu.esm_class]
    assert receipts == [message.id for message in messages]
    assert [pdu.short_message for pdu in found if not pdu.esm_class] == [b"BAJA"]
    await until(lambda: len(rig.outcomes) == 31)
    assert await rig.waiting() == 0


async def test_no_more_than_the_window_is_unanswered() -> None:
    async with running({"bank": replace(BANK, window=3)}) as rig:
        peer = await rig.bound()
        for message in await submitted(rig, peer, 8):
            await rig.tell(message)
        first = [await peer.expect(DeliverSm) for _ in range(3)]
        (app_bind,) = rig.server.binds.of("bank")
        assert (app_bind.session.unanswered, rig.server.status()["bank"][0]["window_used"]) == (3, 3)
        for received in first:
            peer.answer(received, DeliverSmResp())
        for _ in range(5):
            await taken(peer)
            assert app_bind.session.unanswered <= 3
        await until(lambda: len(rig.outcomes) == 8)


async def test_receipts_to_3_3_have_no_tlvs(rig: Rig) -> None:
    peer = await rig.bound(bind(interface_version=0x33))
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    pdu = await taken(peer)
    assert (pdu.tlvs, read(pdu).text_id) == ((), message.id)


async def test_receipt_of_submit_multi_has_the_name_of_all_and_the_destination(rig: Rig) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer, destination_addr="5512345678", dest_addr_ton=2)
    message.extras["smpp_id"] = "all-of-them"
    await rig.tell(message)
    pdu = await taken(peer)
    assert (read(pdu).message_id, pdu.source_addr, pdu.source_addr_ton) == ("all-of-them", "5512345678", 2)


@pytest.mark.parametrize("command_status", sorted(NOT_NOW))
async def test_app_that_cannot_now_is_asked_again(rig: Rig, command_status: int) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    for _ in range(MOST_REFUSALS + 1):
        await taken(peer, command_status)
        await until(lambda: rig.outcomes)
        rig.outcomes.clear()
        rig.deliveries.look_again("bank")
    await taken(peer)
    await settled(rig, Outcome.TAKEN)


async def test_app_that_refuses_is_asked_three_times_and_then_it_is_dead(rig: Rig) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    for tries in range(1, MOST_REFUSALS + 1):
        await taken(peer, S.ESME_RX_R_APPN)
        await until(lambda tries=tries: len(rig.outcomes) == tries)
        rig.deliveries.look_again("bank")
    assert [outcome for _, outcome in rig.outcomes] == [Outcome.RETRY, Outcome.RETRY, Outcome.DEAD]
    await rig.commits.drain()
    (dead,) = await rig.store.dead_deliveries("", 10)
    assert dead.detail == "the app answered ESME_RX_R_APPN"


async def test_generic_nack_is_a_no_like_any_other(rig: Rig) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    peer.answer(await peer.expect(DeliverSm), GenericNack(), S.ESME_RINVCMDID)
    await settled(rig, Outcome.RETRY)


async def test_receipts_in_flight_when_the_bind_is_lost_come_again(rig: Rig) -> None:
    peer = await rig.bound()
    messages = await submitted(rig, peer, 3)
    for message in messages:
        await rig.tell(message)
    for _ in messages:
        await peer.expect(DeliverSm)
    peer.abort()
    await settled(rig, Outcome.RETRY, Outcome.RETRY, Outcome.RETRY)
    back = await rig.bound()
    rig.deliveries.look_again("bank")
    assert {read(await taken(back)).message_id for _ in messages} == {message.id for message in messages}


async def test_receipt_that_is_not_answered_in_time_comes_again(rig: Rig) -> None:
    peer = await rig.bound()
    (message,) = await submitted(rig, peer)
    await rig.tell(message)
    await peer.expect(DeliverSm)
    (app_bind,) = rig.server.binds.of("bank")
    events = app_bind.session.on_time(time.monotonic() + 31.0)
    assert [type(event) for event in events] == [TimedOut]
    app_bind.on_events(app_bind.connection, events)
    await settled(rig, Outcome.RETRY)
    rig.deliveries.look_again("bank")
    assert read(await taken(peer)).message_id == message.id


async def test_one_app_s_receipts_never_go_to_another(rig: Rig) -> None:
    bank, shop = await rig.bound(), await rig.bound(bind(system_id="shop1", password="other"))
    (message,) = await submitted(rig, bank)
    await rig.tell(message)
    await taken(bank)
    await submitted(rig, shop, source_addr="")
    assert not [event for event in shop.passed_over if isinstance(event, Received)]


async def test_text_longer_than_any_number_of_parts_is_dead_and_blocks_nothing(rig: Rig) -> None:
    peer = await rig.bound(bind(interface_version=0x33))
    await rig.tell_inbound(an_inbound(id=new_id(), text="x" * 40_000))
    await rig.tell_inbound(an_inbound(id=new_id(), text="short"))
    assert (await taken(peer)).short_message == b"short"
    await until(lambda: len(rig.outcomes) == 2)
    assert {outcome for _, outcome in rig.outcomes} == {Outcome.TAKEN, Outcome.DEAD}


async def test_long_inbound_comes_to_3_3_part_after_part_and_is_taken_with_the_last() -> None:
    async with running({"bank": replace(BANK, window=1)}) as rig:
        peer = await rig.bound(bind(interface_version=0x33))
        await rig.tell_inbound(an_inbound(id=new_id(), text="a" * 153 + "b" * 153 + "c"))
        await rig.tell_inbound(an_inbound(id=new_id(), text="short"))
        (app_bind,) = rig.server.binds.of("bank")
        for number, words in enumerate((b"a" * 153, b"b" * 153, b"c"), 1):
            received = await peer.expect(DeliverSm)
            assert isinstance(received.pdu, DeliverSm)
            assert received.pdu.short_message[4:] == bytes((3, number)) + words
            assert (rig.outcomes, app_bind.session.unanswered) == ([], 1)
            peer.answer(received, DeliverSmResp())
        assert (await taken(peer)).short_message == b"short"
        await settled(rig, Outcome.TAKEN, Outcome.TAKEN)
        assert await rig.waiting() == 0


async def test_part_refused_is_the_whole_delivery_refused_and_all_of_it_comes_again(rig: Rig) -> None:
    peer = await rig.bound(bind(interface_version=0x33))
    await rig.tell_inbound(an_inbound(id=new_id(), text="x" * 300))
    tries = []
    for count in range(1, MOST_REFUSALS + 1):
        tries.append(((await taken(peer)).short_message, (await taken(peer, S.ESME_RX_R_APPN)).short_message))
        await until(lambda count=count: len(rig.outcomes) == count)
        rig.deliveries.look_again("bank")
    await settled(rig, Outcome.RETRY, Outcome.RETRY, Outcome.DEAD)
    assert tries == tries[:1] * MOST_REFUSALS


async def test_bind_that_ends_between_parts_has_the_whole_delivery_tried_again(rig: Rig) -> None:
    peer = await rig.bound(bind(interface_version=0x33))
    await rig.tell_inbound(an_inbound(id=new_id(), text="x" * 300))
    await taken(peer)
    await peer.expect(DeliverSm)
    await peer.close()
    await settled(rig, Outcome.RETRY)
    assert await rig.waiting() == 1


async def test_sender_that_no_field_holds_is_dead_and_said(rig: Rig) -> None:
    await rig.bound()
    await rig.tell_inbound(an_inbound(id=new_id(), sender="A" * 30))
    await settled(rig, Outcome.DEAD)
    await rig.commits.drain()
    (dead,) = await rig.store.dead_deliveries("", 10)
    assert "source_addr" in dead.detail


async def test_long_inbound_comes_in_message_payload(rig: Rig) -> None:
    peer = await rig.bound()
    await rig.tell_inbound(an_inbound(id=new_id(), text="x" * 300))
    assert tlv(await taken(peer), Tag.MESSAGE_PAYLOAD) == b"x" * 300


@pytest.mark.parametrize(
    ("interface", "url", "webhooks", "served"),
    [
        ("smpp", "", frozenset({("bank", "receipt")}), True),
        ("http", "", frozenset({("bank", "receipt")}), False),
        ("http", "", frozenset({("bank", "inbound")}), True),
        ("http", "", frozenset(), True),
        ("kannel", "https://app.example/dlr", frozenset(), False),
    ],
)
async def test_binds_serve_what_has_no_other_way(
    interface: str, url: str, webhooks: frozenset[tuple[str, str]], served: bool
) -> None:
    async with running(webhooks=webhooks) as rig:
        peer = await rig.bound()
        (message,) = await submitted(rig, peer)
        message.interface, message.callback = interface, url
        await rig.tell(message)
        if served:
            await taken(peer)
        else:
            assert (await peer.ask(SUBMIT)).command_status == S.ESME_ROK
            assert not [event for event in peer.passed_over if isinstance(event, Received)]


def an_offer(outcomes: list[tuple[Outcome, str]], refusals: Refusals) -> Offer:
    delivery = Delivery(id="d", app="bank", kind="receipt", subject="m", status=Status.DELIVERED)
    return Offer(Parcel(delivery, None, None), lambda _, outcome, why: outcomes.append((outcome, why)), refusals)


def test_silence_is_not_counted_as_a_refusal() -> None:
    outcomes: list[tuple[Outcome, str]] = []
    refusals = Refusals()
    for _ in range(MOST_REFUSALS * 2):
        an_offer(outcomes, refusals).unanswered("no answer")
        an_offer(outcomes, refusals).answered(S.ESME_RX_T_APPN)
    assert {outcome for outcome, _ in outcomes} == {Outcome.RETRY}
    an_offer(outcomes, refusals).answered(S.ESME_RX_P_APPN)
    assert outcomes[-1] == (Outcome.RETRY, "the app answered ESME_RX_P_APPN")


def test_refusals_are_forgotten_once_taken() -> None:
    outcomes: list[tuple[Outcome, str]] = []
    refusals = Refusals()
    for status in (8 + 0x60, 0x65, 0, 0x65, 0x65, 0x65):
        an_offer(outcomes, refusals).answered(status)
    assert [outcome for outcome, _ in outcomes][2:] == [Outcome.TAKEN, Outcome.RETRY, Outcome.RETRY, Outcome.DEAD]


def an_inbound(**fields: Any) -> Inbound:
    return msgspec.structs.replace(INBOUND, **fields)
