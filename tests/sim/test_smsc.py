"""What a well-behaved simulated SMSC does, seen by a scripted ESME on a real socket."""

import asyncio
from pathlib import Path

import pytest

from gateway.sim import outbox as outbox_module
from gateway.sim.faults import Faults
from gateway.sim.profile import IdForm, ReceiptForm
from gateway.smpp.destinations import Destination, DistributionList
from gateway.smpp.events import Answered, BindRefused, Bound, LinkChecked, Unbound
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    CancelSm,
    DataSm,
    DeliverSm,
    EnquireLink,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitSmResp,
    tlv,
    tlv_int,
    tlv_text,
)
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.spec import MessageState, Tag
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import decode
from gateway.text.encoding import Encoding
from gateway.text.segments import LongMessages
from gateway.text.user_data import opened
from tests.sim.running import SUBMIT, bound, next_deliver, running, until
from tests.support.certificates import Authority
from tests.support.peer import Peer

PROBE = QuerySm("probe")
"""Its answer says that the SMSC has seen to everything sent before."""


def message_id_of(answered: object) -> str:
    pdu = getattr(answered, "pdu", None)
    assert isinstance(pdu, SubmitSmResp)
    return pdu.message_id


# Binds


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("acme", "wrong", CommandStatus.ESME_RINVPASWD),
        ("who", "secret", CommandStatus.ESME_RINVSYSID),
    ],
)
async def test_smsc_refuses_a_bind_it_does_not_know(system_id: str, password: str, status: int) -> None:
    async with running(logins={"acme": "secret"}) as (simulator, port):
        esme = await Peer.connect("127.0.0.1", port)
        esme.send(BindTransceiver(system_id=system_id, password=password))
        assert (await esme.expect_event(BindRefused)).command_status == status
        assert (simulator.stats.binds, simulator.stats.binds_refused) == (0, 1)
        await esme.close()


async def test_smsc_takes_as_many_binds_as_agreed() -> None:
    async with running(max_binds=2) as (simulator, port), bound(port), bound(port, BindReceiver(system_id="acme")):
        third = await Peer.connect("127.0.0.1", port)
        third.send(BindTransceiver(system_id="acme"))
        assert (await third.expect_event(BindRefused)).command_status == CommandStatus.ESME_RALYBND
        assert simulator.bound == {"acme": 2}
        await third.close()


async def test_smsc_answers_the_bind_with_its_name() -> None:
    async with running(name="a-name-longer-than-fits") as (_, port):
        esme = await Peer.connect("127.0.0.1", port)
        answer = await esme.bind()
        assert (answer.system_id, answer.peer_version) == ("a-name-longer-t", 0x34)
        await esme.close()


async def test_smsc_speaks_tls_with_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.sign("127.0.0.1")
    async with running(certificate=certificate, key=key) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.trusting())
        esme = Peer(Role.ESME, reader, writer)
        assert isinstance(await esme.bind(), Bound)
        await esme.close()


# Submits


async def test_smsc_takes_a_submit_and_remembers_it() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        record = simulator.received[-1]
        assert message_id_of(answered) == record.message_id
        assert (record.sender, record.to, record.text()) == ("45555", "525512345678", "Su clave es 1234")
        assert record.system_id == "acme"
        assert simulator.stats.accepted == 1


async def test_smsc_reads_long_and_foreign_texts() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        octets = b"\x05\0\x03\xa7\x02\x01" + "¡Sí! 👍".encode("utf-16-be")
        await esme.ask(SUBMIT._replace(esm_class=0x40, data_coding=8, short_message=octets))
        payload = (int(Tag.MESSAGE_PAYLOAD), b"x" * 300)
        await esme.ask(SUBMIT._replace(short_message=b"", tlvs=(payload,)))
        first, second = simulator.received
        concat = first.opened(Alphabet.GSM7).concat
        assert concat is not None
        assert (first.text(), concat.reference, concat.total, concat.number) == ("¡Sí! 👍", 0xA7, 2, 1)
        assert second.text() == "x" * 300


async def test_smsc_remembers_the_newest_messages_only() -> None:
    async with running(keep=3) as (simulator, port), bound(port) as esme:
        ids = [message_id_of(await esme.ask(SUBMIT)) for _ in range(5)]
        assert [record.message_id for record in simulator.received] == ids[2:]
        assert simulator.records.find(ids[0]) is None
        assert simulator.records.find(ids[4]) is simulator.received[-1]


