"""The log's level at run time: another one than the configuration's, for a while or until the next reload."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from gateway import log as logging

log = logging.logger()


class LevelNow(NamedTuple):
    """The level lines are written from, the configuration's, and in how many seconds that is back (None: never)."""

    level: str
    configured: str
    back_in_s: float | None


class LogLevel:
    """The process's level, of `log.LEVELS`. A reload of the configuration sets it anew (`configured_anew`)."""

    def __init__(self, configured: Callable[[], str]) -> None:
        """`configured()`: what the configuration says now."""
        self._configured = configured
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> LevelNow:
        """How it stands."""
        back_in_s = None if self._timer is None else self._timer.when() - asyncio.get_running_loop().time()
        return LevelNow(logging.level(), self._configured(), back_in_s)

    def set(self, level: str, seconds: float | None) -> LevelNow:
        """Log from `level` on; after `seconds`, if given, as configured again. KeyError for what is no level."""
        _change(level, seconds)
        self._forget_timer()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._back)
        return self.now()

    def configured_anew(self) -> None:
        """The configuration was read again: its level holds."""
        self._forget_timer()

    def close(self) -> None:
        """The gateway ends."""
        self._forget_timer()

    def _back(self) -> None:
        self._timer = None
        _change(self._configured(), None)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _change(level: str, seconds: float | None) -> None:
    """Said while the more talkative of both levels holds: that the log falls silent is told, too."""
    before = logging.level()
    logging.set_level(min(before, level, key=logging.LEVELS.__getitem__))
    log.warning("log_level_changed", before=before, now=level, seconds=seconds)
    logging.set_level(level)
