"""Which carrier has a message: with what is up, well and able to write it; and cancelling."""

import pytest

from gateway.config.carriers import CarrierSenders, Failover
from gateway.errors import Refusal
from gateway.message import Content, Status
from tests.carriers.rig import World, a_bind, a_carrier, long_text, world
from tests.support.store import BASE

BOTH = ("telcel", "movistar")


def where(w: World) -> dict[str, int]:
    """How many segments each bind has been given."""
    return {name: len(bind.history) for name, bind in w.binds.items()}


async def test_message_goes_by_its_first_carrier_while_that_is_up() -> None:
    async with world(*BOTH) as w:
        w.up("telcel-1", "movistar-1")
        await w.send(*(w.message(n, carriers=BOTH) for n in range(3)))
        assert where(w) == {"telcel-1": 3, "movistar-1": 0}


async def test_order_drawn_by_weight_at_intake_is_kept() -> None:
    async with world(*BOTH) as w:
        w.up("telcel-1", "movistar-1")
        await w.send(w.message(0, carriers=("movistar", "telcel"), carrier="movistar"))
        assert where(w) == {"telcel-1": 0, "movistar-1": 1}


async def test_messages_go_by_the_next_carrier_while_no_bind_is_up_and_back() -> None:
    async with world(*BOTH) as w:
        w.up("movistar-1")
        await w.send(w.message(0, carriers=BOTH))
        assert where(w) == {"telcel-1": 0, "movistar-1": 1}
        w.up("telcel-1")
        await w.send(w.message(1, carriers=BOTH))
        assert where(w) == {"telcel-1": 1, "movistar-1": 1}


async def test_queued_messages_leave_when_the_last_bind_goes() -> None:
    async with world("movistar") as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=1), a_bind("telcel-2", window=1)))
        w.up("telcel-1", "telcel-2", "movistar-1")
        only_here = w.message(9, carriers=("telcel",))
        await w.send(*(w.message(n, carriers=BOTH) for n in range(5)), only_here)
        w.binds["telcel-1"].lose()
        await w.settle()
        assert where(w)["movistar-1"] == 0
        w.binds["telcel-2"].lose()
        await w.settle()
        assert where(w)["movistar-1"] == 3  # two are uncertain at telcel
        assert len(w.carriers["telcel"].lane("bulk")) == 1


async def test_queued_messages_leave_when_another_carrier_comes_up() -> None:
    async with world(*BOTH) as w:
        await w.send(*(w.message(n, carriers=BOTH) for n in range(5)))
        assert where(w) == {"telcel-1": 0, "movistar-1": 0}
        w.up("movistar-1")
        await w.settle()
        assert where(w) == {"telcel-1": 0, "movistar-1": 5}


async def test_queued_messages_leave_a_receive_only_carrier() -> None:
    async with world(*BOTH) as w:
        w.up("movistar-1", "telcel-1")
        telcel = w.carriers["telcel"]
        telcel.set_receive_only(telcel.binds["telcel-1"], True)
        await w.send(w.message(0, carriers=BOTH))
        assert where(w) == {"telcel-1": 0, "movistar-1": 1}
        telcel.set_receive_only(telcel.binds["telcel-1"], False)
        await w.send(w.message(1, carriers=BOTH))
        assert where(w) == {"telcel-1": 1, "movistar-1": 1}


async def test_queued_messages_leave_as_room_appears() -> None:
    async with world(*BOTH) as w:
        lane = w.carriers["movistar"].lane("bulk")
        lane.capacity = 4
        await w.send(*(w.message(n, carriers=BOTH) for n in range(8)))
        w.up("movistar-1")
        for _ in range(20):
            await w.advance(1)
        assert where(w) == {"telcel-1": 0, "movistar-1": 8}


@pytest.mark.parametrize("reason", ["sender", "text"])
async def test_message_waits_for_its_carrier_where_the_other_cannot_write_it(reason: str) -> None:
    async with world("telcel") as w:
        limits = {"senders": CarrierSenders(("BANCO",))} if reason == "sender" else {"ucs2": False}
        w.add("movistar", a_carrier(a_bind("movistar-1"), **limits))
        w.up("movistar-1")
        message = w.message(0, carriers=BOTH, content=Content(text="漢字"))
        await w.send(message)
        w.binds["telcel-1"].come_up()
        await w.settle()
        assert where(w) == {"telcel-1": 1, "movistar-1": 0}
        w.binds["telcel-1"].lose()
        await w.settle()
        assert message.status is Status.ACCEPTED


async def test_message_that_no_carrier_can_write_is_refused_with_the_reason() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), senders=CarrierSenders(("BANCO",))))
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        assert (message.status, message.error_code) == (Status.REJECTED, "sender_not_allowed")
        assert message.error_detail == "telcel: it does not let us send as 45555."


async def test_message_of_a_carrier_that_is_gone_goes_by_another_or_ends() -> None:
    async with world("movistar") as w:
        w.up("movistar-1")
        kept, lost = w.message(0, carriers=BOTH), w.message(1, carriers=("telcel",))
        await w.send(kept, lost)
        assert (kept.carrier, where(w)["movistar-1"]) == ("movistar", 1)
        assert (lost.status, lost.error_code) == (Status.REJECTED, "no_route")
        assert (await w.stored(lost)).error_code == "no_route"


# -- failover by health --------------------------------------------------------------------------------------------


