"""The rows of a numbering plan, in any of three layouts.

Two are the Mexican regulator's public ones (SNS portal): the current one has whole ten-digit numbers; the older one has
NIR, SERIE and the last four digits apart. The third is `start,end,network`, for plans people write themselves (with an
optional column `kind`: mobile or fixed). Public files were met with the data shifted against the header by a column, so
the columns are found by what the numbers look like, row by row.
"""

import csv
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from portability.network_values import FieldError
from portability.rows import BadRow, HeaderError

_MODALITIES = {"CPP": True, "MPP": True, "MOVIL": True, "MÓVIL": True, "FIJO": False, "MOBILE": True, "FIXED": False}
_SHIFTS = (0, 1, -1)
_SIZE = "OCUPACION"


class PlanRow(NamedTuple):
    """A range: first and last number in E.164, both included. `mobile` None: the row does not say."""

    line: int
    start: int
    end: int
    holder: str
    mobile: bool | None


class _Range(NamedTuple):
    start: str
    end: str
    holder: str
    modality: str


class _Layout(Protocol):
    def read(self, fields: list[str]) -> _Range: ...


def plan_rows(data: bytes, country: str = "52") -> Iterator[PlanRow | BadRow]:
    """The ranges and bad rows of a plan file; `country` goes before numbers of ten digits. Raises HeaderError."""
    reader = csv.reader(_decoded(data).splitlines(keepends=True))
    try:
        layout = _layout(next(reader))
    except StopIteration:
        raise HeaderError("the plan is empty, expected a header") from None
    for fields in reader:
        if not any(map(str.strip, fields)):
            continue
        try:
            yield _row(reader.line_num, layout.read(fields), country)
        except FieldError as error:
            yield BadRow(reader.line_num, error.field, error.reason)


def _decoded(data: bytes) -> str:
    """UTF-8 with or without mark, as now; Latin-1, as in older files."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _layout(header: list[str]) -> _Layout:
    names = [name.strip().upper() for name in header]
    if {"START", "END", "NETWORK"} <= set(names):
        return _Own(names)
    if {"NIR", "SERIE", "NUMERACION_INICIAL", "NUMERACION_FINAL", "RAZON_SOCIAL"} <= set(names):
        return _Apart(names)
    if {"NUMERACION_INICIAL", "NUMERACION_FINAL", "MODALIDAD", "RAZON_SOCIAL"} <= set(names):
        return _Whole(names)
    raise HeaderError(f"line 1: header is {','.join(header)[:80]!r}, expected a public plan's or start,end,network")


def _row(line: int, written: _Range, country: str) -> PlanRow:
    start, end = (_number(text, field, country) for text, field in ((written.start, "start"), (written.end, "end")))
    if end < start:
        raise FieldError("end", f"{written.end} is before {written.start}")
    if not written.holder:
        raise FieldError("holder", "missing")
    return PlanRow(line, start, end, written.holder, _MODALITIES.get(written.modality.upper()))


def _number(text: str, field: str, country: str) -> int:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise FieldError(field, f"{text[:40]!r} is no number")
    return int(country + digits) if len(digits) == 10 and digits == text else int(digits)


class _Columns:
    """Fields by the header's names, where a row may stand shifted against it."""

    def __init__(self, header: list[str]) -> None:
        self._at = {name: at for at, name in reversed(list(enumerate(header)))}

    def at(self, name: str) -> int:
        return self._at[name]

    def cell(self, fields: list[str], name: str, shift: int = 0) -> str:
        """The field, "" where the row or the header has none."""
        at = self._at.get(name, -1) + shift
        return fields[at].strip() if name in self._at and 0 <= at < len(fields) else ""


class _Own:
    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)

    def read(self, fields: list[str]) -> _Range:
        return _Range(*(self._columns.cell(fields, name) for name in ("START", "END", "NETWORK", "KIND")))


class _Whole:
    """Current public layout: two consecutive fields of ten digits, wherever they stand."""

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)
        self._first = self._columns.at("NUMERACION_INICIAL")

    def read(self, fields: list[str]) -> _Range:
        at = self._first_of_two(fields)
        names = ("MODALIDAD", "RAZON_SOCIAL")
        modality, holder = (self._columns.cell(fields, name, at - self._first) for name in names)
        return _Range(fields[at].strip(), fields[at + 1].strip(), holder, modality)

    def _first_of_two(self, fields: list[str]) -> int:
        if _is_whole(fields, self._first):
            return self._first
        for at in range(len(fields) - 1):
            if _is_whole(fields, at):
                return at
        found = self._columns.cell(fields, "NUMERACION_INICIAL"), self._columns.cell(fields, "NUMERACION_FINAL")
        raise FieldError("NUMERACION_INICIAL", f"{','.join(found)[:40]!r} are not two numbers of ten digits")


class _Apart:
    """Older public layout: number = NIR, SERIE and four digits that may have lost their leading zeros."""

    _NUMBERS = ("NIR", "SERIE", "NUMERACION_INICIAL", "NUMERACION_FINAL")

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)

    def read(self, fields: list[str]) -> _Range:
        shift = self._shift(fields)
        nir, serie, first, last = (self._columns.cell(fields, name, shift) for name in self._NUMBERS)
        block = nir + serie.zfill(6 - len(nir))
        modality = self._columns.cell(fields, "TIPO_RED", shift)
        if _MODALITIES.get(modality.upper()) is None:
            modality = self._columns.cell(fields, "MODALIDAD", shift)
        holder = self._columns.cell(fields, "RAZON_SOCIAL", shift)
        return _Range(block + first.zfill(4), block + last.zfill(4), holder, modality)

    def _shift(self, fields: list[str]) -> int:
        """Where the row stands against the header: where its numbers fit, the range's size confirming it."""
        fitting = [shift for shift in _SHIFTS if self._fits(fields, shift)]
        if not fitting:
            found = ",".join(self._columns.cell(fields, name) for name in self._NUMBERS)
            raise FieldError("NIR", f"{found[:40]!r} are not NIR, SERIE, and twice four digits")
        return next((shift for shift in fitting if self._size_fits(fields, shift)), fitting[0])

    def _fits(self, fields: list[str], shift: int) -> bool:
        nir, serie, first, last = (self._columns.cell(fields, name, shift) for name in self._NUMBERS)
        if not all(text.isascii() and text.isdigit() for text in (nir, serie, first, last)):
            return False
        return 2 <= len(nir) <= 3 and len(nir) + len(serie) <= 6 and max(len(first), len(last)) <= 4

    def _size_fits(self, fields: list[str], shift: int) -> bool:
        names = ("NUMERACION_INICIAL", "NUMERACION_FINAL", _SIZE)
        first, last, size = (self._columns.cell(fields, name, shift) for name in names)
        return size.isascii() and size.isdigit() and int(size) == int(last) - int(first) + 1


def _is_whole(fields: list[str], at: int) -> bool:
    two = [text.strip() for text in fields[at : at + 2]]
    return len(two) == 2 and all(len(text) == 10 and text.isascii() and text.isdigit() for text in two)
