"""What is kept beside messages, in every twin of the store: deliveries, inbound messages, receipts, small facts."""

from gateway.message import Status
from gateway.store.store import FAR_S, Awaiting, Changes, IdempotentAnswer, OptOut, ParkedReceipt, Store
from tests.store.conftest import Reopen
from tests.support.store import BASE, a_delivery, a_message, a_part, an_id, an_inbound, awaiting, parked


async def test_delivery_waits_until_it_is_taken(store: Store, reopen: Reopen) -> None:
    rows = [a_delivery(n, url="https://x", detail="é", segment=2) for n in (3, 1, 2)]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))
    store = await reopen()
    assert await store.deliveries("bank", BASE, "", 9) == sorted(rows, key=lambda row: row.id)
    assert await store.delivery(an_id(1)) == rows[1]
    await store.commit(Changes(delivered={an_id(1), an_id(9)}))
    assert await store.delivery(an_id(1)) is None
    assert [row.id for row in await store.deliveries("bank", BASE, "", 9)] == [an_id(2), an_id(3)]


async def test_deliveries_are_read_by_app_in_slices_when_due(store: Store) -> None:
    rows = [
        a_delivery(1),
        a_delivery(2, app="shop"),
        a_delivery(3, next_at=BASE + 100),
        a_delivery(4),
        a_delivery(5, state="dead"),
    ]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))

    async def ids(now: float, after: str = "", limit: int = 9) -> list[str]:
        return [row.id for row in await store.deliveries("bank", now, after, limit)]

    assert await ids(BASE + 99) == [an_id(1), an_id(4)]
    assert await ids(BASE + 100) == [an_id(1), an_id(3), an_id(4)]
    assert await ids(BASE + 100, an_id(1), 1) == [an_id(3)]
    assert await store.deliveries("nobody", BASE, "", 9) == []


async def test_delivery_put_off_by_a_clock_that_was_ahead_is_due(store: Store) -> None:
    longest, too_long = a_delivery(1, next_at=BASE + FAR_S), a_delivery(2, next_at=BASE + FAR_S + 1)
    await store.commit(Changes(deliveries={row.id: row for row in (longest, too_long)}))
    assert await store.deliveries("bank", BASE, "", 9) == [too_long]
    assert await store.deliveries("bank", BASE + 1, "", 9) == []


async def test_deliveries_are_read_by_kind(store: Store) -> None:
    rows = [a_delivery(1), a_delivery(2, kind="inbound"), a_delivery(3)]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))
    assert await store.deliveries("bank", BASE, "", 9, "receipt") == [rows[0], rows[2]]
    assert await store.deliveries("bank", BASE, "", 9, "inbound") == [rows[1]]
    assert await store.deliveries("bank", BASE, an_id(1), 1, "receipt") == [rows[2]]


async def test_urgent_deliveries_are_read_apart_from_bulk(store: Store) -> None:
    rows = [
        *(a_delivery(1), a_delivery(2, kind="inbound"), a_delivery(3, urgent=True), a_delivery(4)),
        *(a_delivery(5, urgent=True, next_at=BASE + 9), a_delivery(6, urgent=True), a_delivery(7, app="shop")),
        *(a_delivery(8, urgent=True, state="dead"), a_delivery(9, urgent=True, app="shop")),
    ]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))
    assert await store.owed("bank", BASE, 9, "receipt") == [rows[2], rows[5]]
    assert await store.owed("bank", BASE, 1, "receipt") == [rows[2]]
    assert await store.owed("bank", BASE, 9, "inbound") == [rows[1]]
    assert await store.owed("bank", BASE, 9, "") == [rows[0], rows[3]]
    assert await store.owed("bank", BASE - FAR_S, 9, "receipt") == [rows[2], rows[4], rows[5]]  # the clock was set back


async def test_urgent_delivery_tried_in_vain_stays_urgent(store: Store) -> None:
    row = a_delivery(1, urgent=True)
    await store.commit(Changes(deliveries={row.id: row}))
    row.next_at = BASE + 5
    await store.commit(Changes(postponed={row.id: row}))
    assert await store.owed("bank", BASE + 5, 9, "receipt") == [row]


async def test_delivery_tried_in_vain_keeps_its_attempts(store: Store) -> None:
    row = a_delivery(1)
    await store.commit(Changes(deliveries={row.id: row}))
    row.attempts, row.next_at, row.detail = 3, BASE + 50, "503"
    await store.commit(Changes(postponed={row.id: row}))
    assert await store.delivery(row.id) == row
    assert await store.deliveries("bank", BASE + 49, "", 9) == []


