"""What a reload does to carriers: settings under messages that wait, binds that go, carriers that are no more."""

from gateway.config.carriers import CarrierSenders
from gateway.message import Segment, Status
from tests.carriers.rig import long_text, statuses, world

SYSTEM_ERROR = 0x08


async def test_adopted_settings_hold_for_what_waits_and_what_comes() -> None:
    async with world("telcel") as w:
        waiting = w.message(0)
        await w.send(waiting)

        w.carriers["telcel"].adopt(w.fresh("telcel", service_type="VMA", long_messages="payload"))
        w.up("telcel-1")
        await w.send(w.message(1, content=long_text(2)))

        first, second = (pdu for pdu, _ in w.binds["telcel-1"].sent)
        assert (first.service_type, second.service_type) == ("VMA", "VMA")
        assert second.short_message == b""  # its text is in message_payload


async def test_message_keeps_the_time_it_has_waited_when_settings_are_adopted() -> None:
    async with world("telcel") as w:
        await w.send(w.message(0))
        await w.advance(5.0)

        w.carriers["telcel"].adopt(w.fresh("telcel", service_type="VMA"))

        assert w.carriers["telcel"].lane("bulk").oldest_s(w.clock.monotonic()) >= 5.0


async def test_message_that_was_put_off_is_laid_out_anew_by_adopted_settings() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        message = w.message(0, content=long_text(2))
        await w.send(message)
        bind = w.binds["telcel-1"]
        bind.answer(SYSTEM_ERROR)
        bind.answer(SYSTEM_ERROR)

        w.carriers["telcel"].adopt(w.fresh("telcel", long_messages="payload"))
        await w.advance(2.0)

        ((pdu, _),) = bind.sent
        assert (pdu.short_message, len(message.segments)) == (b"", 1)


async def test_sender_that_is_allowed_no_longer_goes_elsewhere_or_ends() -> None:
    async with world("telcel", "movistar") as w:
        message, lonely = w.message(0, carriers=("telcel", "movistar")), w.message(1)
        await w.send(message, lonely)
        w.up("movistar-1")

        w.carriers["telcel"].adopt(w.fresh("telcel", senders=CarrierSenders(("46666",))))
        await w.settle()

        assert message.carrier == "movistar"
        assert (lonely.status, lonely.error_code) == (Status.REJECTED, "sender_not_allowed")


async def test_learnt_receipts_stay_when_settings_are_adopted() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        await w.send(w.message(0))
        carrier = w.carriers["telcel"]

        carrier.adopt(w.fresh("telcel"))
        w.binds["telcel-1"].answer(message_id="77")

        assert carrier.correlation.find("77") is not None
        assert carrier.sources["telcel-1"].correlation is carrier.correlation


async def test_removed_carrier_gives_away_what_waits_by_present_routes() -> None:
    async with world("telcel", "new") as w:
        w.up("new-1")
        messages = [w.message(n) for n in range(3)]
        await w.send(*messages)
        w.anew = ("new",)

        w.carriers.pop("telcel").retire()
        await w.settle()

        assert len(w.binds["new-1"].sent) == 3
        assert {message.carriers for message in messages} == {("new",)}


async def test_message_that_no_present_route_leads_anywhere_ends() -> None:
    async with world("telcel") as w:
        message = w.message(0)
        await w.send(message)

        w.carriers.pop("telcel").retire()
        await w.settle()

        assert (message.status, message.error_code) == (Status.REJECTED, "no_route")


async def test_removed_carrier_keeps_what_is_in_flight_until_it_is_answered() -> None:
    async with world("telcel", "new") as w:
        w.up("telcel-1", "new-1")
        taken, again = w.message(0), w.message(1)
        await w.send(taken, again)
        w.anew = ("new",)

        old = w.carriers.pop("telcel")
        old.retire()
        assert not old.idle
        w.binds["telcel-1"].answer(message_id="77")
        w.binds["telcel-1"].answer(SYSTEM_ERROR)
        w.clock.advance(2.0)
        old.pump()
        await w.settle()

        assert (taken.status, taken.carrier) == (Status.SUBMITTED, "telcel")
        assert (again.carrier, len(w.binds["new-1"].sent)) == ("new", 1)
        assert old.idle
        old.close()


async def test_message_begun_by_a_removed_carrier_ends_with_what_was_taken() -> None:
    async with world("telcel", "new") as w:
        w.up("telcel-1", "new-1")
        message = w.message(0, content=long_text(2))
        await w.send(message)
        w.anew = ("new",)

        old = w.carriers.pop("telcel")
        old.retire()
        w.binds["telcel-1"].answer(message_id="77")
        w.binds["telcel-1"].answer(SYSTEM_ERROR)
        w.clock.advance(2.0)
        old.pump()
        await w.settle()

        assert statuses(message) == [Status.SUBMITTED, Status.REJECTED]
        assert w.binds["new-1"].sent == []
        old.close()


async def test_correlation_of_a_removed_carrier_is_kept_on_disk() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        await w.send(w.message(0), w.message(1))
        for name in ("71", "72"):
            w.binds["telcel-1"].answer(message_id=name)

        w.carriers["telcel"].correlation.spill_all()
        await w.commits.drain()

        rows = await w.store.awaited("telcel", ["71", "72"])
        assert sorted(row.carrier_message_id for row in rows) == ["71", "72"]
        assert len(w.carriers["telcel"].correlation) == 0


async def test_message_on_disk_whose_carriers_are_all_gone_goes_by_present_routes() -> None:
    async with world("new") as w:
        w.up("new-1")
        w.anew = ("new",)
        message = w.message(0, segments=(Segment(1),), carrier="gone", carriers=("gone", "too"))

        await w.send(message)

        assert (message.carrier, len(w.binds["new-1"].sent)) == ("new", 1)
