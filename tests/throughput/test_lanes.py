import pytest

from throughput.entry import Place
from throughput.lanes import Entry, Lane


def entry(
    item: str, app: str = "bank", batch: str = "", cost: int = 1, ttl: float = 300.0, at: float = 0.0
) -> Entry[str]:
    return Entry(item, cost, at + ttl, at, app, batch)


def lane(*items: Entry[str], capacity: int = 100, **shares: float) -> Lane[str]:
    made: Lane[str] = Lane("bulk", capacity, shares)
    for item in items:
        made.push(item)
    return made


def drained(lane: Lane[str], most: int = 1_000_000) -> list[str]:
    items: list[str] = []
    while len(items) < most and lane.peek() is not None:
        items.append(lane.pop().item)
    return items


def test_lane_keeps_the_order_within_a_batch() -> None:
    assert drained(lane(*(entry(str(number)) for number in range(5)))) == ["0", "1", "2", "3", "4"]


def test_lane_lets_apps_and_then_their_batches_take_turns() -> None:
    found = drained(
        lane(
            *(entry(f"a1-{number}", "a", "1") for number in range(4)),
            *(entry(f"a2-{number}", "a", "2") for number in range(2)),
            *(entry(f"b-{number}", "b") for number in range(3)),
        )
    )
    assert found == ["a1-0", "b-0", "a2-0", "b-1", "a1-1", "b-2", "a2-1", "a1-2", "a1-3"]


def test_lane_shares_by_weight_in_segments() -> None:
    many = lane(capacity=10_000, heavy=2)
    for _ in range(600):
        many.push(entry("heavy", "heavy"))
        many.push(entry("long", "long", cost=3))
        many.push(entry("short", "short"))
    found = drained(many, 800)
    segments = {"heavy": found.count("heavy"), "long": found.count("long") * 3, "short": found.count("short")}
    assert segments["heavy"] / segments["short"] == pytest.approx(2, rel=0.02)
    assert segments["long"] / segments["short"] == pytest.approx(1, rel=0.02)


def test_lane_shares_among_batches_in_segments() -> None:
    many = lane(capacity=10_000)
    for _ in range(600):
        many.push(entry("long", batch="long", cost=3))
        many.push(entry("short", batch="short"))
    found = drained(many, 400)
    assert found.count("long") * 3 == pytest.approx(found.count("short"), abs=4)


def test_lane_finishes_a_small_batch_beside_a_huge_one_in_about_double_its_time() -> None:
    big = lane(*(entry("big", batch="big") for _ in range(20_000)), capacity=30_000)
    drained(big, 5_000)
    for _ in range(200):
        big.push(entry("small", batch="small"))
    found = drained(big, 1_000)
    assert len(found) - found[::-1].index("small") <= 401


def test_lane_gives_no_more_to_one_who_leaves_and_comes_back() -> None:
    both = lane(*(entry("steady", "steady") for _ in range(400)), capacity=10_000)
    sent = []
    for _ in range(300):
        if not any(one.app == "trickle" for one in both.entries()):
            both.push(entry("trickle", "trickle", cost=3))
        sent.append(both.pop().item if both.peek() else "")
    assert sent.count("trickle") * 3 == pytest.approx(sent.count("steady"), abs=4)


def test_lane_changes_weights_while_it_runs() -> None:
    both = lane(capacity=10_000)
    for _ in range(500):
        both.push(entry("a", "a"))
        both.push(entry("b", "b"))
    assert drained(both, 100).count("a") == 50
    both.set_shares({"a": 4})
    assert drained(both, 100).count("a") == pytest.approx(80, abs=2)


def test_lane_counts_messages_segments_and_room() -> None:
    few = lane(entry("a", cost=3), entry("b"), capacity=4)
    assert (len(few), few.segments, few.room, few.half_empty) == (2, 4, 2, True)
    few.push(entry("c"))
    assert not few.half_empty
    few.peek()
    few.pop()
    assert (len(few), few.segments, few.room) == (2, 2, 2)


