"""The listeners for apps that speak SMPP, and all their connections: from accept to close, and what stands in status.

The protocol is the session's, each connection's affairs AppBind's, who may bind Admission's; here they meet.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from gateway.apps.auth import AppCredentials
from gateway.apps.descriptors import Descriptors
from gateway.apps.listener import Listener
from gateway.apps.lockout import Lockout
from gateway.apps.smpp_admission import PAUSE_S, Admission
from gateway.apps.smpp_allowance import BEFORE_BIND, Allowance
from gateway.apps.smpp_anteroom import Anteroom
from gateway.apps.smpp_bind import AppBind
from gateway.apps.smpp_binds import AppBinds
from gateway.apps.smpp_doorstep import Doorstep
from gateway.apps.smpp_inquiries import Cancel, Find
from gateway.apps.smpp_requests import Around, Road
from gateway.config.apps import App
from gateway.log import logger
from gateway.metrics import Metrics
from gateway.smpp.events import Received

log = logger()

STOP_S = 5.0
HANDSHAKE_S = 10.0
BACKLOG = 128
"""The loop accepts all that wait in one turn: this is how long a flood can make it. Who finds it full tries again."""
_SAID_AGAIN_S = 60.0


class SmppServer:
    """All apps' SMPP. Build it, `start` it, and `stop` it once intake takes nothing more."""

    def __init__(
        self,
        apps: Mapping[str, App],
        credentials: AppCredentials,
        road: Road,
        *,
        find: Find,
        cancel: Cancel,
        metrics: Metrics,
        monotonic: Callable[[], float],
        utc: Callable[[], float],
        random: Callable[[], float],
        new_id: Callable[[], str],
        on_room: Callable[[str], None],
        lockout: Lockout | None = None,
        descriptors: Descriptors | None = None,
        system_id: str = "relevo",
        pause_s: float = PAUSE_S,
    ) -> None:
        """`road` is the intake; `find` and `cancel`: see `smpp_inquiries`; `on_room(app)`: a receiving bind has
        appeared or reads again; `lockout` and `descriptors` to share them with other listeners; `pause_s` before a
        no."""
        self.binds = AppBinds(metrics)
        self._on_room = on_room
        self._monotonic = monotonic
        self._listeners: list[Listener] = []
        self._descriptors = descriptors or Descriptors(0)
        self._connections: dict[AppBind, bool] = {}  # with whether it is still in the anteroom
        self._tasks: set[asyncio.Task[None]] = set()
        self._emptied = asyncio.Event()
        self._said_full_at = -_SAID_AGAIN_S
        self._apps = apps
        self._anteroom = Anteroom(apps, credentials)
        self._doorstep = Doorstep(self._enters, self._new_connection, self._descriptors.called)
        self._around = Around(road, find, cancel, metrics, monotonic, utc, new_id, self._spawn)
        self._admission = Admission(
            apps,
            credentials,
            lockout or Lockout(),
            self.binds,
            system_id=system_id,
            monotonic=monotonic,
            random=random,
            later=_call_later,
            on_bound=self._bound,
            pause_s=pause_s,
        )

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(
        self, host: str, port: int, context: ssl.SSLContext | None = None, held: Sequence[socket.socket] = ()
    ) -> tuple[str, int]:
        """Listen there, with TLS where `context` is given; where it listens. Raises OSError. May be called again.

        `held`: see Listener.open.
        """
        listener = Listener(self._doorstep.caller, backlog=BACKLOG, tls=context, handshake_s=HANDSHAKE_S)
        address, port = await listener.open(host, port, held)
        self._listeners.append(listener)
        self._descriptors.watch(listener)
        log.info("smpp_listening", address=address, port=port, tls=context is not None)
        return address, port

    @property
    def listening(self) -> bool:
        """Whether apps can connect."""
        return bool(self._listeners) and all(listener.listening for listener in self._listeners)

    def apply(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        """Take over a changed configuration: apps that are gone are unbound, the others keep their binds."""
        self._apps = apps
        self._admission.apply(apps, credentials)
        self._anteroom.apply(apps, credentials)
        for bind in list(self._connections):
            if not bind.app:
                continue
            if bind.app in apps:
                bind.change(apps[bind.app])
            else:
                bind.finish()

    async def stop(self, within_s: float = STOP_S) -> None:
        """Listen no more, answer what was asked, unbind everybody; after `within_s` what is left is cut off."""
        for listener in self._listeners:
            listener.close()
        self._doorstep.close()
        for bind in list(self._connections):
            bind.finish()
        if not await self._all_gone(within_s):
            log.warning("smpp_stop_cut_off", connections=len(self._connections))
            for bind in list(self._connections):
                bind.evict("cut off: the gateway stops")
            await self._all_gone(within_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _all_gone(self, within_s: float) -> bool:
        """Wait until no connection is left, at most so long."""
        try:
            async with asyncio.timeout(within_s):
                while self._connections:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            return False
        return True

    # -- for operators ----------------------------------------------------------------------------------------------

    def status(self) -> dict[str, list[dict[str, object]]]:
        """By app, each bind: address, type, window and since when (epoch seconds)."""
        return {app: [_bind_status(bind) for bind in self.binds.of(app)] for app in self._apps}

    @property
    def unbound(self) -> int:
        """Connections that are not bound yet."""
        return len(self._anteroom)

    # -- as the binds' keeper ---------------------------------------------------------------------------------------

    def connected(self, bind: AppBind) -> None:
        self._connections[bind] = True

    def asked(self, bind: AppBind, received: Received) -> None:
        self._admission.asked(bind, received)

    def alive(self, bind: AppBind) -> None:
        self._admission.alive(bind)

    def has_room(self, bind: AppBind) -> None:
        if bind.app and bind.receiving:
            self._on_room(bind.app)

    def leaving(self, bind: AppBind) -> None:
        if bind.app and self.binds.remove(bind):
            self._admission.place_freed(bind.app)

    def gone(self, bind: AppBind) -> None:
        self._admission.gone(bind)
        if self._connections.pop(bind, False):
            self._anteroom.leave(bind.address)
        if not self._connections:
            self._emptied.set()

    def _bound(self, bind: AppBind) -> None:
        if self._connections.get(bind):
            self._connections[bind] = False
            self._anteroom.leave(bind.address)
        self.has_room(bind)

    def _enters(self, address: str) -> bool:
        """Whether a connection is let in; it is counted from its first moment."""
        if self._anteroom.enter(address, self._monotonic()):
            return True
        self._say_full(address)
        return False

    def _new_connection(self) -> asyncio.Protocol:
        return AppBind(self._around, self, Allowance(BEFORE_BIND, self._monotonic, _call_later)).connection

    def _say_full(self, address: str) -> None:
        """Once a minute at most: whoever floods us shall not flood the log."""
        now = self._monotonic()
        if now - self._said_full_at >= _SAID_AGAIN_S:
            self._said_full_at = now
            log.warning("too_many_unbound_connections", address=address, unbound=self.unbound)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _call_later(seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)


def _bind_status(bind: AppBind) -> dict[str, object]:
    return {
        "address": f"{bind.address}:{bind.port}",
        "system_id": bind.system_id,
        "type": bind.type,
        "window_used": bind.session.unanswered,
        "window": bind.window,
        "pending": bind.pending,
        "since": bind.since,
    }
