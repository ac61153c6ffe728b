"""The gateway whole: the core, and the listeners and ways to apps around it.

With core.py the only place that knows every class; everything else gets callables and small protocols.
"""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from itertools import product

import structlog

from gateway.admin.server import AdminServer
from gateway.apps.auth import AppCredentials
from gateway.apps.callbacks import Callbacks
from gateway.apps.descriptors import Descriptors
from gateway.apps.event_line import IN_FLIGHT
from gateway.apps.http_server import HttpServer
from gateway.apps.key_uses import KeyUses
from gateway.apps.lockout import Lockout
from gateway.apps.retries import retry_after_s
from gateway.apps.smpp_delivery import SmppWay
from gateway.apps.smpp_server import SmppServer
from gateway.apps.tls import ListenerTls
from gateway.apps.webhooks import Webhooks
from gateway.carriers.fleet import Plan
from gateway.clock import Clock, SystemClock
from gateway.config import Config, ConfigError, Loaded, Problem
from gateway.config.diff import Change, diff, told
from gateway.core import Core, new_id
from gateway.explain import Explainer
from gateway.inherited import Inherited, shared_out
from gateway.log import sink
from gateway.log_level import LogLevel
from gateway.message import Message
from gateway.metrics import Metrics
from gateway.operations import Operations
from gateway.rules import build_inbound_rules, build_prices, build_rules
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Store

log = structlog.get_logger()

LANES = ("fast", "bulk")
# What a reload takes over while running; a change of any other key needs a restart, and is refused by name.
RELOADABLE = (
    "apps.",
    "carriers.",
    "routes",
    "mo_routes",
    "log.",
    "lanes.fast.reserve",
    "lanes.fast.share",
    "lanes.fast.ttl",
    "lanes.bulk.share",
    "lanes.bulk.ttl",
    "store.retention",
    "admin.token",
    "portability.fetch",  # only the command reads it
)


def build_store(config: Config) -> Store:
    """The store that `store.url` names."""
    url = config.store.url
    if url.engine != "sqlite" or url.path is None:
        raise TypeError(f"store {url.engine} is refused by the configuration's check until it is supported")
    return SqliteStore(url.path, sync=config.store.sync)


