"""Rows are made when they are asked for, and a fault takes none of those before it along."""

import codecs
import csv
import io
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.apps.http_batch_body import BatchOptions, Rows
from gateway.apps.http_batch_rows import CsvRows, JsonRows, Reader
from gateway.batches import Row
from gateway.errors import Refusal
from gateway.submission import Submission


class CountedRows(Rows):
    """Counts the rows that were made."""

    made = 0

    def of(self, *row: object) -> Submission:  # type: ignore[override]  # of plain values, as its callers give them
        self.made += 1
        return super().of(*row)  # type: ignore[arg-type, return-value]


def reader(kind: str, rows: Rows) -> Reader:
    if kind == "csv":
        return CsvRows(rows, 1_000)
    return JsonRows(codecs.getincrementaldecoder("utf-8")(), "", rows, 1_000)


def body(kind: str, count: int) -> bytes:
    if kind == "csv":
        return b"to,text\n" + b"5512345670,hola\n" * count
    return b'{"to": "5512345670", "text": "hola"},' * count


FAULTS = {"csv": b'5512345670,"ho"la\n', "json": b"{]" + b" " * 1_000}


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_row_of_a_piece_is_made_when_it_is_asked_for(kind: str) -> None:
    rows = CountedRows(BatchOptions(), "bank", 0.0)
    found = iter(reader(kind, rows).feed(body(kind, 100)))
    next(found)
    assert rows.made == 1
    assert len(list(found)) == 99


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_rows_before_a_fault_are_given_and_the_fault_is_raised_behind_them(kind: str) -> None:
    read = reader(kind, Rows(BatchOptions(), "bank", 0.0))
    assert len(list(read.feed(body(kind, 3) + FAULTS[kind] + body(kind, 1)))) == 3
    with pytest.raises(Refusal):
        read.feed(b"x\n")
    with pytest.raises(Refusal):
        read.end()


ANY = st.sampled_from('a"\n\r,;é ')


@given(
    st.lists(st.tuples(st.text(ANY, min_size=1, max_size=8), st.text(ANY, max_size=8)), min_size=1, max_size=6),
    st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]),
    st.data(),
)
def test_csv_gives_the_same_rows_in_whatever_pieces_it_comes(
    records: list[tuple[str, str]], written: tuple[str, int], data: st.DataObject
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=written[0], quoting=written[1])
    writer.writerow(["to", "text", "reference"])
    writer.writerows(("5512345670", *record) for record in records)
    octets = text.getvalue().encode()
    cuts = data.draw(st.lists(st.integers(0, len(octets)), max_size=8).map(sorted))
    assert texts(read(CsvRows(a_rows(), 1_000), octets, cuts)) == [one for one, _ in records]


def test_quote_in_a_field_without_quotes_is_a_letter() -> None:
    """RFC 4180 leaves it out; spreadsheets write it, and what follows it are rows."""
    octets = b'to,text\n5512345670,5" of rain\n5512345671,hola\n'
    assert texts(CsvRows(a_rows(), 1_000).feed(octets)) == ['5" of rain', "hola"]


def test_empty_lines_before_the_header_do_not_hide_its_delimiter() -> None:
    assert texts(CsvRows(a_rows(), 1_000).feed(b"\r\n\nto;text\n5512345670;hola\n")) == ["hola"]


def test_record_with_an_open_quote_ends_the_body_at_the_longest_that_a_row_may_be() -> None:
    read_on = CsvRows(a_rows(), 1_000)
    assert texts(read_on.feed(b'to,text\n5512345670,hola\n5512345671,"')) == ["hola"]
    assert texts(read_on.feed(b"a\n" * 600)) == []
    with pytest.raises(Refusal, match="1000 octets"):
        read_on.feed(b"a\n")


def a_rows() -> Rows:
    return Rows(BatchOptions(), "bank", 0.0)


def read(reader: Reader, octets: bytes, cuts: Iterable[int]) -> list[Row]:
    """All rows of a body that comes in the pieces between these places."""
    places = [0, *cuts, len(octets)]
    found = [row for at, to in pairwise(places) for row in reader.feed(octets[at:to])]
    return [*found, *reader.end()]


def texts(rows: Iterable[Row]) -> list[str]:
    found = list(rows)
    assert all(isinstance(row, Submission) for row in found), found
    return [row.content.text for row in found if isinstance(row, Submission)]
