"""What some sources have besides `portability.source.Source`, asked for with isinstance."""

from typing import Protocol, runtime_checkable

from portability.answer import Answer


@runtime_checkable
class Asking(Protocol):
    """What a source that answers Ask.ASK has besides."""

    async def ask(self, number: int) -> Answer | None:
        """The answer from outside, within the source's own deadline. Raises SourceUnavailable."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """What a source that keeps answers has besides."""

    def forget(self, number: int) -> None:
        """Ask anew for this number."""


@runtime_checkable
class LookingAhead(Protocol):
    """What a source has besides that answers many at once for less."""

    def look_ahead(self, numbers: list[int]) -> None:
        """These E.164 numbers will be asked for next. Never raises: `lookup` does, where it must."""


@runtime_checkable
class Closing(Protocol):
    """What a source that holds sockets has besides."""

    async def aclose(self) -> None: ...
