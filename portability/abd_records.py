"""The records of the portability administrator's (ABD) files: `NumbersPorted` and `NumbersDeleted`, XML or CSV.

The XML is an `NPCData` with a head (`Timestamp`, `NumberOfMessages`) and a `PortData` per record, each with one or
several number ranges. It is read as a stream, so that a full dump needs no more memory than a day. It comes from
outside: a document type, and with it every entity, is refused. The CSV has the same fields between pipes (older ones
between commas), with or without a header.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from portability.rows import BadRow, HeaderError

_READ = 1 << 16
_COLUMNS = ("PortID", "PortType", "Action", "NumberFrom", "NumberTo", "isMPP", "RIDA", "RCR", "DIDA", "DCR")
_ASSIGNEE = ("AssigneeIDA", "AssigneeCR")
_FIELDS = frozenset({*_COLUMNS, *_ASSIGNEE, "ActionDate", "FolioID"})


class Record(NamedTuple):
    """A PortData as written, still text: `ranges` are first and last number each, `line` where it begins."""

    line: int
    ranges: tuple[tuple[str, str], ...]
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """A field, "" where it is not there."""
        return self.fields.get(name, "")


class Head(NamedTuple):
    """The envelope: when the file was made, local time as yyyyMMddHHmmss, and how many records it says it has."""

    timestamp: str
    messages: int


class AbdRecords:
    """Iterates over the records of `source`. `head` is known at the end, None where the form (CSV) has none.

    Raises HeaderError, in the middle too: the file is of another kind, or not whole. Nothing of it may be used then.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.head: Head | None = None
        self._source = source

    def __iter__(self) -> Iterator[Record | BadRow]:
        self._source.seek(0)
        start = self._source.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
        self._source.seek(0)
        if not start:
            raise HeaderError("the file is empty")
        if start.startswith(b"PK"):
            raise HeaderError("the file is a ZIP, expected the XML in it")
        yield from self._xml() if start.startswith(b"<") else self._csv()

    def _xml(self) -> Iterator[Record]:
        reading = _Reading()
        parser = reading.parser
        try:
            while chunk := self._source.read(_READ):
                parser.Parse(chunk, False)
                yield from reading.taken()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            why = expat.errors.messages[error.code]
            raise HeaderError(f"line {error.lineno}: {why}; the file is not whole, or no NPCData") from error
        yield from reading.taken()
        self.head = reading.head()

    def _csv(self) -> Iterator[Record | BadRow]:
        lines = io.TextIOWrapper(self._source, "utf-8-sig", errors="replace", newline="")
        try:
            yield from _csv_records(lines)
        finally:
            lines.detach()


class _Reading:
    """What the parser met so far. Only the text directly inside the elements we know is kept."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _no_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._root = False
        self._head: dict[str, str] = {}
        self._record: dict[str, str] | None = None
        self._ranges: list[tuple[str, str]] = []
        self._line = 0
        self._pieces: list[str] = []
        self._records: list[Record] = []

    def taken(self) -> list[Record]:
        """The records finished since the last call."""
        records, self._records = self._records, []
        return records

    def head(self) -> Head:
        """The envelope. Raises HeaderError where a part of it is missing."""
        for name in ("Timestamp", "NumberOfMessages"):
            if not self._head.get(name):
                raise HeaderError(f"has no {name}")
        count = self._head["NumberOfMessages"]
        if not (count.isascii() and count.isdigit()):
            raise HeaderError(f"NumberOfMessages is {count[:40]!r}, expected a number")
        return Head(self._head["Timestamp"], int(count))

    def _start(self, name: str, _attributes: object) -> None:
        self._pieces.clear()
        if not self._root:
            if name != "NPCData":
                raise HeaderError(f"begins with <{name[:40]}>, expected <NPCData>")
            self._root = True
        elif name == "PortData":
            self._record, self._ranges = {}, []
            self._line = self.parser.CurrentLineNumber

    def _text(self, text: str) -> None:
        self._pieces.append(text)

    def _end(self, name: str) -> None:
        record = self._record
        if record is None:
            if name in {"Timestamp", "NumberOfMessages"}:
                self._head[name] = "".join(self._pieces).strip()
        elif name in _FIELDS:
            record[name] = "".join(self._pieces).strip()
        elif name == "NumberRange":
            self._ranges.append(_range(record))
        elif name == "PortData":
            if "NumberFrom" in record:
                self._ranges.append(_range(record))
            self._records.append(Record(self._line, tuple(self._ranges), record))
            self._record = None
        self._pieces.clear()


def _range(record: dict[str, str]) -> tuple[str, str]:
    """Takes the range just read out of the record; one without an end is one number."""
    first = record.pop("NumberFrom", "")
    return first, record.pop("NumberTo", "") or first


def _no_doctype(*_declared: object) -> None:
    raise HeaderError("declares a document type, which such a file never has")


def _csv_records(lines: io.TextIOWrapper) -> Iterator[Record | BadRow]:
    first = next(iter(lines), "")
    mark = "|" if "|" in first else ","
    names: Callable[[list[str]], tuple[str, ...]] = _positions
    fields = [field.strip() for field in first.strip().split(mark)]
    header = tuple(_spelled(field) for field in fields)
    if "PortID" in header:
        missing = {"NumberFrom", "NumberTo", "RIDA", "ActionDate"}.difference(header)
        if missing:
            raise HeaderError(f"line 1: header has no {', '.join(sorted(missing))}")
        names = lambda _fields: header  # noqa: E731  the other way is a function too
    elif len(fields) < len(_COLUMNS) + 1:
        raise HeaderError("line 1: neither XML nor CSV of the administrator")
    else:
        yield _csv_record(1, fields, names)
    reader = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(1 + reader.line_num, "row", str(error))
            continue
        if fields:
            yield _csv_record(1 + reader.line_num, fields, names)


def _csv_record(line: int, fields: list[str], names: Callable[[list[str]], tuple[str, ...]]) -> Record | BadRow:
    columns = names(fields)
    if len(columns) != len(fields):
        return BadRow(line, "row", f"{len(fields)} fields, expected {len(columns)}")
    record = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
    return Record(line, (_range(record),), record)


def _positions(fields: list[str]) -> tuple[str, ...]:
    """Names of the fields of a row without header: a deleted one has the assignee after the date or before it."""
    if len(fields) == len(_COLUMNS) + 1:
        return (*_COLUMNS, "ActionDate")
    at = len(_COLUMNS)
    if len(fields) == at + 3 and len(fields[at].strip()) != 14:
        return (*_COLUMNS, *_ASSIGNEE, "ActionDate")
    return (*_COLUMNS, "ActionDate", *_ASSIGNEE)


def _spelled(field: str) -> str:
    """A header's field as the XML spells it: portId, PORTID and PortID are one."""
    folded = field.strip('"').replace("_", "").lower()
    return next((name for name in _FIELDS if name.lower() == folded), field)
