"""What the clock drives: each second, each ten, each minute.

Sweeps go in slices and make way for what is being written; nothing here decides about messages but through the roads.
"""

import asyncio
from typing import Protocol

import structlog

from gateway.batches import Batches
from gateway.carriers.carrier import Carrier
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.feed import WATERMARK, Feed
from gateway.clock import Clock, Steps
from gateway.config.schema import Config
from gateway.deliveries import Deliveries
from gateway.errors import StoreError
from gateway.inbound import InboundRoad
from gateway.message import Segment
from gateway.metrics import Metrics
from gateway.overdue import Overdue
from gateway.pruning import Pruning
from gateway.receipts import Receipts
from gateway.store.commits import Commits
from gateway.store.ids import first_id
from gateway.store.store import Store

log = structlog.get_logger()

WATERMARK_S = 10.0
UNCOMMITTED_S = 60.0
"""So long, at most, an id may be older than the commit that makes it durable."""
REST_S = 3_600.0
"""So long nothing is ended or deleted for its age after the clock was set forwards: time to see that it is wrong."""
LEARNT = "message_ids."
"""Setting under which a carrier's learnt form of ids is kept, before the carrier's name."""


class Kept(Protocol):
    """What is looked after: the core."""

    config: Config
    store: Store
    commits: Commits
    metrics: Metrics
    clock: Clock
    carriers: dict[str, Carrier]
    dispatch: Dispatch
    feed: Feed
    receipts: Receipts
    inbound: InboundRoad
    deliveries: Deliveries
    batches: Batches


class Upkeep:
    """The core's housekeeping; each coroutine runs until it is cancelled."""

    def __init__(self, core: Kept) -> None:
        self._core = core
        self._steps = Steps(core.clock)
        self._leapt_s = 0.0  # by so much the clock was set forwards less than UNCOMMITTED_S ago
        self._leapt_at = -REST_S  # when that was, in monotonic seconds

    async def tick(self) -> None:
        """What has to be looked at each second; late by a loaded loop, never two at once."""
        core, clock = self._core, self._core.clock
        lag = core.metrics.loop_lag_seconds()
        last_watermark = clock.monotonic()
        while True:
            before = clock.monotonic()
            await asyncio.sleep(1.0)
            now = clock.monotonic()
            lag.observe(now - before - 1.0)
            self._look_at_clock()
            core.feed.tick()
            core.deliveries.wake_all()
            core.inbound.tick()
            core.receipts.tick()
            for carrier in core.carriers.values():
                carrier.correlation.tick(clock.utc())
                carrier.addresses.tick(now)
                for gate in carrier.gates.values():
                    gate.step(now)  # a bind that gets no answers comes back to its rate all the same
            if now - last_watermark >= WATERMARK_S:
                last_watermark = now
                self.write_watermark()

    def _look_at_clock(self) -> None:
        """What a step of the wall clock must not do, it is kept from doing here."""
        now, step_s = self._core.clock.monotonic(), self._steps.look()
        if now - self._leapt_at >= UNCOMMITTED_S:
            self._leapt_s = 0.0
        if step_s:
            log.warning("clock_stepped", seconds=round(step_s, 1))
        if step_s > 0:
            self._leapt_s += step_s
            self._leapt_at = now

    async def look_after_batches(self) -> None:
        """Apart from `tick`, because counting a large batch after a start takes its time."""
        while True:
            await self._core.batches.tick()
            await asyncio.sleep(1.0)

    def write_watermark(self) -> None:
        """How far back a restart must read: nothing that waits, flies or awaits its receipt in memory is older."""
        self._look_at_clock()
        core = self._core
        committed = first_id(core.clock.utc() - UNCOMMITTED_S - self._leapt_s)
        bounds = [core.dispatch.oldest(), core.feed.oldest(), committed]
        bounds += [carrier.correlation.oldest() for carrier in core.carriers.values()]
        core.commits.setting(WATERMARK, min(bound for bound in bounds if bound))
        for name, carrier in core.carriers.items():
            if carrier.ids.mode == "auto" and carrier.ids.form is not None:
                core.commits.setting(LEARNT + name, str(carrier.ids.form))

    async def sweep(self) -> None:
        """Each minute: end what waits for a receipt that never comes; delete what has outlived the retention."""
        core = self._core
        lanes = core.config.lanes
        grace_s = {"fast": lanes.fast.receipt_grace, "bulk": lanes.bulk.receipt_grace}
        overdue = Overdue(
            core.store,
            core.commits,
            utc=core.clock.utc,
            reading=core.receipts.reading,
            tell=core.receipts.tell,
            forget=self._give_up,
            grace_s=grace_s,
        )
        pruning = Pruning(core.store)
        while True:
            await asyncio.sleep(60.0)
            self._look_at_clock()
            if core.clock.monotonic() - self._leapt_at < REST_S:
                continue
            try:
                await overdue.sweep()
                await pruning.sweep(core.clock.utc(), core.config.store.retention)  # as the last reload left it
            except StoreError as error:
                log.warning("sweep_failed", reason=str(error))

    def _give_up(self, segment: Segment) -> None:
        """A receipt is not waited for any more: counted no longer, but still known by its id if it comes after all."""
        carrier = self._core.carriers.get(segment.carrier)
        if carrier is not None and segment.carrier_message_id:
            carrier.correlation.give_up(carrier.ids.key(segment.carrier_message_id))
