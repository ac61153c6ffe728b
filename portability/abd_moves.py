"""What a record of the administrator means: which numbers go where, and when.

R is who receives, D who gives; IDA says whose customer, CR whose network switches. A record that cannot be believed is
bad as a whole. Rules beyond the format come from the numbering plan, where there is one.
"""

from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portability.abd_records import Record
from portability.network_values import FieldError, NetworkValues, is_code, quoted
from portability.networks import Networks
from portability.plan import Plan
from portability.rows import BadRow

LONGEST_RANGE = 10_000
ZONE = ZoneInfo("America/Mexico_City")  # dates are written without one
_COUNTRY = 52 * 10**10

# Place among the moves of one second: a number given back and ported again in it is ported.
_BACK_HOME, _DELETED, _PORTED = 0, 1, 2


class Move(NamedTuple):
    """`number` is at `network` (the table's value; None: back at the range's holder) from `at` on, as in moves.sql."""

    number: int
    at: int
    network: int | None


def quarters(seconds: float) -> int:
    """Unix time as `at` counts it; all moves of that second are at or before it."""
    return int(seconds) * 4 + 3


@lru_cache(maxsize=4096)
def _hour(text: str) -> int:
    """Unix time of a local hour yyyyMMddHH. Raises ValueError."""
    return int(datetime.strptime(text, "%Y%m%d%H").replace(tzinfo=ZONE).timestamp())


def unix_time(text: str) -> int:
    """Unix seconds of a local yyyyMMddHHmmss. Raises ValueError."""
    if not (len(text) == 14 and text.isascii() and text.isdigit() and int(text[10:12]) < 60 and int(text[12:]) < 60):
        raise ValueError(f"{quoted(text)} is no date yyyyMMddHHmmss")
    try:
        return _hour(text[:10]) + int(text[10:12]) * 60 + int(text[12:])
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{quoted(text)} is no date yyyyMMddHHmmss") from error


class AbdMoves:
    """Judges records. `deleted`: the file's name says that its records are numbers given back.

    `remember_ids`: a PortID that comes again with other content makes its record bad; not for whole tables, whose ids
    would not fit into memory. `fixed` counts numbers left out because the plan has them as fixed lines; `elsewhere`
    numbers given back to one who is not their range's holder.
    """

    def __init__(
        self, values: NetworkValues, networks: Networks, plan: Plan | None, *, deleted: bool, remember_ids: bool
    ) -> None:
        self.fixed = 0
        self.elsewhere: Counter[str] = Counter()
        self._values = values
        self._networks = networks
        self._plan = plan
        self._deleted = deleted
        self._ids: dict[str, int] | None = {} if remember_ids else None

    @property
    def unlisted(self) -> Counter[str]:
        """Codes that no network has."""
        return self._values.unlisted

    def of(self, record: Record) -> list[Move] | BadRow:
        """The moves of a record, or why there are none."""
        try:
            return self._moves(record)
        except FieldError as error:
            return BadRow(record.line, error.field, error.reason)

    def _moves(self, record: Record) -> list[Move]:
        self._check_id(record)
        deleted = self._is_deletion(record)
        network = None if deleted else self._network(record)
        try:
            at = unix_time(record.get("ActionDate")) * 4 + self._rank(record, deleted)
        except ValueError as error:
            raise FieldError("ActionDate", str(error)) from error
        if not record.ranges:
            raise FieldError("NumberFrom", "is missing")
        spans = [_span(*span) for span in record.ranges]
        moves = [Move(number, at, network) for span in spans if self._wanted(span) for number in span]
        if deleted:
            self._check_assignee(record, spans)
        return moves

    def _check_id(self, record: Record) -> None:
        port_id = record.get("PortID")
        if not port_id:
            raise FieldError("PortID", "is missing")
        if self._ids is not None:
            content = hash((record.ranges, tuple(sorted(record.fields.items()))))
            if self._ids.setdefault(port_id, content) != content:
                raise FieldError("PortID", f"{quoted(port_id)} came before with other content")

    def _is_deletion(self, record: Record) -> bool:
        return self._deleted or bool(record.get("AssigneeIDA")) or record.get("Action").lower().startswith("delet")

    @staticmethod
    def _rank(record: Record, deleted: bool) -> int:
        if deleted:
            return _DELETED
        return _BACK_HOME if _code(record, "DIDA") == _code(record, "RIDA") else _PORTED

    def _network(self, record: Record) -> int:
        for field in ("RIDA", "RCR"):
            if record.get(field) and not is_code(record.get(field)):
                raise FieldError(field, f"{quoted(record.get(field))} is not a three-digit code")
        try:
            value = self._values.of((record.get("RIDA"), record.get("RCR")))
        except FieldError as error:
            raise FieldError(error.field.upper(), error.reason) from error
        if value is None:
            raise FieldError("RIDA", "is missing")
        return value

    def _wanted(self, span: range) -> bool:
        """Whether numbers are such that a message can reach. Raises FieldError for those the plan does not have."""
        if self._plan is None:
            return True
        ends = [self._plan.lookup(number) for number in (span[0], span[-1])]
        if None in ends:
            raise FieldError("NumberFrom", f"{_shown(span)} is in no range of the numbering plan")
        if all(answer is not None and answer.mobile is False for answer in ends):
            self.fixed += len(span)
            return False
        return True

    def _check_assignee(self, record: Record, spans: list[range]) -> None:
        code = record.get("AssigneeIDA")
        assignee = self._networks.by_code(code) if code else None
        if self._plan is None or assignee is None:
            return
        for span in spans:
            holder = self._plan.lookup(span[0])
            if holder is not None and holder.network not in (None, assignee):
                self.elsewhere[f"{assignee}, the plan says {holder.network}"] += len(span)


def _span(first: str, last: str) -> range:
    """The numbers of a range in E.164. Raises FieldError."""
    start, end = _number("NumberFrom", first), _number("NumberTo", last)
    if end < start:
        raise FieldError("NumberTo", f"{quoted(last)} is less than NumberFrom, {quoted(first)}")
    if end - start >= LONGEST_RANGE:
        raise FieldError("NumberTo", f"{first}-{last} are {end - start + 1} numbers, at most {LONGEST_RANGE} can be")
    return range(start, end + 1)


def _number(field: str, text: str) -> int:
    """Ten digits as the files have, or twelve with the country code."""
    if not text:
        raise FieldError(field, "is missing")
    national = text[2:] if len(text) == 12 and text.startswith("52") else text
    if not (len(national) == 10 and national.isascii() and national.isdigit() and national[0] > "1"):
        raise FieldError(field, f"{quoted(text)} is not ten digits, the first of them 2-9")
    return _COUNTRY + int(national)


def _code(record: Record, field: str) -> str:
    return record.get(field).lstrip("0")


def _shown(span: range) -> str:
    return str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}"
