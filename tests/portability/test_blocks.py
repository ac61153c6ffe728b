"""Blocks of rows say the same as rows judged one by one; filling a table sorts whatever it gets."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portability.blocks import PortedBlocks
from portability.filling import Filling
from portability.rows import BadRow, Change, PortedRows
from portability.writer import writing
from tests.support.numbering import networks

NAME_ID = 1_000_000


def one_by_one(text: str) -> tuple[list[Change], list[BadRow]]:
    lines = io.StringIO(text, newline="")
    found = list(PortedRows(lines, networks(), region="MX", name_id=lambda name: NAME_ID))
    return [row for row in found if isinstance(row, Change)], [row for row in found if isinstance(row, BadRow)]


def in_blocks(text: str, octets: int) -> tuple[list[Change], list[BadRow]]:
    changes: list[Change] = []
    bad: list[BadRow] = []
    source = io.BytesIO(text.encode())
    for block in PortedBlocks(source, networks(), region="MX", name_id=lambda name: NAME_ID, octets=octets):
        changes += map(Change, block.numbers, block.values)
        bad += block.bad
    return changes, bad


ROWS = st.sampled_from(
    [
        *("525512345678,188", "525512345679,AT&T", "525512345670,", "+525512345671,156", "525512345672,Telcel"),
        *('525512345673,"188"', '"525512345674",weex', "", "525512345675", "x,188", "525512345676,777", "1,2,3"),
        *("52_512345678,188", " 525512345677,188", "521512345678,188", "0525512345678,188", "٥25512345678,188"),
        *("15551234567,188", "525512345678 ,188", '525512345678,"1\n88"', '525512345678,"'),
    ]
)


@pytest.mark.parametrize("octets", [1, 40, 4096])
@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_blocks_say_what_rows_say(octets: int, rows: list[str], end: str, last: bool) -> None:
    text = end.join(["number,network", *rows]) + (end if last else "")
    assert in_blocks(text, octets) == one_by_one(text)


@pytest.mark.parametrize(
    "text",
    [
        "number,rida,rcr\n525512345678,188,188\n525512345679,901,166\n",
        "rida,number,rcr\n188,525512345678,188\n901,525512345679,\n,525512345670,\n",
        "network,number\n188,525512345678\n188,+525512345679\n",
        "number,network\n+525512345678,188\n+525512345679,156\n",
        "number,rida,rcr\n525512345678,188\n525512345679,901,166,1\n",
        "number,network\n525512345678\n525512345679,1,88\n",
    ],
)
def test_blocks_say_what_rows_say_with_other_columns(text: str) -> None:
    assert in_blocks(text, 4096) == one_by_one(text)


FILLED = st.lists(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from([188_000, 156_000, None])), min_size=1, max_size=30),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(FILLED, st.integers(1, 20))
def test_filling_holds_the_last_row_of_each_number(blocks: list[list[tuple[int, int | None]]], merged: int) -> None:
    import tempfile

    last = {number: value for block in blocks for number, value in block}
    expected = {number: value for number, value in last.items() if value is not None}
    with tempfile.TemporaryDirectory() as name, writing(Path(name) / "t.db") as writer:
        writer.begin_new()
        filling = Filling(writer, Path(name), merged)
        for block in blocks:
            filling.add([number for number, _ in block], [value for _, value in block])
        rows = filling.finish()
        filling.close()
        writer.set_rows(rows)  # writes the networks
        select = "SELECT msisdn, value FROM ported_new JOIN networks ON id = network"
        found = dict(writer.connection.execute(select))
    assert found == expected
    assert rows == len(expected)