async def test_delivery_that_was_taken_is_not_brought_back_by_postponing_it(store: Store) -> None:
    await store.commit(Changes(postponed={an_id(1): a_delivery(1)}))
    assert await store.delivery(an_id(1)) is None


async def test_dead_deliveries_are_kept_apart_and_can_be_replayed(store: Store) -> None:
    rows = [a_delivery(1), a_delivery(2), a_delivery(3, app="shop")]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))
    for row in rows[1:]:
        row.state = "dead"
    await store.commit(Changes(postponed={row.id: row for row in rows[1:]}))
    assert await store.dead_deliveries("", 9) == rows[1:]
    assert await store.dead_deliveries(an_id(2), 9) == rows[2:]
    assert await store.dead_deliveries("", 1) == rows[1:2]
    assert await store.deliveries("bank", BASE, "", 9) == rows[:1]
    rows[1].state = "waiting"
    await store.commit(Changes(postponed={rows[1].id: rows[1]}))
    assert await store.deliveries("bank", BASE, "", 9) == rows[:2]


async def test_waiting_deliveries_are_counted_by_app(store: Store) -> None:
    rows = [a_delivery(2), a_delivery(1), a_delivery(3, app="shop"), a_delivery(4, app="dead", state="dead")]
    await store.commit(Changes(deliveries={row.id: row for row in rows}))
    assert await store.deliveries_waiting() == {"bank": (2, BASE + 1), "shop": (1, BASE + 3)}


async def test_inbound_message_comes_back_as_it_was(store: Store, reopen: Reopen) -> None:
    row = an_inbound(
        1,
        network="telcel",
        keyword="BAJA",
        data=b"\x00\xff",
        data_coding=8,
        in_reply_to=an_id(0),
        incomplete="2,3",
    )
    await store.commit(Changes(inbound={row.id: row}))
    await store.commit(Changes(inbound={row.id: row}))
    store = await reopen()
    assert await store.inbound(row.id) == row
    assert await store.inbound(an_id(2)) is None


async def test_inbound_of_an_app_is_read_newest_first(store: Store) -> None:
    rows = [an_inbound(n) for n in range(1, 6)]
    others = [an_inbound(9, app="shop")]
    await store.commit(Changes(inbound={row.id: row for row in rows + others}))
    assert await store.inbound_of("bank", 0.0, "", 9) == rows[::-1]
    assert await store.inbound_of("bank", BASE + 3, "", 9) == rows[:1:-1]
    assert await store.inbound_of("bank", BASE + 3, an_id(5), 1) == [rows[3]]
    assert await store.inbound_of("nobody", 0.0, "", 9) == []


async def test_parts_wait_in_the_order_they_came_until_joined(store: Store, reopen: Reopen) -> None:
    rows = [a_part(2, 2), a_part(1, 1), a_part(3, 1)]
    await store.commit(Changes(parts={row.id: row for row in rows}))
    store = await reopen()
    assert await store.parts() == [rows[1], rows[0], rows[2]]
    await store.commit(Changes(joined={an_id(1), an_id(2)}, inbound={an_id(4): an_inbound(4)}))
    assert await store.parts() == [rows[2]]


async def test_opt_outs_hold_until_taken_back(store: Store, reopen: Reopen) -> None:
    one, two = OptOut("bank", "5215500000001", BASE, "sms"), OptOut("shop", "5215500000001", BASE + 1)
    await store.commit(Changes(opt_outs={("bank", "5215500000001"): one, ("shop", "5215500000001"): two}))
    store = await reopen()
    assert await store.opt_outs() == [one, two]
    gone = OptOut("bank", "5215500000001", BASE + 2, removed=True)
    never = OptOut("bank", "5215500000009", BASE + 2, removed=True)
    await store.commit(Changes(opt_outs={("bank", "5215500000001"): gone, ("bank", "5215500000009"): never}))
    assert await store.opt_outs() == [two]


async def test_answer_is_found_by_app_and_key(store: Store, reopen: Reopen) -> None:
    row = IdempotentAnswer("bank", "k'1", "sha", BASE, b"\x00{}")
    await store.commit(Changes(answers={("bank", "k'1"): row}))
    store = await reopen()
    assert await store.answer("bank", "k'1") == row
    assert await store.answer("shop", "k'1") is None


