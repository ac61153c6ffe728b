"""A listener for the apps' HTTP: connections, paths, keys, and every error as problem+json.

aiohttp's low-level server without its application layer. Measured: one-message POSTs over 32 kept-alive connections,
a core of its own, nothing stored: web.Application 33 µs of CPU a request, web.Server 30, web.Server with the answer
written in one piece (`http_answer`) 20; Starlette on uvicorn with httptools and uvloop 36-47, bare ASGI 24-31.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader

from gateway.apps import problem
from gateway.apps.descriptors import Descriptors
from gateway.apps.http_access import Access, Credentials
from gateway.apps.http_answer import Answer
from gateway.apps.http_call import Call, Found, Route, Router, UnreadBody
from gateway.apps.listener import Listener
from gateway.config.units import Address
from gateway.errors import Refusal, StoreError

log = structlog.get_logger()

KEEP_ALIVE_S = 75.0
"""So long a connection may be idle, or take to say its request line and headers."""
LINGER_S = 2.0
"""So long the rest of a refused body is read, so that the caller gets to read the answer."""
SEE_OFF_S = 0.25
"""So long, once nobody is let in any more, callers that keep their connection may still be told to make another. Who
has left waits for the next start meanwhile."""
BACKLOG = 1024
RETRY_STOPPING_S = 5.0

_REQUEST_ID = re.compile(r"[!-~]{1,128}")


class HttpListener:
    """One listener. Routes are given; keys may change while it runs."""

    def __init__(
        self,
        routes: Sequence[Route],
        credentials: Credentials,
        *,
        max_body: int,
        stopping: Callable[[], bool],
        new_id: Callable[[], str],
        descriptors: Descriptors | None = None,
    ) -> None:
        """`max_body`: octets of a single message's body; `stopping()`: whether the gateway takes nothing any more;
        `new_id()` names requests that bring no X-Request-Id; `descriptors` to share them with other listeners."""
        self._router = Router(list(routes))
        self._access = Access(credentials)
        self._max_body = max_body
        self._new_id = new_id
        self._stopping = stopping
        self._leaving = False
        self._descriptors = descriptors or Descriptors(0)
        self._listener: Listener | None = None
        self._connections: _Connections | None = None

    @property
    def listening(self) -> bool:
        """Whether it takes connections."""
        return self._listener is not None and self._listener.listening

    def set_credentials(self, credentials: Credentials) -> None:
        """Take over changed keys; the next request of every connection is judged by them."""
        self._access = Access(credentials)

    async def start(
        self, address: Address, tls: ssl.SSLContext | None = None, held: Sequence[socket.socket] = ()
    ) -> int:
        """Listen; the port it came to, where `address` left it to the system. Raises OSError. `held`: see
        Listener.open."""
        self._connections = _Connections(
            self._descriptors.called,
            self._handle,
            request_factory=self._request,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGER_S,
        )
        self._listener = Listener(self._connections, backlog=BACKLOG, tls=tls)
        _, port = await self._listener.open(address.host, address.port, held)
        self._descriptors.watch(self._listener)
        return port

    def leave(self) -> None:
        """From now on each answer ends its connection: when we stop, few are left whose next call would cross that."""
        self._leaving = True

    async def see_off(self, within_s: float = SEE_OFF_S) -> None:
        """Close the listener and go on answering, each answer the last of its connection. Then `stop`, for those who
        asked nothing within that time."""
        if self._listener is None or self._connections is None:
            return
        self._listener.close()
        self.leave()
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        # aiohttp tells nobody when a connection ends, and this happens once in a process's life.
        while self._connections.connections and loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Close the listener and idle connections; calls under way have `timeout_s` to be answered."""
        if self._listener is None or self._connections is None:
            return
        self._listener.close()
        self._connections.pre_shutdown()
        await self._connections.shutdown(timeout_s)

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self._max_body)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        answer = await self._answer(request)
        given = request.headers.get("X-Request-Id")
        answer.request_id = given if given is not None and _REQUEST_ID.fullmatch(given) else self._new_id()
        answer.close = answer.close or self._leaving or self._stopping()
        return cast("web.StreamResponse", answer)  # it has what aiohttp asks of one, see http_answer

    async def _answer(self, request: web.BaseRequest) -> Answer:
        try:
            return await self._routed(request)
        except Refusal as refusal:
            return problem.of_refusal(refusal)
        except problem.Invalid as invalid:
            return problem.of_refusals(invalid.refusals)
        except StoreError as error:
            return problem.of_store_error(error)
        except UnreadBody as error:
            return _closing(problem.of_status(error.status, str(error)))
        except ConnectionError:
            raise  # the caller is gone: there is nobody to answer
        except Exception:  # the top of a task: whatever it was, the caller gets an answer and the log its traceback
            log.exception("http_call_failed", method=request.method, path=request.raw_path[:200])
            return problem.of_status(500, "The gateway failed; its log says why.")

    async def _routed(self, request: web.BaseRequest) -> Answer:
        if self._stopping():
            raise Refusal("stopping", retry_after_s=RETRY_STOPPING_S)
        raw_path = request.raw_path
        found = self._router.find(raw_path)
        if found is None:
            raise Refusal("not_found", "There is nothing under this path; /docs lists what there is.")
        route = found.methods.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            return _not_allowed(request.method, found)
        app = "" if route.open else self._access.app(request.headers.get("Authorization"), request.remote)
        return await route.answer(Call(request, app, found.tail, self._max_body))


class _Connections(web.Server):
    """Makes a connection's protocol; aiohttp's, but for the words in which it refuses what is no HTTP."""

    def __init__(self, has_room: Callable[[asyncio.BaseTransport], bool], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_room = has_room

    def __call__(self) -> web.RequestHandler:
        return _Connection(self._has_room, self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    """A caller's connection."""

    __slots__ = ("_has_room",)

    def __init__(self, has_room: Callable[[asyncio.BaseTransport], bool], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_room = has_room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Cut off at once where there is no descriptor for it to keep."""
        super().connection_made(transport)
        if not self._has_room(transport):
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what cannot be parsed; it ends the connection."""
        log.debug("http_not_understood", address=request.remote, status=status, why=message or str(exc))
        answer = _closing(problem.of_status(status, message or "The request is not valid HTTP."))
        return cast("web.StreamResponse", answer)


def _not_allowed(method: str, found: Found) -> Answer:
    methods = sorted({*found.methods, *(("HEAD",) if "GET" in found.methods else ())})
    allow = ", ".join(methods)
    refusal = Refusal("method_not_allowed", f"{method[:20]} is not allowed here; there are {allow}.")
    return problem.of_refusal(refusal, (("Allow", allow),))


def _closing(answer: Answer) -> Answer:
    answer.close = True
    return answer
