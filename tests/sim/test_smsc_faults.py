"""Each thing a simulated SMSC does wrong, seen by a scripted ESME on a real socket."""

import asyncio
import time

import pytest

from gateway.sim.faults import Faults
from gateway.sim.nonsense import garbage, noise
from gateway.smpp.events import Answered, BindRefused, Closing, Oddity, OddityKind, Reason, Received
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import BindTransceiver, DeliverSm, GenericNack, QuerySm, SubmitSmResp
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus
from tests.sim.running import SUBMIT, bound, next_deliver, running, until
from tests.support.pair import session_in
from tests.support.peer import Peer

PROBE = QuerySm("probe")


async def test_smsc_refuses_submits_with_any_status() -> None:
    async with running(faults=Faults(errors={0x4A1: 1.0})) as (simulator, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        assert (answered.command_status, answered.pdu) == (0x4A1, SubmitSmResp())
        assert simulator.stats.refused == {0x4A1: 1}
        assert not simulator.received


async def test_smsc_refuses_binds_until_it_no_longer_does() -> None:
    async with running(faults=Faults(refuse_binds=0x0D)) as (simulator, port):
        esme = await Peer.connect("127.0.0.1", port)
        esme.send(BindTransceiver(system_id="acme"))
        assert (await esme.expect_event(BindRefused)).command_status == CommandStatus.ESME_RBINDFAIL
        await esme.close()
        simulator.faults = Faults()
        async with bound(port):
            assert simulator.bound == {"acme": 1}


async def test_smsc_does_not_answer_a_silent_submit_but_may_have_taken_it() -> None:
    async with running(faults=Faults(silent=1.0), receipts_after_s=None) as (simulator, port), bound(port) as esme:
        for _ in range(40):
            esme.send(SUBMIT)
        await esme.ask(PROBE)
        assert not [event for event in esme.passed_over if isinstance(event, Answered)]
        assert simulator.stats.deeds == {"silent": 40}
        assert 5 < len(simulator.received) < 35


async def test_smsc_answers_slow_submits_late_and_the_others_in_time() -> None:
    async with running(faults=Faults(slow=1.0, slow_s=0.1)) as (simulator, port), bound(port) as esme:
        slow = esme.send(SUBMIT)
        await esme.ask(PROBE)
        simulator.faults = Faults()
        began = time.monotonic()
        quick = esme.send(SUBMIT)
        assert (await esme.expect_event(Answered)).sequence_number == quick
        assert (await esme.expect_event(Answered)).sequence_number == slow
        assert time.monotonic() - began > 0.05


async def test_smsc_drops_the_connection_instead_of_an_answer() -> None:
    async with running(faults=Faults(drop=1.0)) as (simulator, port), bound(port) as esme:
        esme.send(SUBMIT)
        await esme.expect_closed()
        assert simulator.bound == {}
        assert simulator.stats.deeds == {"drop": 1}


async def test_smsc_sends_garbage_that_a_session_survives() -> None:
    async with running(faults=Faults(garbage=1.0)) as (_, port), bound(port) as esme:
        answers = [await esme.ask(SUBMIT) for _ in range(30)]
        assert {answered.command_status for answered in answers} == {0}
        odd = [event for event in esme.passed_over if isinstance(event, Oddity)]
        assert len({event.kind for event in odd}) >= 3


async def test_smsc_sends_noise_that_ends_a_session() -> None:
    async with running(faults=Faults(noise=1.0)) as (_, port), bound(port) as esme:
        esme.send(SUBMIT)
        assert (await esme.expect_event(Closing)).reason in {Reason.FRAMING, Reason.STREAM_BROKEN}


async def test_smsc_answers_a_submit_twice() -> None:
    async with running(faults=Faults(duplicate_response=1.0)) as (simulator, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        again = await esme.expect_event(Oddity)
        assert (again.kind, again.detail) == (
            OddityKind.UNEXPECTED_RESPONSE,
            f"submit_sm_resp {answered.sequence_number}",
        )
        assert simulator.stats.accepted == 1


async def test_smsc_answers_a_submit_by_a_generic_nack() -> None:
    async with running(faults=Faults(nack=1.0)) as (simulator, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        assert (answered.pdu, answered.command_status) == (GenericNack(), CommandStatus.ESME_RSYSERR)
        assert not simulator.received


async def test_smsc_cuts_the_connection_in_the_middle_of_an_answer() -> None:
    async with running(faults=Faults(cut=1.0)) as (simulator, port), bound(port) as esme:
        esme.send(SUBMIT)
        await esme.expect_closed()
        assert not [event for event in esme.passed_over if isinstance(event, Answered)]
        assert len(simulator.received) == 1


async def test_smsc_leaves_a_connection_half_open_and_takes_the_next() -> None:
    async with running(faults=Faults(half_open=1.0)) as (simulator, port), bound(port) as esme:
        esme.send(SUBMIT)
        await until(lambda: simulator.stats.deeds == {"half_open": 1})
        simulator.faults = Faults()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await esme.ask(PROBE)
        async with bound(port) as another:
            await another.ask(SUBMIT)
            await next_deliver(another)


def test_garbage_never_ends_a_session_and_noise_does_unless_it_waits_for_more() -> None:
    for draw in (0.0, 0.2, 0.4, 0.6, 0.8, 0.999):
        session = session_in(Role.ESME, State.BOUND_TRX)
        session.receive(garbage(lambda draw=draw: draw), 1000.0)  # type: ignore[misc]  # a default binds the value
        assert session.bound
    for draw in (0.0, 0.3, 0.6):
        session = session_in(Role.ESME, State.BOUND_TRX)
        events = session.receive(noise(lambda draw=draw: draw), 1000.0)  # type: ignore[misc]  # a default binds the value
        assert any(isinstance(event, Closing) for event in events)
        assert session.closed


async def test_smsc_sends_receipts_before_the_response() -> None:
    async with running(faults=Faults(early_receipt=1.0)) as (_, port), bound(port) as esme:
        number = esme.send(SUBMIT)
        receipt = read(await next_deliver(esme))
        assert not [event for event in esme.passed_over if isinstance(event, Answered)]
        answered = await esme.expect_event(Answered)
        assert answered.sequence_number == number
        assert answered.pdu == SubmitSmResp(receipt.message_id)


async def test_smsc_sends_receipts_twice() -> None:
    async with running(faults=Faults(duplicate_receipt=1.0)) as (simulator, port), bound(port) as esme:
        await esme.ask(SUBMIT)
        assert read(await next_deliver(esme)) == read(await next_deliver(esme))
        assert simulator.stats.mishaps == {"duplicate_receipt": 1}


async def test_smsc_says_that_a_message_is_on_its_way_before_it_says_how_it_ended() -> None:
    async with running(faults=Faults(intermediate_receipt=1.0)) as (_, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        first, last = await next_deliver(esme), await next_deliver(esme)
        assert [classify(pdu) for pdu in (first, last)] == [Kind.INTERMEDIATE, Kind.RECEIPT]
        assert [read(pdu).state for pdu in (first, last)] == [MessageState.ENROUTE, MessageState.DELIVERED]
        assert SubmitSmResp(read(first).message_id) == SubmitSmResp(read(last).message_id) == answered.pdu


async def test_smsc_sends_a_receipt_for_what_nobody_sent() -> None:
    async with running(faults=Faults(stray_receipt=1.0)) as (simulator, port), bound(port) as esme:
        answered = await esme.ask(SUBMIT)
        own, stray = [read(await next_deliver(esme)).message_id for _ in range(2)]
        assert SubmitSmResp(own) == answered.pdu
        assert simulator.records.find(stray) is None


async def test_smsc_sends_the_parts_of_an_inbound_message_in_another_order() -> None:
    async with running(faults=Faults(shuffled_inbound=1.0)) as (simulator, port), bound(port) as esme:
        assert simulator.mo("525512345678", "45555", "x" * 400) == 3
        numbers = [(await next_deliver(esme)).short_message[5] for _ in range(3)]
        assert sorted(numbers) == [1, 2, 3] != numbers
        assert simulator.stats.mishaps == {"shuffled_inbound": 1}


async def test_smsc_loses_receipts() -> None:
    async with running(faults=Faults(lost_receipt=1.0)) as (simulator, port), bound(port) as esme:
        await esme.ask(SUBMIT)
        assert len(simulator.agenda) == 0
        assert simulator.stats.mishaps == {"lost_receipt": 1}


async def test_smsc_frozen_answers_nothing_and_then_all() -> None:
    async with running() as (simulator, port), bound(port) as esme:
        simulator.faults = Faults(frozen=True)
        for _ in range(3):
            esme.send(SUBMIT)
        other = await Peer.connect("127.0.0.1", port)
        other.send(BindTransceiver(system_id="other"))
        await until(lambda: simulator.stats.connections == 2)
        assert simulator.stats.submits == 0
        simulator.faults = Faults()
        for _ in range(3):
            await esme.expect_event(Answered)
        await until(lambda: len(simulator.bound) == 2)
        await other.close()


async def test_smsc_does_the_same_wrong_again_for_the_same_seed() -> None:
    faults = Faults(errors={0x45: 0.3, 0x58: 0.3}, fail=0.3)
    runs: list[list[int]] = []
    for _ in range(2):
        async with running(faults=faults) as (_, port), bound(port) as esme:
            runs.append([(await esme.ask(SUBMIT)).command_status for _ in range(60)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


async def test_smsc_refuses_faults_that_add_up_to_more_than_all() -> None:
    async with running() as (simulator, _):
        with pytest.raises(ValueError, match="add up"):
            simulator.faults = Faults(silent=0.9, drop=0.9)
        assert simulator.faults == Faults()


async def test_smsc_cuts_the_connections_of_one_account() -> None:
    rival_bind = BindTransceiver(system_id="rival")
    async with running() as (simulator, port), bound(port) as esme, bound(port, rival_bind) as rival:
        assert simulator.disconnect("rival") == 1
        await rival.expect_closed()
        await esme.ask(PROBE)
        assert simulator.bound == {"acme": 1}


async def test_receipts_of_a_dropped_submit_come_to_the_next_bind() -> None:
    async with running(faults=Faults(drop=1.0)) as (simulator, port):
        for _ in range(20):
            async with bound(port) as esme:
                esme.send(SUBMIT)
                await esme.expect_closed()
            if simulator.received:
                break
        async with bound(port) as esme:
            received = await esme.expect(DeliverSm)
            assert isinstance(received, Received)
            assert isinstance(received.pdu, DeliverSm)
            assert read(received.pdu).message_id == simulator.received[0].receipt_id
