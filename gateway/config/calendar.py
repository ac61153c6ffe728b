"""Kinds of values that say when in a week, and by whose clock."""

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.config.kinds import ScalarKind

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Zone(ScalarKind[str]):
    """A time zone of the IANA database, or (with `recipient`) the recipient's own."""

    def __init__(self, *, recipient: bool = False) -> None:
        self._recipient = recipient
        zone = "a time zone of the IANA database, e.g. America/Mexico_City"
        self.expected = f"recipient, or {zone}" if recipient else zone

    def parse(self, text: str) -> str:
        if text == "recipient" and self._recipient:
            return text
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise self.wrong("is not a time zone") from None
        return text

    def stand_in(self) -> str:
        return "recipient" if self._recipient else "UTC"
