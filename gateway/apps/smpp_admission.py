"""Who may bind: credentials, address, lock-out, and a place among the app's binds.

Whatever is wrong with who somebody says they are, the answer is the same, after the same pause, and then the
connection is closed (contract §4). An app at its `max_binds` often holds binds that died without a word (a host lost,
a firewall that forgot): then all of them are asked for a sign of life, and the oldest that gives none makes place.
"""

from collections.abc import Callable, Mapping
from functools import partial

from gateway.apps.auth import AppCredentials
from gateway.apps.lockout import Lockout
from gateway.apps.smpp_allowance import Allowance, Later, Timer, allowed_per_s
from gateway.apps.smpp_bind import AppBind
from gateway.apps.smpp_binds import AppBinds
from gateway.config.apps import App
from gateway.log import logger
from gateway.smpp.events import Received
from gateway.smpp.status import CommandStatus

log = logger()

SIGN_OF_LIFE_S = 5.0
"""So long a bind has to answer when its place is wanted."""
PAUSE_S = 1.0
"""Before a no to credentials, and up to half as long again: guessing takes time, and all noes the same."""

_RBINDFAIL, _RALYBND = int(CommandStatus.ESME_RBINDFAIL), int(CommandStatus.ESME_RALYBND)


class Claim:
    """A bind that wants a place while its app has none; `silent` are those who have given no sign of life yet."""

    __slots__ = ("app", "bind", "sequence_number", "silent", "timer")

    def __init__(self, bind: AppBind, sequence_number: int, app: str, silent: list[AppBind]) -> None:
        self.bind = bind
        self.sequence_number = sequence_number
        self.app = app
        self.silent = silent
        self.timer: Timer | None = None


class Admission:
    """Answers binds. `on_bound(bind)` is called for each that is accepted."""

    def __init__(
        self,
        apps: Mapping[str, App],
        credentials: AppCredentials,
        lockout: Lockout,
        binds: AppBinds,
        *,
        system_id: str,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        later: Later,
        on_bound: Callable[[AppBind], None],
        pause_s: float = PAUSE_S,
    ) -> None:
        """`system_id` is ours, as binds are answered; `later` the loop's call_later."""
        self._binds = binds
        self._lockout = lockout
        self._system_id = system_id
        self._monotonic = monotonic
        self._random = random
        self._later = later
        self._on_bound = on_bound
        self._pause_s = pause_s
        self._claims: list[Claim] = []
        self._allowances: dict[str, Allowance] = {}
        self.apply(apps, credentials)

    def apply(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        """Take over a changed configuration; who is bound stays so."""
        self._apps = apps
        self._credentials = credentials
        for app, allowance in self._allowances.items():
            if app in apps:
                allowance.rate_per_s = allowed_per_s(apps[app].tps)

    def asked(self, bind: AppBind, received: Received) -> None:
        """A connection asks to be bound: it is answered now or some seconds from now."""
        sequence_number, pdu = received.sequence_number, received.pdu
        app = self._who(bind.address, getattr(pdu, "system_id", ""), getattr(pdu, "password", ""))
        if app is None:
            pause_s = self._pause_s * (1 + self._random() / 2)
            self._later(pause_s, partial(bind.refuse, sequence_number, _RBINDFAIL))
            return
        bind.system_id = getattr(pdu, "system_id", "")
        if len(self._binds.of(app)) < self._apps[app].max_binds:
            self._accept(bind, sequence_number, app)
        else:
            self._claim(bind, sequence_number, app)

    def alive(self, bind: AppBind) -> None:
        """A bind has given a sign of life: it keeps its place."""
        for claim in [claim for claim in self._claims if bind in claim.silent]:
            claim.silent.remove(bind)
            if not claim.silent:
                self._end(claim)
                self._refuse(claim)

    def place_freed(self, app: str) -> None:
        """A bind of the app has left: who has waited longest for a place gets it."""
        for claim in [claim for claim in self._claims if claim.app == app]:
            if len(self._binds.of(app)) >= self._apps[app].max_binds:
                return
            self._end(claim)
            self._accept(claim.bind, claim.sequence_number, app)

    def gone(self, bind: AppBind) -> None:
        """A connection is closed: it wants no place any more, and cannot give a sign of life."""
        for claim in [claim for claim in self._claims if claim.bind is bind]:
            self._end(claim)

    def _who(self, address: str, system_id: str, password: str) -> str | None:
        """The app that may bind, or None; failures are counted and said, the tries of who is locked out are not."""
        now = self._monotonic()
        if self._lockout.refuses(address, system_id, now):
            return None
        app = self._credentials.by_system_id(system_id, password)
        if app is not None and app in self._apps and self._credentials.allows(app, address):
            self._lockout.succeeded(address, system_id)
            return app
        locked_out = self._lockout.failed(address, system_id, now)
        why = "credentials" if app is None else "address not in allow_from"
        log.warning("app_bind_refused", address=address, system_id=system_id, why=why, locked_out=locked_out)
        return None

    def _allowance(self, app: str) -> Allowance:
        """What all the app's binds may ask for together; kept while none is bound: to bind anew gains nothing."""
        allowance = self._allowances.get(app)
        if allowance is None:
            rate_per_s = allowed_per_s(self._apps[app].tps)
            allowance = self._allowances[app] = Allowance(rate_per_s, self._monotonic, self._later)
        return allowance

    def _accept(self, bind: AppBind, sequence_number: int, app: str) -> None:
        settings = self._apps[app]
        if bind.accept(sequence_number, app, settings, self._system_id, self._allowance(app)):
            self._binds.add(bind)
            log.info("app_bound", app=app, address=bind.address, type=bind.type, binds=len(self._binds.of(app)))
            self._on_bound(bind)

    def _claim(self, bind: AppBind, sequence_number: int, app: str) -> None:
        claim = Claim(bind, sequence_number, app, self._binds.of(app))
        if not claim.silent:  # max_binds: 0
            self._refuse(claim)
            return
        self._claims.append(claim)
        claim.timer = self._later(SIGN_OF_LIFE_S, partial(self._evict_for, claim))
        for other in list(claim.silent):
            other.ping()

    def _evict_for(self, claim: Claim) -> None:
        """The time for signs of life is over."""
        if claim not in self._claims:
            return
        bound = [bind for bind in self._binds.of(claim.app) if bind in claim.silent]
        if not bound:
            self._end(claim)
            self._refuse(claim)
            return
        log.warning("app_bind_evicted", app=claim.app, address=bound[0].address, why="silent, and its place is wanted")
        bound[0].evict("evicted: silent, and its place was wanted")

    def _refuse(self, claim: Claim) -> None:
        log.warning("app_bind_refused", app=claim.app, address=claim.bind.address, why="max_binds")
        claim.bind.refuse(claim.sequence_number, _RALYBND)

    def _end(self, claim: Claim) -> None:
        self._claims.remove(claim)
        if claim.timer is not None:
            claim.timer.cancel()
