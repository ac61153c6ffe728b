"""Where the demo shows itself: a live picture under the story on a terminal, lines of text anywhere else."""

from collections.abc import Callable
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from gateway.cli.demo.views import Picture, one_line, picture

LINE_EVERY_S = 2.0


class Screen(Protocol):
    """What the story is told to. Texts may hold rich's markup."""

    def say(self, text: str) -> None:
        """A sentence of the story."""

    def show(self, what: RenderableType) -> None:
        """A table."""

    def draw(self, now_picture: Picture) -> None:
        """How it stands now; a newer picture takes the place of the older."""

    def close(self) -> None:
        """No more pictures."""


class LiveScreen:
    """A terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """See Screen."""
        self._console.print(text)

    def show(self, what: RenderableType) -> None:
        """See Screen."""
        self._console.print(what)

    def draw(self, now_picture: Picture) -> None:
        """See Screen."""
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stderr=False)
            self._live.start()
        self._live.update(picture(now_picture), refresh=True)

    def close(self) -> None:
        """See Screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None


class PlainScreen:
    """A file or a pipe: a line now and then. `clock` gives monotonic seconds."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._drawn_at = clock()

    def say(self, text: str) -> None:
        """See Screen."""
        self._console.print(text, soft_wrap=True)

    def show(self, what: RenderableType) -> None:
        """See Screen."""
        self._console.print(what)

    def draw(self, now_picture: Picture) -> None:
        """See Screen."""
        now = self._clock()
        if now - self._drawn_at >= LINE_EVERY_S:
            self._drawn_at = now
            self._console.print(Text("  " + one_line(now_picture)), soft_wrap=True)

    def close(self) -> None:
        """See Screen."""


def screen_for(console: Console, clock: Callable[[], float]) -> Screen:
    """The one that fits."""
    return LiveScreen(console) if console.is_terminal else PlainScreen(console, clock)
