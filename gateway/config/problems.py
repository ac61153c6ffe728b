"""What is wrong with a configuration, and where: all of it at once, a line each (contract §6, `relevo check`)."""

from collections.abc import Sequence
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top, ("carriers", "telcel", "binds", 0, "tps")."""


def render_path(path: KeyPath) -> str:
    """A path as people read it: `carriers.telcel.binds[0].tps`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


class Problem(NamedTuple):
    """One thing wrong: `line` counts from 1; `path` is empty when the file as a whole is meant."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` are in the order of the file; str() has a line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
