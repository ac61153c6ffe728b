"""The way to an app that was named with the message: a call to its dlr-url for each status that it asked for.

Tried again like a webhook's event. A URL that the app's `callbacks` do not allow any more is dead at once, and can be
replayed when they do again.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from gateway.apps import jasmin_report, jasmin_request, kannel_report, kannel_request
from gateway.apps.callback_call import Callback, Caller
from gateway.apps.callback_rules import is_allowed
from gateway.apps.event_line import EventLine, Offer
from gateway.apps.webhook_post import OWN_FAULT, Answer
from gateway.config.apps import App
from gateway.deliveries import Done, Outcome, Parcel
from gateway.message import Delivery, Message
from gateway.metrics import Metrics

log = structlog.get_logger()

STOP_S = 10.0
"""So long calls that are on their way are waited for at the end."""

Report = Callable[[Delivery, Message], Callback | None]

_REPORTS: Mapping[str, Report] = {
    kannel_request.INTERFACE: kannel_report.report,
    jasmin_request.INTERFACE: jasmin_report.report,
}


class Calls(Protocol):
    """Makes calls."""

    async def call(self, callback: Callback) -> Answer:
        """One call; what goes wrong on the way is an Answer too."""

    async def close(self) -> None:
        """Close the connections."""


class Callbacks:
    """A `gateway.deliveries.Way` for deliveries with a URL of their own. Made and used in one running loop."""

    def __init__(
        self,
        apps: Mapping[str, App],
        metrics: Metrics,
        *,
        monotonic: Callable[[], float],
        caller: Calls | None = None,
    ) -> None:
        self._metrics = metrics
        self._monotonic = monotonic
        self._caller = caller or Caller()
        self._lines: dict[str, EventLine] = {}
        self._calling: set[asyncio.Task[None]] = set()
        self.change(apps)

    def change(self, apps: Mapping[str, App]) -> None:
        """From now on these are the apps, and where each may be called."""
        self._allowed = {name: app.callbacks for name, app in apps.items()}

    def serves(self, app: str, parcel: Parcel) -> bool:
        """What came with a URL."""
        return bool(parcel.delivery.url)

    def send(self, parcel: Parcel, done: Done) -> bool:
        """Call it, if there is room; a status that was not asked for counts as taken."""
        delivery, message = parcel.delivery, parcel.message
        if message is None or not self._is_asked(delivery, message):
            self._at_once(parcel, done, Outcome.TAKEN, "not asked for")
            return True
        if not is_allowed(delivery.url, self._allowed.get(delivery.app, ())):
            self._at_once(parcel, done, Outcome.DEAD, "the app's callbacks do not allow the URL any more")
            return True
        return self._line(delivery.app).take(Offer(parcel, done))

    async def stop(self) -> None:
        """End: calls on their way have STOP_S to come to an answer; the others stay on disk."""
        await asyncio.gather(*(line.close(STOP_S) for line in self._lines.values()))
        for task in self._calling:
            task.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)
        await self._caller.close()

    def _line(self, app: str) -> EventLine:
        line = self._lines.get(app)
        if line is None:
            line = self._lines[app] = EventLine(app, "callback", self._begin, self._metrics)
        return line

    def _is_asked(self, delivery: Delivery, message: Message) -> bool:
        report = _REPORTS.get(message.interface)
        return report is not None and report(delivery, message) is not None

    def _begin(self, parcel: Parcel, told: Callable[[Answer], None]) -> None:
        call = self._call_and_tell(parcel, told)
        task = asyncio.get_running_loop().create_task(call, name=f"callback {parcel.delivery.app}")
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)

    async def _call_and_tell(self, parcel: Parcel, told: Callable[[Answer], None]) -> None:
        try:
            answer = await self._call(parcel)
        except Exception:  # the top of a task: whatever it is, it concerns this event alone, and its next try
            log.exception("callback_failed", app=parcel.delivery.app, delivery=parcel.delivery.id)
            answer = OWN_FAULT
        told(answer)

    async def _call(self, parcel: Parcel) -> Answer:
        delivery, message = parcel.delivery, parcel.message
        callback = None if message is None else _REPORTS[message.interface](delivery, message)
        if callback is None:
            return Answer(True)
        began = self._monotonic()
        answer = await self._caller.call(callback)
        self._metrics.webhook_seconds(delivery.app).observe(self._monotonic() - began)
        return answer

    def _at_once(self, parcel: Parcel, done: Done, outcome: Outcome, why: str) -> None:
        # not in here: whoever offers it still holds it at the head of a queue
        asyncio.get_running_loop().call_soon(done, parcel, outcome, why)
