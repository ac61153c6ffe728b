"""Messages in every twin of the store: kept whole, moved on, found again."""

import msgspec
import pytest

from gateway.errors import StoreError
from gateway.message import Content, Event, Segment, Status
from gateway.store.ids import first_id
from gateway.store.rows import accepted_row, read_message
from gateway.store.store import Changes, QueueDepth, Store, Unwritable
from tests.store.conftest import Reopen
from tests.support.store import BASE, a_delivery, a_message, an_id, submitted

FULL = {
    "content": Content(
        text=None,
        data=b"\x00\x01\xfe\xff",
        udh=b"\x05\x00\x03\x01\x02\x01",
        encoding="binary",
        data_coding=4,
        message_class=1,
        sar=(7, 2, 1),
        tlvs=((0x1400, b"\xff"), (0x1401, b"")),
        protocol_id=64,
    ),
    "reference": "orden 7",
    "batch": "b1",
    "receipt": "all",
    "callback": "https://example.org/dlr?x=%d",
    "extras": {"kannel.smsc": "x", "ñ": "€😀"},
    "send_at": BASE + 60.25,
    "status": Status.SCHEDULED,
    "tags": ("otp", "promo-1"),
    "error_code": "expired",
    "error_detail": "too late, 'quoted' \"twice\"",
    "segments": (
        Segment(1, Status.DELIVERED, "telcel", "telcel-1", "DEADBEEF", 0, ""),
        Segment(2, Status.UNDELIVERED, "movistar", "movistar-1", "", 0x14, "001"),
    ),
    "events": (
        Event(BASE + 0.123456789, Status.ACCEPTED),
        Event(BASE + 2, Status.UNDELIVERED, "m", "m-1", 0x14, "7", "x", 2),
    ),
}


@pytest.mark.parametrize("fields", [{}, FULL], ids=["plain", "full"])
async def test_store_gives_a_message_back_as_it_was(store: Store, fields: dict[str, object]) -> None:
    message = a_message(1, **fields)
    await store.commit(Changes(accepted=[message]))
    assert await store.message(message.id) == message
    assert await store.message(an_id(2)) is None


def test_message_written_before_there_were_tags_is_read_without() -> None:
    row = accepted_row(a_message(1))
    facts = msgspec.json.decode(row[11])
    older = (*row[:11], msgspec.json.encode(facts[:9]).decode(), row[12])
    assert (len(facts), read_message(older)) == (10, a_message(1))


async def test_store_keeps_the_way_that_a_message_was_sent_instead(store: Store) -> None:
    message = a_message(1, carriers=("telcel", "att"))
    await store.commit(Changes(accepted=[message]))
    message.network, message.carriers, message.rerouted = "movistar", ("movistar",), True
    await store.commit(Changes(updated={message.id: message}))
    found = await store.message(message.id)
    assert found is not None
    assert (found.network, found.carriers, found.rerouted) == ("movistar", ("movistar",), True)


async def test_store_keeps_messages_when_opened_again(store: Store, reopen: Reopen) -> None:
    kept = [a_message(n) for n in range(3)]
    await store.commit(Changes(accepted=kept))
    again = await reopen()
    assert await again.messages([message.id for message in kept]) == kept


async def test_store_answers_those_of_many_ids_that_are_there(store: Store) -> None:
    await store.commit(Changes(accepted=[a_message(n) for n in range(3)]))
    found = await store.messages([an_id(2), an_id(9), an_id(0), an_id(0), "'"])
    assert sorted(message.id for message in found) == [an_id(0), an_id(2)]
    assert await store.messages([]) == []


async def test_store_moves_a_message_on(store: Store, reopen: Reopen) -> None:
    message = a_message(1)
    await store.commit(Changes(accepted=[message]))
    submitted(message).carrier = "movistar"
    message.updated_at, message.expires_at = BASE + 9, BASE + 900
    message.error_code, message.error_detail = "x", "y"
    await store.commit(Changes(updated={message.id: message}))
    assert await store.message(message.id) == message
    assert await (await reopen()).message(message.id) == message


async def test_store_takes_accept_and_update_of_one_message_together(store: Store) -> None:
    message = submitted(a_message(1))
    await store.commit(Changes(accepted=[message], updated={message.id: message}))
    assert await store.message(message.id) == message


async def test_store_ignores_an_update_of_a_message_that_is_not_there(store: Store) -> None:
    message = a_message(1)
    await store.commit(Changes(updated={message.id: message}))
    assert await store.message(message.id) is None


async def test_store_shares_nothing_with_the_caller(store: Store) -> None:
    message = a_message(1)
    await store.commit(Changes(accepted=[message]))
    submitted(message)
    kept = await store.message(message.id)
    assert kept is not None
    assert kept.status is Status.ACCEPTED
    submitted(kept)
    assert await store.message(message.id) != kept


async def test_store_does_nothing_on_empty_changes(store: Store) -> None:
    await store.commit(Changes())
    assert await store.depths("") == []


