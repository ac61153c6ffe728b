"""All carriers, while what is configured changes: built at a start, brought to another configuration by a reload.

A reload is planned first, with everything built that can fail, and then carried out at once, without an await. What
takes time goes on behind it: a bind whose session cannot stay as it is sends no more, has its answers, unbinds, and the
next one takes its place; a carrier that is configured no longer gives away what waits and keeps what is in flight until
it is answered. Limits (tps, window, burst, the reserve) change under a bind that stays bound.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import structlog

from gateway.carriers.bind import Bind
from gateway.carriers.building import Around, build_bind, build_carrier, gate_settings
from gateway.carriers.carrier import Carrier
from gateway.config import Config
from gateway.config import carriers as config
from gateway.config.routing import Lanes
from portability.number import country_code
from throughput.gate import Gate, GateSettings

log = structlog.get_logger()

_OF_SESSIONS = ("enquire_link", "response_timeout", "reconnect")
"""A carrier's keys that its binds are made with."""
_OF_LIMITS = ("tps", "burst")
"""Those that change under binds that stay."""

Built = tuple[Bind, Gate | None]


class Changed(NamedTuple):
    """What becomes of a carrier that stays. `fresh` has its new settings, None where only binds or limits change."""

    living: Carrier
    fresh: Carrier | None
    tps: float
    burst: int
    come: Mapping[str, Built]
    """Binds that are new, or take the place of one that has to leave."""
    gone: frozenset[str]
    limits: Mapping[str, GateSettings]
    """What binds that stay may send from now on."""


class Plan(NamedTuple):
    """What a reload does to carriers, ready to be carried out."""

    added: Mapping[str, Carrier]
    removed: tuple[str, ...]
    changed: Mapping[str, Changed]
    lanes: Lanes


