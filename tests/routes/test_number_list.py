"""Lists of numbers and their beginnings."""

from hypothesis import given
from hypothesis import strategies as st

from routes.number_list import BadLine, NumberList, read_numbers


def test_file_lists_a_beginning_a_line_with_remarks() -> None:
    lines = [
        "# premium abroad\n",
        "\n",
        "+371 8\n",
        "525512345678  # complained in May\n",
        " +44-70\r\n",
        "١٢٣\n",
        "0052\n",
    ]
    good, bad = read_numbers([*lines, "+\n", "1" * 16])
    assert good == ["3718", "525512345678", "4470"]
    assert bad == [BadLine(6, "١٢٣"), BadLine(7, "0052"), BadLine(8, "+"), BadLine(9, "1" * 16)]


def test_list_finds_the_beginning_that_a_number_has() -> None:
    found = NumberList(["3718", "37", "525512345678"])
    assert (found.find("37180000000"), found.find("525512345678"), found.find("525512345679")) == (
        "37", "525512345678", "",
    )  # fmt: skip
    assert len(found) == 3


def test_empty_list_holds_nobody() -> None:
    assert NumberList([]).find("525512345678") == ""


@given(st.lists(st.from_regex("[1-9][0-9]{0,14}", fullmatch=True)), st.from_regex("[1-9][0-9]{6,14}", fullmatch=True))
def test_list_finds_what_a_walk_through_it_would(beginnings: list[str], number: str) -> None:
    assert bool(NumberList(beginnings).find(number)) is any(number.startswith(one) for one in beginnings)