async def test_smsc_answers_after_its_latency_in_any_number_at_once() -> None:
    async with running(latency_s=0.05) as (_, port), bound(port) as esme:
        loop = asyncio.get_running_loop()
        began = loop.time()
        numbers = {esme.send(SUBMIT) for _ in range(20)}
        while numbers:
            numbers.discard((await esme.expect_event(Answered)).sequence_number)
        assert 0.05 <= loop.time() - began < 0.5


async def test_smsc_takes_data_sm_and_submit_multi() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        await esme.ask(DataSm(source_addr="45555", destination_addr="525512345678", tlvs=((0x0424, b"hola"),)))
        assert simulator.received[-1].text() == "hola"

        rows = (Destination(1, 1, "525511111111"), Destination(1, 1, "525522222222"))
        answered = await esme.ask(SubmitMulti(source_addr="45555", dest_address=rows, registered_delivery=1))
        assert answered.command_status == 0
        receipts = [await next_deliver(esme), await next_deliver(esme)]
        assert {receipt.source_addr for receipt in receipts} == {"525511111111", "525522222222"}
        assert len({read(receipt).message_id for receipt in receipts}) == 1

        refused = await esme.ask(SubmitMulti(dest_address=(DistributionList("everybody"),)))
        assert refused.command_status == CommandStatus.ESME_RCNTSUBDL


async def test_smsc_throttles_what_is_over_its_tps() -> None:
    async with running(tps=5) as (simulator, port), bound(port) as esme:
        statuses = [(await esme.ask(SUBMIT)).command_status for _ in range(8)]
        assert statuses == [0] * 5 + [CommandStatus.ESME_RTHROTTLED] * 3
        assert simulator.stats.refused[0x58] == 3
        assert simulator.stats.arrivals.peak == 8
        assert len(simulator.received) == 5


async def test_smsc_refuses_what_is_over_the_window() -> None:
    async with running(window=2, latency_s=0.05) as (_, port), bound(port) as esme:
        for _ in range(3):
            esme.send(SUBMIT)
        statuses = [(await esme.expect_event(Answered)).command_status for _ in range(3)]
        assert statuses == [CommandStatus.ESME_RMSGQFUL, 0, 0]
        assert (await esme.ask(SUBMIT)).command_status == 0


async def test_smsc_tells_and_cancels_what_it_took() -> None:
    async with running(receipts_after_s=0.1) as (_, port), bound(port) as esme:
        message_id = message_id_of(await esme.ask(SUBMIT))
        assert (await esme.ask(QuerySm(message_id))).pdu == QuerySmResp(message_id, "", MessageState.ENROUTE)
        assert (await esme.ask(ReplaceSm(message_id))).command_status == CommandStatus.ESME_RREPLACEFAIL
        assert (await esme.ask(CancelSm(message_id=message_id))).command_status == 0
        assert read(await next_deliver(esme)).state is MessageState.DELETED
        told = (await esme.ask(QuerySm(message_id))).pdu
        assert isinstance(told, QuerySmResp)
        assert (told.message_state, len(told.final_date)) == (MessageState.DELETED, 16)
        assert (await esme.ask(CancelSm(message_id=message_id))).command_status == CommandStatus.ESME_RCANCELFAIL
        assert (await esme.ask(QuerySm("nobody's"))).command_status == CommandStatus.ESME_RQUERYFAIL


async def test_smsc_tells_nothing_of_other_accounts_messages() -> None:
    async with running() as (_, port), bound(port) as esme, bound(port, BindTransceiver(system_id="rival")) as rival:
        message_id = message_id_of(await esme.ask(SUBMIT))
        assert (await rival.ask(QuerySm(message_id))).command_status == CommandStatus.ESME_RQUERYFAIL


# Receipts


@pytest.mark.parametrize("form", list(ReceiptForm))
@pytest.mark.parametrize("ids", list(IdForm))
async def test_smsc_sends_receipts_in_the_form_agreed(form: ReceiptForm, ids: IdForm) -> None:
    async with running(receipt_form=form, id_form=ids) as (simulator, port), bound(port) as esme:
        message_id = message_id_of(await esme.ask(SUBMIT))
        pdu = await next_deliver(esme)
        receipt = read(pdu)
        assert classify(pdu) is Kind.RECEIPT
        assert receipt.state is MessageState.DELIVERED
        assert (pdu.source_addr, pdu.destination_addr) == (SUBMIT.destination_addr, SUBMIT.source_addr)
        assert bool(receipt.text_id) == (form is not ReceiptForm.TLV)
        assert bool(receipt.tlv_id) == (form is not ReceiptForm.TEXT)
        assert receipt.message_id == simulator.received[-1].receipt_id
        bases = {IdForm.HEXRESP_DECDLR: (16, 10), IdForm.DECRESP_HEXDLR: (10, 16)}.get(ids)
        if bases is None:
            assert receipt.message_id == message_id
        else:
            assert receipt.message_id != message_id
            assert int(message_id, bases[0]) == int(receipt.message_id, bases[1])


