"""The admin listener: operations, health and metrics over HTTP (contract in docs/operations.md)."""

import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from gateway.admin import problem
from gateway.admin.access import Access
from gateway.admin.console import Console
from gateway.admin.control import Control
from gateway.admin.health import Health
from gateway.admin.logging import Logging
from gateway.admin.messages import Messages
from gateway.admin.operating import Operating
from gateway.admin.streams import Streams
from gateway.config import Address, Secret
from gateway.log import logger
from gateway.metrics import Metrics

log = logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# /healthz says nothing that is not known from the open port, and what asks it seldom can hold a token; the console's
# page is the same for everybody, and has no figure in it until its reader gives the token.
_OPEN = frozenset({"/healthz", "/"})
_LARGEST_BODY = 1 << 20
_LAST_ANSWERS_S = 2.0


class AdminServer:
    """One listener. `token` None is for loopback only, which the configuration's check sees to."""

    def __init__(self, control: Control, metrics: Metrics, token: Secret | None) -> None:
        self._access = Access(token)
        app = web.Application(middlewares=[self._judge], client_max_size=_LARGEST_BODY)
        of_control = (Operating(control), Messages(control), Streams(control), Logging(control))
        for calls in (Health(control, metrics), *of_control, Console()):
            app.add_routes(calls.routes())
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_LAST_ANSWERS_S)

    async def start(self, address: Address, held: Sequence[socket.socket] = ()) -> int:
        """Listen, at `held` where those listen there already; the port it came to, where `address` left it to the
        system. Raises OSError."""
        await self._runner.setup()
        sites: list[web.BaseSite] = [web.SockSite(self._runner, each) for each in held]
        try:
            for site in sites or [web.TCPSite(self._runner, address.host, address.port)]:
                await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        return int(self._runner.addresses[0][1])

    def set_token(self, token: Secret | None) -> None:
        """What a reload changed."""
        self._access = Access(token)

    async def stop(self) -> None:
        """Close the listener; calls that are under way have two seconds to be answered."""
        await self._runner.cleanup()

    @web.middleware
    async def _judge(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only who may, and every error in one shape."""
        refused = None if request.path in _OPEN else self._access.refused(request)
        if refused is not None:
            return refused
        try:
            return await handler(request)
        except problem.EXPECTED as error:
            return problem.of(error)
        except Exception:  # the top of a task: whatever it was, the caller gets an answer and the log its traceback
            log.exception("admin_call_failed", path=request.path)
            return problem.problem(500, "Internal Server Error", "The gateway's log says why.")
