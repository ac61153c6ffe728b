"""What answers do to messages."""

import pytest

from gateway.carriers.answers import ACTIONS, Action, BindAction, decide, decide_bind, longest_slow_pause
from gateway.message import Event, Segment, Status
from tests.carriers.rig import a_bind, a_carrier, long_text, statuses, world

THROTTLED, SYSTEM_ERROR, INVALID_DESTINATION, VENDOR = 0x58, 0x08, 0x0B, 0x401

# command_status by what it asks for: SMPP 3.4 §5.1.3, 5.0 §4.7.6, and what carriers mean by them.
ASKS = {
    Action.DONE: [0x00],
    Action.LATER: [0x08, 0x45, 0x64, 0xFF, 0x102, 0x22, 0x94, 0x9F, 0x55F, 0x4A, 0x4B, 0x4D, 0x4E],
    Action.THROTTLE: [0x14, 0x58],
    Action.NEXT: [0x400, 0x401, 0x432, 0x4A1, 0x4FF],
    Action.REFUSE: [
        *(0x01, 0x02, 0x06, 0x07, 0x0A, 0x0B, 0x0C, 0x11, 0x13, 0x33, 0x34, 0x40, 0x42, 0x43, 0x44, 0x48, 0x49),
        *(0x50, 0x51, 0x54, 0x55, 0x63, 0x65, 0x66, 0x67, 0xC0, 0xC2, 0xC3, 0xC4, 0xFE),
        *(0x103, 0x104, 0x105, 0x106, 0x107, 0x10D, 0x112),
    ],
    Action.STOP: [0x03, 0x0E, 0x0F, 0x53, 0x15, 0x100, 0x101],
    Action.REBIND: [0x04, 0x05, 0x0D],
    Action.WITHOUT_TIME: [0x61, 0x62],
    Action.WITHOUT_TLVS: [0xC1],
}


@pytest.mark.parametrize(("status", "action"), [(status, action) for action, all_ in ASKS.items() for status in all_])
def test_answer_asks_for_what_the_table_says(status: int, action: Action) -> None:
    assert decide(status, {}) is action


def test_every_status_of_the_table_is_an_action() -> None:
    assert set(ACTIONS.values()) <= set(Action)
    assert set(ACTIONS) <= {status for all_ in ASKS.values() for status in all_} | set(range(0x105, 0x113))


@pytest.mark.parametrize("word", ["later", "throttle", "next", "refuse", "stop", "wrong_network"])
def test_carriers_own_errors_stand_over_the_table(word: str) -> None:
    assert decide(0x0B, {0x0B: word}) is Action(word)
    assert decide(0x0A, {0x0B: word}) is Action.REFUSE


def test_refused_bind_is_tried_again_by_its_status() -> None:
    assert decide_bind(0x0E) is decide_bind(0x0F) is decide_bind(0x53) is BindAction.STOP
    assert decide_bind(0x05) is decide_bind(0x0D) is BindAction.SLOW
    assert decide_bind(0x08) is BindAction.RETRY
    assert (longest_slow_pause(0x05), longest_slow_pause(0x0D)) == (300.0, 900.0)


async def test_message_is_submitted_when_every_segment_was_taken_in_any_order() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(3), receipt="all")
        await w.send(message)
        bind = w.binds["telcel-1"]
        assert [pdu.short_message[:6] for pdu, _ in bind.sent] == [
            b"\x05\x00\x03" + bytes((bind.sent[0][0].short_message[3], 3, number)) for number in (1, 2, 3)
        ]

        bind.answer(message_id="c", index=2)
        bind.answer(message_id="a", index=0)
        assert message.status is Status.ACCEPTED
        bind.answer(message_id="b")

        assert [segment.carrier_message_id for segment in message.segments] == ["a", "b", "c"]
        assert (await w.stored(message)).status is Status.SUBMITTED
        assert w.roads.told == [(message.id, Status.SUBMITTED)]
        assert w.dispatch.live == {}
        assert [number for _, _, number in w.roads.named] == [3, 1, 2]


