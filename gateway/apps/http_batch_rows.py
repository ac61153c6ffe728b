"""Bodies of any length, row by row: newline-delimited JSON, CSV, and one JSON object with a list in it.

Each is fed with octets and gives back the rows that have become whole, each made when it is asked for, because a piece
holds thousands. What is kept is at most one row and the piece that came last, so memory does not grow with the body; a
row that is longer than `longest` ends it.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from gateway.apps.http_batch_body import Rows
from gateway.batches import Refused, Row
from gateway.errors import Refusal

_blanks = re.compile(r"[ \t\r\n]*").match
_blanks_and_commas = re.compile(r"[ \t\r\n,]*").match
_scan = json.JSONDecoder().raw_decode
_encode = msgspec.json.Encoder().encode


class Reader(Protocol):
    """A format."""

    def feed(self, octets: bytes) -> Iterable[Row]:
        """The rows that these octets complete, to be taken before the next octets are fed.

        Raises Refusal where the body cannot be read on; rows before a fault count, so it may be raised a piece later.
        """

    def end(self) -> list[Row]:
        """The body has ended: the last rows. Raises Refusal where it ended too early."""


class NdjsonRows:
    """`application/x-ndjson`: a JSON object a line; empty lines count for nothing."""

    def __init__(self, rows: Rows, longest: int) -> None:
        self._rows = rows
        self._longest = longest
        self._left = b""

    def feed(self, octets: bytes) -> Iterable[Row]:
        """See Reader."""
        lines = (self._left + octets).split(b"\n")
        self._left = lines.pop()
        if len(self._left) > self._longest:
            raise _too_long(self._longest)
        return (self._rows.of_json(line) for line in lines if line and not line.isspace())

    def end(self) -> list[Row]:
        """See Reader."""
        line, self._left = self._left, b""
        return [self._rows.of_json(line)] if line and not line.isspace() else []


class CsvRows:
    """`text/csv` (RFC 4180) in UTF-8, with or without a byte order mark: a header, then a record a row.

    The column `to` is required; `text` and `reference` are the row's own; all columns fill {name} fields. The delimiter
    is a comma, or a semicolon or tab where the header has one and no comma.
    """

    def __init__(self, rows: Rows, longest: int) -> None:
        self._rows = rows
        self._longest = longest
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._left = ""
        self._header: list[str] = []
        self._delimiter = ","
        self._fault: Refusal | None = None

    def feed(self, octets: bytes) -> Iterable[Row]:
        """See Reader."""
        return self._take(self._text(octets), ended=False)

    def end(self) -> list[Row]:
        """See Reader."""
        found = list(self._take(self._text(b"", final=True), ended=True))
        if self._fault is not None and not found:
            raise self._fault
        if not self._header:
            raise Refusal("missing_field", "The body has no header.", "to")
        return found

    def _text(self, octets: bytes, *, final: bool = False) -> str:
        try:
            return self._left + self._decode(octets, final)
        except UnicodeDecodeError as error:
            raise Refusal("bad_encoding", f"The body is not UTF-8: {error.reason}.") from None

    def _take(self, text: str, *, ended: bool) -> Iterable[Row]:
        if self._fault is not None:
            raise self._fault
        if len(self._left) > self._longest:
            raise _too_long(self._longest)
        cut = len(text) if ended else text.rfind("\n") + 1
        whole, self._left = text[:cut], text[cut:]
        if not self._header:
            self._delimiter = _delimiter(whole.lstrip("\r\n").partition("\n")[0])
        return self._made(whole, ended=ended)

    def _made(self, whole: str, *, ended: bool) -> Iterator[Row]:
        """The records of whole lines. Where the last is not at its end, its quotes go on in lines that are to come."""
        lines = io.StringIO(whole, newline="")
        done = 0
        try:
            for record in csv.reader(lines, delimiter=self._delimiter, strict=True):
                done = lines.tell()
                if not record:
                    continue
                if self._header:
                    yield self._row(record)
                else:
                    self._header = _header(record)
        except csv.Error as error:
            if ended or lines.tell() < len(whole):
                self._fault = _not_csv(error)  # raised here it would take rows before it along
            else:
                self._left = whole[done:] + self._left

    def _row(self, record: list[str]) -> Row:
        values = dict(zip(self._header, record, strict=False))
        if len(record) != len(self._header):
            detail = f"The row has {len(record)} columns, the header {len(self._header)}."
            return Refused(values.get("to", ""), Refusal("invalid_field", detail))
        return self._rows.of(values["to"], values.get("text") or None, values, values.get("reference"))


class JsonRows:
    """`application/json`: the rows of `messages`, which comes last in a body that is too long to be read at once."""

    def __init__(self, decoder: codecs.IncrementalDecoder, text: str, rows: Rows, longest: int) -> None:
        """`decoder` has read the head; `text` is what follows the list's bracket in it."""
        self._rows = rows
        self._longest = longest
        self._decode = decoder.decode
        self._left = text
        self._after = False
        self._closed = False
        self._fault: Refusal | None = None

    def feed(self, octets: bytes) -> Iterable[Row]:
        """See Reader."""
        if self._fault is not None:
            raise self._fault
        try:
            return self._scan(self._left + self._decode(octets))
        except UnicodeDecodeError as error:
            raise _not_json(error.reason) from None

    def _scan(self, text: str) -> Iterator[Row]:
        at = 0
        try:
            while not self._after:
                at = _skip(text, at, _blanks_and_commas)
                if at == len(text):
                    break
                if text[at] == "]":
                    self._after, at = True, at + 1
                    break
                try:
                    value, at = _scan(text, at)
                except (json.JSONDecodeError, RecursionError) as error:
                    if len(text) - at > self._longest:
                        raise _not_json(str(error)) from None
                    break
                yield self._row(value)
            self._left = text[at:]
            if self._after:
                self._close()
        except Refusal as fault:
            self._fault = fault  # raised here it would take rows before it along

    def _row(self, value: object) -> Row:
        try:
            return self._rows.of_json(_encode(value))
        except UnicodeEncodeError:
            return Refused("", Refusal("invalid_field", "The row cannot be read: it has half of a surrogate pair."))

    def end(self) -> list[Row]:
        """See Reader."""
        found = list(self.feed(b""))
        if self._fault is None and not self._closed:
            self._fault = _not_json("it ends too early")
        if self._fault is not None and not found:
            raise self._fault
        return found

    def _close(self) -> None:
        """What follows the list: a brace, and nothing but blanks."""
        rest, self._left = self._left.strip(), ""
        if rest and not self._closed:
            if rest[0] != "}":
                raise Refusal("invalid_field", "In a long body messages has to be the last field.", "messages")
            self._closed = True
            rest = rest[1:].lstrip()
        if rest:
            raise _not_json("something follows it")


