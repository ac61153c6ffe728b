"""Records as text, one after the other: CSV with a header row, or a JSON object a line."""

import csv
from collections.abc import Iterable
from typing import TextIO

import msgspec

from gateway.books.records import COLUMNS, Record


def write_csv(records: Iterable[Record], out: TextIO) -> int:
    """RFC 4180 with plain line feeds; how many records there were."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = 0
    for record in records:
        writer.writerow(record)
        written += 1
    return written


def write_json(records: Iterable[Record], out: TextIO) -> int:
    """Objects with the columns as keys, null where a field is empty; how many there were."""
    encode = msgspec.json.Encoder().encode
    written = 0
    for record in records:
        out.write(encode(dict(zip(COLUMNS, record, strict=True))).decode() + "\n")
        written += 1
    return written