@pytest.mark.parametrize(
    ("faults", "state", "error"),
    [
        (Faults(fail=1.0), MessageState.UNDELIVERABLE, 1),
        (Faults(expire=1.0), MessageState.EXPIRED, 27),
    ],
)
async def test_smsc_says_why_a_message_ended(faults: Faults, state: MessageState, error: int) -> None:
    async with running(faults=faults) as (_, port), bound(port) as esme:
        await esme.ask(SUBMIT)
        pdu = await next_deliver(esme)
        receipt = read(pdu)
        assert (receipt.state, receipt.error) == (state, f"{error:03d}")
        assert tlv(pdu, Tag.NETWORK_ERROR_CODE) == bytes((3, 0, error))
        assert tlv_int(pdu, Tag.MESSAGE_STATE) == state


@pytest.mark.parametrize(
    ("asked", "faults", "told"),
    [
        (0, Faults(), False),
        (2, Faults(), False),
        (2, Faults(fail=1.0), True),
        (3, Faults(), True),
        (3, Faults(fail=1.0), False),
    ],
)
async def test_smsc_sends_the_receipts_that_were_asked_for(asked: int, faults: Faults, told: bool) -> None:
    async with running(faults=faults) as (simulator, port), bound(port) as esme:
        await esme.ask(SUBMIT._replace(registered_delivery=asked))
        await until(lambda: len(simulator.agenda) == 0)
        simulator.mo("5215512345678", "45555", "despues")
        assert (classify(await next_deliver(esme)) is Kind.RECEIPT) == told


async def test_smsc_without_receipts_sends_none() -> None:
    async with running(receipts_after_s=None) as (simulator, port), bound(port) as esme:
        message_id = message_id_of(await esme.ask(SUBMIT))
        assert len(simulator.agenda) == 0
        assert (await esme.ask(QuerySm(message_id))).pdu == QuerySmResp(message_id, "", MessageState.ENROUTE)


async def test_smsc_keeps_receipts_until_a_receiving_bind_is_there() -> None:
    async with running() as (simulator, port):
        async with bound(port, BindTransmitter(system_id="acme")) as transmitter:
            ids = [message_id_of(await transmitter.ask(SUBMIT)) for _ in range(3)]
            await transmitter.ask(SUBMIT._replace(registered_delivery=0))
            await until(lambda: simulator.waiting == 3)
        async with bound(port, BindReceiver(system_id="acme")) as receiver:
            assert [read(await next_deliver(receiver)).message_id for _ in range(3)] == ids
        assert simulator.stats.delivered == 3


async def test_smsc_keeps_to_the_window_of_deliver_sm_and_to_the_order() -> None:
    async with running(deliver_window=2) as (simulator, port), bound(port) as esme:
        for number in range(5):
            simulator.mo("5215512345678", "45555", str(number))
        assert simulator.waiting == 3
        texts = [(await next_deliver(esme)).short_message for _ in range(5)]
        assert texts == [b"0", b"1", b"2", b"3", b"4"]


async def test_smsc_spreads_deliver_sm_over_the_binds() -> None:
    async with running() as (simulator, port), bound(port) as one, bound(port) as other:
        for _ in range(4):
            simulator.mo("5215512345678", "45555", "hola")
        for esme in (one, other, one, other):
            await next_deliver(esme)


async def test_smsc_sends_again_what_the_app_wants_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_PAUSE_S", 0.01)
    async with running() as (simulator, port), bound(port) as esme:
        simulator.mo("5215512345678", "45555", "hola")
        await next_deliver(esme, CommandStatus.ESME_RX_T_APPN)
        await next_deliver(esme, CommandStatus.ESME_RMSGQFUL)
        assert (await next_deliver(esme)).short_message == b"hola"
        await esme.ask(PROBE)
        assert (simulator.stats.redelivered, simulator.stats.delivered) == (2, 1)