def head_of(text: str) -> tuple[Mapping[str, Any], str]:
    """The fields of a JSON object that stand before its `messages`, and what follows the list's bracket.

    Raises Refusal where `messages` does not begin in this text.
    """
    fields: dict[str, Any] = {}
    at = _expect(text, 0, "{")
    try:
        while True:
            name, at = _scan(text, _skip(text, at, _blanks_and_commas))
            at = _expect(text, at, ":")
            if name == "messages":
                return fields, text[_expect(text, at, "[") :]
            fields[str(name)], at = _scan(text, _skip(text, at, _blanks))
    except (json.JSONDecodeError, RecursionError) as error:
        detail = f"In a long body messages has to begin in the first {len(text)} characters: {error}."
        raise Refusal("invalid_json", detail) from None


def _expect(text: str, at: int, sign: str) -> int:
    at = _skip(text, at, _blanks)
    if text[at : at + 1] != sign:
        raise _not_json(f"{sign} is missing at {at}")
    return at + 1


def _skip(text: str, at: int, signs: Callable[[str, int], re.Match[str] | None]) -> int:
    found = signs(text, at)
    return at if found is None else found.end()


def _delimiter(header: str) -> str:
    if "," in header:
        return ","
    return ";" if ";" in header else "\t" if "\t" in header else ","


def _header(names: list[str]) -> list[str]:
    header = [name.strip() for name in names]
    if "to" not in header:
        raise Refusal("missing_field", "The header has no column to.", "to")
    twice = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if twice is not None:
        raise Refusal("invalid_field", f"The header has {twice[:64]!r} twice.", twice[:64])
    return header


def _not_csv(error: csv.Error) -> Refusal:
    return Refusal("invalid_field", f"The body is not CSV: {error}.")


def _too_long(longest: int) -> Refusal:
    return Refusal("body_too_large", f"A row may have {longest} octets.")


def _not_json(why: str) -> Refusal:
    return Refusal("invalid_json", f"The body is not valid JSON: {why}.")
