"""An app's events on their way out over HTTP: so many at once, those of one message one after another.

When one is not taken, those behind it wait for their own next try. Calls are made by workers, which end when there is
nothing to do.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from gateway.apps.pace import Pace
from gateway.apps.webhook_post import Answer
from gateway.deliveries import Done, Outcome, Parcel
from gateway.metrics import Metrics

log = structlog.get_logger()

IN_FLIGHT = 32
"""Events of one app that may be on their way at once, and connections to it, where nothing else is configured."""

BEHIND = "an earlier event of the same message was not taken"


class Offer(NamedTuple):
    """A parcel that was taken on, and whom to tell."""

    parcel: Parcel
    done: Done


Post = Callable[[Parcel], Awaitable[Answer]]
"""Makes the call for one event, and says whether it was taken. What it raises is a try in vain."""


class EventLine:
    """One app's. Made and used in one running loop."""

    def __init__(
        self, app: str, name: str, post: Post, metrics: Metrics, pace: Pace | None = None, most: int = IN_FLIGHT
    ) -> None:
        """`name` is what its workers are called in logs; `most` may be on their way at once, as fast as `pace` lets."""
        self._app = app
        self._name = name
        self._post = post
        self._pace = pace
        self._most = most
        self._pausing: set[asyncio.Task[None]] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._idle = 0  # workers that will look at _ready again, or for the first time
        self._open = 0
        self._ready: deque[Offer] = deque()
        self._lines: dict[str, deque[Offer]] = {}  # subject of what is under way -> what waits behind it
        self._counts = {
            Outcome.TAKEN: metrics.webhooks(app, "ok"),
            Outcome.RETRY: metrics.webhooks(app, "retry"),
            Outcome.DEAD: metrics.webhooks(app, "dead"),
        }

    def take(self, offer: Offer) -> bool:
        """Take it on if there is room."""
        if self._open >= self._most:
            return False
        self._open += 1
        line = self._lines.get(offer.parcel.delivery.subject)
        if line is not None:
            line.append(offer)
            return True
        self._lines[offer.parcel.delivery.subject] = deque()
        self._ready.append(offer)
        if len(self._ready) > self._idle:
            self._idle += 1
            worker = asyncio.get_running_loop().create_task(self._work(), name=f"{self._name} {self._app}")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return True

    async def close(self, within_s: float) -> None:
        """Wait so long for what is on its way, then cut it off: it stays on disk. So does what waits for its turn."""
        for worker in self._pausing:
            worker.cancel()
        workers = set(self._workers)
        if workers:
            _, late = await asyncio.wait(workers, timeout=within_s)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self) -> None:
        while self._ready:
            offer = self._ready.popleft()
            self._idle -= 1
            await self._turn()
            answer = await self._try(offer.parcel)
            self._idle += 1
            self._settle(offer, answer)
        self._idle -= 1

    async def _turn(self) -> None:
        wait_s = self._pace.wait_s() if self._pace is not None else 0.0
        worker = asyncio.current_task()
        if wait_s <= 0 or worker is None:
            return
        self._pausing.add(worker)
        try:
            await asyncio.sleep(wait_s)
        finally:
            self._pausing.discard(worker)

    async def _try(self, parcel: Parcel) -> Answer:
        try:
            return await self._post(parcel)
        except Exception:  # whatever it is, it concerns this event alone, and its next try
            log.exception(f"{self._name}_failed", app=self._app, delivery=parcel.delivery.id)
            return Answer(False, "an error of the gateway's own")

    def _settle(self, offer: Offer, answer: Answer) -> None:
        """Tell what became of it; the next event of its message goes on, or fails with it."""
        line = self._lines.pop(offer.parcel.delivery.subject)
        failed: list[Offer] = []
        if line and answer.taken:
            self._ready.append(line.popleft())
            self._lines[offer.parcel.delivery.subject] = line
        else:
            failed.extend(line)
        self._open -= 1 + len(failed)
        self._tell(offer, Outcome.TAKEN if answer.taken else Outcome.RETRY, answer.why)
        for behind in failed:
            behind.done(behind.parcel, Outcome.RETRY, BEHIND)

    def _tell(self, offer: Offer, outcome: Outcome, why: str) -> None:
        outcome = offer.done(offer.parcel, outcome, why)
        self._counts[outcome].n += 1
