"""What a row of ported numbers may be, and what is said of one that is not."""

import csv
import io

import pytest

from portability.rows import BadRow, Change, HeaderError, PortedRows
from tests.support.numbering import networks

NAME_ID = 1_000_000


def read(text: str) -> list[Change | BadRow]:
    return list(rows(text))


def rows(text: str) -> PortedRows:
    return PortedRows(io.StringIO(text, newline=""), networks(), region="MX", name_id=lambda name: NAME_ID)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("525512345678,188", 188_000),
        ("+525512345678,188", 188_000),
        ("525512345678,0188"[:-4] + "188", 188_000),
        ('"525512345678","188"', 188_000),
        (" 525512345678 , 188 ", 188_000),
        ("525512345678,telcel", NAME_ID),
        ("525512345678,AT&T", NAME_ID),
        ("525512345678,334020", NAME_ID),
        ("525512345678,", None),
    ],
)
def test_row_names_its_network_by_code_mccmnc_or_name_and_leaves_with_none(row: str, value: int | None) -> None:
    assert read(f"number,network\n{row}\n") == [Change(525512345678, value)]


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("525512345678,188,188", 188_188),
        ("525512345678,901,166", 901_166),
        ("525512345678,901,", 901_000),
        ("525512345678,999,166", 999_166),
        ("525512345678,,", None),
    ],
)
def test_row_of_codes_keeps_both(row: str, value: int | None) -> None:
    assert read(f"number,rida,rcr\n{row}\n") == [Change(525512345678, value)]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("5512345678,188", "number", "is 525512345678 meant?"),
        ("5215512345678,188", "number", "is 525512345678 meant?"),
        ("52551234567,188", "number", "ten digits"),
        ("5225512345678,188", "number", "ten digits"),
        ("45555,188", "number", "is not E.164"),
        ("52 5512345678,188", "number", "not E.164"),
        ("５２5512345678,188", "number", "neither a digit"),
        ("5_25512345678,188", "number", "neither a digit"),
        (",188", "number", "empty"),
        ("abc,188", "number", "'abc'"),
        ("525512345678,Unefon", "network", "'Unefon' is neither a code nor a name"),
        ("525512345678,999", "network", "'999' is neither"),
        ("525512345678", "row", "1 fields, the header has 2"),
        ("525512345678,188,188", "row", "3 fields, the header has 2"),
    ],
)
def test_bad_row_is_named_by_line_field_and_reason(row: str, field: str, reason: str) -> None:
    good = "525500000001,188"

    _, bad, _ = read(f"number,network\n{good}\n{row}\n{good}\n")

    assert isinstance(bad, BadRow)
    assert (bad.line, bad.field) == (3, field)
    assert reason in bad.reason
    assert str(bad) == f"line 3: {field}: {bad.reason}"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("525512345678,999,998", "rida"),
        ("525512345678,999,", "rida"),
        ("525512345678,,188", "rida"),
        ("525512345678,000,188", "rida"),
        ("525512345678,18A,188", "rida"),
        ("525512345678,188,B", "rcr"),
        ("525512345678,1888,188", "rida"),
        ("525512345678,188,-1", "rcr"),
    ],
)
def test_bad_pair_of_codes_names_the_code(row: str, field: str) -> None:
    (bad,) = read(f"number,rida,rcr\n{row}\n")

    assert isinstance(bad, BadRow)
    assert bad.field == field


def test_number_abroad_is_taken_when_it_is_one() -> None:
    good, bad = read("number,network\n34612345678,188\n34112,188\n")

    assert good == Change(34612345678, 188_000)
    assert isinstance(bad, BadRow)


@pytest.mark.parametrize(
    "header", ["", "number", "number,operator", "msisdn,network", "number,network,rida,rcr", "\0,"]
)
def test_file_with_another_header_is_refused_at_once(header: str) -> None:
    with pytest.raises(HeaderError, match="number,network"):
        rows(header and header + "\n525512345678,188\n")


def test_header_may_be_in_any_order_and_case_and_lines_end_in_any_way() -> None:
    assert read("RCR, Number ,RIDA\r\n166,525512345678,901\r\n\r\n") == [Change(525512345678, 901_166)]


def test_unlisted_codes_are_counted_where_the_other_code_says_enough() -> None:
    found = rows("number,rida,rcr\n525512345678,999,166\n525512345679,188,7\n525512345670,188,7\n")

    assert len(list(found)) == 3
    assert set(found.unlisted) == {"rida 999", "rcr 007"}


def test_stray_quote_spoils_rows_but_ends_nothing() -> None:
    text = 'number,network\n525512345678,"188"x\n525512345679,188\n525512345670,"188\n'
    first, second, third = read(text)

    assert isinstance(first, BadRow)
    assert first.line == 2
    assert second == Change(525512345679, 188_000)
    assert isinstance(third, BadRow)


def test_field_of_any_length_is_a_bad_row() -> None:
    wide = "9" * (csv.field_size_limit() + 1)
    first, second = read(f"number,network\n{wide},188\n525512345679,188\n")

    assert isinstance(first, BadRow)
    assert len(first.reason) < 200
    assert second == Change(525512345679, 188_000)
