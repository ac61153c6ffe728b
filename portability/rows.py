"""The rows of a file of ported numbers: CSV with a header, `number,network` or `number,rida,rcr`.

Numbers are E.164 digits, "+" optional; a network is a code, an MCC-MNC or a name of the configuration; an empty network
takes the number out of the table. Every row is judged; a bad one says line, field and reason, and the header is line 1.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from portability.codes import packed
from portability.networks import Networks
from portability.number import InvalidNumber, Kind, normalise

_SHOWN = 40  # characters of a value quoted in a message


class BadRow(NamedTuple):
    """A row that says nothing usable."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.reason}"


class Change(NamedTuple):
    """What a row does: the number's network value from now on, None to take it out."""

    number: int
    value: int | None


class FieldError(ValueError):
    """What is wrong with one field of a row."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class HeaderError(ValueError):
    """The file is not of this kind at all."""


class PortedRows:
    """Iterates over the changes and bad rows of a file's lines. `unlisted` counts codes that no network has.

    `name_id(name)` gives the value under which the table keeps a network's name. Raises HeaderError at once.
    """

    def __init__(self, lines: Iterable[str], networks: Networks, *, region: str, name_id: Callable[[str], int]) -> None:
        self.unlisted: Counter[str] = Counter()
        self._networks = networks
        self._region = region
        self._name_id = name_id
        self._values: dict[tuple[str, ...], int | None] = {}
        self._reader = csv.reader(lines, strict=True)
        self._header = _header(self._reader)
        self._number_at = self._header.index("number")
        self._network_at = [self._header.index(name) for name in _forms(self._header)]

    def __iter__(self) -> Iterator[Change | BadRow]:
        while True:
            try:
                fields = next(self._reader)
                if fields:
                    yield self._change(fields)
            except StopIteration:
                return
            except FieldError as error:
                yield BadRow(self._reader.line_num, error.field, error.reason)
            except csv.Error as error:
                yield BadRow(self._reader.line_num, "row", str(error))

    def _change(self, fields: list[str]) -> Change:
        if len(fields) != len(self._header):
            raise FieldError("row", f"{len(fields)} fields, the header has {len(self._header)}")
        number = number_of(fields[self._number_at].strip(), self._region)
        written = tuple([fields[at] for at in self._network_at])
        if written not in self._values:
            self._values[written] = self._value(*(text.strip() for text in written))
        return Change(number, self._values[written])

    def _value(self, first: str, second: str | None = None) -> int | None:
        """The network value of a row's last fields. Called once per distinct spelling."""
        if second is not None:
            return self._pair(first, second)
        if not first:
            return None
        if self._networks.find(first) is None:
            raise FieldError("network", f"{_quoted(first)} is neither a code nor a name of networks")
        if _is_code(first) and int(first):
            return packed(int(first))
        return self._name_id(first)

    def _pair(self, rida: str, rcr: str) -> int | None:
        """Of an unknown pair the row is bad; of one unknown code the other still says where the number is."""
        if not rida and not rcr:
            return None
        codes = {"rida": rida, "rcr": rcr or "0"}
        for field, code in codes.items():
            if not _is_code(code) or (field == "rida" and not int(code)):
                raise FieldError(field, f"{_quoted(code)} is not a three-digit code")
        if self._networks.served_by_codes(int(rida), int(rcr or 0)).network is None:
            raise FieldError("rida", f"neither {_quoted(rida)} nor rcr {_quoted(rcr)} is a code of networks")
        for field, code in codes.items():
            if int(code) and self._networks.by_code(code) is None:
                self.unlisted[f"{field} {int(code):03}"] += 1
        return packed(int(rida), int(rcr or 0))


def number_of(text: str, region: str) -> int:
    """E.164 digits, "+" optional, as an integer. Raises FieldError for any other form, also one that could be read.

    Strict, because a number loaded under another form than it is looked up under is never found.
    """
    digits = text.removeprefix("+")
    if len(digits) == 12 and digits.startswith("52") and digits.isdigit() and digits.isascii() and digits[2] > "1":
        return int(digits)
    try:
        number = normalise(digits, region)
    except InvalidNumber as error:
        raise FieldError("number", f"{_quoted(text)}: {error.reason}") from error
    if number.digits != digits or number.kind is Kind.SHORT_CODE:
        meant = "" if number.kind is Kind.SHORT_CODE else f", is {number.digits} meant?"
        raise FieldError("number", f"{_quoted(text)} is not E.164{meant}")
    return int(digits)


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise HeaderError("the file is empty, expected a header: number,network or number,rida,rcr") from None
    except csv.Error as error:
        raise HeaderError(f"line 1: {error}") from error
    if sorted(header) not in (["network", "number"], ["number", "rcr", "rida"]):
        raise HeaderError(f"line 1: header is {_quoted(','.join(header))}, expected number,network or number,rida,rcr")
    return header


def _forms(header: list[str]) -> tuple[str, ...]:
    return ("network",) if "network" in header else ("rida", "rcr")


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
