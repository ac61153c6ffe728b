"""A record that is made for every message: plain attributes, equal by class and values.

Made of slots it costs about what a NamedTuple does, and compiled a fifth of that, for its numbers are no objects then.
"""

from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeVar

_R = TypeVar("_R", bound="Record")
_ATTRIBUTE = (MemberDescriptorType, GetSetDescriptorType)


class Record:  # noqa: PLW1641  values that nothing is looked up by
    """`__slots__` of a subclass are its attributes, and all that its constructor takes. It is a value: nobody changes
    what another was given."""

    __slots__: tuple[str, ...] = ()

    @property
    def _fields(self) -> tuple[str, ...]:
        """The attributes' names, as of a NamedTuple. A compiled class has no slots to show, only what reads them."""
        return tuple(
            name
            for base in type(self).__mro__
            for name, value in vars(base).items()
            if isinstance(value, _ATTRIBUTE) and not name.startswith("_")
        )

    def _replace(self: _R, **changes: Any) -> _R:
        """Another one with these values changed, as of a NamedTuple."""
        return type(self)(**{name: getattr(self, name) for name in self._fields} | changes)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self._fields)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"
