"""The rows of a file of ported numbers: CSV with a header, `number,network` or `number,rida,rcr`.

Numbers are E.164 digits, "+" optional; a network is a code, an MCC-MNC or a name of the configuration; an empty network
takes the number out of the table. Every row is judged; a bad one says line, field and reason, and the header is line 1.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from portability.network_values import FieldError, NetworkValues, quoted
from portability.networks import Networks
from portability.number import InvalidNumber, Kind, normalise


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


class HeaderError(ValueError):
    """The file is not of this kind at all."""


class PortedRows:
    """Judges the rows of a file one by one. `unlisted` counts codes that no network has.

    `name_id(name)` gives the value under which the table keeps a network's name. Reads the header, the first of
    `lines`, at once; raises HeaderError. Iterating goes on with the rest of `lines`.
    """

    def __init__(self, lines: Iterable[str], networks: Networks, *, region: str, name_id: Callable[[str], int]) -> None:
        self._lines = iter(lines)
        self.values = NetworkValues(networks, name_id)
        self.header = _header(csv.reader(self._lines, strict=True))
        self.number_at = self.header.index("number")
        self.network_at = tuple(self.header.index(name) for name in _forms(self.header))
        self._region = region

    @property
    def unlisted(self) -> Counter[str]:
        return self.values.unlisted

    def __iter__(self) -> Iterator[Change | BadRow]:
        return self.judged(self._lines, 2)

    def judged(self, lines: Iterable[str], first_line: int) -> Iterator[Change | BadRow]:
        """The changes and bad rows of `lines`, whose first is `first_line` of the file."""
        reader = csv.reader(lines, strict=True)
        while True:
            try:
                fields = next(reader)
                if fields:
                    yield self._change(fields)
            except StopIteration:
                return
            except FieldError as error:
                yield BadRow(first_line - 1 + reader.line_num, error.field, error.reason)
            except csv.Error as error:
                yield BadRow(first_line - 1 + reader.line_num, "row", str(error))

    def _change(self, fields: list[str]) -> Change:
        if len(fields) != len(self.header):
            raise FieldError("row", f"{len(fields)} fields, the header has {len(self.header)}")
        number = number_of(fields[self.number_at].strip(), self._region)
        return Change(number, self.values.of(tuple([fields[at] for at in self.network_at])))


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
        raise FieldError("number", f"{quoted(text)}: {error.reason}") from error
    if number.digits != digits or number.kind is Kind.SHORT_CODE:
        meant = "" if number.kind is Kind.SHORT_CODE else f", is {number.digits} meant?"
        raise FieldError("number", f"{quoted(text)} is not E.164{meant}")
    return int(digits)


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise HeaderError("the file is empty, expected a header: number,network or number,rida,rcr") from None
    except csv.Error as error:
        raise HeaderError(f"line 1: {error}") from error
    if sorted(header) not in (["network", "number"], ["number", "rcr", "rida"]):
        raise HeaderError(f"line 1: header is {quoted(','.join(header))}, expected number,network or number,rida,rcr")
    return header


def _forms(header: list[str]) -> tuple[str, ...]:
    return ("network",) if "network" in header else ("rida", "rcr")
