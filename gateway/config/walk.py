"""A configuration as a tree: what is inside a value, by the keys of the file."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from gateway.config.locations import StoreUrl
from gateway.config.problems import KeyPath


def children(value: Any) -> dict[str | int, Any] | None:
    """What a section, a table or a list of sections holds, by key or position; None for a single value.

    A list of plain values counts as one value: its order or its length is what it says.
    """
    if is_dataclass(value) and not isinstance(value, StoreUrl):
        return {field.name.removesuffix("_"): getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): inside for key, inside in value.items()}
    if type(value) is tuple and value and all(is_dataclass(item) for item in value):
        return dict(enumerate(value))
    return None


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every single value below `value` with its path; an empty table or list counts as one."""
    inside = children(value)
    if not inside:
        yield path, value
        return
    for key, child in inside.items():
        yield from leaves(child, (*path, key))


def _key(key: Any) -> str:
    return f"0x{key:02x}" if isinstance(key, int) else str(key)
