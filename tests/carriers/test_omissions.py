"""What goes again with less in it, what a carrier is then known not to take, and what is refused all the same."""

from typing import Any

import pytest

from gateway.message import Content, Status
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import Tag
from tests.carriers.rig import World, a_bind, a_carrier, statuses, texts, world

INVALID_SCHEDULE, INVALID_EXPIRY, TLV_NOT_ALLOWED, TLV_STREAM = 0x61, 0x62, 0xC1, 0xC0
CALLBACK = (int(Tag.CALLBACK_NUM), b"\x01\x00\x0145555")
OWN = {0x1400: b"1101"}


def tags(pdu: SubmitSm) -> list[int]:
    return [tag for tag, _ in pdu.tlvs]


def learnt(w: World) -> tuple[str, ...]:
    return w.carriers["telcel"].omitted


@pytest.mark.parametrize("status", [INVALID_SCHEDULE, INVALID_EXPIRY])
async def test_segment_refused_for_its_time_goes_again_at_once_without_any(status: int) -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, message = w.binds["telcel-1"], w.message(0)
        await w.send(message)
        first = bind.answer(status)
        await w.settle()
        (again, _) = bind.sent[0]
        assert first.validity_period
        assert again == first._replace(validity_period="")
        bind.answer(message_id="7")
        assert message.status is Status.SUBMITTED
        assert [event.command_status for event in message.events] == [status, 0]


async def test_carrier_that_takes_two_without_time_gets_none_from_then_on() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        await w.send(w.message(0), w.message(1))
        bind.answer(INVALID_EXPIRY)
        bind.answer(INVALID_EXPIRY)  # sent before anything was learnt
        await w.settle()
        bind.answer()
        assert learnt(w) == ()
        bind.answer()
        assert learnt(w) == ("validity_period",)

        await w.send(w.message(2))
        assert bind.answer().validity_period == ""
        assert len(bind.history) == 5


async def test_message_refused_for_its_time_teaches_nothing_of_shorter_ones() -> None:
    """A carrier that takes none of three days: what goes to it for five minutes still ends in time."""
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, days = w.binds["telcel-1"], {"expires_at": w.clock.utc() + 3 * 86_400}
        for number in range(2):
            await w.send(w.message(number, **days))
            bind.answer(INVALID_EXPIRY)
            await w.settle()
            bind.answer()
        await w.send(w.message(2, **days), w.message(3, expires_at=w.clock.utc() + 300))
        assert bind.answer().validity_period == ""
        assert bind.answer().validity_period == "000000000500000R"


async def test_message_of_many_parts_refused_for_its_time_is_one_word() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        await w.send(w.message(0, content=Content("x" * 300, parts=2)))
        bind.answer(INVALID_EXPIRY)
        bind.answer(INVALID_EXPIRY)
        await w.settle()
        bind.answer()
        bind.answer()
        assert learnt(w) == ()


async def test_segment_refused_for_its_time_twice_is_refused_and_nothing_learnt() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, message = w.binds["telcel-1"], w.message(0)
        await w.send(message)
        bind.answer(INVALID_EXPIRY)
        await w.settle()
        bind.answer(INVALID_EXPIRY)
        assert (message.status, message.error_code) == (Status.REJECTED, "carrier_refused")
        assert message.error_detail == "telcel answered ESME_RINVEXPIRY."
        assert learnt(w) == ()
        await w.send(w.message(1))
        assert bind.answer().validity_period


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ({"validity": "none"}, INVALID_EXPIRY),
        ({}, TLV_NOT_ALLOWED),
        ({"errors": {INVALID_EXPIRY: "refuse"}}, INVALID_EXPIRY),
        ({"tlvs": OWN, "errors": {TLV_NOT_ALLOWED: "refuse"}}, TLV_NOT_ALLOWED),
        ({"tlvs": OWN}, TLV_STREAM),
    ],
)
async def test_segment_with_nothing_to_leave_out_is_refused(keys: dict[str, Any], status: int) -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), **keys))
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        w.binds["telcel-1"].answer(status)
        await w.settle()
        assert message.status is Status.REJECTED
        assert len(w.binds["telcel-1"].history) == 1


@pytest.mark.parametrize("long_messages", ["udh", "sar", "payload"])
async def test_segment_goes_again_without_tlvs_but_those_that_carry_it(long_messages: str) -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), tlvs=OWN, long_messages=long_messages))
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        message = w.message(0, content=Content("x" * 300, parts=2, tlvs=(CALLBACK,)))
        await w.send(message)
        before = list(bind.history)
        for _ in before:
            bind.answer(TLV_NOT_ALLOWED)
        await w.settle()
        again = bind.history[len(before) :]
        optional = {CALLBACK[0], *OWN}
        assert texts(again) == texts(before)
        assert all(optional <= set(tags(pdu)) for pdu in before)
        assert [tags(pdu) for pdu in again] == [[tag for tag in tags(pdu) if tag not in optional] for pdu in before]


async def test_apps_tlvs_are_blamed_before_the_carriers_own() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), tlvs=OWN))
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        with_callback = Content("hola", parts=1, tlvs=(CALLBACK,))
        await w.send(w.message(0, content=with_callback), w.message(1, content=with_callback))
        for status in (TLV_NOT_ALLOWED, TLV_NOT_ALLOWED, 0, 0):
            bind.answer(status)
            await w.settle()
        assert learnt(w) == ("0x0381",)

        await w.send(w.message(2, content=with_callback))
        assert tags(bind.answer()) == [*OWN]

        await w.send(w.message(3))
        for status in (TLV_NOT_ALLOWED, 0):
            bind.answer(status)
            await w.settle()
        assert learnt(w) == ("0x0381", "0x1400")
        await w.send(w.message(4))
        assert tags(bind.answer()) == []


async def test_one_part_goes_again_with_less_and_those_taken_do_not() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, message = w.binds["telcel-1"], w.message(0, content=Content("x" * 300, parts=2))
        await w.send(message)
        bind.answer(message_id="a")
        bind.answer(INVALID_EXPIRY)
        await w.settle()
        assert texts(bind.history)[1:] == [bind.history[1].short_message] * 2
        bind.answer(message_id="b")
        assert statuses(message) == [Status.SUBMITTED] * 2


async def test_other_carrier_gets_what_the_first_one_refused() -> None:
    async with world("telcel", "movistar") as w:
        w.up("telcel-1", "movistar-1")
        await w.send(w.message(0, carriers=("telcel", "movistar")))
        w.binds["telcel-1"].answer(INVALID_EXPIRY)
        await w.settle()
        w.binds["telcel-1"].lose()
        await w.settle()
        await w.advance(121)  # its hold
        (pdu,) = w.binds["movistar-1"].history
        assert pdu.validity_period
