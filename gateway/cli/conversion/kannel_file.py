"""kannel.conf -> groups: blocks of `key = value` lines, the first of which names the group (Kannel's user guide)."""

from pathlib import Path
from typing import NamedTuple

from gateway.cli.failure import Failure

MOST_FILES = 100


class Group(NamedTuple):
    """A group, where it begins, and its keys in order with the line of each."""

    kind: str
    place: str
    keys: dict[str, str]
    lines: dict[str, int]

    def where(self, key: str) -> str:
        """The place of a key."""
        return f"{self.place.rpartition(':')[0]}:{self.lines[key]}"


def read_groups(path: Path) -> list[Group]:
    """The groups of a file and of those it includes. Raises Failure."""
    groups: list[Group] = []
    _read(path, groups, set())
    return groups


def _read(path: Path, groups: list[Group], seen: set[Path]) -> None:
    if path.resolve() in seen or len(seen) >= MOST_FILES:
        raise Failure(f"{path} is included twice")
    seen.add(path.resolve())
    pairs: list[tuple[int, str, str]] = []
    for number, line in enumerate([*_lines(path), ""], start=1):
        text = line.strip()
        if text.startswith("#"):
            continue
        if not text:
            _end(path, pairs, groups)
            pairs = []
            continue
        key, equals, value = text.partition("=")
        if not equals:
            raise Failure(f"{path}:{number}: is no `key = value`")
        if key.strip() == "include":
            _include(path, _unquoted(value), groups, seen)
        else:
            pairs.append((number, key.strip(), _unquoted(value)))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def _include(path: Path, name: str, groups: list[Group], seen: set[Path]) -> None:
    found = path.parent / name
    for each in sorted(found.iterdir()) if found.is_dir() else [found]:
        _read(each, groups, seen)


def _end(path: Path, pairs: list[tuple[int, str, str]], groups: list[Group]) -> None:
    if not pairs:
        return
    kinds = [value for _, key, value in pairs if key == "group"]
    if len(kinds) != 1:
        raise Failure(f"{path}:{pairs[0][0]}: is a group without a name, or with two")
    keys = {key: value for _, key, value in pairs if key != "group"}
    groups.append(Group(kinds[0], f"{path}:{pairs[0][0]}", keys, {key: number for number, key, _ in pairs}))


def _unquoted(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        inside, quote, _ = value[1:].replace('\\"', "\0").partition('"')
        return inside.replace("\0", '"') if quote else value
    return value.partition(" #")[0].strip()
