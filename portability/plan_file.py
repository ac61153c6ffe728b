"""The rows of a numbering plan, in any of four layouts.

Two are the Mexican regulator's public ones (SNS portal): the current one has whole ten-digit numbers; the older one has
NIR, SERIE and the last four digits apart. The third is what concessionaires get, the only one with codes (IDA whose
customers, IDO who switches) in place of names. The fourth is `start,end,network`, for plans people write themselves
(with an optional column `kind`: mobile or fixed).
"""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from portability.network_values import FieldError
from portability.plan_layouts import PlanCodes, Range, layout_of
from portability.rows import BadRow, HeaderError


class PlanRow(NamedTuple):
    """A range: first and last number in E.164, both included. `mobile` None: the row does not say.

    `holder` is the name that the row gives, or its codes as text where it has `codes`.
    """

    line: int
    start: int
    end: int
    holder: str
    mobile: bool | None
    codes: PlanCodes | None = None


def plan_rows(data: bytes, country: str = "52", around: int | None = None) -> Iterator[PlanRow | BadRow]:
    """The ranges and bad rows of a plan file; `country` goes before numbers of ten digits. Raises HeaderError.

    With `around`, an E.164 number, rows that are far from it may be left out, and lines are not the file's.
    """
    header = data[: data.find(b"\n") + 1 or len(data)]
    try:
        layout = layout_of(next(csv.reader(_lines(header))))
    except StopIteration:
        raise HeaderError("the plan is empty, expected a header") from None
    if around is not None and layout.near:
        data = _near(data, len(header), str(around).removeprefix(country)[: layout.near].encode())
    reader = csv.reader(_lines(data))
    next(reader)
    for fields in reader:
        if not any(map(str.strip, fields)):
            continue
        try:
            yield _row(reader.line_num, layout.read(fields), country)
        except FieldError as error:
            yield BadRow(reader.line_num, error.field, error.reason)


def _encoding(data: bytes) -> str:
    """UTF-8 with or without mark, as now; Latin-1, as in older files."""
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _lines(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding=_encoding(data), newline="")


def _near(data: bytes, start: int, digits: bytes) -> bytes:
    """What stands before `start`, and the lines behind it with these digits in them; all of `data`, where a record may
    go over several lines."""
    found = [data[:start]]
    at = data.find(digits, start)
    while at >= 0:
        end = data.find(b"\n", at) + 1 or len(data)
        found.append(data[data.rfind(b"\n", start - 1, at) + 1 : end])
        at = data.find(digits, end)
    return data if any(line.count(b'"') % 2 for line in found) else b"".join(found)


def _row(line: int, written: Range, country: str) -> PlanRow:
    start, end = (_number(text, field, country) for text, field in ((written.start, "start"), (written.end, "end")))
    if end < start:
        raise FieldError("end", f"{written.end} is before {written.start}")
    if not written.holder:
        raise FieldError("holder", "missing")
    return PlanRow(line, start, end, written.holder, written.mobile, written.codes)


def _number(text: str, field: str, country: str) -> int:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise FieldError(field, f"{text[:40]!r} is no number")
    return int(country + digits) if len(digits) == 10 and digits == text else int(digits)
