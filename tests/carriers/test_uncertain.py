"""What is made of a message whose answer is lost or late."""

import pytest

from gateway.config.carriers import Uncertain, UncertainHold
from gateway.errors import Refusal
from gateway.message import Status
from tests.carriers.rig import a_bind, a_carrier, world

THROTTLED, SYSTEM_ERROR, INVALID_DESTINATION, VENDOR = 0x58, 0x08, 0x0B, 0x401


async def test_lost_fast_message_is_resent_at_once_and_bulk_after_its_hold() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        fast, bulk = w.message(0, lane="fast"), w.message(1)
        await w.send(fast, bulk)
        bind.lose()
        await w.settle()
        w.up("telcel-1")
        await w.settle()
        assert [flight.outgoing.message for _, flight in bind.sent] == [fast]
        bind.answer()
        await w.advance(119.9)
        assert bind.sent == []
        await w.advance(0.1)
        assert [flight.outgoing.message for _, flight in bind.sent] == [bulk]


async def test_lost_fast_message_goes_by_another_carrier_when_no_bind_is_left() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, lane="fast", carriers=("telcel", "movistar"))
        await w.send(message)
        w.binds["telcel-1"].lose()
        await w.settle()
        assert [flight.outgoing.message for _, flight in w.binds["movistar-1"].sent] == [message]


async def test_lost_message_ends_as_unknown_where_the_lane_says_fail() -> None:
    async with world() as w:
        uncertain = {"uncertain": Uncertain(bulk="fail", hold=UncertainHold(bulk=10.0))}
        w.add("telcel", a_carrier(a_bind("telcel-1"), **uncertain))
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].lose()
        await w.advance(9.9)
        assert message.status is Status.ACCEPTED
        await w.advance(0.2)
        assert (message.status, message.error_code) == (Status.UNKNOWN, "unknown")
        assert w.roads.told == [(message.id, Status.UNKNOWN)]
        assert w.dispatch.live == {}


async def test_late_answer_during_the_hold_settles_without_a_second_send() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0)
        await w.send(message)
        flight = bind.time_out()
        await w.advance(60)
        bind.answer_late(flight, 0, "late")
        await w.advance(120)
        assert bind.history == [bind.history[0]]
        assert message.segments[0].carrier_message_id == "late"
        assert w.dispatch.live == {}


async def test_late_refusal_during_the_hold_counts_as_the_answer() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        flight = w.binds["telcel-1"].time_out()
        w.binds["telcel-1"].answer_late(flight, INVALID_DESTINATION, "")
        assert message.status is Status.REJECTED


async def test_late_yes_saves_what_waits_to_be_sent_again() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=1)))
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0, lane="fast")
        await w.send(message)
        flight = bind.time_out()
        await w.send(w.message(1, lane="fast"))  # takes the window's place
        if bind.sent[0][1].outgoing.message is message:
            bind.answer(THROTTLED)
        bind.answer_late(flight, 0, "late")
        await w.advance(30)
        assert message.segments[0].carrier_message_id == "late"
        assert len([pdu for pdu in bind.history if pdu.destination_addr == message.to]) <= 3
        assert message.id not in w.dispatch.live


async def test_late_answer_to_the_first_try_does_not_stand_for_the_second() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0, lane="fast")
        await w.send(message)
        first = bind.time_out()
        await w.settle()
        assert len(bind.sent) == 1  # sent again, no hold
        bind.answer_late(first, SYSTEM_ERROR, "")  # a late no: the second try may still be a yes
        await w.advance(5)
        assert len(bind.history) == 2
        bind.answer_late(first, 0, "first")
        assert message.segments[0].carrier_message_id == "first"
        assert message.id in w.dispatch.live  # until the second try has been answered as well
        bind.answer(0, "second")
        assert message.segments[0].carrier_message_id == "first"
        assert w.dispatch.live == {}
        assert len(bind.history) == 2


async def test_uncertain_message_past_its_ttl_is_unknown_and_never_sent_again() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(1000, expires_at=w.clock.utc() + 50)
        await w.send(message)
        w.binds["telcel-1"].time_out()
        await w.advance(121)
        assert message.status is Status.UNKNOWN
        assert len(w.binds["telcel-1"].history) == 1


async def test_uncertain_message_that_waits_to_be_sent_again_is_not_cancelled_and_is_unknown_past_its_ttl() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, lane="fast", expires_at=w.clock.utc() + 50)
        await w.send(message)
        w.binds["telcel-1"].lose()
        await w.advance(1)
        with pytest.raises(Refusal, match="cannot be cancelled"):
            await w.dispatch.cancel("bank", message.id)
        await w.advance(50)
        assert (message.status, message.error_code) == (Status.UNKNOWN, "unknown")
        assert w.roads.told == [(message.id, Status.UNKNOWN)]