async def test_accepted_without_an_id_is_submitted_all_the_same() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        _, flight = w.binds["telcel-1"].sent[0]
        w.carriers["telcel"].answered(w.carriers["telcel"].binds["telcel-1"], flight, 0, "", 0.1)
        assert message.status is Status.SUBMITTED
        assert len(w.carriers["telcel"].correlation) == 0


async def test_later_is_tried_again_after_pauses_that_double_to_a_minute() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0)
        await w.send(message)
        for pause in (1, 2, 4, 8, 16, 32, 60, 60):
            bind.answer(SYSTEM_ERROR)
            await w.advance(pause - 0.1)
            assert bind.sent == [], pause
            await w.advance(0.1)
            assert len(bind.sent) == 1, pause
        bind.answer()
        assert message.status is Status.SUBMITTED
        assert [event.command_status for event in message.events] == [8, 8, 0]  # of many alike the first and the last


async def test_later_goes_by_the_next_carrier_after_the_second_failure_and_round_again() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        telcel, movistar = w.binds["telcel-1"], w.binds["movistar-1"]
        message = w.message(0, carriers=("telcel", "movistar"))
        await w.send(message)
        telcel.answer(SYSTEM_ERROR)
        await w.advance(1)
        telcel.answer(SYSTEM_ERROR)
        await w.settle()
        assert len(movistar.sent) == 1
        movistar.answer(SYSTEM_ERROR)  # the third failure in all
        await w.advance(3.9)
        assert movistar.sent == []
        await w.advance(0.1)
        movistar.answer(SYSTEM_ERROR)
        await w.advance(7.9)
        assert movistar.sent == telcel.sent == []  # nobody is left who has not failed twice: wait
        await w.advance(0.1)
        movistar.answer(SYSTEM_ERROR)
        await w.settle()
        assert len(telcel.sent) == 1
        telcel.answer(0, "7")
        assert (message.carrier, message.status) == ("telcel", Status.SUBMITTED)


async def test_later_waits_no_longer_than_the_message_lives() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(1000, expires_at=w.clock.utc() + 2.5)
        await w.send(message)
        w.binds["telcel-1"].answer(SYSTEM_ERROR)
        await w.advance(1)
        w.binds["telcel-1"].answer(SYSTEM_ERROR)
        await w.advance(1.5)
        assert (message.status, message.error_code) == (Status.EXPIRED, "ttl_expired")
        assert w.roads.told == [(message.id, Status.EXPIRED)]
        assert w.dispatch.live == {}


async def test_throttle_pauses_the_bind_and_counts_nothing_against_the_message() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        first, second = w.message(0), w.message(1)
        await w.send(first)
        bind.answer(THROTTLED)
        await w.send(second)
        assert bind.sent == []
        await w.advance(1.01)
        assert [flight.outgoing.message for _, flight in bind.sent] == [first, second]  # the head stays the head
        bind.answer(THROTTLED)
        await w.advance(10)
        assert bind.sent[-1][1].outgoing.failures == 0
        assert first.events == ()


async def test_case_27_throttled_part_goes_again_before_what_follows_and_no_other_goes_twice() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        long, behind = w.message(0, content=long_text(3)), w.message(1)
        await w.send(long)
        bind.answer(message_id="a")
        bind.answer(THROTTLED)
        bind.answer(message_id="c")
        await w.send(behind)
        assert bind.sent == []  # the bind pauses, not the message alone

        await w.advance(1.01)

        assert [flight.outgoing.message for _, flight in bind.sent] == [long, behind]
        first, again = bind.history[1], bind.history[3]
        assert first.short_message == again.short_message  # the second of three, under the same reference
        bind.answer(message_id="b")
        assert [segment.carrier_message_id for segment in long.segments] == ["a", "b", "c"]
        assert long.status is Status.SUBMITTED


async def test_next_takes_the_next_carrier_and_is_refused_where_there_is_none() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, carriers=("telcel", "movistar"))
        await w.send(message)
        w.binds["telcel-1"].answer(VENDOR)
        await w.settle()
        assert message.carrier == "movistar"
        w.binds["movistar-1"].answer(VENDOR)
        assert (message.status, message.error_code) == (Status.REJECTED, "carrier_refused")
        assert message.error_detail == "movistar answered 0x00000401."
        assert w.roads.told == [(message.id, Status.REJECTED)]
        assert (await w.stored(message)).status is Status.REJECTED


