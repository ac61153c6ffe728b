"""The way to an app over its webhook: one signed POST an event, tried again until the app says yes.

Each app has its own connections and its own room, so one that is slow holds up nobody else.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from gateway.apps.event_line import OVERTAKES, EventLine, Offer
from gateway.apps.pace import Pace
from gateway.apps.webhook_events import Signer, event_body
from gateway.apps.webhook_post import Answer, Poster
from gateway.config.apps import App, Webhook
from gateway.deliveries import Done, Outcome, Parcel
from gateway.metrics import Metrics

STOP_S = 10.0
"""So long posts that are on their way are waited for at the end."""


class Clocks(NamedTuple):
    """Epoch seconds for what is signed, monotonic seconds for how long it took."""

    utc: Callable[[], float]
    monotonic: Callable[[], float]


class Posts(Protocol):
    """Posts to one URL."""

    def post(self, body: bytes, headers: Mapping[str, str], told: Callable[[Answer], None]) -> None:
        """One POST; `told` is called once and later, also with what went wrong on the way."""

    def close(self) -> None:
        """Close the connections."""


class Hook:
    """One app's webhook."""

    def __init__(self, app: str, webhook: Webhook, metrics: Metrics, clocks: Clocks, poster: Posts) -> None:
        self.webhook = webhook
        self._poster = poster
        self._clocks = clocks
        self._signer = Signer([webhook.secret.reveal()])
        self._seconds = metrics.webhook_seconds(app)
        pace = Pace(webhook.rate, clocks.monotonic)
        self._line = EventLine(app, "webhook", self._post, metrics, pace, webhook.concurrency)
        self.take = self._line.take
        self.holds = self._line.holds

    async def close(self) -> None:
        """Wait for what is on its way for STOP_S, then cut it off: it stays on disk."""
        await self._line.close(STOP_S)
        self._poster.close()

    async def leave(self) -> None:
        """As `close`, for a webhook that is no more: what it did not take is tried again, wherever it then goes."""
        await self._line.leave(STOP_S)
        self._poster.close()

    def _post(self, parcel: Parcel, told: Callable[[Answer], None]) -> None:
        body = event_body(parcel)
        headers = self._signer.headers(parcel.delivery.id, body, self._clocks.utc())
        self._poster.post(body, headers, partial(self._tell, told, self._clocks.monotonic()))

    def _tell(self, told: Callable[[Answer], None], began: float, answer: Answer) -> None:
        self._seconds.observe(self._clocks.monotonic() - began)
        told(answer)


PosterOf = Callable[[str], Posts]
"""Makes what posts to a URL."""


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
        self._leaving: dict[str, list[Hook]] = {}  # by app: those that were replaced and have not ended
        self.change(apps)

    def change(self, apps: Mapping[str, App]) -> None:
        """From now on these are the apps. A webhook that is as it was goes on; another ends with its last post."""
        wanted = {name: app.webhook for name, app in apps.items() if app.webhook is not None}
        self._alone = {name for name, app in apps.items() if app.system_id is None}
        for name, hook in list(self._hooks.items()):
            if wanted.get(name) != hook.webhook:
                del self._hooks[name]
                self._leaving.setdefault(name, []).append(hook)
                closing = asyncio.get_running_loop().create_task(self._leave(name, hook), name=f"webhook {name} closes")
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
        for name, webhook in wanted.items():
            if name not in self._hooks:
                self._hooks[name] = Hook(name, webhook, self._metrics, self._clocks, self._poster_of(webhook.url))

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
        delivery = parcel.delivery
        hook = self._hooks[delivery.app]
        if delivery.kind not in hook.webhook.events:
            asyncio.get_running_loop().call_soon(done, parcel, Outcome.TAKEN, "not asked for")
            return True
        if self._leaving and any(each.holds(delivery.subject) for each in self._leaving.get(delivery.app, ())):
            asyncio.get_running_loop().call_soon(done, parcel, Outcome.RETRY, OVERTAKES)
            return True
        return hook.take(Offer(parcel, done))

    async def _leave(self, app: str, hook: Hook) -> None:
        await hook.leave()
        self._leaving[app].remove(hook)
        if not self._leaving[app]:
            del self._leaving[app]

    async def stop(self) -> None:
        """End: posts on their way have STOP_S to come to an answer; the others stay on disk."""
        hooks, self._hooks = list(self._hooks.values()), {}
        await asyncio.gather(*(hook.close() for hook in hooks), *self._closing)
