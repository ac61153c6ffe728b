"""A record that is made for every message: plain attributes, equal by class and values.

Made of slots it costs two thirds of a NamedTuple, and compiled a fifth.
"""

from typing import Any, TypeVar

_R = TypeVar("_R", bound="Record")


class Record:  # noqa: PLW1641  values that nothing is looked up by
    """`__slots__` of a subclass are its attributes, and all that its constructor takes. It is a value: nobody changes
    what another was given."""

    __slots__: tuple[str, ...] = ()

    @property
    def _fields(self) -> tuple[str, ...]:
        """The attributes' names, as of a NamedTuple."""
        kind: Any = type(self)
        names: tuple[str, ...] = getattr(kind, "__mypyc_attrs__", None) or kind.__slots__  # compiled it has no slots
        return names

    def _replace(self: _R, **changes: Any) -> _R:
        """Another one with these values changed, as of a NamedTuple."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"
