"""A metric's series: slots that the hot way writes, and how a scrape reads them.

Counting one event on the hot way must cost next to nothing. A prometheus_client counter, its child already looked up,
costs 0.44 µs an increment and its histogram 1.8 µs (locks, floats, a linear walk over buckets); a plain attribute and a
bisection cost a tenth of that. So the numbers live here, one thread owns them (the loop's), and prometheus_client sees
them only when somebody scrapes.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString

Labels = tuple[str, ...]
Values = Mapping[str, Sequence[str]]
Reader = Callable[[], Iterable[tuple[Labels, float]]]

MAX_SERIES = 10_000
"""Series of one family. A label that a peer can choose (a command_status, a receipt's state) is bounded by this: what
comes later is counted together under OTHER instead of filling the memory of Relevo and of whatever scrapes it."""

OTHER = "other"


class Slot:
    """One counter or gauge series: `slot.n += 1`, `slot.n = depth`."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n: float = 0.0


class Latency:
    """One histogram series, in seconds. `bounds` are the buckets' inclusive upper ends, ascending, without infinity."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration. A negative one (a wall clock set back) counts as zero, so that the sum never falls."""
        if seconds < 0.0:  # noqa: PLR1730 - max() would double what this costs, and it is called for every message
            seconds = 0.0
        place: int = bisect_left(self.bounds, seconds)
        self.counts[place] += 1
        self.sum += seconds


S = TypeVar("S", Slot, Latency)


class Family(Generic[S]):
    """A metric with its series, one for each combination of label values that was asked for.

    `labels` are their names with blanks between. `values` says which labels are closed sets, for the series that exist
    from the start; `none` names the label that is "none" where there was none.

    Calling it with the values, in the order of `labels`, gives the series to write to. Keep what it gives where the
    values are known early (a bind, a lane); asking costs a dictionary look-up. ValueError when the count is wrong.
    """

    def __init__(
        self,
        name: str,
        labels: str,
        help_text: str,
        make: Callable[[], S],
        *,
        values: Values | None = None,
        none: str = "",
    ) -> None:
        self.name = name
        self.labels: Labels = tuple(labels.split())
        self.help_text = help_text
        self.values = values or {}
        self.none = none
        self.series: dict[Labels, S] = {}
        self._make: Callable[[], S] = make

    def __call__(self, *values: str) -> S:
        series = self.series.get(values)
        return self._add(values) if series is None else series

    def _add(self, values: Labels) -> S:
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, not {len(values)} values: {values}")
        if len(self.series) >= MAX_SERIES:
            values = (OTHER,) * len(self.labels)
        return self.series.setdefault(values, self._make())

    def forget(self, chosen: Mapping[str, str]) -> None:
        """Drop the series that have all these label values. Handles given out before lead nowhere."""
        if not chosen or not chosen.keys() <= set(self.labels):
            return
        places = [(self.labels.index(label), value) for label, value in chosen.items()]
        for values in [v for v in self.series if all(v[place] == value for place, value in places)]:
            del self.series[values]


class _Numbers(Family[Slot]):
    """What counters and gauges share: readers, asked at each scrape, beside the slots."""

    family: type[CounterMetricFamily] | type[GaugeMetricFamily]

    def __init__(self, name: str, labels: str, help_text: str, *, values: Values | None = None, none: str = "") -> None:
        super().__init__(name, labels, help_text, Slot, values=values, none=none)
        self.readers: list[Reader] = []

    def numbers(self) -> Iterator[tuple[Labels, float]]:
        """Every series once; what a reader says goes before the slot of the same labels, and before earlier readers."""
        numbers: dict[Labels, float] = {labels: slot.n for labels, slot in self.series.items()}
        for reader in self.readers:
            numbers.update(reader())
        for labels, number in numbers.items():
            if len(labels) != len(self.labels):
                raise ValueError(f"a reader of {self.name} gave {labels} for the labels {self.labels}")
            yield labels, number

    def collect(self) -> Metric:
        """The family as prometheus_client understands it, with the figures of now. Raises what a reader raises."""
        family = self.family(self.name, self.help_text, labels=self.labels)
        for labels, number in self.numbers():
            family.add_metric(labels, number)
        return family


class Counter(_Numbers):
    """Only grows, from 0 at the start of the process. Its name ends in _total."""

    family = CounterMetricFamily


class Gauge(_Numbers):
    """Is what it is now."""

    family = GaugeMetricFamily


class Histogram(Family[Latency]):
    """Durations in seconds, counted by bucket; `bounds` as in Latency."""

    def __init__(self, name: str, labels: str, help_text: str, bounds: tuple[float, ...]) -> None:
        super().__init__(name, labels, help_text, lambda: Latency(bounds))
        self._bound_names = [*map(floatToGoString, bounds), "+Inf"]

    def collect(self) -> Metric:
        """The family as prometheus_client understands it, with the figures of now."""
        family = HistogramMetricFamily(self.name, self.help_text, labels=self.labels)
        for labels, latency in self.series.items():
            buckets = list(zip(self._bound_names, accumulate(latency.counts), strict=True))
            family.add_metric(labels, buckets, latency.sum)
        return family


AnyFamily = Counter | Gauge | Histogram