async def test_errors_in_a_row_send_messages_another_way_until_one_succeeds() -> None:
    async with world("movistar") as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), failover=Failover(after_errors=5)))
        w.up("telcel-1", "movistar-1")
        telcel = w.binds["telcel-1"]
        await w.send(*(w.message(n, carriers=BOTH) for n in range(5)))
        for _ in range(5):
            telcel.answer(0x08)
        await w.send(w.message(5, carriers=BOTH), w.message(6, carriers=("telcel",)))
        assert where(w) == {"telcel-1": 6, "movistar-1": 1}  # who has no other way still goes there
        telcel.answer(0)
        await w.send(w.message(7, carriers=BOTH))
        assert where(w) == {"telcel-1": 7, "movistar-1": 1}


async def test_ill_carrier_is_probed_one_by_one_and_comes_back_without_a_stampede() -> None:
    async with world("movistar") as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), failover=Failover(after_errors=3)))
        w.up("telcel-1", "movistar-1")
        telcel = w.binds["telcel-1"]
        await w.send(*(w.message(n, carriers=BOTH) for n in range(3)))
        for _ in range(3):
            telcel.time_out()
        await w.advance(11)
        before = len(telcel.history)
        await w.send(*(w.message(10 + n, carriers=BOTH) for n in range(10)))
        assert len(telcel.history) - before == 1
        assert where(w)["movistar-1"] == 9
        telcel.answer(0)
        await w.send(*(w.message(30 + n, carriers=BOTH) for n in range(3)))
        assert len(telcel.history) - before == 4
        assert where(w)["movistar-1"] == 9


async def test_queue_leaves_an_ill_carrier_for_one_that_is_well() -> None:
    async with world("movistar") as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=2), failover=Failover(after_errors=2)))
        w.up("telcel-1", "movistar-1")
        await w.send(*(w.message(n, carriers=BOTH) for n in range(8)))
        w.binds["telcel-1"].time_out()
        w.binds["telcel-1"].time_out()
        await w.settle()
        assert where(w)["movistar-1"] >= 4


async def test_old_queue_sends_messages_another_way_until_it_is_young_again() -> None:
    async with world("movistar") as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=1), failover=Failover(queue_age=60.0)))
        w.up("telcel-1", "movistar-1")
        await w.send(w.message(0, carriers=("telcel",)))  # fills the window and is never answered
        await w.send(w.message(1, carriers=BOTH), w.message(2, carriers=("telcel",)))
        await w.advance(59)
        await w.send(w.message(3, carriers=BOTH))
        assert where(w)["movistar-1"] == 0
        await w.advance(2)
        assert where(w)["movistar-1"] == 1  # the old one; the young one waits for its turn here
        await w.send(w.message(4, carriers=BOTH))
        assert where(w)["movistar-1"] == 2
        while w.binds["telcel-1"].sent:
            w.binds["telcel-1"].answer()
            await w.settle()
        await w.advance(1)
        await w.send(w.message(5, carriers=BOTH))
        assert where(w) == {"telcel-1": 4, "movistar-1": 2}


# -- cancelling ----------------------------------------------------------------------------------------------------


async def test_cancel_takes_a_message_out_of_its_lane() -> None:
    async with world("telcel") as w:
        message = w.message(0)
        await w.send(message)
        assert (await w.dispatch.cancel("bank", message.id)).status is Status.CANCELLED
        w.up("telcel-1")
        await w.settle()
        assert where(w) == {"telcel-1": 0}
        assert (await w.stored(message)).status is Status.CANCELLED
        assert w.roads.told == [(message.id, Status.CANCELLED)]


async def test_cancel_takes_a_message_that_waits_to_be_tried_again() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].answer(0x08)
        await w.dispatch.cancel("bank", message.id)
        await w.advance(10)
        assert where(w) == {"telcel-1": 1}
        assert message.status is Status.CANCELLED


async def test_cancel_is_refused_for_what_a_carrier_has_or_may_have() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(2))
        await w.send(message)
        for _ in range(3):  # in flight, partly taken, taken
            with pytest.raises(Refusal, match="cannot be cancelled") as refused:
                await w.dispatch.cancel("bank", message.id)
            assert refused.value.code == "not_cancellable"
            if w.binds["telcel-1"].sent:
                w.binds["telcel-1"].answer()


async def test_cancel_is_refused_for_a_part_taken_before_a_restart() -> None:
    async with world("telcel") as w:
        message = w.message(0, content=long_text(2))
        w.up("telcel-1")
        await w.send(message)
        w.binds["telcel-1"].answer()
        await w.settle()
        w.dispatch.live.clear()  # as after a restart: it is on disk alone
        with pytest.raises(Refusal):
            await w.dispatch.cancel("bank", message.id)
        w.dispatch.live[message.id] = w.binds["telcel-1"].sent[0][1].outgoing


async def test_cancel_finds_only_the_apps_own_messages() -> None:
    async with world("telcel") as w:
        message = w.message(0)
        await w.send(message)
        for app, message_id in (("shop", message.id), ("bank", "00000000-0000-7000-8000-000000000000")):
            with pytest.raises(Refusal) as refused:
                await w.dispatch.cancel(app, message_id)
            assert refused.value.code == "not_found"


async def test_cancel_of_a_scheduled_message_holds() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, status=Status.SCHEDULED, send_at=BASE + 1010.0)
        await w.send(message)
        await w.dispatch.cancel("bank", message.id)
        await w.advance(20)
        assert where(w) == {"telcel-1": 0}
        assert (await w.stored(message)).status is Status.CANCELLED
