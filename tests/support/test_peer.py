"""The scripted peer is a helper that thinks: it is tested too, against itself."""

import asyncio

import pytest

from gateway.smpp.events import Answered, BindRefused, Closing, LinkChecked, Oddity, Unbound
from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import BindReceiver, DeliverSm, DeliverSmResp, EnquireLink, SubmitSm, SubmitSmResp, Unbind
from tests.support import peer as peer_module
from tests.support.peer import Peer, listening


async def bound_pair(port_of: "peer_module.Listener") -> tuple[Peer, Peer]:
    esme = await Peer.connect("127.0.0.1", port_of.port)
    smsc = await port_of.accept()
    await asyncio.gather(esme.bind(), smsc.accept_bind())
    return esme, smsc


async def test_peers_bind_and_exchange_messages() -> None:
    async with listening() as listener:
        esme, smsc = await bound_pair(listener)

        asked = asyncio.create_task(esme.ask(SubmitSm(short_message=b"hola")))
        smsc.answer(await smsc.expect(SubmitSm), SubmitSmResp("id"))
        assert (await asked).pdu == SubmitSmResp("id")

        smsc.send(DeliverSm(short_message=b"alta"), "mo")
        esme.answer(await esme.expect(DeliverSm), DeliverSmResp(), 0x64)
        answered = await smsc.expect_event(Answered)
        assert (answered.context, answered.command_status) == ("mo", 0x64)
        await esme.close()


async def test_peer_refuses_a_bind() -> None:
    async with listening() as listener:
        esme = await Peer.connect("127.0.0.1", listener.port)
        smsc = await listener.accept()
        esme.send(BindReceiver(system_id="app"))

        received = await smsc.refuse_bind(0x0D)

        assert received.pdu == BindReceiver(system_id="app")
        assert (await esme.expect_event(BindRefused)).command_status == 0x0D
        await esme.expect_closed()
        await esme.close()


async def test_peer_answers_enquire_link_and_unbind_by_itself() -> None:
    async with listening() as listener:
        esme, smsc = await bound_pair(listener)

        esme.send(EnquireLink())
        await esme.expect_event(LinkChecked)
        esme.send(Unbind())
        await esme.expect_event(Unbound)
        assert (await smsc.expect_event(Unbound)).by_peer
        await smsc.expect_closed()
        await esme.close()


async def test_peer_sends_raw_octets_and_keeps_what_was_passed_over() -> None:
    async with listening() as listener:
        esme, smsc = await bound_pair(listener)

        esme.raw(bytes.fromhex("00000010010000020000000000000009"))
        esme.send(SubmitSm())
        await smsc.expect(SubmitSm)

        assert [type(event) for event in smsc.passed_over] == [Oddity]
        esme.raw(b"HTTP")
        await smsc.expect_event(Closing)
        await esme.close()


async def test_peer_says_when_the_connection_ended_first() -> None:
    async with listening() as listener:
        esme, smsc = await bound_pair(listener)

        esme.abort()

        with pytest.raises(ConnectionError, match="before Received"):
            await smsc.expect(SubmitSm)
        await smsc.expect_closed()


async def test_peer_says_when_nothing_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "DEADLINE_S", 0.01)
    async with listening() as listener:
        esme, smsc = await bound_pair(listener)

        with pytest.raises(TimeoutError):
            await smsc.expect(SubmitSm)
        await esme.close()


async def test_peer_may_be_the_smsc_that_calls() -> None:
    async with listening(Role.ESME) as listener:
        smsc = await Peer.connect("127.0.0.1", listener.port, Role.SMSC)
        esme = await listener.accept()

        await asyncio.gather(esme.bind(BindReceiver()), smsc.accept_bind())

        assert smsc.session.state is State.BOUND_RX
        await smsc.close()
