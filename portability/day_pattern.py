"""A path that says its day: which files of a place are a day's, and which day a file is of.

`%Y.%m.%d/Numbers*-%Y%m%d.xml`: %Y, %m and %d are the day's digits, * in the last part any characters. Such a pattern
names one directory a day, so that a place with years of directories need not be listed whole.
"""

import re
from datetime import date

_DIGITS = {"%Y": 4, "%m": 2, "%d": 2}
_PART = re.compile(r"%.?|\*|[^%*]+", re.DOTALL)


class DayPattern:
    """Raises ValueError, which says what is wrong, for a text that is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._directory = text.rpartition("/")[0]
        self._whole = re.compile(_expression(self._checked()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DayPattern) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def directory(self, day: date) -> str:
        """Where the day's files are; "" for the place itself."""
        return _filled(self._directory, day)

    def matches(self, name: str, day: date) -> bool:
        """Whether a file of this name in the day's directory is the day's."""
        directory = self.directory(day)
        return self.day(f"{directory}/{name}" if directory else name) == day

    def day(self, path: str) -> date | None:
        """The day of the file at `path`, None where the path does not fit or says no day."""
        found = self._whole.fullmatch(path)
        if found is None:
            return None
        try:
            return date(*(int(found[name]) for name in ("Y", "m", "d")))
        except ValueError:
            return None

    def _checked(self) -> str:
        parts = self.text.split("/")
        if not self.text or any(part in {"", ".", ".."} for part in parts) or "\0" in self.text:
            raise ValueError("is no path from the place's directory on")
        if "*" in self._directory:
            raise ValueError("has a * in a directory, which would have to be looked through whole")
        unknown = [part for part in _PART.findall(self.text) if part.startswith("%") and part not in _DIGITS]
        if unknown:
            raise ValueError(f"has {unknown[0]}, and only %Y, %m and %d are known")
        missing = [part for part in _DIGITS if part not in self.text]
        if missing:
            raise ValueError(f"has no {missing[0]}, so that it does not say the day")
        return self.text


def _filled(text: str, day: date) -> str:
    digits = {"%Y": f"{day.year:04}", "%m": f"{day.month:02}", "%d": f"{day.day:02}"}
    return "".join(digits.get(part, part) for part in _PART.findall(text))


def _expression(text: str) -> str:
    """The pattern as a regular expression; a part of the day that comes again is the same digits again."""
    pieces: list[str] = []
    met: set[str] = set()
    for part in _PART.findall(text):
        if part == "*":
            pieces.append(r"[^/\x00]*")
        elif part in _DIGITS:
            name = part[1]
            pieces.append(f"(?P={name})" if part in met else f"(?P<{name}>[0-9]{{{_DIGITS[part]}}})")
            met.add(part)
        else:
            pieces.append(re.escape(part))
    return "".join(pieces)
