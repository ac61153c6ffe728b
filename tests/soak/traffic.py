"""The messages of a soak, numbered from 0: which way each goes in, how long it is, what it says and to whom.

A message's number is told by its recipient, so receipts, webhooks and copies at the carrier name it by themselves;
each part of its text repeats the number, so what was mixed up shows.
"""

from typing import NamedTuple

FIRST_NUMBER = 525510000000
"""Numbers of Mexico City from here on are valid, a million of them in every block of ten."""
MOST_MESSAGES = 80_000_000

PART = 153
MOST_PARTS = 3


class Traffic(NamedTuple):
    """Every `http_every`th message comes over HTTP, the others over SMPP; some are long, some are fast."""

    count: int
    http_every: int = 10
    long_every: int = 25
    fast_every: int = 16

    def over_http(self, number: int) -> bool:
        """Whether it comes over HTTP."""
        return number % self.http_every == 0

    def parts(self, number: int) -> int:
        """Segments of the message."""
        if number % self.long_every != self.long_every - 1:
            return 1
        return 2 + number // self.long_every % (MOST_PARTS - 1)

    def fast(self, number: int) -> bool:
        """Whether it asks for the fast lane."""
        return number % self.fast_every == 3

    def text(self, number: int) -> str:
        """What it says."""
        return "".join(self.part(number, part) for part in range(1, self.parts(number) + 1))

    def part(self, number: int, part: int) -> str:
        """What its segment says, counted from 1."""
        words = f"#{number}.{part} soak"
        return words if self.parts(number) == 1 else words.ljust(PART, "x")

    def all_parts(self) -> int:
        """Segments of all messages."""
        return sum(self.parts(number) for number in range(self.count))


def recipient(number: int) -> str:
    """Whom a message goes to: E.164 digits."""
    return str(FIRST_NUMBER + number)


def number_of(digits: str) -> int:
    """The message that goes to this recipient; below 0 for anybody else. Raises ValueError for what is no number."""
    return int(digits.removeprefix("+")) - FIRST_NUMBER