async def test_next_waits_for_room_at_the_other_carrier() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, carriers=("telcel", "movistar"))
        await w.send(message)
        lane = w.carriers["movistar"].lane("bulk")
        capacity, lane.capacity = lane.capacity, 0
        w.binds["telcel-1"].answer(VENDOR)
        await w.advance(1)
        assert w.binds["telcel-1"].sent == []
        assert message.status is Status.ACCEPTED
        lane.capacity = capacity
        await w.advance(1)
        assert len(w.binds["movistar-1"].sent) == 1


async def test_refuse_ends_the_message_with_the_carriers_word() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, carriers=("telcel", "movistar"))
        await w.send(message)
        w.binds["telcel-1"].answer(INVALID_DESTINATION)
        assert (message.status, message.error_code) == (Status.REJECTED, "carrier_refused")
        assert message.error_detail == "telcel answered ESME_RINVDSTADR."
        assert w.dispatch.live == {}
        assert w.roads.told == [(message.id, Status.REJECTED)]


async def test_stop_takes_the_bind_out_and_keeps_the_message() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), a_bind("telcel-2")))
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        w.up("telcel-2")
        w.binds["telcel-1"].answer(0x03)
        await w.settle()
        assert w.binds["telcel-1"].failed == "submit_sm was answered ESME_RINVCMDID"
        assert [flight.outgoing.message for _, flight in w.binds["telcel-2"].sent] == [message]


async def test_session_the_peer_has_forgotten_is_bound_anew_and_the_message_sent_again() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].answer(0x04)
        await w.settle()
        assert w.binds["telcel-1"].rebound == "submit_sm was answered ESME_RINVBNDSTS"
        assert w.binds["telcel-1"].sent == []
        w.up("telcel-1")
        await w.settle()
        assert len(w.binds["telcel-1"].sent) == 1


# -- several segments ----------------------------------------------------------------------------------------------


async def test_later_for_one_segment_waits_although_the_last_answer_was_yes() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0, content=long_text(2))
        await w.send(message)
        bind.answer(SYSTEM_ERROR)
        bind.answer()
        await w.advance(0.9)
        assert bind.sent == []
        await w.advance(0.1)
        assert [flight.segment.number for _, flight in bind.sent] == [1]
        bind.answer()
        assert message.status is Status.SUBMITTED


async def test_gravest_answer_decides_for_the_rest_of_the_message() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, content=long_text(3), carriers=("telcel", "movistar"))
        await w.send(message)
        bind = w.binds["telcel-1"]
        bind.answer(0, "a")
        bind.answer(INVALID_DESTINATION)
        assert message.status is Status.ACCEPTED
        bind.answer(SYSTEM_ERROR)
        await w.advance(100)
        assert bind.sent == w.binds["movistar-1"].sent == []
        assert statuses(message) == [Status.SUBMITTED, Status.REJECTED, Status.REJECTED]
        assert message.error_code == "carrier_refused"
        assert w.dispatch.live == {}
        assert w.roads.told == [(message.id, Status.SUBMITTED)]  # it ends with the first segment's receipt


async def test_refused_part_is_told_of_though_the_last_answer_was_yes() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(2))
        await w.send(message)
        w.binds["telcel-1"].answer(INVALID_DESTINATION)
        w.binds["telcel-1"].answer(0, "b")
        assert (message.status, message.error_code) == (Status.SUBMITTED, "carrier_refused")
        assert w.dispatch.live == {}


async def test_message_of_which_a_carrier_has_a_part_goes_nowhere_else() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        message = w.message(0, content=long_text(2), carriers=("telcel", "movistar"))
        await w.send(message)
        bind = w.binds["telcel-1"]
        bind.answer(0, "a")
        bind.answer(SYSTEM_ERROR)
        bind.lose()
        await w.advance(5)
        assert w.binds["movistar-1"].sent == []
        w.up("telcel-1")
        await w.settle()
        assert [flight.segment.number for _, flight in bind.sent] == [2]
        assert bind.sent[0][0].short_message[3] == bind.history[0].short_message[3]  # the same reference
        bind.answer(VENDOR)
        await w.settle()
        assert statuses(message) == [Status.SUBMITTED, Status.REJECTED]
        assert w.binds["movistar-1"].sent == []


