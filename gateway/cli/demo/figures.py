"""Figures about many letters."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gateway.cli.demo.ledger import Ledger, Letter

_LEAST_SPAN_S = 0.5
_BARS = "▁▂▃▄▅▆▇█"


class LaneFigures(NamedTuple):
    """A lane (or a part of one) in numbers. Delays are seconds from the app's sending until the carrier has it."""

    name: str
    sent: int
    accepted: int
    arrived: int
    delivered: int
    otherwise: int
    p50_s: float | None
    p99_s: float | None

    @property
    def waiting(self) -> int:
        """Accepted and without a final status."""
        return self.accepted - self.delivered - self.otherwise


def lane_figures(name: str, letters: Iterable[Letter]) -> LaneFigures:
    """Counts whole letters; those that were refused count as sent only."""
    sent = accepted = arrived = delivered = otherwise = 0
    delays = []
    for letter in letters:
        sent += bool(letter.sent_at)
        accepted += letter.accepted
        arrived += bool(letter.arrivals)
        status = letter.status
        delivered += status == "delivered"
        otherwise += status not in {"", "delivered"}
        if (delay := letter.delay_s) is not None:
            delays.append(delay)
    delays.sort()
    return LaneFigures(
        name, sent, accepted, arrived, delivered, otherwise, percentile(delays, 0.50), percentile(delays, 0.99)
    )


def used_rate(ledger: Ledger, carrier: str) -> float:
    """Segments a second that a carrier got while it was busy with the campaign, OTPs included; 0.0 before it was."""
    all_at = sorted(
        (record.at, letter.lane)
        for letter in ledger.letters
        for arrival in letter.arrivals
        if arrival.carrier == carrier
        for record in arrival.records
    )
    bulk_at = [at for at, lane in all_at if lane == "bulk"]
    if not bulk_at or bulk_at[-1] - bulk_at[0] < _LEAST_SPAN_S:
        return 0.0
    first, last = bulk_at[0], bulk_at[-1]
    return sum(first < at <= last for at, _ in all_at) / (last - first)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of them do not exceed; None of nothing. `ordered` grows."""
    if not ordered:
        return None
    place = -(-len(ordered) * share // 1)
    return ordered[min(len(ordered), max(1, int(place))) - 1]


def duration_text(seconds: float | None) -> str:
    """Short, for a column: 8.4 ms, 132 ms, 5.13 s."""
    if seconds is None:
        return "–"
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def sparkline(values: Sequence[float], most: float) -> str:
    """A bar for each value; `most` is a full one."""
    top = len(_BARS) - 1
    return "".join(_BARS[min(top, max(0, round(value / most * top)))] for value in values) if most > 0 else ""
