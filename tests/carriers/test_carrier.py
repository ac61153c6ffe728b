"""A carrier's send loop: windows, rates, what goes together, TLVs by bind, and stopping."""

from gateway.carriers.carrier import SENDS_A_TURN
from gateway.config.routing import BulkLane, FastLane, Lanes
from gateway.message import Content
from gateway.smpp.spec import Tag
from tests.carriers.rig import a_bind, a_carrier, long_text, world


async def test_window_is_never_exceeded() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=3), a_bind("telcel-2", window=2)))
        w.up("telcel-1", "telcel-2")
        await w.send(*(w.message(n) for n in range(30)))
        for _ in range(60):
            assert len(w.binds["telcel-1"].sent) <= 3
            assert len(w.binds["telcel-2"].sent) <= 2
            for bind in w.binds.values():
                if bind.sent:
                    bind.answer(index=-1)
            await w.settle()
        assert sum(len(bind.history) for bind in w.binds.values()) == 30
        assert w.carriers["telcel"].in_flight == 0


async def test_fast_lane_keeps_its_reserve_of_the_window() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=10)), lanes=Lanes(FastLane(reserve=0.2), BulkLane()))
        w.up("telcel-1")
        await w.send(*(w.message(n) for n in range(20)))
        assert len(w.binds["telcel-1"].sent) == 8
        await w.send(w.message(30, lane="fast"))
        assert len(w.binds["telcel-1"].sent) == 9


async def test_tps_counts_segments_in_any_second() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), tps=10.0, burst=10))
        w.up("telcel-1")
        await w.send(*(w.message(n, content=long_text(2)) for n in range(20)))
        counts = [len(w.binds["telcel-1"].history)]
        for _ in range(30):
            await w.advance(0.1)
            counts.append(len(w.binds["telcel-1"].history))
        assert all(later - earlier <= 10 for earlier, later in zip(counts, counts[10:], strict=False))
        assert counts[-1] >= 28


async def test_parts_that_an_app_cut_itself_go_over_one_bind_in_order() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(*(a_bind(f"telcel-{n}", window=2) for n in range(3))))
        w.up("telcel-0", "telcel-1", "telcel-2")
        parts = [
            w.message(n, content=Content(data=b"x%d" % n, udh=bytes((5, 0, 3, 7, 9, n + 1)), encoding="binary"))
            for n in range(9)
        ]
        for part in parts:
            await w.send(part)
        used = next(bind for bind in w.binds.values() if bind.sent)
        while used.sent:
            used.answer()
            await w.settle()
        assert [pdu.short_message[5] for pdu in used.history] == list(range(1, 10))


async def test_peer_of_33_gets_no_tlvs_and_long_texts_with_udh() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), long_messages="payload", tlvs={0x1400: b"x"}))
        bind = w.binds["telcel-1"]
        bind.plain = True
        await w.send(
            w.message(0), w.message(1, content=Content(text="x" * 300, parts=2))
        )  # laid out before it is known
        w.up("telcel-1")
        await w.settle()
        await w.send(w.message(2, content=Content(text="x" * 300, parts=2)))
        assert [pdu.tlvs for pdu in bind.history] == [()] * 5
        assert [pdu.esm_class for pdu in bind.history] == [0, 0x40, 0x40, 0x40, 0x40]


async def test_peer_of_34_gets_the_carriers_tlvs() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), long_messages="payload", tlvs={0x1400: b"x"}))
        w.up("telcel-1")
        await w.send(w.message(0, content=Content(text="x" * 300, parts=2)))
        assert [tag for tag, _ in w.binds["telcel-1"].sent[0][0].tlvs] == [Tag.MESSAGE_PAYLOAD, 0x1400]


async def test_bind_gets_nothing_after_it_began_to_end() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind = w.binds["telcel-1"]
        await w.send(w.message(0))
        bind.up = False
        w.carriers["telcel"].bind_ending(w.carriers["telcel"].binds["telcel-1"])
        await w.send(w.message(1))
        assert len(bind.history) == 1
        bind.answer()  # still told
        assert len(bind.history) == 1


async def test_draining_carrier_sends_no_more_and_hears_answers() -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1", window=2)))
        w.up("telcel-1")
        await w.send(*(w.message(n) for n in range(4)))
        carrier = w.carriers["telcel"]
        carrier.draining = True
        assert carrier.in_flight == 2
        w.binds["telcel-1"].answer()
        w.binds["telcel-1"].answer(0x08)
        await w.advance(5)
        assert carrier.in_flight == 0
        assert len(w.binds["telcel-1"].history) == 2
        assert carrier.room("bulk") == 0


async def test_messages_that_are_put_off_keep_their_place_in_the_lane() -> None:
    async with world("telcel") as w:
        carrier = w.carriers["telcel"]
        w.up("telcel-1")
        room = carrier.room("bulk")
        await w.send(*(w.message(n) for n in range(10)))
        for _ in range(10):
            w.binds["telcel-1"].answer(0x08)
        assert carrier.room("bulk") == room - 10
        assert carrier.room("fast") == carrier.lane("fast").capacity
        await w.advance(1)
        assert carrier.room("bulk") == room


async def test_receiver_has_no_gate() -> None:
    async with world() as w:
        carrier = w.add("telcel", a_carrier(a_bind("telcel-rx", mode="receiver")))
        w.up("telcel-rx")
        assert not carrier.up
        assert carrier.gates == {}


async def test_one_turn_of_the_loop_sends_a_bounded_number_however_often_answers_free_places() -> None:
    async with world() as w:
        carrier = w.add("telcel", a_carrier(a_bind("telcel-1", window=9_000)))
        bind = w.binds["telcel-1"]
        many = 4 * SENDS_A_TURN
        await w.send(*(w.message(n / 1_000) for n in range(many)))
        w.up("telcel-1")
        carrier.pump()
        for _ in range(3):
            bind.answer()
        assert len(bind.history) == SENDS_A_TURN
        await w.settle()
        assert len(bind.history) == many
