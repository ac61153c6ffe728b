"""What operators see and do, over the running gateway: the other side of `admin.control.Control`.

Status and readiness come from memory, at once; nothing here decides anything about messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog

from gateway.admin.control import BindAction
from gateway.apps.key_uses import KeyUses, name_of
from gateway.carriers.bind import Bind
from gateway.carriers.carrier import Carrier
from gateway.carriers.stops import REMEDIES
from gateway.core import Core
from gateway.errors import Refusal, StoreError
from gateway.gauges import read_gauges
from gateway.happenings import Listener, TooManyListeners, Wanted
from gateway.log_level import LevelNow, LogLevel
from gateway.message import FINAL, Content, Delivery, Message
from gateway.message_json import time_text
from gateway.rates import Rates
from gateway.smpp import codec
from gateway.smpp.status import status_name
from gateway.store.ids import first_id
from gateway.submission import Submission
from portability.table import Table

log = structlog.get_logger()

STORE_EVERY_S = 5
KEYS_EVERY_S = 60
REPLAY_SLICE = 500


class Check(NamedTuple):
    """One condition of readiness."""

    name: str
    ok: bool
    detail: str = ""


COMPILED = not str(codec.__file__).endswith(".py")
"""Whether the modules of the hot way are compiled (RELEVO_COMPILE=1 at the installation)."""


class Operations:
    """Control over one gateway process."""

    def __init__(
        self,
        core: Core,
        version: str,
        *,
        listening: Callable[[], Mapping[str, bool]],
        app_binds: Callable[[], Mapping[str, int]],
        key_uses: KeyUses,
        drain: Callable[[], None],
        reload: Callable[[], Awaitable[Sequence[str]]],
        log_level: LogLevel,
    ) -> None:
        """`listening()`: by listener, whether it listens; `app_binds()`: by app, its SMPP sessions; `key_uses`:
        when API keys were used."""
        self._core = core
        self._version = version
        self._listening = listening
        self._app_binds = app_binds
        self._key_uses = key_uses
        self._drain = drain
        self._reload = reload
        self._log_level = log_level
        self._started = core.clock.monotonic()
        self._rates = Rates()
        self.deliveries: Mapping[str, tuple[int, float]] = {}
        self.store_size = (0, 0)
        read_gauges(core, self)

    async def run(self) -> None:
        """Sample rates each second, and now and then what only the store knows; write down when keys were used."""
        beat = 0
        while True:
            self._rates.sample(self._counters())
            if beat % STORE_EVERY_S == 0:
                await self._ask_store()
            beat += 1
            if beat % KEYS_EVERY_S == 0:
                self._key_uses.write(self._core.commits.setting)
            await asyncio.sleep(1.0)

    async def restore(self) -> None:
        """What only the store knows, before anybody is let in: figures, and when keys were used. Raises StoreError."""
        await self._ask_store()
        settings = await self._core.store.settings()
        hashes = (key_hash for app in self._core.config.apps.values() for key_hash in app.api_keys)
        self._key_uses.restore(settings, hashes)

    async def _ask_store(self) -> None:
        try:
            self.deliveries = await self._core.store.deliveries_waiting()
            self.store_size = await self._core.store.size()
        except StoreError:
            return  # counted and logged where it is written to; the figures stay as they were

    def _counters(self) -> dict[str, float]:
        metrics = self._core.metrics
        counters: dict[str, float] = {}
        for labels, number in metrics.submitted.numbers():
            counters[labels[1]] = counters.get(labels[1], 0.0) + number
        for labels, number in metrics.accepted.numbers():
            counters[f"app {labels[0]}"] = counters.get(f"app {labels[0]}", 0.0) + number
        return counters

    # -- seeing -----------------------------------------------------------------------------------------------------

    def status(self) -> Mapping[str, Any]:
        """See `Control.status`."""
        core, now = self._core, self._core.clock.monotonic()
        checks = self.ready()
        return {
            "version": self._version,
            "compiled": COMPILED,
            "node": core.config.node,
            "uptime_s": round(now - self._started, 1),
            "ready": all(check.ok for check in checks),
            "stopping": core.intake.stopping,
            "binds": [
                self._bind(carrier, bind, now) for carrier in core.carriers.values() for bind in carrier.binds.values()
            ],
            "carriers": [_carrier(carrier) for carrier in core.carriers.values()],
            "lanes": [self._lane(carrier, lane) for carrier in core.carriers.values() for lane in ("fast", "bulk")],
            "apps": [self._app(app) for app in core.config.apps],
            "store": {
                "healthy": core.commits.healthy,
                "backlog": core.commits.backlog,
                "size_bytes": self.store_size[0],
                "free_bytes": self.store_size[1],
            },
            "totals": self._totals(),
            "portability": self._portability(),
            "message_ids": {name: str(carrier.ids.form or carrier.ids.mode) for name, carrier in core.carriers.items()},
        }

    def _bind(self, carrier: Carrier, bind: Bind, now: float) -> dict[str, Any]:
        settings, gate = bind.settings, carrier.gates.get(bind.name)
        ceiling = gate.learnt_ceiling if gate else None
        return {
            "carrier": carrier.name,
            "bind": bind.name,
            "address": f"{bind.endpoint.host}:{bind.endpoint.port}",
            "mode": settings.mode,
            "state": bind.state_word,
            "reason": "" if bind.up else bind.reason,
            "remedy": "" if bind.stop_reason is None else REMEDIES[bind.stop_reason].format(bind=bind.name),
            "since_s": round(now - bind.since, 1) if bind.up else None,
            "window": gate.window.size if gate else None,
            "window_used": gate.window.used if gate else None,
            "window_bulk": gate.window.most() if gate else None,
            "rate_limit": round(gate.allowed_rate, 2) if gate else None,
            "rate_configured": round(gate.pacing.rate, 2) if gate else None,
            "rate_ceiling": None if ceiling is None else round(ceiling, 2),
            "rate": self._rates.now(bind.name),
            "history": self._rates.history(bind.name),
        }

    def lane(self, carrier: Carrier, lane: str) -> tuple[int, int, float | None]:
        """See `gauges.Known.lane`."""
        queue = carrier.lane(lane)
        on_disk, disk_oldest_at = self._core.feed.depth(carrier.name, lane)
        oldest_s = queue.oldest_s(self._core.clock.monotonic()) if len(queue) else None
        if on_disk and oldest_s is None:
            oldest_s = self._core.clock.utc() - disk_oldest_at
        return queue.segments, on_disk, oldest_s

    def _lane(self, carrier: Carrier, lane: str) -> dict[str, Any]:
        depth, on_disk, oldest_s = self.lane(carrier, lane)
        return {
            "carrier": carrier.name,
            "lane": lane,
            "depth": depth,
            "on_disk": on_disk,
            "oldest_s": None if oldest_s is None else round(oldest_s, 1),
        }

    def _app(self, app: str) -> dict[str, Any]:
        waiting, oldest_at = self.deliveries.get(app, (0, 0.0))
        return {
            "app": app,
            "binds": self.app_binds().get(app, 0),
            "deliveries_waiting": waiting,
            "deliveries_oldest_s": round(self._core.clock.utc() - oldest_at, 1) if waiting else None,
            "accepted": int(sum(n for labels, n in self._core.metrics.accepted.numbers() if labels[0] == app)),
            "keys": [self._key(key_hash) for key_hash in self._core.config.apps[app].api_keys],
            "rate": self._rates.now(f"app {app}"),
        }

    def _key(self, key_hash: str) -> dict[str, str | None]:
        at = self._key_uses.last(key_hash)
        return {"key": name_of(key_hash), "last_used": None if at is None else time_text(at)}

    def _totals(self) -> dict[str, int]:
        metrics = self._core.metrics
        totals = {status.word: 0 for status in sorted(FINAL)}
        for labels, number in metrics.final.numbers():
            if labels[2] in totals:
                totals[labels[2]] += int(number)
        totals["accepted"] = int(sum(number for _, number in metrics.accepted.numbers()))
        totals["submitted"] = int(sum(number for _, number in metrics.submitted.numbers()))
        totals["inbound"] = int(sum(number for _, number in metrics.inbound.numbers()))
        return totals

    def app_binds(self) -> Mapping[str, int]:
        """See `gauges.Known.app_binds`."""
        return self._app_binds()

    def ages(self) -> Iterable[tuple[str, float | None]]:
        """See `gauges.Known.ages`."""
        return [(answer["source"], answer["age_s"]) for answer in self._portability()]

    def _portability(self) -> list[dict[str, Any]]:
        now = self._core.clock.utc()
        answers = []
        for source in self._core.resolver.sources:
            if isinstance(source, Table):
                source.look()
            as_of = getattr(source, "as_of", None)
            answers.append(
                {
                    "source": source.name,
                    "available": source.unavailable is None,
                    "detail": source.unavailable or "",
                    "age_s": None if as_of is None else round(now - as_of, 1),
                }
            )
        return answers

    def ready(self) -> Sequence[Check]:
        """Every condition for taking messages."""
        core = self._core
        up = [carrier.name for carrier in core.carriers.values() if carrier.up]
        checks = [
            Check("store", core.commits.healthy, "" if core.commits.healthy else "the last commit failed"),
            Check("binds", bool(up), f"up: {', '.join(up)}" if up else "no bind is up"),
            Check("running", not core.intake.stopping, "stopping" if core.intake.stopping else ""),
        ]
        return [*checks, *(Check(f"listener {name}", ok) for name, ok in self._listening().items())]

    def listen(self, wanted: Wanted) -> Listener:
        """See `Control.listen`."""
        config = self._core.config
        for kind, name, known in (("app", wanted.app, config.apps), ("carrier", wanted.carrier, config.carriers)):
            if name and name not in known:
                raise Refusal("not_found", f"No {kind} is called {name}.", kind)
        try:
            return self._core.happenings.listen(wanted)
        except TooManyListeners:
            raise Refusal("over_quota", "As many listen already as may at once.", retry_after_s=10.0) from None

    def trace(self, bind: str) -> Listener:
        """See `Control.trace`."""
        return self._find(bind)[1].trace(full=self._core.config.log.content == "full")

    # -- doing ------------------------------------------------------------------------------------------------------

    async def bind(self, name: str, action: BindAction) -> None:
        """See `Control.bind`."""
        self._act(*self._find(name), action)

    def _find(self, name: str) -> tuple[Carrier, Bind]:
        for carrier in self._core.carriers.values():
            found = carrier.binds.get(name)
            if found is not None:
                return carrier, found
        raise Refusal("not_found", f"No bind is called {name}.", "name")

    def _act(self, carrier: Carrier, bind: Bind, action: BindAction) -> None:
        match action:
            case "stop":
                self._core.spawn(bind.halt())
            case "start":
                carrier.set_receive_only(bind, False)
                bind.start()
            case "receive-only":
                if bind.settings.mode == "transmitter":
                    raise Refusal("not_allowed", f"{bind.name} is a transmitter: it receives nothing.", "action")
                carrier.set_receive_only(bind, True)

    def log_level(self) -> LevelNow:
        """See `Control.log_level`."""
        return self._log_level.now()

    def set_log_level(self, level: str, seconds: float | None) -> LevelNow:
        """See `Control.set_log_level`."""
        return self._log_level.set(level, seconds)

    def drain(self) -> None:
        """See `Control.drain`."""
        self._drain()

    async def reload(self) -> Sequence[str]:
        """See `Control.reload`."""
        return await self._reload()

    async def message(self, message_id: str) -> Message | None:
        """See `Control.message`."""
        outgoing = self._core.dispatch.live.get(message_id)
        message = outgoing.message if outgoing is not None else await self._core.store.message(message_id)
        return message and self._core.view(message)

    async def dead_deliveries(self, after: str, limit: int) -> Sequence[Delivery]:
        """See `Control.dead_deliveries`."""
        return await self._core.store.dead_deliveries(after, limit)

    async def replay(self, delivery_id: str) -> Delivery:
        """See `Control.replay`."""
        delivery = await self._core.store.delivery(delivery_id)
        if delivery is None or delivery.state != "dead":
            raise Refusal("not_found", f"No dead delivery {delivery_id}.")
        delivery = _as_new(delivery)
        self._core.commits.postpone(delivery)
        await self._core.commits.drain()
        self._core.deliveries.look_again(delivery.app)
        return delivery

    async def replay_these(self, since: float, until: float, app: str) -> int:
        """See `Control.replay_these`."""
        if app and app not in self._core.config.apps:
            raise Refusal("not_found", f"No app is called {app}.", "app")
        apps: set[str] = set()
        replayed, after = 0, first_id(since)
        while rows := await self._core.store.dead_deliveries(after, REPLAY_SLICE):
            after = rows[-1].id
            for row in rows:
                if since <= row.created_at <= until and app in ("", row.app):
                    self._core.commits.postpone(_as_new(row))
                    apps.add(row.app)
                    replayed += 1
            await self._core.commits.drain()
            if rows[-1].created_at > until:
                break
        for name in apps:
            self._core.deliveries.look_again(name)
        return replayed

    async def send(self, app: str, to: str, text: str, sender: str, lane: str) -> Message:
        """See `Control.send`."""
        apps = list(self._core.config.apps)
        if not app and len(apps) > 1:
            raise Refusal("missing_field", f"Which app? There are {', '.join(apps)}.", "app")
        app = app or apps[0]
        if app not in self._core.config.apps:
            raise Refusal("not_found", f"No app is called {app}.", "app")
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        submission = Submission(
            app=app, to=to, content=Content(text=text), interface="ops", sender=sender, lane=lane, receipt="none"
        )
        if self._core.intake.submit(submission, _resolve, done) is not None:
            await self._core.intake.submit_asking(submission, _resolve, done)
        message = await done
        self._core.metrics.accepted(message.app, message.lane, message.interface).n += 1
        return message


def _carrier(carrier: Carrier) -> dict[str, Any]:
    alarm = carrier.addresses.shares.alarm
    return {
        "carrier": carrier.name,
        "omitted": list(carrier.omitted),
        "refused": alarm
        and {
            "address": alarm.address,
            "share": round(alarm.share, 3),
            "command_status": status_name(alarm.command_status),
        },
    }


def _resolve(done: object, message: Message, error: StoreError | None) -> None:
    if isinstance(done, asyncio.Future) and not done.done():
        if error is None:
            done.set_result(message)
        else:
            done.set_exception(error)


def _as_new(delivery: Delivery) -> Delivery:
    return msgspec.structs.replace(delivery, state="waiting", attempts=0, next_at=0.0)
