"""Fills a new table with whatever order of rows a file has; the pages of the table are written in the order of numbers.

Rows that ascend go straight in. From the first that does not, rows are put aside: each block sorted, in a file of eight
octets a row (number and network in one integer), and at the end all blocks merged, a range of numbers at a time. So 50
million rows in any order need 400 MB beside the table and the memory of a few blocks. A number's last row wins.
"""

import mmap
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from portability.blocks import ascending
from portability.writer import LoadError, Writer

_INDEX_BITS = 14  # numbers have up to 15 digits, 50 bits; the rest says which network of the file
_INDEX = (1 << _INDEX_BITS) - 1
_MERGED = 500_000  # rows merged at once
_SAMPLES = 32  # of so many rows, from which the bounds of what is merged at once are taken


class Filling:
    """Puts rows into the writer's new table. `directory` is where rows are put aside."""

    def __init__(self, writer: Writer, directory: Path, merged: int = _MERGED) -> None:
        self._writer = writer
        self._directory = directory
        self._merged = merged
        self._last = -1
        self._rows = 0
        self._aside: _Aside | None = None

    def add(self, numbers: list[int], values: list[int | None]) -> None:
        """More rows of the file. Raises LoadError when the file names more networks than there can be."""
        if not numbers:
            return
        if self._aside is None and numbers[0] > self._last and ascending(numbers):
            self._last = numbers[-1]
            self._rows += self._straight(numbers, values)
            return
        if self._aside is None:
            self._aside = _Aside(self._directory)
        self._aside.add(numbers, values)

    def finish(self) -> int:
        """Merges what was put aside; how many numbers the new table holds."""
        if self._aside is None:
            return self._rows
        if not self._rows:
            return sum(self._straight(numbers, values) for numbers, values in self._aside.merged(self._merged))
        for numbers, values in self._aside.merged(self._merged):
            with self._writer.transaction():
                self._writer.upsert_new(numbers, values)
        return self._writer.count_new()

    def close(self) -> None:
        """Lets go of what was put aside."""
        if self._aside is not None:
            self._aside.close()

    def _straight(self, numbers: list[int], values: list[int | None]) -> int:
        if None in values:
            numbers = [number for number, value in zip(numbers, values, strict=True) if value is not None]
            values = [value for value in values if value is not None]
        with self._writer.transaction():
            self._writer.insert_new(numbers, values)
        return len(numbers)


class _Aside:
    """Blocks of rows, each sorted and without repetitions, in a file without a name."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=directory)  # noqa: SIM115  closed by close()
        self._runs: list[tuple[int, int]] = []
        self._rows = 0
        self._index: dict[int | None, int] = {}

    def add(self, numbers: list[int], values: list[int | None]) -> None:
        for value in set(values).difference(self._index):
            self._index[value] = len(self._index)
        if len(self._index) > _INDEX:
            raise LoadError(f"the file names more than {_INDEX} different networks, which no country has")
        indexes = map(self._index.__getitem__, values)
        if len(set(numbers)) < len(numbers):
            latest = dict(zip(numbers, indexes, strict=True))
            keys = [number << _INDEX_BITS | index for number, index in latest.items()]
        else:
            keys = [number << _INDEX_BITS | index for number, index in zip(numbers, indexes, strict=True)]
        keys.sort()
        array("Q", keys).tofile(self._file)
        self._runs.append((self._rows, self._rows + len(keys)))
        self._rows += len(keys)

    def merged(self, rows: int) -> Iterator[tuple[list[int], list[int | None]]]:
        """All rows in ascending order, about `rows` at a time."""
        values = list(self._index)
        self._file.flush()
        with (
            mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as octets,
            octets.cast("Q") as keys,
        ):
            for parts in _ranges(keys, self._runs, rows):
                found = [key for part in parts for key in part]
                found.sort()
                numbers = [key >> _INDEX_BITS for key in found]
                if not ascending(numbers):
                    found = _last_ones(parts)
                    numbers = [key >> _INDEX_BITS for key in found]
                yield numbers, [values[key & _INDEX] for key in found]

    def close(self) -> None:
        self._file.close()


def _ranges(keys: "memoryview[int]", runs: list[tuple[int, int]], rows: int) -> Iterator[list[list[int]]]:
    """The runs' rows between one number and the next, in the order of the runs; about `rows` in all each time."""
    # Bounds come from every run, because a file may have its numbers in an order of its own.
    step = max(1, rows // _SAMPLES)
    samples = sorted(key for start, end in runs for key in keys[start:end:step].tolist())
    bounds = [key >> _INDEX_BITS << _INDEX_BITS for key in samples[_SAMPLES::_SAMPLES]]
    begins = [start for start, _ in runs]
    for bound in [*bounds, None]:
        ends = [
            last if bound is None else bisect_left(keys, bound, first, last)
            for first, (_, last) in zip(begins, runs, strict=True)
        ]
        parts = [keys[first:last].tolist() for first, last in zip(begins, ends, strict=True) if first < last]
        begins = ends
        if parts:
            yield parts


def _last_ones(parts: list[list[int]]) -> list[int]:
    """Sorted keys, of a number that is in several parts the one of the last."""
    latest = {key >> _INDEX_BITS: key for part in parts for key in part}
    return sorted(latest.values())
