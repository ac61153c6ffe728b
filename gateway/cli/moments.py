"""Moments and spans as operators write them: `2026-11-01`, `2026-11-01T06:00:00-06:00`, `7d`."""

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.config.units import DURATION, BadValueError, parse_duration

MOMENT = "a date (2026-11-01, midnight UTC), a time with its offset (2026-11-01T00:00:00-06:00), or so long ago (7d)"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def moment(now: Callable[[], float]) -> Callable[[str], float]:
    """An argument's type: epoch seconds. Raises ArgumentTypeError."""

    def read(text: str) -> float:
        try:
            return _moment(text, now())
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no moment: {MOMENT}") from None

    return read


def span(text: str) -> float:
    """An argument's type: seconds of a duration above 0. Raises ArgumentTypeError."""
    try:
        seconds = parse_duration(text)
    except BadValueError:
        seconds = 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: {DURATION}")
    return seconds


def _moment(text: str, now: float) -> float:
    """Raises ValueError."""
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    if "T" in text:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(text)
        return at.timestamp()
    return now - parse_duration(text)