class Gateway:
    """One gateway: `start`, then it works; `drain` and `close` to end it."""

    def __init__(
        self,
        config: Config,
        *,
        reload: Callable[[], Awaitable[Sequence[str]]],
        drain: Callable[[], None],
        on_fault: Callable[[], None],
        clock: Clock | None = None,
        store: Store | None = None,
    ) -> None:
        """`reload` and `drain` are what operators' calls begin; `on_fault()`: the process had better end. To be made in
        a running loop."""
        clock = clock or SystemClock()
        self.config = config
        self.version = version("relevo")
        self.metrics = self._metrics(config)
        self.core = core = Core(
            config,
            store or build_store(config),
            self.metrics,
            clock,
            retry_after_s=retry_after_s,
            on_fault=on_fault,
        )
        self.key_uses = KeyUses(clock.utc)
        credentials = AppCredentials(config.apps, self.key_uses.used)
        lockout = Lockout()
        self.descriptors = Descriptors(_kept_back(config))
        self.smpp = SmppServer(
            config.apps,
            credentials,
            core.intake,
            find=self.find,
            cancel=core.dispatch.cancel,
            metrics=self.metrics,
            monotonic=clock.monotonic,
            utc=clock.utc,
            random=random.random,
            new_id=new_id,
            on_room=core.deliveries.wake,
            lockout=lockout,
            descriptors=self.descriptors,
        )
        self.webhooks = Webhooks(config.apps, self.metrics, utc=clock.utc, monotonic=clock.monotonic)
        core.deliveries.add_way(SmppWay(self.smpp.binds, has_webhook=self.webhooks.wants))
        core.deliveries.add_way(self.webhooks)
        self.callbacks = Callbacks(config.apps, self.metrics, monotonic=clock.monotonic)
        core.deliveries.add_way(self.callbacks)
        self.explainer = Explainer(core.intake, build_prices(config), core.dispatch.up, clock.utc)
        self.http = HttpServer(
            config,
            credentials,
            core.intake,
            core.store,
            core.commits,
            core.opt_outs,
            self.explainer,
            core.batches,
            find=self.find,
            cancel=core.dispatch.cancel,
            view=core.view,
            metrics=self.metrics,
            clock=clock,
            up=core.dispatch.up,
            lockout=lockout,
            descriptors=self.descriptors,
        )
        self.log_level = LogLevel(lambda: self.config.log.level)
        self.operations = Operations(
            core,
            self.version,
            listening=self._listening,
            app_binds=self._app_binds,
            key_uses=self.key_uses,
            drain=drain,
            reload=reload,
            log_level=self.log_level,
        )
        self.admin = AdminServer(self.operations, self.metrics, config.admin.token)
        self._smpp_tls: ListenerTls | None = None
        self._outlived = False  # by apps' sockets
        self.metrics.gauge_reader("relevo_tls_certificate_expiry_timestamp_seconds", self._expiries)

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self, inherited: Sequence[Inherited] = ()) -> None:
        """Take up what is on disk, bring up the binds, and listen, at the inherited sockets where there are any. Raises
        StoreError, OSError."""
        held = self._held(inherited)
        await self.admin.start(self.config.admin.listen, held.get("admin", ()))
        await self.core.start()
        await self.operations.restore()
        await self._listen_smpp(held)
        await self.http.start(self.config.http.listen, held.get("http", ()))
        self.core.spawn(self.operations.run())
        self.reloaded(True)

    def _held(self, inherited: Sequence[Inherited]) -> Mapping[str, Sequence[socket.socket]]:
        """By listener, the sockets that somebody holds for us. Raises OSError where they are not those configured."""
        smpp = self.config.smpp
        apps = {"http": self.config.http.listen, "smpp": smpp.listen, "smpp-tls": smpp.tls_listen}
        held = shared_out(inherited, {**apps, "admin": self.config.admin.listen})
        self._outlived = not apps.keys().isdisjoint(held)
        for name, where in apps.items():
            if self._outlived and where is not None and name not in held:
                log.warning("listener_not_handed_over", listener=name, address=str(where))
        return held

    async def _listen_smpp(self, held: Mapping[str, Sequence[socket.socket]]) -> None:
        smpp = self.config.smpp
        await self.smpp.start(*smpp.listen, held=held.get("smpp", ()))
        if smpp.tls_listen is not None and smpp.tls is not None:
            self._smpp_tls = ListenerTls(smpp.tls.certificate, smpp.tls.key)
            await self.smpp.start(*smpp.tls_listen, self._smpp_tls.context, held.get("smpp-tls", ()))

    def stop_taking(self) -> None:
        """Refuse what apps submit from now on."""
        self.core.intake.stopping = True

    async def drain(self) -> bool:
        """Wait for the carriers' answers and unbind there; whether all answers came in time.

        Nothing more is taken, unless somebody holds our sockets for the next start: then apps are answered yes until
        `close` sees them off, what they submit waits on disk, and nobody is refused.
        """
        if self._outlived:
            self.http.leave()
        else:
            self.stop_taking()
        longest = max((carrier.response_timeout for carrier in self.config.carriers.values()), default=0.0)
        return await self.core.drain(longest)

    async def close(self) -> None:
        """Close the listeners, make durable what was said, and let go of everything."""
        await self.descriptors.close()
        if self._outlived:
            await asyncio.gather(self.http.see_off(), self.smpp.stop())
        self.stop_taking()
        await self.http.stop()
        await self.smpp.stop()
        await self.webhooks.stop()
        await self.callbacks.stop()
        self.key_uses.write(self.core.commits.setting)
        self.log_level.close()
        self.core.happenings.close()
        await self.core.close()
        await self.admin.stop()

    # -- reload -----------------------------------------------------------------------------------------------------

    def apply(self, loaded: Loaded, file: str) -> list[str]:
        """Take over a changed configuration, which was read from `file`; a line for each change.

        Raises ConfigError naming every changed key that needs a restart; then nothing was taken over.
        """
        config = loaded.config
        changes = diff(self.config, config)
        fixed = [change.path for change in changes if not _reloadable(change)]
        if fixed:
            why = "has changed, which needs a restart"
            raise ConfigError([Problem(file, loaded.line(path), path, why) for path in fixed])
        plan = self._plan(loaded, file)
        rules, inbound_rules = build_rules(config), build_inbound_rules(config)  # a list's file may be gone by now
        renewed = self._renew_certificates(loaded, file)
        credentials = AppCredentials(config.apps, self.key_uses.used)
        self._forget_gone(self.config, config)
        self.config = self.core.config = config
        self.core.intake.apply(rules)
        self.core.fleet.carry_out(plan)
        self.explainer.change_prices(build_prices(config))
        self.core.inbound.rules = inbound_rules
        for app in config.apps:
            self.core.deliveries.add_app(app)
        self.smpp.apply(config.apps, credentials)
        self.http.apply(config, credentials)
        self.webhooks.change(config.apps)
        self.callbacks.change(config.apps)
        self.admin.set_token(config.admin.token)
        self.log_level.configured_anew()
        self._preset(config)
        return [told(change) for change in changes] + renewed

    def _plan(self, loaded: Loaded, file: str) -> Plan:
        """What becomes of carriers and binds. Raises ConfigError."""
        try:
            return self.core.fleet.plan(self.config, loaded.config)
        except OSError as error:
            line, why = loaded.line("carriers"), f"a certificate cannot be read: {error}"
            raise ConfigError([Problem(file, line, "carriers", why)]) from error

    def _renew_certificates(self, loaded: Loaded, file: str) -> list[str]:
        """Read the listeners' certificates again; a line for each that is another one. Raises ConfigError."""
        renewed: list[str] = []
        for name, tls in self._tls().items():
            try:
                if tls.reload():
                    renewed.append(f"{name}.tls.certificate: read again")
            except OSError as error:
                path = f"{name}.tls"
                raise ConfigError([Problem(file, loaded.line(path), path, f"cannot be read again: {error}")]) from error
        return renewed

    def reloaded(self, taken: bool) -> None:
        """A configuration was read: taken over, or refused."""
        self.metrics.config_last_reload_success().n = 1.0 if taken else 0.0
        if taken:
            self.metrics.config_last_reload_timestamp_seconds().n = self.core.clock.utc()

    # -- small things that are asked ----------------------------------------------------------------------------------

    async def find(self, message_id: str) -> Message | None:
        """A message as it stands now, of whatever app. Raises StoreError."""
        return await self.operations.message(message_id)

    def _listening(self) -> Mapping[str, bool]:
        return {"smpp": self.smpp.listening, "http": self.http.listening}

    def _tls(self) -> dict[str, ListenerTls]:
        """The listeners with TLS, by name."""
        both = {"smpp": self._smpp_tls, "http": self.http.tls}
        return {name: tls for name, tls in both.items() if tls is not None}

    def _expiries(self) -> list[tuple[tuple[str, ...], float]]:
        return [((name,), tls.expires_at) for name, tls in self._tls().items() if tls.expires_at is not None]

    def _app_binds(self) -> Mapping[str, int]:
        return {app: len(binds) for app, binds in self.smpp.status().items()}

    def _metrics(self, config: Config) -> Metrics:
        self.metrics = Metrics(self.version)
        self._preset(config)
        self.metrics.counter_reader("relevo_log_lines_lost_total", lambda: [((), sink.lost)])
        return self.metrics

    def _preset(self, config: Config) -> None:
        self.metrics.preset(list(config.carriers), _binds(config), LANES, list(config.apps))
        for route in config.routes:
            for network, carrier in product(route.network, route.carriers):
                self.metrics.wrong_network(network, carrier)

    def _forget_gone(self, before: Config, after: Config) -> None:
        """Gauges of what is configured no longer."""
        for carrier in before.carriers.keys() - after.carriers.keys():
            self.metrics.forget(carrier=carrier)
        for carrier, bind in set(_binds(before)) - set(_binds(after)):
            self.metrics.forget(carrier=carrier, bind=bind)
        for app in before.apps.keys() - after.apps.keys():
            self.metrics.forget(app=app)


def _binds(config: Config) -> list[tuple[str, str]]:
    """Every bind, with its carrier's name before its own."""
    return [(name, bind.name) for name, carrier in config.carriers.items() for bind in carrier.binds]


def _kept_back(config: Config) -> int:
    """Descriptors that no caller gets: for binds, posts to apps, the store, ops, and what is open for a moment."""
    posts = sum(app.webhook.concurrency for app in config.apps.values() if app.webhook is not None)
    posts += sum(bool(app.callbacks) for app in config.apps.values()) * IN_FLIGHT
    return 64 + 2 * len(_binds(config)) + posts


def _reloadable(change: Change) -> bool:
    return any(change.path == prefix.rstrip(".") or change.path.startswith(prefix) for prefix in RELOADABLE)
