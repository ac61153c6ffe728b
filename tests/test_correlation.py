"""What awaits receipts: its tiers and bounds, ids used again, the watermark; and receipts that came too early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.awaited import Waiting
from gateway.correlation import Correlation, Parked
from gateway.message import Message, Status
from gateway.store.store import Awaiting, ParkedReceipt
from tests.support.store import a_message, an_id

S = Status


class Tiers:
    """A small correlation and what it spilled."""

    def __init__(self, recent: int = 3, older: int = 4, slice_rows: int = 2) -> None:
        self.slices: list[list[Awaiting]] = []
        self.correlation = Correlation(
            "telcel",
            self.slices.append,
            recent=recent,
            older=older,
            spill_after_s=100.0,
            slice_rows=slice_rows,
        )

    def add(self, n: int, now: float = 0.0) -> Message:
        message = a_message(n)
        self.correlation.add(f"k{n}", message, 1, now)
        return message

    @property
    def spilled(self) -> list[str]:
        return [row.carrier_message_id for rows in self.slices for row in rows]


def test_segment_is_found_with_its_message_while_it_is_recent() -> None:
    tiers = Tiers()
    message = tiers.add(1, now=5.0)

    assert tiers.correlation.find("k1") == Waiting(message.id, 1, message, 5.0)
    assert tiers.correlation.find("k2") is None
    assert len(tiers.correlation) == 1


def test_older_segments_keep_their_ids_alone_and_the_oldest_are_spilled_in_slices() -> None:
    tiers = Tiers()
    for n in range(1, 9):
        tiers.add(n)

    ages = []
    for n in range(1, 9):
        waiting = tiers.correlation.find(f"k{n}")
        ages.append("spilled" if waiting is None else "older" if waiting.message is None else "recent")
    assert ages == ["spilled"] * 2 + ["older"] * 3 + ["recent"] * 3
    assert tiers.slices == [[Awaiting("telcel", "k1", an_id(1), 1), Awaiting("telcel", "k2", an_id(2), 1)]]
    assert tiers.correlation.spilled == 2


def test_what_has_waited_long_leaves_memory_a_slice_a_tick() -> None:
    tiers = Tiers(recent=10, older=10)
    for n in range(1, 6):
        tiers.add(n, now=float(n))

    sizes = []
    for _ in range(4):
        tiers.correlation.tick(104.5)
        sizes.append(len(tiers.correlation))

    assert sizes == [3, 1, 1, 1]
    assert tiers.spilled == ["k1", "k2", "k3", "k4"]
    assert all(len(rows) <= 2 for rows in tiers.slices)


def test_id_used_again_names_the_newest_segment_in_every_tier() -> None:
    tiers = Tiers(recent=1, older=10)
    tiers.add(1)
    tiers.add(2)  # k1 is among the older ones now
    newest = a_message(9)

    tiers.correlation.add("k1", newest, 2, 3.0)

    assert tiers.correlation.find("k1") == Waiting(newest.id, 2, newest, 3.0)
    assert len(tiers.correlation) == 2
    tiers.correlation.settle("k1", S.DELIVERED)
    assert tiers.correlation.find("k1") is None


def test_id_used_again_while_it_is_recent_goes_to_the_end_of_the_queue() -> None:
    tiers = Tiers()
    for n in (1, 2, 1, 3, 4):
        tiers.add(n)

    waiting = tiers.correlation.find("k2")
    assert waiting is not None and waiting.message is None


def test_settled_segment_is_remembered_and_awaited_no_more() -> None:
    tiers = Tiers()
    tiers.add(1)
    tiers.correlation.settle("k1", S.DELIVERED)

    assert len(tiers.correlation) == 0
    assert tiers.correlation.settled("k1") is S.DELIVERED
    assert tiers.correlation.knows("k1")
    assert not tiers.correlation.knows("k2")


def test_settled_id_used_again_is_awaited_again() -> None:
    tiers = Tiers()
    tiers.add(1)
    tiers.correlation.settle("k1", S.DELIVERED)

    tiers.add(1, now=9.0)

    waiting = tiers.correlation.find("k1")
    assert waiting is not None and waiting.since == 9.0


def test_segment_restored_after_a_start_is_known_by_its_id() -> None:
    tiers = Tiers(older=2)
    for n in range(1, 5):
        tiers.correlation.restore(f"k{n}", an_id(n), n, 50.0)

    assert tiers.correlation.find("k4") == Waiting(an_id(4), 4, None, 50.0)
    assert tiers.spilled == ["k1", "k2"]
    assert tiers.correlation.oldest() <= an_id(3)


def test_segment_given_up_is_on_disk_or_was_there_already() -> None:
    tiers = Tiers()
    tiers.add(1)
    tiers.correlation.spilled = 1

    tiers.correlation.give_up("k1")
    assert (tiers.spilled, len(tiers.correlation), tiers.correlation.spilled) == (["k1"], 0, 1)

    for _ in range(3):
        tiers.correlation.give_up("k9")
    assert tiers.correlation.spilled == 0


def test_watermark_covers_a_message_that_was_put_off_for_long() -> None:
    """A message accepted an hour before those around it: its id is the smallest, and not the first."""
    tiers = Tiers(recent=100, older=100)
    tiers.add(4_000, now=1.0)
    tiers.add(400, now=2.0)
    tiers.add(4_001, now=70.0)

    assert tiers.correlation.oldest() <= an_id(400)


def test_watermark_moves_on_with_what_leaves_memory() -> None:
    tiers = Tiers(recent=100, older=100, slice_rows=100)
    assert tiers.correlation.oldest() == ""
    for n in range(10):
        tiers.add(n * 100, now=n * 100.0)
    assert tiers.correlation.oldest() == an_id(0)

    tiers.correlation.tick(650.0)

    assert an_id(500) <= tiers.correlation.oldest() <= an_id(600)
    for n in range(10):
        tiers.correlation.settle(f"k{n * 100}", S.DELIVERED)
    assert tiers.correlation.oldest() == ""


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 60), st.integers(0, 9_999)),
        st.tuples(st.just("settle"), st.integers(0, 60), st.just(0)),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 90), st.just(0)),
    ),
    max_size=60,
)


@given(EVENTS)
def test_every_segment_is_in_memory_or_spilled_and_the_watermark_is_never_above_one(
    events: list[tuple[str, int, int]],
) -> None:
    tiers = Tiers(recent=5, older=6, slice_rows=3)
    waiting: dict[str, str] = {}
    now = 0.0
    for what, n, made in events:
        key = f"k{n}"
        if what == "add":
            tiers.correlation.add(key, a_message(made), 1, now)
            waiting[key] = an_id(made)
        elif what == "settle":
            tiers.correlation.settle(key, S.DELIVERED)
            waiting.pop(key, None)
        elif what == "tick":
            tiers.correlation.tick(now)
        else:
            now += n
        in_memory = {key: found for key in waiting if (found := tiers.correlation.find(key)) is not None}
        assert len(in_memory) == len(tiers.correlation) <= 5 + 6 + 1
        assert all(found.message_id == waiting[key] for key, found in in_memory.items())
        assert set(waiting) - set(in_memory) <= set(tiers.spilled)
        assert bool(in_memory) == bool(tiers.correlation.oldest())
        assert all(tiers.correlation.oldest() <= found.message_id for found in in_memory.values())


# -- parked --------------------------------------------------------------------------------------------------------


def row(key: str, at: float = 0.0, status: Status = S.DELIVERED, carrier: str = "telcel") -> ParkedReceipt:
    return ParkedReceipt(carrier, key, at, int(status), "000", status.word)


def test_parked_receipt_is_taken_once_with_all_its_keys() -> None:
    parked = Parked()
    assert not parked
    parked.add([row("1234"), row("4d2"), row("4660")])

    early = parked.take("telcel", "4d2", 1.0)

    assert early is not None and early.keys == ("1234", "4d2", "4660")
    assert [parked.take("telcel", key, 1.0) for key in early.keys] == [None, None, None]
    assert not parked


def test_parked_receipt_belongs_to_its_carrier() -> None:
    parked = Parked()
    parked.add([row("1")])

    assert parked.take("movistar", "1", 1.0) is None
    assert parked.take("telcel", "1", 1.0) is not None


def test_receipts_that_share_a_key_do_not_take_each_other_along() -> None:
    parked = Parked()
    parked.add([row("a"), row("b")])
    parked.add([row("b", at=1.0, status=S.UNDELIVERED), row("c", at=1.0, status=S.UNDELIVERED)])

    first = parked.take("telcel", "c", 2.0)
    assert first is not None and first.row.status == S.UNDELIVERED
    second = parked.take("telcel", "b", 2.0)
    assert second is not None and second.row.status == S.DELIVERED


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((S.SUBMITTED, S.DELIVERED), S.DELIVERED),
        ((S.DELIVERED, S.SUBMITTED), S.DELIVERED),
        ((S.UNKNOWN, S.DELIVERED), S.DELIVERED),
        ((S.DELIVERED, S.UNKNOWN), S.DELIVERED),
        ((S.DELIVERED, S.UNDELIVERED), S.DELIVERED),
        ((S.SUBMITTED, S.UNKNOWN, S.UNDELIVERED, S.SUBMITTED), S.UNDELIVERED),
    ],
)
def test_best_of_what_is_parked_under_one_key_is_kept(said: tuple[Status, ...], kept: Status) -> None:
    parked = Parked()
    for at, status in enumerate(said):
        parked.add([row("1", float(at), status)])

    early = parked.take("telcel", "1", 9.0)
    assert early is not None and early.row.status == kept
    assert parked.lost(1_000.0) == []


def test_parked_receipt_is_lost_after_its_time_and_told_once() -> None:
    parked = Parked(lost_after_s=120.0)
    parked.add([row("1", 0.0), row("2", 0.0)])
    parked.add([row("3", 50.0, carrier="movistar")])
    parked.add([row("4", 50.0)])
    assert parked.take("telcel", "4", 51.0) is not None

    assert [parked.lost(now) for now in (119.0, 120.0, 121.0, 170.0, 999.0)] == [[], ["telcel"], [], ["movistar"], []]


def test_parked_receipt_matches_no_more_when_ids_may_have_been_used_again() -> None:
    parked = Parked(within_s=3_600.0)
    parked.add([row("1", 0.0), row("2", 0.0)])
    assert parked.take("telcel", "1", 3_601.0) is None
    assert not parked

    parked.add([row("1", 4_000.0)])
    parked.lost(8_000.0)
    assert not parked


def test_new_receipt_takes_the_place_of_one_whose_time_is_over() -> None:
    parked = Parked(within_s=3_600.0)
    parked.add([row("1", 0.0)])
    parked.add([row("1", 5_000.0, S.UNDELIVERED)])

    early = parked.take("telcel", "1", 5_001.0)
    assert early is not None and early.row.status == S.UNDELIVERED


def test_parked_receipts_are_bounded() -> None:
    parked = Parked(most=3)
    for n in range(10):
        parked.add([row(f"{n}", float(n))])

    assert [n for n in range(10) if parked.take("telcel", f"{n}", 9.0)] == [7, 8, 9]
    assert parked.lost(9.0) == ["telcel"] * 7


def test_restored_rows_of_one_receipt_are_one_again_and_were_counted_before() -> None:
    parked = Parked()
    parked.restore([row("1234"), row("4660"), row("9", 1.0)])

    assert parked.take("telcel", "1234", 2.0) is not None
    assert parked.take("telcel", "4660", 2.0) is None
    assert parked.take("telcel", "9", 2.0) is not None
    assert parked.lost(9_999.0) == []


def test_receipt_that_names_nothing_is_not_parked() -> None:
    parked = Parked()
    parked.add([])

    assert not parked
    assert parked.lost(9_999.0) == []
