"""Rows are made when they are asked for, and a fault takes none of those before it along."""

import codecs

import pytest

from gateway.apps.http_batch_body import BatchOptions, Rows
from gateway.apps.http_batch_rows import CsvRows, JsonRows, Reader
from gateway.errors import Refusal
from gateway.intake import Submission


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
