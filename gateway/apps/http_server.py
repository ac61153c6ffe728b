"""HTTP for apps: all its calls on one listener."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from typing import Protocol

import uuid_utils

from gateway.apps.compatible_intake import Accepting
from gateway.apps.compatible_login import Credentials, Login
from gateway.apps.descriptors import Descriptors
from gateway.apps.http_batches import BatchCalls
from gateway.apps.http_inbound import InboundList
from gateway.apps.http_listener import HttpListener
from gateway.apps.http_lists import Lists
from gateway.apps.http_messages import Cancel, Find, Messages, Ways
from gateway.apps.http_numbers import Numbers, OptOuts
from gateway.apps.idempotency import Idempotency
from gateway.apps.jasmin import Jasmin
from gateway.apps.jasmin_enquiries import JasminEnquiries
from gateway.apps.kannel import Kannel
from gateway.apps.lockout import Lockout
from gateway.apps.openapi import Description
from gateway.apps.tls import ListenerTls
from gateway.batches import Batches
from gateway.clock import Clock
from gateway.config.schema import Config
from gateway.config.units import Address
from gateway.explain import Explanation
from gateway.intake import Intake
from gateway.message import Message
from gateway.metrics import Metrics
from gateway.store.commits import Commits
from gateway.store.store import Store
from gateway.submission import Submission


class Explainer(Protocol):
    """Says how a submission would go."""

    def explain(self, submission: Submission) -> Awaitable[Explanation]: ...


def new_request_id() -> str:
    """A name for a request that brought none."""
    return str(uuid_utils.uuid7())


class HttpServer:
    """What apps reach under `http.listen`."""

    def __init__(
        self,
        config: Config,
        credentials: Credentials,
        intake: Intake,
        store: Store,
        commits: Commits,
        opt_outs: OptOuts,
        explainer: Explainer,
        batches: Batches,
        *,
        find: Find,
        cancel: Cancel,
        view: Callable[[Message], Message],
        metrics: Metrics,
        clock: Clock,
        up: Callable[[str], bool] = lambda _: True,
        lockout: Lockout | None = None,
        descriptors: Descriptors | None = None,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        """`find` and `cancel` know messages in memory and on disk; `up(carrier)`: has a bind up; `lockout` and
        `descriptors` to share them with other listeners; `new_id()` names requests."""
        self._config = config
        self._login = Login(credentials, lockout or Lockout(), clock.monotonic)
        accepting = Accepting(intake, metrics)
        idempotency = Idempotency(store, commits, clock.utc, lambda: self._config.store.retention)
        routes = [
            *Messages(intake, Ways(find, cancel, explainer.explain), idempotency, metrics, clock.utc).routes(),
            *Numbers(intake.resolver, lambda: intake.rules.region, opt_outs, lambda: commits.healthy).routes(),
            *InboundList(store.inbound_of).routes(),
            *BatchCalls(batches, intake, lambda: commits.healthy, view, clock.utc).routes(),
            *Lists(store, lambda: intake.rules.region, view, clock.utc, batches.caught_up).routes(),
            *Kannel(accepting, self._login, self._callbacks, clock.utc, up).routes(),
            *Jasmin(accepting, self._login, self._callbacks, clock.utc).routes(),
            *JasminEnquiries(self._login, explainer.explain, clock.utc).routes(),
        ]
        description = Description(routes, version("relevo"))
        self.routes = [*routes, *description.routes()]
        self.tls: ListenerTls | None = None
        """What it shows its peers, once it listens with TLS."""
        self._listener = HttpListener(
            self.routes,
            credentials,
            max_body=config.http.max_body,
            stopping=lambda: intake.stopping,
            new_id=new_id,
            descriptors=descriptors,
        )

    @property
    def listening(self) -> bool:
        """Whether it takes connections."""
        return self._listener.listening

    async def start(self, address: Address, held: Sequence[socket.socket] = ()) -> int:
        """Listen, with TLS where it is configured; the port it came to, where `address` left it to the system. `held`:
        see Listener.open.

        Raises OSError (ssl.SSLError is one) where the address is taken or the certificate is none.
        """
        tls = self._config.http.tls
        self.tls = None if tls is None else ListenerTls(tls.certificate, tls.key)
        return await self._listener.start(address, None if self.tls is None else self.tls.context, held)

    def apply(self, config: Config, credentials: Credentials) -> None:
        """Take over changed keys. What apps may do is the intake's; listener and limits need a restart."""
        self._config = config
        self._login.set_credentials(credentials)
        self._listener.set_credentials(credentials)

    def leave(self) -> None:
        """Have who is connected connect anew for each call: the end is near."""
        self._listener.leave()

    async def see_off(self) -> None:
        """Listen no more, and have who is connected come again later, each with an answer."""
        await self._listener.see_off()

    async def stop(self) -> None:
        """Let calls under way be answered, and close. Set the intake to stopping before: else they are accepted."""
        await self._listener.stop()

    def _callbacks(self, app: str) -> tuple[str, ...]:
        """Where the callbacks of an app may go."""
        return self._config.apps[app].callbacks
