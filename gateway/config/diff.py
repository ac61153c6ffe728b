"""What a reload changes: the difference of two configurations, key by key."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from gateway.config.problems import KeyPath, render_path
from gateway.config.schema import Config
from gateway.config.walk import children


class Absent(Enum):
    """The side of a change on which there is nothing."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "(absent)"


ABSENT = Absent.ABSENT


class Change(NamedTuple):
    """One key that differs, or a whole section that came or went. Secrets mask themselves when printed."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.old!r} -> {self.new!r}"


def told(change: Change) -> str:
    """A change in a line, for people: `path: old -> new`, `path: added`, `path: removed`. Secrets are masked."""
    if change.old is ABSENT:
        return f"{change.path}: added" + _value(change.new)
    if change.new is ABSENT:
        return f"{change.path}: removed" + _value(change.old)
    return f"{change.path}: {change.old} -> {change.new}"


def _value(value: Any) -> str:
    """A single value with its colon; nothing of a whole section."""
    return "" if children(value) is not None else f": {value}"


def diff(old: Config, new: Config) -> list[Change]:
    """The changes from `old` to `new` in the order of the keys; the order of a table's own keys does not count.

    List items are compared by position: what a rule is, is also where it stands.
    """
    return list(_changes(old, new, ()))


def _changes(old: Any, new: Any, path: KeyPath) -> Iterator[Change]:
    if old == new:
        return
    before, after = children(old), children(new)
    if before is None or after is None or type(old) is not type(new):
        yield Change(render_path(path), old, new)
        return
    for key in dict.fromkeys((*before, *after)):
        yield from _changes(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