class Fleet:
    """The owner of `carriers`, which others look into. To be used in a running loop."""

    def __init__(
        self,
        carriers: dict[str, Carrier],
        around: Around,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        *,
        max_parts: int,
    ) -> None:
        """`spawn(work)` runs a task until it ends, and says so if it dies."""
        self.carriers = carriers
        self._around = around
        self._spawn = spawn
        self._max_parts = max_parts
        self._learnt: Mapping[str, str] = {}
        self._retiring: list[Carrier] = []
        self._leaving: set[tuple[int, str]] = set()
        self._next: dict[tuple[int, str], Built] = {}
        self._quiet = False
        self._stopping = False

    def build(self, config: Config, learnt: Mapping[str, str]) -> None:
        """Every carrier, with binds that do not run yet; `learnt`: by carrier, the id form an earlier run has found.

        Raises OSError where a certificate cannot be read.
        """
        self._learnt = learnt
        for name in config.carriers:
            self.carriers[name] = self._build(name, config)

    def run(self) -> None:
        """Hold all binds."""
        for carrier in self.carriers.values():
            self._hold(carrier)

    def _hold(self, carrier: Carrier) -> None:
        for bind in carrier.binds.values():
            self._spawn(bind.run())

    @property
    def everyone(self) -> Iterable[Carrier]:
        """Also those that are configured no longer and still have something in flight."""
        return [*self.carriers.values(), *self._retiring]

    @property
    def in_flight(self) -> int:
        """Segments whose answer is awaited."""
        return sum(carrier.in_flight for carrier in self.everyone)

    def send_no_more(self) -> None:
        """From now on nothing goes to any carrier; what is in flight may be answered."""
        self._quiet = True
        for carrier in self.everyone:
            carrier.draining = True

    async def stop(self) -> None:
        """Unbind everywhere. After `send_no_more`."""
        self._stopping = True
        await asyncio.gather(*(bind.stop() for carrier in self.everyone for bind in carrier.binds.values()))

    def close(self) -> None:
        """No more timers."""
        for carrier in self.everyone:
            carrier.close()

    # -- a reload: deciding -------------------------------------------------------------------------------------------

    def plan(self, before: Config, after: Config) -> Plan:
        """What has to be done; nothing is done yet. Raises OSError where a certificate cannot be read."""
        stay = [name for name in after.carriers if name in before.carriers]
        return Plan(
            added={name: self._build(name, after) for name in after.carriers if name not in before.carriers},
            removed=tuple(name for name in before.carriers if name not in after.carriers),
            changed={
                name: self._change(name, before, after)
                for name in stay
                if before.carriers[name] != after.carriers[name]
                or before.lanes.fast.reserve != after.lanes.fast.reserve
            },
            lanes=after.lanes,
        )

    def _change(self, name: str, before: Config, after: Config) -> Changed:
        old, new, living = before.carriers[name], after.carriers[name], self.carriers[name]
        reserve = after.lanes.fast.reserve
        were = {bind.name: bind for bind in old.binds}
        come: dict[str, Built] = {}
        limits: dict[str, GateSettings] = {}
        for each in new.binds:
            was = were.pop(each.name, None)
            if was is None or _needs_a_new_session(was, each, old, new):
                come[each.name] = build_bind(each, name, new, reserve, living, self._around)
            elif each.transmits:
                limits[each.name] = gate_settings(each, new, reserve)
        fresh = self._refreshed(name, old, after) if _settings(old) != _settings(new) else None
        return Changed(living, fresh, new.tps, new.burst, come, frozenset(were), limits)

    def _refreshed(self, name: str, old: config.Carrier, after: Config) -> Carrier:
        """The carrier built anew, without binds; what has been learnt stays where its settings do."""
        new, living = after.carriers[name], self.carriers[name]
        fresh = self._build(name, replace(after, carriers={**after.carriers, name: replace(new, binds=())}))
        if old.failover == new.failover:
            fresh.health = living.health
        if old.message_ids == new.message_ids:
            fresh.ids = living.ids
        return fresh

    def _build(self, name: str, config: Config) -> Carrier:
        code, learnt = country_code(config.portability.region), self._learnt.get(name, "")
        return build_carrier(name, config.carriers[name], config.lanes, code, learnt, self._max_parts, self._around)

    # -- a reload: doing ----------------------------------------------------------------------------------------------

    def carry_out(self, plan: Plan) -> None:
        """Do it: at once, but for what binds have in flight. Present rules are to be in force already, since messages
        of a removed carrier go by them."""
        for name, carrier in plan.added.items():
            carrier.draining = self._quiet
            self.carriers[name] = carrier
            self._hold(carrier)
        for carrier in self.carriers.values():
            carrier.lane("fast").set_shares(plan.lanes.fast.share)
            carrier.lane("bulk").set_shares(plan.lanes.bulk.share)
        for changed in plan.changed.values():
            self._apply(changed, plan.lanes.fast.reserve)
        for name in plan.removed:
            self._remove(self.carriers.pop(name))

    def _apply(self, changed: Changed, reserve: float) -> None:
        living, now = changed.living, self._around.monotonic()
        living.scheduler.bucket.reshape(changed.tps, changed.burst, reserve, now)
        if changed.fresh is not None:
            living.adopt(changed.fresh)
        for name, settings in changed.limits.items():
            _, gate = self._next.get((id(living), name)) or (None, living.gates.get(name))
            if gate is not None:
                gate.configure(settings, now)
        for name in changed.gone:
            self._next.pop((id(living), name), None)
            self._see_off(living, name)
        for name, built in changed.come.items():
            if name in living.binds:
                self._next[id(living), name] = built
                self._see_off(living, name)
            else:
                self._join(living, *built)

    def _remove(self, carrier: Carrier) -> None:
        self._retiring.append(carrier)
        carrier.retire()
        for name in list(carrier.binds):
            self._next.pop((id(carrier), name), None)
            self._see_off(carrier, name)
        self._spawn(self._retire(carrier))

    async def _retire(self, carrier: Carrier) -> None:
        """Keep it until nothing of any message is there; receipts that it may still owe are awaited on disk."""
        await carrier.until(lambda: not carrier.binds and carrier.idle)
        carrier.correlation.spill_all()
        carrier.close()
        self._retiring.remove(carrier)
        log.info("carrier_removed", carrier=carrier.name)

    def _see_off(self, carrier: Carrier, name: str) -> None:
        bind = carrier.binds.get(name)
        if bind is not None and (id(carrier), name) not in self._leaving:
            self._leaving.add((id(carrier), name))
            self._spawn(self._leave(carrier, bind))

    async def _leave(self, carrier: Carrier, bind: Bind) -> None:
        """Send no more over it, wait for its answers, unbind; then the one that follows takes its place."""
        held_back = bind.receive_only
        carrier.set_receive_only(bind, True)
        gate = carrier.gates.get(bind.name)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(bind.settings.response_timeout_s):
                await carrier.until(lambda: not bind.up or gate is None or not gate.window.used)
        stopped = bind.halted
        await bind.stop()
        carrier.remove(bind)
        self._leaving.discard((id(carrier), bind.name))
        following = self._next.pop((id(carrier), bind.name), None)
        log.info("bind_left", carrier=carrier.name, bind=bind.name, replaced=following is not None)
        if following is not None and not self._stopping:
            following[0].receive_only = held_back
            if stopped:
                following[0].begin_halted()
            self._join(carrier, *following)

    def _join(self, carrier: Carrier, bind: Bind, gate: Gate | None) -> None:
        carrier.add(bind, gate)
        self._spawn(bind.run())


def _needs_a_new_session(was: config.Bind, each: config.Bind, old: config.Carrier, new: config.Carrier) -> bool:
    """Whether a bind cannot go on as it is: anything but how much it may send has changed."""
    otherwise_held = any(getattr(old, key) != getattr(new, key) for key in _OF_SESSIONS)
    return otherwise_held or replace(was, window=each.window, tps=each.tps, burst=each.burst) != each


def _settings(carrier: config.Carrier) -> config.Carrier:
    """A carrier without what its binds, its limits and its bill alone are made of: what `adopt` takes over."""
    plain = config.Carrier(binds=())
    return replace(carrier, **{key: getattr(plain, key) for key in ("binds", "price", *_OF_LIMITS, *_OF_SESSIONS)})
