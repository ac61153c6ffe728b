"""The way to an app over its webhook: one signed POST an event, tried again until the app says yes.

Each app has its own connections and its own room, so one that is slow holds up nobody else. Events of one message go
one after another, in the order they happened; when one is not taken, those behind it wait for their own next try.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from gateway.apps.webhook_events import Signer, event_body
from gateway.apps.webhook_post import Answer, Poster
from gateway.config.apps import App, Webhook
from gateway.deliveries import Done, Outcome, Parcel
from gateway.metrics import Metrics

log = structlog.get_logger()

IN_FLIGHT = 32
"""Events of one app that may be on their way at once, and connections to it."""
STOP_S = 10.0
"""So long posts that are on their way are waited for at the end."""

_BEHIND = "an earlier event of the same message was not taken"


class Offer(NamedTuple):
    """A parcel that was taken on, and whom to tell."""

    parcel: Parcel
    done: Done


class Clocks(NamedTuple):
    """Epoch seconds for what is signed, monotonic seconds for how long it took."""

    utc: Callable[[], float]
    monotonic: Callable[[], float]


class Hook:
    """One app's webhook. Posts are made by up to IN_FLIGHT workers, which end when there is nothing to do."""

    def __init__(self, app: str, webhook: Webhook, metrics: Metrics, clocks: Clocks, poster: Poster) -> None:
        self.webhook = webhook
        self._app = app
        self._poster = poster
        self._clocks = clocks
        self._signer = Signer([webhook.secret.reveal()])
        self._workers: set[asyncio.Task[None]] = set()
        self._idle = 0  # workers that will look at _ready again, or for the first time
        self._open = 0
        self._ready: deque[Offer] = deque()
        self._lines: dict[str, deque[Offer]] = {}  # subject of what is under way -> what waits behind it
        self._seconds = metrics.webhook_seconds(app)
        self._counts = {
            Outcome.TAKEN: metrics.webhooks(app, "ok"),
            Outcome.RETRY: metrics.webhooks(app, "retry"),
            Outcome.DEAD: metrics.webhooks(app, "dead"),
        }

    def take(self, offer: Offer) -> bool:
        """Take it on if there is room."""
        if self._open >= IN_FLIGHT:
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
            worker = asyncio.get_running_loop().create_task(self._work(), name=f"webhook {self._app}")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return True

    async def close(self) -> None:
        """Wait for what is on its way for STOP_S, then cut it off: it stays on disk."""
        workers = set(self._workers)
        if workers:
            _, late = await asyncio.wait(workers, timeout=STOP_S)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._poster.close()

    async def _work(self) -> None:
        while self._ready:
            offer = self._ready.popleft()
            self._idle -= 1
            answer = await self._try(offer.parcel)
            self._idle += 1
            self._settle(offer, answer)
        self._idle -= 1

    async def _try(self, parcel: Parcel) -> Answer:
        try:
            return await self._post(parcel)
        except Exception:  # whatever it is, it concerns this event alone, and its next try
            log.exception("webhook_failed", app=self._app, delivery=parcel.delivery.id)
            return Answer(False, "an error of the gateway's own")

    async def _post(self, parcel: Parcel) -> Answer:
        body = event_body(parcel)
        headers = self._signer.headers(parcel.delivery.id, body, self._clocks.utc())
        began = self._clocks.monotonic()
        answer = await self._poster.post(body, headers)
        self._seconds.observe(self._clocks.monotonic() - began)
        return answer

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
            behind.done(behind.parcel, Outcome.RETRY, _BEHIND)

    def _tell(self, offer: Offer, outcome: Outcome, why: str) -> None:
        outcome = offer.done(offer.parcel, outcome, why)
        self._counts[outcome].n += 1


PosterOf = Callable[[str, int], Poster]
"""Makes what posts to a URL over so many connections."""


class Webhooks:
    """A `gateway.deliveries.Way`: the webhooks of all apps that have one. Made and used in one running loop."""

    def __init__(
        self,
        apps: Mapping[str, App],
        metrics: Metrics,
        *,
        utc: Callable[[], float],
        monotonic: Callable[[], float],
        poster_of: PosterOf = Poster,
    ) -> None:
        self._metrics = metrics
        self._clocks = Clocks(utc, monotonic)
        self._poster_of = poster_of
        self._hooks: dict[str, Hook] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.change(apps)

    def change(self, apps: Mapping[str, App]) -> None:
        """From now on these are the apps. A webhook that is as it was goes on; another ends with its last post."""
        wanted = {name: app.webhook for name, app in apps.items() if app.webhook is not None}
        self._alone = {name for name, app in apps.items() if app.system_id is None}
        for name, hook in list(self._hooks.items()):
            if wanted.get(name) != hook.webhook:
                del self._hooks[name]
                closing = asyncio.get_running_loop().create_task(hook.close(), name=f"webhook {name} closes")
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
        for name, webhook in wanted.items():
            if name not in self._hooks:
                poster = self._poster_of(webhook.url, IN_FLIGHT)
                self._hooks[name] = Hook(name, webhook, self._metrics, self._clocks, poster)

    def wants(self, app: str, kind: str) -> bool:
        """Whether the app has a webhook that events of this kind (receipt, inbound) go to."""
        hook = self._hooks.get(app)
        return hook is not None and kind in hook.webhook.events

    def serves(self, app: str, parcel: Parcel) -> bool:
        """What the webhook wants; and what nobody ever would: an app without binds did not ask for the other kind.

        Callbacks of the compatible calls go where they said.
        """
        hook = self._hooks.get(app)
        if hook is None or parcel.delivery.url:
            return False
        return parcel.delivery.kind in hook.webhook.events or app in self._alone

    def send(self, parcel: Parcel, done: Done) -> bool:
        """Post it, if there is room; what the app did not ask for counts as taken."""
        hook = self._hooks[parcel.delivery.app]
        if parcel.delivery.kind in hook.webhook.events:
            return hook.take(Offer(parcel, done))
        asyncio.get_running_loop().call_soon(done, parcel, Outcome.TAKEN, "not asked for")
        return True

    async def stop(self) -> None:
        """End: posts on their way have STOP_S to come to an answer; the others stay on disk."""
        hooks, self._hooks = list(self._hooks.values()), {}
        await asyncio.gather(*(hook.close() for hook in hooks), *self._closing)