async def test_spilled_segments_are_found_by_their_carriers_ids(store: Store, reopen: Reopen) -> None:
    rows = {("telcel", name): awaiting(n, name) for n, name in enumerate(("a", "b", "c"))}
    rows["att", "a"] = Awaiting("att", "a", an_id(7), 3)
    await store.commit(Changes(awaiting=rows))
    store = await reopen()
    found = await store.awaited("telcel", ["a", "c", "x", "a"])
    assert sorted(row.carrier_message_id for row in found) == ["a", "c"]
    assert await store.awaited("att", ["a"]) == [rows["att", "a"]]
    assert await store.awaited("att", []) == []
    newer = awaiting(8, "a")
    await store.commit(Changes(awaited={("telcel", "a"), ("telcel", "c")}, awaiting={("telcel", "a"): newer}))
    assert await store.awaited("telcel", ["a", "c"]) == [newer]


async def test_parked_receipts_are_found_oldest_first_until_matched(store: Store, reopen: Reopen) -> None:
    late, early, other = parked(2, "a"), parked(1, "a"), parked(3, "b")
    await store.commit(Changes(parked={("telcel", "a"): [late, early], ("telcel", "b"): [other]}))
    store = await reopen()
    assert await store.parked("telcel", ["a", "b", "c"]) == [early, late, other]
    assert await store.parked("att", ["a"]) == []
    assert await store.parked_since(BASE + 2) == [late, other]
    await store.commit(Changes(matched={("telcel", "a"), ("telcel", "z")}))
    assert await store.parked("telcel", ["a", "b"]) == [other]


async def test_settings_are_replaced_by_name(store: Store, reopen: Reopen) -> None:
    await store.commit(Changes(settings={"watermark": "1", "form": "hex"}))
    await store.commit(Changes(settings={"watermark": "2"}))
    assert await (await reopen()).settings() == {"form": "hex", "watermark": "2"}


async def test_prune_takes_what_has_ended_and_outlived_its_time(store: Store) -> None:
    ended = [a_message(n, status=Status.DELIVERED) for n in (1, 2, 3, 50)]
    waiting = [a_message(4), a_message(5, status=Status.SUBMITTED), a_message(6, status=Status.PAUSED)]
    rows = Changes(accepted=ended + waiting)
    for n in (1, 60):
        rows.deliver(a_delivery(n))
        rows.inbound[an_id(n)] = an_inbound(n)
        rows.await_receipt(awaiting(n, f"w{n}"))
        rows.park(parked(n, f"p{n}"))
        rows.answers["bank", f"k{n}"] = IdempotentAnswer("bank", f"k{n}", "d", BASE + n, b"")
        rows.part(a_part(n))
    await store.commit(rows)
    assert await store.prune(BASE + 50, 1000) == 3 + 5
    left = await store.messages([message.id for message in rows.accepted])
    assert sorted(message.id for message in left) == [an_id(4), an_id(5), an_id(6), an_id(50)]
    assert await store.delivery(an_id(1)) is None
    assert await store.delivery(an_id(60)) is not None
    assert await store.inbound(an_id(1)) is None
    assert await store.inbound(an_id(60)) is not None
    assert [row.carrier_message_id for row in await store.awaited("telcel", ["w1", "w60"])] == ["w60"]
    assert await store.parked("telcel", ["p1", "p60"]) == [
        ParkedReceipt("telcel", "p60", BASE + 60, 5, "000", "DELIVRD")
    ]
    assert await store.answer("bank", "k1") is None
    assert await store.answer("bank", "k60") is not None
    assert len(await store.parts()) == 2
    assert await store.prune(BASE + 50, 1000) == 0


async def test_prune_goes_by_slices(store: Store) -> None:
    await store.commit(Changes(accepted=[a_message(n, status=Status.EXPIRED) for n in range(10)]))
    went: list[int] = []
    while not went or went[-1] >= 4:
        went.append(await store.prune(BASE + 100, 4))
    assert went == [4, 4, 2]


async def test_prune_forgets_answers_by_their_own_time(store: Store) -> None:
    rows = [IdempotentAnswer("bank", f"k{n}", "d", BASE + n, b"") for n in (1, 2)]
    await store.commit(Changes(accepted=[a_message(1)], answers={(row.app, row.key): row for row in rows}))
    assert await store.prune(BASE - 100, 10, answers_before=BASE + 2) == 1
    assert await store.answer("bank", "k1") is None
    assert await store.answer("bank", "k2") is not None
