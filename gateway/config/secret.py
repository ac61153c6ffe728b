"""A text that must not be seen: a password, a token, a signing secret."""

from typing import Final

MASK: Final = "***"


class Secret:
    """A text whose every printed form is masked; `reveal()` is the one way to it, so that uses can be found.

    Not a `str`: formatting, joining or serialising one by accident fails or shows the mask.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)
