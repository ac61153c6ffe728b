"""Which lane a submission takes: what it asks for, else what its priority_flag suggests, else its app's own."""

from collections.abc import Collection
from typing import NamedTuple

FAST = "fast"
URGENT_PRIORITIES = range(1, 4)  # priority_flag: 0 is the lowest of four levels, SMPP 3.4 §5.2.14


class LaneNotAllowed(NamedTuple):
    """The app asked for a lane that it may not have."""

    lane: str
    why: str


def choose_lane(asked: str, priority_flag: int, own: str, allowed: Collection[str]) -> str | LaneNotAllowed:
    """The lane, for an app whose own is `own` and that may ask for `allowed`.

    `asked` is "" for nothing; asking for one's own lane is always allowed. A priority_flag of 1 to 3 is a wish: where
    the app may not have `fast`, it gets its own lane and no refusal, because libraries set it unasked.
    """
    if asked:
        if asked == own or asked in allowed:
            return asked
        lanes = ", ".join(dict.fromkeys((own, *allowed)))
        return LaneNotAllowed(asked, f"The app may not use lane {asked!r}; it may use: {lanes}.")
    return FAST if priority_flag in URGENT_PRIORITIES and FAST in allowed else own
