"""What checks note, and the two questions most of them ask."""

import difflib
import os
from collections.abc import Collection, Hashable, Iterable
from pathlib import Path

from gateway.config.problems import KeyPath, render_path
from gateway.config.reading import Reading


class Findings:
    """Notes problems and warnings of a reading, except where reading found a problem before."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def wrong(self, path: KeyPath, message: str) -> None:
        """The configuration cannot be used: the value at `path`."""
        if not self._reading.is_wrong(path):
            self._reading.wrong(path, message)

    def warn(self, path: KeyPath, message: str) -> None:
        """The value at `path` is accepted, but somebody should look at it."""
        if not self._reading.is_wrong(path):
            self._reading.warn(path, message)

    def sound(self, *paths: KeyPath) -> bool:
        """Whether nothing at or in these values is wrong: only then can they be held against one another."""
        return not any(self._reading.is_wrong_inside(path) for path in paths)

    def known(self, path: KeyPath, name: str, names: Collection[str], of: str) -> bool:
        """Notes a problem unless `name` is one of `names`, the names of the section `of`; says whether it is."""
        if name in names:
            return True
        if self._reading.is_wrong((of,)):
            return False
        near = difflib.get_close_matches(name, names, n=1)
        expected = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(names) or '(none is declared)'}"
        self.wrong(path, f"{name!r} is not in {of}, {expected}")
        return False

    def unique(self, places: Iterable[tuple[KeyPath, Hashable]], what: str) -> None:
        """Notes a problem for each place whose value an earlier place has already; `what` names the value."""
        first: dict[Hashable, KeyPath] = {}
        for path, value in places:
            if self._reading.is_wrong(path):
                continue
            if value in first:
                self.wrong(path, f"has the same {what} as {render_path(first[value])}, expected one of its own")
            else:
                first[value] = path

    def readable(self, path: KeyPath, file: Path | None) -> None:
        """Notes a problem unless `file`, if any, is a file that this process may read."""
        if file is None:
            return
        if not file.is_file():
            self.wrong(path, f"'{file}' is not there or not a file, expected a file that can be read")
        elif not os.access(file, os.R_OK):
            self.wrong(path, f"'{file}' may not be read by this user, expected a file that can be read")
