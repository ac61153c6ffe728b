"""What can be asked at any time, read when Prometheus asks: windows, rates, queues, deliveries, the store."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from gateway.carriers.carrier import Carrier
from gateway.carriers.refusals import ADDRESSES
from gateway.carriers.stops import Stop
from gateway.core import Core
from portability.remote import Remote
from throughput.gate import Gate

Series = list[tuple[tuple[str, ...], float]]
LANES = ("fast", "bulk")
RESULTS = ("answered", "nothing", "unmapped", "unavailable")


class Known(Protocol):
    """What operators' status knows besides the core: asked of the store now and then, or of the listeners."""

    @property
    def deliveries(self) -> Mapping[str, tuple[int, float]]:
        """By app: how many wait, and since when the oldest does (epoch seconds)."""

    @property
    def store_size(self) -> tuple[int, int]:
        """Octets the store takes, and octets free where it lies."""

    def lane(self, carrier: Carrier, lane: str) -> tuple[int, int, float | None]:
        """Segments in memory, messages on disk, and how long the oldest has waited."""

    def app_binds(self) -> Mapping[str, int]:
        """By app, its SMPP sessions."""

    def ages(self) -> Iterable[tuple[str, float | None]]:
        """Sources of portability, and how old their data is in seconds."""


def read_gauges(core: Core, known: Known) -> None:
    """Register the readers; once, at the start."""
    reader = core.metrics.gauge_reader
    carriers = core.carriers

    def gates(value: Callable[[Gate], float]) -> Callable[[], Series]:
        return lambda: [
            ((carrier.name, name), value(gate)) for carrier in carriers.values() for name, gate in carrier.gates.items()
        ]

    def lanes(value: Callable[[tuple[int, int, float | None]], float]) -> Callable[[], Series]:
        return lambda: [
            ((carrier.name, lane), value(known.lane(carrier, lane))) for carrier in carriers.values() for lane in LANES
        ]

    reader("relevo_bind_window_used", gates(lambda gate: gate.window.used))
    reader("relevo_bind_window_size", gates(lambda gate: gate.window.size))
    reader("relevo_bind_window_bulk", gates(lambda gate: gate.window.most()))
    reader("relevo_bind_rate_limit", gates(lambda gate: gate.allowed_rate))
    reader("relevo_bind_rate_configured", gates(lambda gate: gate.pacing.rate))
    reader("relevo_bind_rate_ceiling", gates(lambda gate: gate.learnt_ceiling or 0.0))
    reader(
        "relevo_bind_up",
        lambda: [((c.name, b.name), float(b.up)) for c in carriers.values() for b in c.binds.values()],
    )
    reader(
        "relevo_address_refused_ratio",
        lambda: [
            ((c.name, address), c.addresses.shares.share(address)) for c in carriers.values() for address in ADDRESSES
        ],
    )
    reader(
        "relevo_bind_stopped",
        lambda: [
            ((c.name, b.name, reason), float(b.stop_reason is reason))
            for c in carriers.values()
            for b in c.binds.values()
            for reason in Stop
        ],
    )
    reader("relevo_queue_depth", lanes(lambda lane: lane[0] + lane[1]))
    reader("relevo_queue_oldest_seconds", lanes(lambda lane: lane[2] or 0.0))
    reader("relevo_lane_ttl_seconds", lambda: [((lane,), getattr(core.config.lanes, lane).ttl) for lane in LANES])
    reader(
        "relevo_receipts_pending",
        lambda: [((c.name,), len(c.correlation) + c.correlation.spilled) for c in carriers.values()],
    )
    reader("relevo_app_binds", lambda: [((app,), float(n)) for app, n in known.app_binds().items()])
    reader("relevo_deliveries_waiting", lambda: [((app,), n) for app, (n, _) in known.deliveries.items()])
    reader(
        "relevo_deliveries_oldest_seconds",
        lambda: [((app,), core.clock.utc() - at) for app, (n, at) in known.deliveries.items() if n],
    )
    # Nothing until the store was asked: a disk of no free octet would be an alert.
    reader("relevo_store_size_bytes", lambda: [((), known.store_size[0])] if any(known.store_size) else [])
    reader("relevo_store_free_bytes", lambda: [((), known.store_size[1])] if any(known.store_size) else [])
    reader(
        "relevo_portability_table_age_seconds",
        lambda: [((), age) for source, age in known.ages() if source == "table" and age is not None],
    )
    reader("relevo_asyncio_tasks", lambda: [((), float(len(asyncio.all_tasks())))])
    _read_counters(core, gates)


def _read_counters(core: Core, gates: Callable[[Callable[[Gate], float]], Callable[[], Series]]) -> None:
    reader = core.metrics.counter_reader
    remotes = [source for source in core.resolver.sources if isinstance(source, Remote)]
    for remote in remotes:
        core.metrics.lookup_seconds(remote.name)
    reader(
        "relevo_bind_throttled_seconds_total",
        gates(lambda gate: gate.pacing.throttled_seconds(core.clock.monotonic())),
    )
    reader(
        "relevo_lookups_total",
        lambda: [
            ((source, result), getattr(tally, result))
            for source, tally in core.resolver.tallies.items()
            for result in RESULTS
        ],
    )
    reader("relevo_lookup_cache_hits_total", lambda: [((), float(sum(remote.cache.hits for remote in remotes)))])
