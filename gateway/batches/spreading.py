"""When each row of a batch goes that is to be spread evenly over a span, while nobody knows how many rows will come.

Multiples of the golden ratio, taken modulo one, divide the span more evenly than any other row of numbers that does not
know its end: wherever the body stops, any tenth of the span has its tenth of the rows but for a few. Order within the
batch is given up for that.

Rows that come one after the other would then be far from one another in the schedule's index, and a commit of 150 rows
would touch 150 of its pages. So from the 8,192nd on, rows come in groups that share a place 1/4,096 of the span wide:
groups of two, and twice as many at each doubling of the index up to 64. A group is at most 1/4,096 of the rows before
it: from 8,000 rows on, each twentieth of the span has its share within 1 %, and each hundredth within 6 %.
"""

from typing import NamedTuple

GOLDEN = 0.6180339887498949
PLACES = 4096
_MOST_DOUBLINGS = 6


def share(index: int) -> float:
    """Where in the span the row at this index (from 0) goes: from 0 to less than 1."""
    doublings = min(max(index.bit_length() - PLACES.bit_length(), 0), _MOST_DOUBLINGS)
    group = index >> doublings
    within = (index - (group << doublings)) / (1 << doublings)
    return (group * GOLDEN + within / PLACES) % 1.0


class Spread(NamedTuple):
    """From `start`, in epoch seconds, for `span_s` seconds."""

    start: float
    span_s: float

    def due(self, index: int, now: float) -> float:
        """When the row at this index goes, in epoch seconds; at or before `now`: at once.

        What is left of the span is divided, so that rows that come late (a slow body, one that goes on an hour after
        it broke off) do not go all at once.
        """
        first = max(self.start, now)
        return first + share(index) * max(self.start + self.span_s - first, 0.0)
