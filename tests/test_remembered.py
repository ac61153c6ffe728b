"""The table of what was said last: bounded, and right for most of what was written lately."""

import struct
from collections.abc import Hashable

import pytest

from gateway.remembered import Remembered


def test_remembered_gives_the_latest_value_of_each_key() -> None:
    table = Remembered("2s", 4_096)
    for key, value in (("a", b"x1"), ("b", b"x2"), ("a", b"x3")):
        table.put(key, value)

    assert [table.get(key) for key in "abc"] == [b"x3", b"x2", None]


def test_remembered_lets_a_key_push_out_the_one_in_its_place() -> None:
    table = Remembered("B", 1)
    table.put("a", 1)
    table.put("b", 2)

    assert [table.get(key) for key in "ab"] == [None, 2]


def test_remembered_keeps_most_of_the_latest() -> None:
    table = Remembered("H", 4_096)
    for number in range(1_000):
        table.put(str(number), number)

    assert sum(table.get(str(number)) == number for number in range(1_000)) > 800


def test_remembered_refuses_what_is_not_of_its_kind() -> None:
    with pytest.raises(struct.error):
        Remembered("B", 16).put("a", 256)


@pytest.mark.parametrize("key", ["", 0, b""])
def test_remembered_knows_nothing_of_a_key_whose_hash_is_that_of_an_unwritten_row(key: Hashable) -> None:
    table = Remembered("B", 16)
    assert table.get(key) is None
    table.put(key, 3)
    assert table.get(key) == 3