def test_lane_lets_back_in_at_the_head_what_was_not_taken_even_when_full() -> None:
    full = lane(entry("a"), entry("b"), capacity=2)
    full.peek()
    refused = full.pop()
    assert refused.place is Place.SENT
    full.push(entry("c"))
    full.push_front(refused)
    assert full.room == 0
    assert drained(full) == ["a", "b", "c"]


def test_lane_refuses_an_entry_that_waits_already_or_was_dropped() -> None:
    once = entry("a")
    few = lane(once)
    with pytest.raises(ValueError, match="WAITS"):
        few.push(once)
    few.discard(once)
    with pytest.raises(ValueError, match="DROPPED"):
        few.push_front(once)


def test_lane_passes_over_what_was_discarded() -> None:
    entries = [entry(str(number), cost=2) for number in range(5)]
    few = lane(*entries)
    assert few.peek() is entries[0]
    assert [few.discard(entries[0]), few.discard(entries[3]), few.discard(entries[3])] == [True, True, False]
    assert (len(few), few.segments) == (3, 6)
    assert [one.item for one in few.entries()] == ["1", "2", "4"]
    assert drained(few) == ["1", "2", "4"]
    assert few.discard(entries[1]) is False


def test_lane_discards_a_batch_whole() -> None:
    few = lane(entry("1", batch="x"), entry("2", batch="y"), entry("3", batch="x"), entry("4", "shop", "x"))
    assert [one.item for one in few.discard_batch("bank", "x")] == ["1", "3"]
    assert sorted(drained(few)) == ["2", "4"]


def test_lane_expires_what_has_passed_its_time_the_earliest_first() -> None:
    few = lane(entry("late", ttl=50), entry("soon", ttl=10), entry("sooner", ttl=5))
    assert few.next_expiry() == 5
    assert few.expire(4.9) == []
    assert [one.item for one in few.expire(10.0)] == ["sooner", "soon"]
    assert few.next_expiry() == 50
    assert drained(few) == ["late"]
    assert few.next_expiry() is None
    assert few.expire(1000.0) == []


def test_lane_does_not_hold_on_to_what_was_sent_until_its_time() -> None:
    few = lane()
    for number in range(10_000):
        few.push(entry(str(number), ttl=172_800.0, batch=str(number)))
        few.peek()
        few.pop()
    assert len(few._expiries) < 200
    assert len(few._apps["bank"].batches) < 200


def test_lane_knows_the_age_of_its_oldest() -> None:
    few = lane(entry("a", at=10.0), entry("b", "shop", at=5.0), entry("c", "shop", at=7.0))
    assert few.oldest_s(20.0) == 15.0
    few.discard(few.entries()[1])
    assert few.oldest_s(20.0) == 13.0
    assert few.peek() is not None
    aside = few.set_aside()
    assert aside.item == "a"
    few.discard(few.entries()[1])
    assert few.oldest_s(20.0) == 10.0
    few.release(aside)
    assert (few.oldest_s(20.0), len(few)) == (0.0, 0)


def test_lane_counts_what_was_set_aside_and_takes_it_back() -> None:
    few = lane(entry("a"), entry("b"))
    few.peek()
    aside = few.set_aside()
    assert (len(few), few.segments) == (2, 2)
    few.push_front(aside)
    assert len(few) == 2
    assert drained(few) == ["a", "b"]


def test_lane_keeps_room_for_batches_that_are_not_there_yet() -> None:
    shared = lane(capacity=90)
    let_in = {"x": 0, "y": 0, "z": 0}
    for batch in let_in:
        while shared.room_for("bank", batch) > 0:
            shared.push(entry("m", batch=batch))
            let_in[batch] += 1
    assert let_in == {"x": 45, "y": 23, "z": 11}
    assert shared.room_for("bank", "x") == 0


def test_lane_with_nothing_to_pop_says_so() -> None:
    with pytest.raises(LookupError):
        lane().pop()


def test_lane_refuses_weights_that_are_none() -> None:
    with pytest.raises(ValueError, match="weight"):
        lane(entry("a", "a"), a=0)
