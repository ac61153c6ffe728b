"""An app's events on their way out over HTTP: so many at once, those of one message one after another.

When one is not taken, those behind it wait for their own next try. An event has no task: its call begins where it is
taken on, or where the one before it was answered.

A call may take as long as the app likes, so bulk never has all the places: an eighth of them is kept for what is urgent
(none of fewer than eight), and what is urgent takes the next turn of a paced line. Of every few turns one is bulk's.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from gateway.apps.pace import Pace
from gateway.apps.webhook_post import OWN_FAULT, Answer
from gateway.deliveries import Done, Outcome, Parcel, Share
from gateway.metrics import Metrics

log = structlog.get_logger()

IN_FLIGHT = 32
"""Events of one app that may be on their way at once, and connections to it, where nothing else is configured."""

KEPT = 8
"""One of so many places is kept for what is urgent."""

BEHIND = "an earlier event of the same message was not taken"
REPLACED = "the configuration has changed before it was taken"
OVERTAKES = "an earlier event of the same message was still under way when the configuration changed"


class Offer(NamedTuple):
    """A parcel that was taken on, and whom to tell."""

    parcel: Parcel
    done: Done


Post = Callable[[Parcel, Callable[[Answer], None]], None]
"""Begins the call for one event, and calls back once and later with whether it was taken. What it raises is a try in
vain."""


class EventLine:
    """One app's. Made and used in one running loop."""

    def __init__(
        self, app: str, name: str, post: Post, metrics: Metrics, pace: Pace | None = None, most: int = IN_FLIGHT
    ) -> None:
        """`name` is what its events are called in logs; `most` may be on their way at once, as fast as `pace` lets."""
        self._app = app
        self._name = name
        self._post = post
        self._pace = pace
        self._most = most
        self._most_bulk = most - most // KEPT
        self._turn: asyncio.TimerHandle | None = None  # of the next that is ready, while it has not come
        self._under_way = 0
        self._nothing_under_way: asyncio.Event | None = None  # while that is waited for
        self._ending = False
        self._cut_off = False
        self._open = 0
        self._open_bulk = 0
        self._urgent: deque[Offer] = deque()  # ready, as is what is in _bulk
        self._bulk: deque[Offer] = deque()
        self._share = Share()
        self._lines: dict[str, deque[Offer]] = {}  # by subject: what is under way or ready, and what waits behind it
        self._counts = {
            Outcome.TAKEN: metrics.webhooks(app, "ok"),
            Outcome.RETRY: metrics.webhooks(app, "retry"),
            Outcome.DEAD: metrics.webhooks(app, "dead"),
        }

    def take(self, offer: Offer) -> bool:
        """Take it on if there is room."""
        delivery = offer.parcel.delivery
        if self._open >= self._most or (self._open_bulk >= self._most_bulk and not delivery.urgent):
            return False
        self._open += 1
        self._open_bulk += 0 if delivery.urgent else 1
        line = self._lines.get(delivery.subject)
        if line is not None:
            line.append(offer)
            return True
        self._lines[delivery.subject] = deque((offer,))
        self._be_ready(offer)
        self._go_on()
        return True

    def holds(self, subject: str) -> bool:
        """Whether an event of this message is under way, or waits here."""
        return subject in self._lines

    async def close(self, within_s: float) -> None:
        """Wait so long for what is on its way, then cut it off: it stays on disk. So does what waits for its turn."""
        self._ending = True
        if self._turn is not None:
            self._turn.cancel()
        if self._under_way:
            self._nothing_under_way = asyncio.Event()
            try:
                await asyncio.wait_for(self._nothing_under_way.wait(), within_s)
            except TimeoutError:
                self._cut_off = True

    async def leave(self, within_s: float) -> None:
        """As `close`, for a line in whose place there is another or none: what had no answer is to be tried again."""
        await self.close(within_s)
        self._cut_off = True
        lines, self._lines = self._lines, {}
        for line in lines.values():
            for offer in line:
                offer.done(offer.parcel, Outcome.RETRY, REPLACED)

    def _be_ready(self, offer: Offer) -> None:
        (self._urgent if offer.parcel.delivery.urgent else self._bulk).append(offer)

    def _next(self) -> Offer:
        """Of what is ready, which one goes now."""
        if self._urgent and not (self._bulk and self._share.is_bulks()):
            return self._urgent.popleft()
        return self._bulk.popleft()

    def _go_on(self) -> None:
        """Begin what is ready, each at its turn."""
        while self._turn is None and (self._urgent or self._bulk):
            wait_s = self._pace.wait_s() if self._pace is not None else 0.0
            if wait_s <= 0:
                self._begin(self._next())
            elif self._ending:
                return
            else:
                self._turn = asyncio.get_running_loop().call_later(wait_s, self._take_turn)

    def _take_turn(self) -> None:
        self._turn = None
        self._begin(self._next())
        self._go_on()

    def _begin(self, offer: Offer) -> None:
        self._under_way += 1
        answered = partial(self._answered, offer)
        try:
            self._post(offer.parcel, answered)
        except Exception:  # whatever it is, it concerns this event alone, and its next try
            log.exception(f"{self._name}_failed", app=self._app, delivery=offer.parcel.delivery.id)
            asyncio.get_running_loop().call_soon(answered, OWN_FAULT)

    def _answered(self, offer: Offer, answer: Answer) -> None:
        if self._cut_off:
            return
        self._under_way -= 1
        self._settle(offer, answer)
        self._go_on()
        if self._nothing_under_way is not None and not self._under_way:
            self._nothing_under_way.set()

    def _settle(self, offer: Offer, answer: Answer) -> None:
        """Tell what became of it; the next event of its message goes on, or fails with it."""
        line = self._lines.pop(offer.parcel.delivery.subject)
        line.popleft()
        failed: list[Offer] = []
        if line and answer.taken:
            self._be_ready(line[0])
            self._lines[offer.parcel.delivery.subject] = line
        else:
            failed.extend(line)
        self._open -= 1 + len(failed)
        if not offer.parcel.delivery.urgent:  # nor are those behind it, which are of the same message
            self._open_bulk -= 1 + len(failed)
        self._tell(offer, Outcome.TAKEN if answer.taken else Outcome.RETRY, answer.why)
        for behind in failed:
            behind.done(behind.parcel, Outcome.RETRY, BEHIND)

    def _tell(self, offer: Offer, outcome: Outcome, why: str) -> None:
        outcome = offer.done(offer.parcel, outcome, why)
        self._counts[outcome].n += 1