@pytest.mark.parametrize("bad", ["there already", "twice", "surrogate in text", "surrogate in id"])
async def test_store_changes_nothing_when_one_change_cannot_be_written(store: Store, bad: str) -> None:
    old = a_message(1)
    await store.commit(Changes(accepted=[old]))
    accepted = {
        "there already": [a_message(1, app="other")],
        "twice": [a_message(3), a_message(3)],
        "surrogate in text": [a_message(3, content=Content(text="\ud800"))],
        "surrogate in id": [a_message(3, reference="x", id="\udfff")],
    }[bad]
    changes = Changes(
        accepted=[a_message(2), *accepted],
        updated={old.id: submitted(a_message(1))},
        deliveries={an_id(1): a_delivery(1)},
        settings={"a": "b"},
    )
    with pytest.raises(Unwritable):
        await store.commit(changes)
    assert await store.message(old.id) == old
    assert await store.message(an_id(2)) is None
    assert await store.delivery(an_id(1)) is None
    assert await store.settings() == {}
    await store.commit(Changes(accepted=[a_message(2)]))
    assert await store.message(an_id(2)) is not None


async def test_store_that_is_closed_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError):
        await store.commit(Changes(settings={"a": "b"}))
    with pytest.raises(StoreError):
        await store.message(an_id(1))
    await store.close()


async def test_store_reads_a_lane_in_slices_oldest_first(store: Store) -> None:
    waiting = [a_message(n) for n in (5, 1, 3, 2)]
    others = [
        a_message(4, lane="fast"),
        a_message(6, carrier="movistar"),
        a_message(7, status=Status.PAUSED),
        a_message(8, status=Status.SUBMITTED),
    ]
    await store.commit(Changes(accepted=waiting + others))
    first = await store.waiting("telcel", "bulk", "", 3)
    assert [message.id for message in first] == [an_id(1), an_id(2), an_id(3)]
    rest = await store.waiting("telcel", "bulk", first[-1].id, 3)
    assert [message.id for message in rest] == [an_id(5)]
    assert await store.waiting("telcel", "bulk", an_id(5), 3) == []


async def test_store_counts_what_waits_by_carrier_and_lane(store: Store) -> None:
    await store.commit(
        Changes(
            accepted=[
                a_message(1),
                a_message(2),
                a_message(3),
                a_message(4, lane="fast"),
                a_message(5, carrier="att"),
                a_message(6, status=Status.DELIVERED),
            ]
        )
    )
    assert await store.depths(an_id(2)) == [
        QueueDepth("att", "bulk", 1, an_id(5), BASE + 5),
        QueueDepth("telcel", "bulk", 2, an_id(2), BASE + 2),
        QueueDepth("telcel", "fast", 1, an_id(4), BASE + 4),
    ]
    assert await store.depths(an_id(7)) == []


async def test_store_reads_unanswered_messages_from_a_watermark_on(store: Store) -> None:
    await store.commit(Changes(accepted=[submitted(a_message(n)) for n in range(1, 6)] + [a_message(6)]))

    async def ids(since: float, after: str, limit: int = 9) -> list[str]:
        return [message.id for message in await store.unanswered(first_id(BASE + since), after, limit)]

    assert await ids(2, "") == [an_id(2), an_id(3), an_id(4), an_id(5)]
    assert await ids(2, an_id(3)) == [an_id(4), an_id(5)]
    assert await ids(2, "", 1) == [an_id(2)]
    assert await ids(4, an_id(1)) == [an_id(4), an_id(5)]
    assert await ids(0, an_id(6)) == []


async def test_schedule_holds_messages_while_they_are_scheduled(store: Store) -> None:
    late = a_message(1, status=Status.SCHEDULED, send_at=BASE + 200)
    soon = a_message(2, status=Status.SCHEDULED, send_at=BASE + 100)
    await store.commit(Changes(accepted=[late, soon, a_message(3)]))
    assert await store.next_due() == BASE + 100
    assert await store.due(BASE + 99, 9) == []
    assert await store.due(BASE + 100, 9) == [soon]
    assert await store.due(BASE + 500, 9) == [soon, late]
    assert await store.due(BASE + 500, 1) == [soon]
    soon.status, late.send_at = Status.ACCEPTED, BASE + 300
    await store.commit(Changes(updated={soon.id: soon, late.id: late}))
    assert await store.due(BASE + 500, 9) == [late]
    assert await store.next_due() == BASE + 300
    late.status = Status.PAUSED
    await store.commit(Changes(updated={late.id: late}))
    assert await store.next_due() is None
    late.status = Status.SCHEDULED
    await store.commit(Changes(updated={late.id: late}))
    assert await store.due(BASE + 300, 9) == [late]


async def test_store_tells_its_size(store: Store) -> None:
    await store.commit(Changes(accepted=[a_message(1)]))
    taken, free = await store.size()
    assert taken > 0
    assert free > 0
