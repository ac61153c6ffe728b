"""A carrier with its real bind, against a scripted SMSC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.carriers.carrier import Carrier
from gateway.config.carriers import Reconnect
from gateway.message import Status
from gateway.smpp.pdu import SubmitSm, SubmitSmResp, Unbind
from tests.carriers.rig import World, a_bind, a_carrier, long_text, world
from tests.support.peer import DEADLINE_S, Listener, Peer, listening


@asynccontextmanager
async def running(window: int = 10) -> AsyncIterator[tuple[World, Carrier, Listener, Peer]]:
    """A carrier whose bind is up."""
    async with listening() as smsc, world() as w:
        quick = Reconnect(min=0.001, max=0.002)
        bind = a_bind("telcel-1", port=smsc.port, window=window)
        carrier = w.add("telcel", a_carrier(bind, reconnect=quick), stand_ins=False)
        task = asyncio.create_task(carrier.binds["telcel-1"].run())
        peer = await smsc.accept()
        await peer.accept_bind()
        try:
            yield w, carrier, smsc, peer
        finally:
            await asyncio.wait_for(carrier.binds["telcel-1"].stop(), DEADLINE_S)
            await asyncio.wait_for(task, DEADLINE_S)


async def test_message_goes_out_and_its_answer_comes_back() -> None:
    async with running() as (w, _, _, peer):
        message = w.message(0, content=long_text(2))
        await w.send(message)
        first, second = [await peer.expect(SubmitSm) for _ in range(2)]
        peer.answer(second, SubmitSmResp("b"))
        peer.answer(first, SubmitSmResp("a"))
        await _until(lambda: message.status is Status.SUBMITTED)
        assert [segment.carrier_message_id for segment in message.segments] == ["a", "b"]


async def test_answers_after_the_peers_unbind_send_nothing_more_over_that_session() -> None:
    async with running(window=1) as (w, carrier, smsc, peer):
        first, second = w.message(0), w.message(1)
        await w.send(first, second)
        received = await peer.expect(SubmitSm)
        peer.send(Unbind())
        await _until(lambda: not carrier.up)
        peer.answer(received, SubmitSmResp("a"))
        again = await smsc.accept()
        await again.accept_bind()
        again.answer(await again.expect(SubmitSm), SubmitSmResp("b"))
        await _until(lambda: second.status is Status.SUBMITTED)
        assert (first.segments[0].carrier_message_id, second.segments[0].carrier_message_id) == ("a", "b")


async def test_bind_that_an_operator_stops_gets_nothing_more() -> None:
    async with running(window=1) as (w, carrier, smsc, peer):
        first, second = w.message(0, lane="fast"), w.message(1, lane="fast")
        await w.send(first, second)
        await peer.expect(SubmitSm)
        halting = asyncio.create_task(carrier.binds["telcel-1"].halt())
        await _until(lambda: not carrier.up)
        peer.abort()  # it owes us an answer, and the other end of this test would keep its unbind_resp back for it
        await asyncio.wait_for(halting, DEADLINE_S)
        assert carrier.in_flight == 0
        carrier.binds["telcel-1"].start()
        again = await smsc.accept()
        await again.accept_bind()
        for message_id in ("a", "b"):
            again.answer(await again.expect(SubmitSm), SubmitSmResp(message_id))
        await _until(lambda: second.status is first.status is Status.SUBMITTED)


async def test_answer_that_stops_the_bind_keeps_its_message() -> None:
    async with running() as (w, carrier, _, peer):
        message = w.message(0)
        await w.send(message, w.message(1))
        received = [await peer.expect(SubmitSm) for _ in range(2)]
        peer.answer(received[0], SubmitSmResp(), 0x03)
        peer.answer(received[1], SubmitSmResp("b"))
        await _until(lambda: str(carrier.binds["telcel-1"].state) == "failed")
        assert message.status is Status.ACCEPTED
        assert message.id in w.dispatch.live


async def _until(so: object) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not so():  # type: ignore[operator]  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0)
