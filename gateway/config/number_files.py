"""Files of numbers that routes ask about (`to_list`), as they are read at start, at a reload, and by a check."""

from collections.abc import Sequence
from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from routes.number_list import BadLine, NumberList, read_numbers


def read_file(path: Path) -> tuple[list[str], list[BadLine]]:
    """What a file lists, and its lines that are wrong. Raises OSError, and ValueError where it is no text."""
    with path.open(encoding="utf-8-sig") as lines:
        return read_numbers(lines)


def read_list(paths: Sequence[Path]) -> NumberList:
    """The files as one list. Raises ConfigError: a list that cannot be read whole is never taken for a shorter one."""
    found: list[str] = []
    for path in paths:
        try:
            good, bad = read_file(path)
        except OSError as error:
            raise ConfigError([Problem(str(path), 1, "to_list", f"cannot be read: {error.strerror}")]) from error
        except ValueError as error:
            raise ConfigError([Problem(str(path), 1, "to_list", "is no text in UTF-8")]) from error
        if bad:
            raise ConfigError([Problem(str(path), line.line, "to_list", bad_line(line)) for line in bad])
        found += good
    return NumberList(found)


def bad_line(line: BadLine) -> str:
    """What is wrong with it."""
    return f"{line.text[:40]!r} is no number and no beginning of one, expected up to 15 digits in E.164"
