"""The ranges that a plan's rows claim, and what is left of them where two holders claim the same numbers.

Kept in columns, 24 octets a row: as tuples the public plan's 178,000 rows take 90 MB, of which the process would keep
much when they are gone.
"""

from array import array
from typing import NamedTuple

from portability.rows import BadRow


class Span(NamedTuple):
    """Numbers from `start` to `end`, both included, of one owner."""

    start: int
    end: int
    owner: int


class Claims:
    """Rows in the order of the file."""

    def __init__(self) -> None:
        self._starts = array("q")
        self._ends = array("q")
        self._owners = array("i")
        self._lines = array("i")

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, start: int, end: int, owner: int, line: int) -> None:
        """One more row."""
        self._starts.append(start)
        self._ends.append(end)
        self._owners.append(owner)
        self._lines.append(line)

    def settled(self) -> tuple[list[Span], list[BadRow]]:
        """Spans in order without overlap, neighbours of one owner as one; and the rows that claimed what an earlier
        line had given to another owner."""
        starts, ends, owners, lines = self._starts, self._ends, self._owners, self._lines
        kept: list[int] = []
        bad: list[BadRow] = []
        for row in sorted(range(len(self)), key=lambda row: (starts[row], ends[row], owners[row], lines[row])):
            while kept and starts[row] <= ends[kept[-1]] and owners[row] != owners[kept[-1]]:
                if lines[row] > lines[kept[-1]]:
                    bad.append(self._claimed(row, kept[-1]))
                    break
                bad.append(self._claimed(kept.pop(), row))
            else:
                if not (kept and ends[row] <= ends[kept[-1]]):
                    kept.append(row)
        return self._merged(kept), bad

    def _claimed(self, late: int, early: int) -> BadRow:
        claim = f"{self._starts[late]}-{self._ends[late]} overlaps line {self._lines[early]}, of another holder"
        return BadRow(self._lines[late], "start", claim)

    def _merged(self, kept: list[int]) -> list[Span]:
        merged: list[Span] = []
        for row in kept:
            span = Span(self._starts[row], self._ends[row], self._owners[row])
            if merged and span.owner == merged[-1].owner and span.start <= merged[-1].end + 1:
                merged[-1] = merged[-1]._replace(end=span.end)
            else:
                merged.append(span)
        return merged
