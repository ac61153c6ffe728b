"""Joining: parts in any order, twice, reused references, timeouts, caps."""

import pytest

from gateway.text.assembly import Assembly, Ending, Limits, Piece, Sender, Whole
from gateway.text.encoding import Encoding
from gateway.text.oddity import Oddity
from gateway.text.udh import Concat, Shift

SENDER = Sender("telcel", "525512345678", "45555")


def add(assembly, number, text, now=0.0, *, total=3, reference=7, bits=8, sender=SENDER, data_coding=0, name=""):
    concat = Concat(reference, bits, total, number)
    return assembly.add(sender, concat, Piece(number, text, data_coding, id=name), now)


def words(taken) -> list[tuple[str, Ending, tuple[int, ...]]]:
    return [(whole.read().text, whole.ending, whole.missing) for whole in taken.closed]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 2)])
def test_assembly_joins_parts_in_any_order(order):
    assembly = Assembly()
    texts = {1: b"uno ", 2: b"dos ", 3: b"tres"}
    taken = [add(assembly, number, texts[number]) for number in order]
    assert [t.closed for t in taken[:2]] == [(), ()]
    assert words(taken[2]) == [("uno dos tres", Ending.COMPLETE, ())]
    assert [piece.number for piece in taken[2].closed[0].pieces] == [1, 2, 3]


def test_duplicate_of_a_part_changes_nothing_before_and_after_completion():
    assembly = Assembly()
    add(assembly, 1, b"a", total=2, name="row1")
    assert add(assembly, 1, b"a", total=2, name="row2") == (True, ())
    assert add(assembly, 2, b"b", total=2).closed[0].pieces[0].id == "row1"
    assert add(assembly, 1, b"a", 119.0, total=2) == (True, ())
    assert len(assembly) == 1
    assert assembly.expire(120.0) == []
    assert len(assembly) == 0
    assert assembly.next_expiry() is None


def test_another_text_at_the_same_number_closes_the_old_group_and_opens_a_new_one():
    assembly = Assembly()
    add(assembly, 1, b"old")
    taken = add(assembly, 1, b"new")
    assert words(taken) == [("old", Ending.REUSED, (2, 3))]
    add(assembly, 2, b"er")
    assert words(add(assembly, 3, b"!")) == [("newer!", Ending.COMPLETE, ())]


def test_reference_reused_after_completion_opens_a_new_group_without_a_partial_one():
    assembly = Assembly()
    add(assembly, 1, b"a", total=2)
    add(assembly, 2, b"b", total=2)
    assert add(assembly, 2, b"d", 1.0, total=2) == (False, ())
    assert words(add(assembly, 1, b"c", 1.0, total=2)) == [("cd", Ending.COMPLETE, ())]


@pytest.mark.parametrize(
    "other",
    [
        {"reference": 8},
        {"bits": 16},
        {"total": 4},
        {"sender": Sender("att", "525512345678", "45555")},
        {"sender": Sender("telcel", "525500000000", "45555")},
        {"sender": Sender("telcel", "525512345678", "45556")},
    ],
)
def test_every_field_of_the_key_keeps_messages_apart(other):
    assembly = Assembly()
    add(assembly, 1, b"a")
    assert add(assembly, 2, b"b", **other) == (False, ())
    assert len(assembly) == 2


def test_group_is_closed_after_ten_minutes_of_silence():
    assembly = Assembly()
    add(assembly, 3, b"z", 0.0)
    add(assembly, 1, b"a", 500.0)
    assert assembly.next_expiry() == 1100.0
    assert assembly.expire(1099.9) == []
    whole = assembly.expire(1100.0)[0]
    assert (whole.ending, whole.missing, [piece.number for piece in whole.pieces]) == (Ending.TIMEOUT, (2,), [1, 3])
    assert add(assembly, 2, b"late", 1101.0) == (False, ())
    assert assembly.expire(1701.0)[0].missing == (1, 3)


def test_group_is_closed_half_an_hour_after_its_first_part_however_often_parts_come():
    assembly = Assembly()
    for number, now in enumerate(range(0, 1800, 400), 1):
        add(assembly, number, b"x", float(now), total=9)
    assert assembly.next_expiry() == 1800.0
    assert assembly.expire(1800.0)[0].missing == (6, 7, 8, 9)


def test_part_that_comes_after_the_deadline_closes_the_old_group_itself():
    assembly = Assembly()
    add(assembly, 1, b"a", 0.0)
    assert words(add(assembly, 2, b"b", 600.0)) == [("a", Ending.TIMEOUT, (2, 3))]


def test_source_at_its_cap_gives_up_a_complete_group_first_then_its_oldest():
    assembly = Assembly(Limits(groups_per_source=2))
    add(assembly, 1, b"a", reference=1)
    add(assembly, 1, b"b", reference=2, total=2)
    add(assembly, 2, b"c", reference=2, total=2)
    assert add(assembly, 1, b"d", reference=3).closed == ()
    assert words(add(assembly, 1, b"e", reference=4)) == [("a", Ending.CROWDED, (2, 3))]
    assert len(assembly) == 2


def test_all_groups_together_have_a_cap():
    assembly = Assembly(Limits(groups=3))
    for source in range(3):
        add(assembly, 1, b"%d" % source, sender=Sender("c", str(source), "1"))
    taken = add(assembly, 1, b"x", sender=Sender("c", "9", "1"))
    assert words(taken) == [("0", Ending.CROWDED, (2, 3))]
    assert len(assembly) == 3


def test_message_of_255_parts_is_joined():
    assembly = Assembly()
    for number in range(1, 255):
        assert add(assembly, number, b"%d " % number, total=255).closed == ()
    assert add(assembly, 255, b"255", total=255).closed[0].read().text == " ".join(map(str, range(1, 256)))


def test_impossible_number_is_a_mistake_of_the_caller():
    for number in (0, 4):
        with pytest.raises(ValueError, match="of 3"):
            add(Assembly(), number, b"x")


def whole(*pieces: Piece) -> Whole:
    assembly = Assembly()
    for piece in pieces:
        closed = assembly.add(SENDER, Concat(1, 8, 3, piece.number), piece, 0.0).closed
    return closed[0] if closed else assembly.expire(9e9)[0]


def test_characters_cut_in_two_by_others_are_joined_before_they_are_read():
    assert whole(Piece(1, b"a\x1b"), Piece(2, b"\x65b\x1b"), Piece(3, b"\x28")).read().text == "a€b{"
    halves = whole(Piece(1, b"\x00a\xd8\x3d", 8), Piece(2, b"\xdc\x4d\x00", 8), Piece(3, b"b", 8)).read()
    assert halves == ("a👍b", Encoding.UCS2, ())


def test_nothing_is_joined_across_a_missing_part():
    assert whole(Piece(1, b"a\x1b"), Piece(3, b"\x65b")).read().text == "a eb"


def test_parts_of_different_coding_or_shift_are_read_each_for_itself():
    mixed = whole(Piece(1, b"\x00"), Piece(2, b"\x00\xe1", 8), Piece(3, b"\x1ba", 0, Shift(0, 2))).read()
    assert mixed.text == "@áá"
    assert mixed.encoding is Encoding.UCS2


def test_oddities_of_all_parts_are_told_once():
    assert whole(Piece(1, b"\xe1"), Piece(3, b"\xe9")).read().oddities == (Oddity.EIGHTH_BIT,)
