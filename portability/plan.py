"""The numbering plan: whom a number's range was given to, and whether it is mobile.

True of the range, not of the line: a number may be unused, and with portability its network is the holder only while
no table says otherwise. Mobile or fixed stays true, because porting keeps the kind (in Mexico, where the digits do not
tell, this is the only honest source of it). 178,000 public rows merge to about 22,500 ranges in memory: bisect, 1 µs.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from portability.holders import Holders
from portability.networks import Networks
from portability.plan_file import PlanRow, plan_rows
from portability.rows import BadRow, HeaderError
from portability.source import Answer, SourceUnavailable

_NAMED_BAD = 1000  # bad rows kept to be shown; all are counted
_LARGEST_LOSS = 0.10  # of the rows, against the plan in use
_DATE_IN_NAME = re.compile(r"([0-9]{2})_([0-9]{2})_([0-9]{4})")


class PlanError(Exception):
    """The plan cannot be used; the text says why. The one in use stays."""


class PlanReport(NamedTuple):
    """What reading a plan found. `unknown_holders`: mobile numbers per holder that is no network of ours."""

    rows: int
    ranges: int
    bad_rows: int
    bad: tuple[BadRow, ...]
    unknown_holders: dict[str, int]
    without_kind: int


class Ranges(NamedTuple):
    """A plan ready to be searched; plain values, so that a process of its own can read the file and hand it over."""

    starts: list[int]
    ends: list[int]
    owners: list[int]
    answers: list[Answer]
    as_of: float
    report: PlanReport


class Plan:
    """Source `plan`. Without ranges (the file could not be read) it is not available, and says why."""

    name = "plan"

    def __init__(self, ranges: Ranges | None, unavailable: str | None = None) -> None:
        self.ranges = ranges
        self.unavailable = unavailable if ranges is None else None
        self._starts = ranges.starts if ranges else []
        self._ends = ranges.ends if ranges else []
        self._owners = ranges.owners if ranges else []
        self._answers = ranges.answers if ranges else []

    def lookup(self, number: int) -> Answer | None:
        """The holder of the range; without a network when the holder is none of the configuration's."""
        at = bisect_right(self._starts, number) - 1
        if at >= 0 and number <= self._ends[at]:
            return self._answers[self._owners[at]]
        if self.unavailable is not None:
            raise SourceUnavailable(self.unavailable)
        return None

    def mobile(self, number: int) -> bool | None:
        """Whether the number is mobile; None when the plan does not hold it or does not say."""
        at = bisect_right(self._starts, number) - 1
        return self._answers[self._owners[at]].mobile if at >= 0 and number <= self._ends[at] else None


def read_plan(path: Path, networks: Networks, *, country: str = "52", in_use: PlanReport | None = None) -> Ranges:
    """The plan in a file. 2 s of CPU for the 178,000 rows of the public one: at start, or in a process of its own.

    `in_use` is the report of the plan it would take the place of; one with 10 % fewer rows is refused.
    Raises PlanError.
    """
    try:
        data = path.read_bytes()
        as_of = _as_of(path)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error
    good: list[PlanRow] = []
    bad: list[BadRow] = []
    try:
        for row in plan_rows(data, country):
            if isinstance(row, BadRow):
                bad.append(row)
            else:
                good.append(row)
    except HeaderError as error:
        raise PlanError(f"{path}: {error}") from error
    if in_use and len(good) < in_use.rows * (1 - _LARGEST_LOSS):
        raise PlanError(f"{path}: {len(good)} rows, the plan in use has {in_use.rows}: more than 10 % would be lost")
    return _Owners(networks, as_of).ranges(good, bad)


class _Owners:
    """Numbers the answers: ranges of one holder and kind share one."""

    def __init__(self, networks: Networks, as_of: float) -> None:
        self._networks = networks
        self._holders = Holders(networks)
        self._as_of = as_of
        self._index: dict[tuple[str, bool | None], int] = {}
        self._answers: list[Answer] = []
        self._unknown: Counter[str] = Counter()

    def ranges(self, good: list[PlanRow], bad: list[BadRow]) -> Ranges:
        kept, overlapping = _apart([(row, self._owner(row)) for row in good])
        bad = sorted([*bad, *overlapping])
        report = PlanReport(
            rows=len(good) - len(overlapping),
            ranges=len(kept),
            bad_rows=len(bad),
            bad=tuple(bad[:_NAMED_BAD]),
            unknown_holders=dict(self._unknown),
            without_kind=sum(row.mobile is None for row in good),
        )
        starts, ends, owners = ([span[i] for span in kept] for i in range(3))
        return Ranges(starts, ends, owners, self._answers, self._as_of, report)

    def _owner(self, row: PlanRow) -> int:
        key = (row.holder, row.mobile)
        owner = self._index.get(key)
        if owner is None:
            answer = self._answer(row.holder, row.mobile)
            # Spellings of one network share an owner too, so that their ranges merge.
            owner = self._answers.index(answer) if answer in self._answers else len(self._answers)
            if owner == len(self._answers):
                self._answers.append(answer)
            self._index[key] = owner
        if self._answers[owner].network is None and row.mobile is not False:
            self._unknown[row.holder] += row.end - row.start + 1
        return owner

    def _answer(self, holder: str, mobile: bool | None) -> Answer:
        network = self._holders.network(holder)
        hosts = self._networks.hosts(network) if network else ()
        detail = "" if network else f"range of {holder}, which is no network of the configuration"
        return Answer(network, Plan.name, None, self._as_of, mobile, hosts, detail)


class _Span(NamedTuple):
    start: int
    end: int
    owner: int
    line: int


def _apart(owned: Iterable[tuple[PlanRow, int]]) -> tuple[list[_Span], list[BadRow]]:
    """Spans in order without overlap, and the rows that claimed what an earlier line had given to another holder."""
    kept: list[_Span] = []
    bad: list[BadRow] = []
    for span in sorted(_Span(row.start, row.end, owner, row.line) for row, owner in owned):
        while kept and span.start <= kept[-1].end and span.owner != kept[-1].owner:
            if span.line > kept[-1].line:
                bad.append(_claimed(span, kept[-1]))
                break
            bad.append(_claimed(kept.pop(), span))
        else:
            if not (kept and span.end <= kept[-1].end):
                kept.append(span)
    return _merged(kept), bad


def _claimed(late: _Span, early: _Span) -> BadRow:
    return BadRow(late.line, "start", f"{late.start}-{late.end} overlaps line {early.line}, of another holder")


def _merged(spans: list[_Span]) -> list[_Span]:
    """One span where neighbours have one owner."""
    merged: list[_Span] = []
    for span in spans:
        if merged and span.owner == merged[-1].owner and span.start <= merged[-1].end + 1:
            merged[-1] = merged[-1]._replace(end=span.end)
        else:
            merged.append(span)
    return merged


def _as_of(path: Path) -> float:
    """The day in the public file's name (pnn_Publico_DD_MM_YYYY), else when the file was written. Unix seconds."""
    match = _DATE_IN_NAME.search(path.name)
    if match:
        day, month, year = map(int, match.groups())
        try:
            return datetime(year, month, day, tzinfo=UTC).timestamp()
        except ValueError:
            pass  # three numbers that are no date: the file's own time is as good
    return path.stat().st_mtime
