"""What a scrape sees: the families of an object, with series from the start, readers, and both text formats."""

import platform
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import product

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gateway.log import logger
from gateway.series import AnyFamily, Counter, Gauge, Reader

log = logger()

_OPENMETRICS_END = b"# EOF\n"


class Scrape:
    """A set of families as one prometheus_client collector. One thread, the loop's, writes, reads and scrapes.

    `version` is the distribution's, for relevo_build_info. With `process`, the usual process_* metrics (CPU seconds,
    resident memory, descriptors) are read from /proc at each scrape.
    """

    def __init__(self, families: Iterable[AnyFamily], version: str, *, process: bool = True) -> None:
        self.families = {family.name: family for family in families}
        self.reader_errors = Counter(
            "relevo_metrics_reader_errors_total", "metric", "Times a metric was left out because reading it failed."
        )
        self.families[self.reader_errors.name] = self.reader_errors
        self._build = {"version": version, "python": platform.python_version()}
        self.preset((), (), (), ())
        self.registry = CollectorRegistry()
        self.registry.register(self)
        if process:
            ProcessCollector(registry=self.registry)

    def preset(
        self,
        carriers: Collection[str],
        binds: Collection[tuple[str, str]],
        lanes: Collection[str],
        apps: Collection[str],
    ) -> None:
        """Make the series of what is configured; those that are there keep their figures. `binds`: (carrier, bind)."""
        names = {"carrier": carriers, "lane": lanes, "app": apps}
        for family in self.families.values():
            if isinstance(family, Gauge) and not family.labels:
                continue  # no figure is better than a zero nobody measured
            for values in _combinations(family, binds, names):
                family(*values)

    def forget(self, **labels: str) -> None:
        """Drop the gauges with these label values: what a reload took out of the configuration (`carrier="telcel"`).

        Else a bind that is gone would stand there as one that is down. Counters and histograms stay: what they count
        has happened.
        """
        for family in self.families.values():
            if isinstance(family, Gauge):
                family.forget(labels)

    def gauge_reader(self, name: str, read: Reader) -> Callable[[], None]:
        """Ask `read` for the gauge's series, as (label values, number), at each scrape. Returns what ends that.

        Several readers may share a gauge, each with its own label values. A reader that raises leaves its metric out
        of that scrape, counted and logged. ValueError when there is no such gauge.
        """
        return self._reader(name, read, Gauge)

    def counter_reader(self, name: str, read: Reader) -> Callable[[], None]:
        """As `gauge_reader`, for a counter that is kept elsewhere; it must never fall."""
        return self._reader(name, read, Counter)

    def _reader(self, name: str, read: Reader, kind: type[Gauge] | type[Counter]) -> Callable[[], None]:
        family = self.families.get(name)
        if not isinstance(family, kind):
            raise ValueError(f"{name} is not a {kind.__name__.lower()} of Relevo")  # noqa: TRY004 - the name is wrong
        readers = family.readers
        readers.append(read)
        return lambda: readers.remove(read)

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks at a scrape: every family, and the build."""
        for family in self.families.values():
            try:
                metric = family.collect()
            except Exception:  # a reader may fail in any way; the other metrics are needed all the more then
                self.reader_errors(family.name).n += 1
                log.exception("metrics_reader_failed", metric=family.name)
            else:
                yield metric
        yield InfoMetricFamily("relevo_build", "The version that runs.", value=self._build)

    def slices(self, accept: str = "") -> tuple[str, Iterator[bytes]]:
        """Content-Type and the body of a scrape, a metric at a time: OpenMetrics where the Accept header asks for it.

        A whole scrape of 8 carriers, 32 binds and 30 apps is 3,700 lines and 17 ms, which an OTP would have to wait
        for; its largest slice is under 4 ms. Whoever writes them out lets the loop run in between.
        """
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # an Accept header with a version that is none
            encode, content_type = choose_encoder("")
        return content_type, self._slices(encode, content_type.startswith("application/openmetrics-text"))

    def _slices(self, encode: Callable[[Collector], bytes], is_openmetrics: bool) -> Iterator[bytes]:
        for metric in self.registry.collect():
            yield encode(_One(metric)).removesuffix(_OPENMETRICS_END)
        if is_openmetrics:
            yield _OPENMETRICS_END

    def expose(self, accept: str = "") -> tuple[str, bytes]:
        """Content-Type and body of a scrape at once, where nothing has to wait for it."""
        content_type, slices = self.slices(accept)
        return content_type, b"".join(slices)


class _One(Collector):
    """A metric that is a collector of itself, which is what the encoders take."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterable[Metric]:
        return (self._metric,)


def _combinations(
    family: AnyFamily, binds: Collection[tuple[str, str]], names: Mapping[str, Collection[str]]
) -> Iterable[tuple[str, ...]]:
    """Label values of the series a family has from the start; none where a label's values are not known beforehand."""
    known = {**names, **family.values}
    if family.none:
        known[family.none] = [*known[family.none], "none"]
    if "bind" not in family.labels:
        return product(*(known.get(label, ()) for label in family.labels))
    others = [known.get(label, ()) for label in family.labels[2:]]  # a bind comes second, after its carrier
    return (place + rest for place in binds for rest in product(*others))
