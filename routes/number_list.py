"""A list of numbers and beginnings of numbers, kept in a file of its own: premium ranges abroad, what fraud has used.

One a line, E.164 digits, + and separators within optional; what follows # is a remark. A line stands for every number
that begins with it. No whole number is the beginning of another, so that a whole number stands for itself.
"""

from collections.abc import Iterable
from typing import NamedTuple

_LONGEST = 15  # digits of an E.164 number (ITU-T E.164 6.2.1)
_SEPARATORS = str.maketrans("", "", " -().\t")


class BadLine(NamedTuple):
    """A line that is neither a number nor a beginning of one."""

    line: int
    text: str


class NumberList:
    """Looks a number up by each length that a beginning in the list has; never changes."""

    __slots__ = ("_by_length",)

    def __init__(self, beginnings: Iterable[str]) -> None:
        """`beginnings` in digits."""
        lengths: dict[int, set[str]] = {}
        for beginning in beginnings:
            lengths.setdefault(len(beginning), set()).add(beginning)
        self._by_length = tuple((length, frozenset(lengths[length])) for length in sorted(lengths))

    def __len__(self) -> int:
        return sum(len(beginnings) for _, beginnings in self._by_length)

    def find(self, number: str) -> str:
        """The shortest beginning of `number` (E.164 digits) that is in the list, "" where none is."""
        for length, beginnings in self._by_length:
            if number[:length] in beginnings:
                return number[:length]
        return ""


def read_numbers(lines: Iterable[str]) -> tuple[list[str], list[BadLine]]:
    """What a file lists, in digits, and its lines that are wrong; the first line is 1."""
    good: list[str] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        digits = text.translate(_SEPARATORS).removeprefix("+")
        if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST and digits[0] != "0":
            good.append(digits)
        elif text:
            bad.append(BadLine(number, text))
    return good, bad