async def test_smsc_gives_up_what_the_app_never_wants() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        simulator.mo("5215512345678", "45555", "hola")
        await next_deliver(esme, CommandStatus.ESME_RX_R_APPN)
        await esme.ask(PROBE)
        assert (simulator.stats.dropped, simulator.stats.delivered, simulator.waiting) == (1, 0, 0)


async def test_smsc_sends_over_the_next_bind_what_a_lost_one_left_unanswered() -> None:
    async with running() as (simulator, port):
        async with bound(port) as esme:
            for text in ("uno", "dos"):
                simulator.mo("5215512345678", "45555", text)
            await esme.expect(DeliverSm)
            simulator.disconnect()
            await esme.expect_closed()
        async with bound(port) as esme:
            assert [(await next_deliver(esme)).short_message for _ in range(2)] == [b"uno", b"dos"]


# Inbound


async def test_smsc_brings_what_a_subscriber_writes() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        assert simulator.mo("5215512345678", "45555", "ACEPTO, ¿sí?", encoding=Encoding.UCS2) == 1
        pdu = await next_deliver(esme)
        assert (pdu.source_addr, pdu.destination_addr) == ("5215512345678", "45555")
        assert classify(pdu) is Kind.MO
        assert decode(pdu.data_coding, pdu.short_message) == "ACEPTO, ¿sí?"


@pytest.mark.parametrize("mode", [LongMessages.UDH, LongMessages.UDH16, LongMessages.SAR])
async def test_smsc_brings_long_texts_in_parts(mode: LongMessages) -> None:
    text = "Quisiera saber el saldo. " * 12
    async with running(long_messages=mode) as (simulator, port), bound(port) as esme:
        assert simulator.mo("5215512345678", "45555", text) == 2
        parts = [await next_deliver(esme), await next_deliver(esme)]
        read_back = ""
        for number, pdu in enumerate(parts, 1):
            data = opened(pdu.short_message, udhi=bool(pdu.esm_class & 0x40))
            if mode is LongMessages.SAR:
                assert tlv_int(pdu, Tag.SAR_SEGMENT_SEQNUM) == number
            else:
                assert data.concat is not None
                assert (data.concat.number, data.concat.total) == (number, 2)
            read_back += decode(pdu.data_coding, data.octets)
        assert read_back == text


async def test_smsc_brings_a_long_text_as_one_payload() -> None:
    async with running(long_messages=LongMessages.PAYLOAD) as (simulator, port), bound(port) as esme:
        assert simulator.mo("5215512345678", "45555", "x" * 400) == 1
        pdu = await next_deliver(esme)
        assert (pdu.short_message, tlv_text(pdu, Tag.MESSAGE_PAYLOAD)) == (b"", "x" * 400)


async def test_smsc_writes_to_whom_it_is_told() -> None:
    rival_bind = BindTransceiver(system_id="rival")
    async with running() as (simulator, port), bound(port) as _, bound(port, rival_bind) as rival:
        simulator.mo("5215512345678", "45555", "hola", system_id="rival")
        assert (await next_deliver(rival)).short_message == b"hola"


async def test_smsc_refuses_to_write_to_nobody_and_what_cannot_be_written() -> None:
    async with running() as (simulator, port):
        with pytest.raises(LookupError, match="nobody"):
            simulator.mo("5215512345678", "45555", "hola")
        async with bound(port):
            with pytest.raises(LookupError, match="stranger"):
                simulator.mo("5215512345678", "45555", "hola", system_id="stranger")
            with pytest.raises(ValueError, match="source_addr"):
                simulator.mo("5" * 30, "45555", "hola")
            assert simulator.waiting == 0


# The end


async def test_smsc_unbinds_its_peers_when_it_stops() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        await simulator.stop()
        assert (await esme.expect_event(Unbound)).by_peer
        with pytest.raises(OSError, match="onnect"):
            await Peer.connect("127.0.0.1", port)


async def test_smsc_cuts_off_a_peer_that_does_not_answer_its_unbind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sim.smsc.STOP_S", 0.05)
    async with running() as (simulator, port), bound(port) as esme:
        esme.pause()
        await simulator.stop()
        assert simulator.bound == {}


async def test_smsc_answers_enquire_link() -> None:
    async with running() as (_, port), bound(port) as esme:
        esme.send(EnquireLink())
        await esme.expect_event(LinkChecked)
