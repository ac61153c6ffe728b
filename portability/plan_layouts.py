"""The layouts in which numbering plans are met; each reads a row's range out of its fields.

Public files were met with the data shifted against the header by a column, so the columns are found by what the numbers
look like, row by row.
"""

from typing import ClassVar, NamedTuple, Protocol

from portability.network_values import FieldError, is_code
from portability.rows import HeaderError

_MODALITIES = {
    **dict.fromkeys(("CPP", "MPP", "MOVIL", "MÓVIL", "MOBILE", "M"), True),
    **dict.fromkeys(("FIJO", "FIXED", "F"), False),
}
_YES = frozenset("SY1")  # S, SI, Y, 1
_SHIFTS = (0, 1, -1)
_SIZE = "OCUPACION"


class PlanCodes(NamedTuple):
    """Who has a range, by codes: `ida` whose customers, `ido` whose switch (0: not said)."""

    ida: int
    ido: int


class Range(NamedTuple):
    """A row as written: numbers national or whole, `holder` and `codes` as in PlanRow."""

    start: str
    end: str
    holder: str
    mobile: bool | None
    codes: PlanCodes | None = None


class Layout(Protocol):
    """How a plan's rows are laid out."""

    near: ClassVar[int]
    """How many digits of a number stand together in the line of its range; 0 where they need not."""

    def read(self, fields: list[str]) -> Range:
        """What a row says. Raises FieldError."""
        ...


def layout_of(header: list[str]) -> Layout:
    """The layout that has this header. Raises HeaderError."""
    names = [name.strip().upper() for name in header]
    if {"START", "END", "NETWORK"} <= set(names):
        return _Own(names)
    if {"NIR", "SERIE", "NUMERACION_INICIAL", "NUMERACION_FINAL", "RAZON_SOCIAL"} <= set(names):
        return _Apart(names)
    if {"NUMERACION_INICIAL", "NUMERACION_FINAL", "MODALIDAD", "RAZON_SOCIAL"} <= set(names):
        return _Whole(names)
    if {"NUMERO_INICIAL", "NUMERO_FINAL", "IDA"} <= set(names):
        return _Coded(names)
    raise HeaderError(f"line 1: header is {','.join(header)[:80]!r}, expected a public plan's or start,end,network")


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
    near: ClassVar[int] = 0  # ranges as wide as anybody likes

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)

    def read(self, fields: list[str]) -> Range:
        start, end, network, kind = (self._columns.cell(fields, name) for name in ("START", "END", "NETWORK", "KIND"))
        return Range(start, end, network, _is_mobile(kind))


class _Whole:
    """Current public layout: two consecutive fields of ten digits, wherever they stand."""

    near: ClassVar[int] = (
        3  # the first or the last number of a range has the first three of each; they are at most a million wide
    )

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)
        self._numbers = _TwoNumbers(self._columns, "NUMERACION_INICIAL", "NUMERACION_FINAL")

    def read(self, fields: list[str]) -> Range:
        start, end, shift = self._numbers.read(fields)
        modality, holder = (self._columns.cell(fields, name, shift) for name in ("MODALIDAD", "RAZON_SOCIAL"))
        return Range(start, end, holder, _is_mobile(modality))


class _Coded:
    """What concessionaires get: whole numbers, and codes in place of names.

    TIPO_SERVICIO says fixed or mobile in a word or its first letter; MPP yes or no, and only mobiles are MPP.
    """

    near: ClassVar[int] = 3

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)
        self._numbers = _TwoNumbers(self._columns, "NUMERO_INICIAL", "NUMERO_FINAL")

    def read(self, fields: list[str]) -> Range:
        start, end, shift = self._numbers.read(fields)
        names = ("TIPO_SERVICIO", "MPP", "IDA", "IDO")
        service, mpp, ida, ido = (self._columns.cell(fields, name, shift) for name in names)
        codes = PlanCodes(_code("IDA", ida or ido), _code("IDO", ido or "0"))
        if not codes.ida:
            raise FieldError("IDA", "missing")
        holder = f"IDA {codes.ida:03}" + (f", IDO {codes.ido:03}" if codes.ido not in (0, codes.ida) else "")
        mobile = True if mpp[:1].upper() in _YES else _is_mobile(service)
        return Range(start, end, holder, mobile, codes)


class _TwoNumbers:
    """Two consecutive fields of ten digits, and how far off the header they stand."""

    def __init__(self, columns: _Columns, first: str, last: str) -> None:
        self._columns = columns
        self._names = first, last
        self._at = columns.at(first)

    def read(self, fields: list[str]) -> tuple[str, str, int]:
        at = self._found(fields)
        return fields[at].strip(), fields[at + 1].strip(), at - self._at

    def _found(self, fields: list[str]) -> int:
        if _is_whole(fields, self._at):
            return self._at
        for at in range(len(fields) - 1):
            if _is_whole(fields, at):
                return at
        found = ",".join(self._columns.cell(fields, name) for name in self._names)
        raise FieldError(self._names[0], f"{found[:40]!r} are not two numbers of ten digits")


class _Apart:
    """Older public layout: number = NIR, SERIE and four digits that may have lost their leading zeros."""

    near: ClassVar[int] = 2  # an area code has two or three, and the series stands in a field of its own
    _NUMBERS = ("NIR", "SERIE", "NUMERACION_INICIAL", "NUMERACION_FINAL")

    def __init__(self, header: list[str]) -> None:
        self._columns = _Columns(header)

    def read(self, fields: list[str]) -> Range:
        shift = self._shift(fields)
        nir, serie, first, last = (self._columns.cell(fields, name, shift) for name in self._NUMBERS)
        block = nir + serie.zfill(6 - len(nir))
        mobile = _is_mobile(self._columns.cell(fields, "TIPO_RED", shift))
        if mobile is None:
            mobile = _is_mobile(self._columns.cell(fields, "MODALIDAD", shift))
        holder = self._columns.cell(fields, "RAZON_SOCIAL", shift)
        return Range(block + first.zfill(4), block + last.zfill(4), holder, mobile)

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


def _is_mobile(modality: str) -> bool | None:
    return _MODALITIES.get(modality.upper())


def _code(field: str, text: str) -> int:
    if not text or not is_code(text):
        raise FieldError(field, f"{text[:40]!r} is not a three-digit code" if text else "missing")
    return int(text)
