"""The numbering plan: whom a number's range was given to, and whether it is mobile.

True of the range, not of the line: a number may be unused, and with portability its network is the holder only while
no table says otherwise. Mobile or fixed stays true, because porting keeps the kind (in Mexico, where the digits do not
tell, this is the only honest source of it). 178,000 public rows merge to about 22,500 ranges in memory: bisect, 1 µs.
"""

import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, NamedTuple

from portability.answer import Answer
from portability.holders import Holders
from portability.networks import Networks
from portability.plan_claims import Claims
from portability.plan_file import PlanRow, plan_rows
from portability.plan_layouts import PlanCodes
from portability.rows import BadRow, HeaderError
from portability.source import SourceUnavailable

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
    file: tuple[int, int, int]
    """Which file it was: inode, time of its last change (ns), octets."""


class Plan:
    """Source `plan`. Without ranges (the file could not be read) it is not available, and says why."""

    name: ClassVar = "plan"

    def __init__(self, ranges: Ranges | None, unavailable: str | None = None) -> None:
        self.ranges = ranges
        self.unavailable = unavailable if ranges is None else None
        self._starts = ranges.starts if ranges else []
        self._ends = ranges.ends if ranges else []
        self._owners = ranges.owners if ranges else []
        self._answers = ranges.answers if ranges else []

    def take(self, ranges: Ranges) -> None:
        """Answer from another plan from now on."""
        self.ranges, self.unavailable = ranges, None
        self._starts, self._ends, self._owners, self._answers = ranges[:4]

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


def read_plan(
    path: Path,
    networks: Networks,
    *,
    country: str = "52",
    aliases: Mapping[str, str] | None = None,
    in_use: PlanReport | None = None,
    around: int | None = None,
) -> Ranges:
    """The plan in a file. 1.3 s of CPU for the 178,000 rows of the public one: at start, or in a process of its own.

    `aliases` names the networks of holders (`Holders`). `in_use` is the report of the plan it would take the place of;
    one with 10 % fewer rows is refused. `around` an E.164 number: what tells nothing of it may be left out, which takes
    a tenth of the time. Raises PlanError.
    """
    try:
        with path.open("rb") as file:
            data, status = file.read(), os.fstat(file.fileno())
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error
    owners = _Owners(Holders(networks, aliases), networks, _as_of(path, status.st_mtime))
    try:
        for row in plan_rows(data, country, around):
            owners.take(row)
    except HeaderError as error:
        raise PlanError(f"{path}: {error}") from error
    rows = owners.rows
    if in_use and rows < in_use.rows * (1 - _LARGEST_LOSS):
        raise PlanError(f"{path}: {rows} rows, the plan in use has {in_use.rows}: more than 10 % would be lost")
    return owners.ranges(identity(status))


def identity(status: os.stat_result) -> tuple[int, int, int]:
    """`Ranges.file` of a file's status."""
    return status.st_ino, status.st_mtime_ns, status.st_size


class _Owners:
    """Numbers the answers: ranges of one holder and kind share one."""

    def __init__(self, holders: Holders, networks: Networks, as_of: float) -> None:
        self._holders = holders
        self._networks = networks
        self._as_of = as_of
        self._claims = Claims()
        self._bad: list[BadRow] = []
        self._index: dict[tuple[str, PlanCodes | None, bool | None], int] = {}
        self._answers: list[Answer] = []
        self._unknown: Counter[str] = Counter()
        self._without_kind = 0

    @property
    def rows(self) -> int:
        """Good rows."""
        return len(self._claims)

    def take(self, row: PlanRow | BadRow) -> None:
        """One more row of the file."""
        if isinstance(row, BadRow):
            self._bad.append(row)
            return
        self._claims.add(row.start, row.end, self._owner(row), row.line)
        self._without_kind += row.mobile is None

    def ranges(self, file: tuple[int, int, int]) -> Ranges:
        """All that was taken, ready to be searched."""
        kept, overlapping = self._claims.settled()
        bad = sorted([*self._bad, *overlapping])
        report = PlanReport(
            rows=len(self._claims) - len(overlapping),
            ranges=len(kept),
            bad_rows=len(bad),
            bad=tuple(bad[:_NAMED_BAD]),
            unknown_holders=dict(self._unknown.most_common()),
            without_kind=self._without_kind,
        )
        starts, ends, owners = ([span[i] for span in kept] for i in range(3))
        return Ranges(starts, ends, owners, self._answers, self._as_of, report, file)

    def _owner(self, row: PlanRow) -> int:
        key = (row.holder, row.codes, row.mobile)
        owner = self._index.get(key)
        if owner is None:
            answer = self._answer(row)
            # Spellings of one network share an owner too, so that their ranges merge.
            owner = self._answers.index(answer) if answer in self._answers else len(self._answers)
            if owner == len(self._answers):
                self._answers.append(answer)
            self._index[key] = owner
        if self._answers[owner].network is None and row.mobile is not False:
            self._unknown[row.holder] += row.end - row.start + 1
        return owner

    def _answer(self, row: PlanRow) -> Answer:
        if row.codes is not None:
            served = self._networks.served_by_codes(row.codes.ida, row.codes.ido)
        else:
            served = self._networks.served(self._holders.network(row.holder))
        detail = "" if served.network else f"range of {row.holder}, which is no network of the configuration"
        return Answer(served.network, Plan.name, None, self._as_of, row.mobile, served.hosts, detail)


def _as_of(path: Path, written_at: float) -> float:
    """The day in the public file's name (pnn_Publico_DD_MM_YYYY), else when the file was written. Unix seconds."""
    match = _DATE_IN_NAME.search(path.name)
    if match:
        day, month, year = map(int, match.groups())
        try:
            return datetime(year, month, day, tzinfo=UTC).timestamp()
        except ValueError:
            pass  # three numbers that are no date: the file's own time is as good
    return written_at