async def test_message_longer_than_the_window_goes_on_over_the_same_bind() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=2), a_bind("telcel-2", window=2)))
        w.up("telcel-1", "telcel-2")
        message = w.message(0, content=long_text(5))
        await w.send(message)
        used = next(bind for bind in w.binds.values() if bind.sent)
        while used.sent:
            assert len(used.sent) <= 2
            used.answer()
            await w.settle()
        assert [pdu.short_message[5] for pdu in used.history] == [1, 2, 3, 4, 5]
        assert message.status is Status.SUBMITTED


async def test_receipt_before_the_response_settles_the_segment_and_the_message_leaves() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        segment = message.segments[0]
        segment.status = message.status = Status.DELIVERED
        w.binds["telcel-1"].answer(0, "a")
        assert w.dispatch.live == {}
        assert message.status is Status.DELIVERED


# -- ttl -----------------------------------------------------------------------------------------------------------


async def test_expired_message_is_never_sent() -> None:
    async with world("telcel") as w:
        message = w.message(1000, expires_at=w.clock.utc() + 10)
        await w.send(message)
        await w.advance(10)
        w.up("telcel-1")
        await w.settle()
        assert w.binds["telcel-1"].history == []
        assert (message.status, message.error_code) == (Status.EXPIRED, "ttl_expired")
        assert (await w.stored(message)).error_code == "ttl_expired"


async def test_time_left_goes_along_as_validity_period() -> None:
    async with world("telcel") as w:
        message = w.message(1000, lane="fast", expires_at=w.clock.utc() + 300)
        await w.send(message)
        await w.advance(30)
        w.up("telcel-1")
        await w.settle()
        assert w.binds["telcel-1"].sent[0][0].validity_period == "000000000430000R"


async def test_field_that_fits_into_no_submit_sm_ends_the_message_and_frees_its_place() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=1)))
        w.up("telcel-1")
        bad, good = w.message(0, sender="ESTE NOMBRE ES DEMASIADO LARGO"), w.message(1)
        await w.send(bad, good)
        assert (bad.status, bad.error_code) == (Status.REJECTED, "invalid_field")
        assert [flight.outgoing.message for _, flight in w.binds["telcel-1"].sent] == [good]


async def test_receipt_for_what_waits_to_be_sent_again_saves_sending_it_and_its_place() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=2)))
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0, lane="fast", content=long_text(2))
        await w.send(message)
        bind.lose()
        await w.settle()
        assert message.id in w.dispatch.live
        for segment in message.segments:
            segment.status = Status.DELIVERED
        w.up("telcel-1")
        await w.send(w.message(1), w.message(2))
        assert len(bind.history) == 4
        assert [flight.outgoing.message for _, flight in bind.sent].count(message) == 0
        assert message.id not in w.dispatch.live


async def test_rest_of_a_message_joins_what_was_sent_before_a_restart() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(3))
        await w.send(message)
        bind = w.binds["telcel-1"]
        for _ in range(2):
            bind.answer()
        kept = await w.stored(message)
        w.dispatch.live.clear()
        w.dispatch.hand_down(kept)
        await w.settle()
        first, again = bind.history[0], bind.history[-1]
        assert again.short_message[:6] == first.short_message[:5] + b"\x03"
        bind.answer(index=-1)
        assert kept.status is Status.SUBMITTED


async def test_rest_of_a_message_is_refused_that_is_cut_otherwise_after_a_restart() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(3), events=(Event(0.0, Status.ACCEPTED),))
        message.segments = (Segment(1, Status.SUBMITTED, "telcel", "telcel-1", "a"), Segment(2))
        await w.send(message)
        assert statuses(message) == [Status.SUBMITTED, Status.REJECTED]
        assert w.binds["telcel-1"].history == []
