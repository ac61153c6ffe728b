"""A listener for the apps' HTTP: connections, paths, keys, and every error as problem+json.

Connections are a protocol of our own on httptools (`http_connection`). One-message POSTs, 32 connections, not compiled:
146-175 us of CPU a message with all that follows; over aiohttp's low-level server, before, 187-203.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Sequence

import structlog

from gateway.apps import problem
from gateway.apps.descriptors import Descriptors
from gateway.apps.http_access import Access, Credentials
from gateway.apps.http_answer import Answer
from gateway.apps.http_call import Call, Found, Route, Router, UnreadBody
from gateway.apps.http_connection import HttpConnection, Patience
from gateway.apps.http_parser import NotUnderstood
from gateway.apps.http_request import Request
from gateway.apps.listener import Listener
from gateway.config.units import Address
from gateway.errors import Refusal, StoreError

log = structlog.get_logger()

KEEP_ALIVE_S = 75.0
"""So long a connection may be idle, or take to say its request line and headers."""
LINGER_S = 2.0
"""So long the rest of a refused body is read, so that the caller gets to read the answer."""
UNREAD_S = 30.0
"""So long a caller may read nothing of an answer that is too long to be sent at once; then it is cut off."""
SEE_OFF_S = 0.25
"""So long, once nobody is let in any more, callers that keep their connection may still be told to make another. Who
has left waits for the next start meanwhile."""
BACKLOG = 1024
HANDSHAKE_S = 10.0
"""So long a TLS handshake may take; until then a caller counts for nothing but its descriptor."""
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
        self._connections: set[HttpConnection] = set()

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
        patience = Patience(KEEP_ALIVE_S, LINGER_S, UNREAD_S)
        self._listener = Listener(
            lambda: HttpConnection(self, patience), backlog=BACKLOG, tls=tls, handshake_s=HANDSHAKE_S
        )
        host, port = await self._listener.open(address.host, address.port, held)
        self._descriptors.watch(self._listener)
        log.info("http_listening", address=host, port=port, tls=tls is not None)
        return port

    def leave(self) -> None:
        """From now on each answer ends its connection: when we stop, few are left whose next call would cross that."""
        self._leaving = True

    async def see_off(self, within_s: float = SEE_OFF_S) -> None:
        """Close the listener and go on answering, each answer the last of its connection. Then `stop`, for those who
        asked nothing within that time."""
        if self._listener is None:
            return
        self._listener.close()
        self.leave()
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while self._connections and loop.time() < until:  # noqa: ASYNC110 - once in a process's life
            await asyncio.sleep(0.01)

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Close the listener and idle connections; calls under way have `timeout_s` to be answered."""
        if self._listener is None:
            return
        self._listener.close()
        for connection in list(self._connections):
            connection.leave()
        await asyncio.gather(*(connection.ended(timeout_s) for connection in self._connections))

    # What a connection tells

    def entered(self, connection: HttpConnection, transport: asyncio.BaseTransport) -> bool:
        """Somebody has connected; False: there is no descriptor to keep the connection."""
        self._connections.add(connection)
        return self._descriptors.called(transport)

    def left(self, connection: HttpConnection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    async def answer(self, request: Request) -> Answer:
        """The answer to a request. Raises ConnectionError where the caller has gone."""
        answer = await self._answer(request)
        given = request.headers.get("X-Request-Id")
        answer.request_id = given if given is not None and _REQUEST_ID.fullmatch(given) else self._new_id()
        answer.close = answer.close or self._leaving or self._stopping()
        return answer

    def refuse(self, remote: str | None, what: NotUnderstood) -> Answer:
        """The answer to what is no HTTP."""
        log.debug("http_not_understood", address=remote, why=what.why)
        answer = problem.of_status(what.status, what.why)
        answer.request_id = self._new_id()
        return answer

    async def _answer(self, request: Request) -> Answer:
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

    async def _routed(self, request: Request) -> Answer:
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


def _not_allowed(method: str, found: Found) -> Answer:
    methods = sorted({*found.methods, *(("HEAD",) if "GET" in found.methods else ())})
    allow = ", ".join(methods)
    refusal = Refusal("method_not_allowed", f"{method[:20]} is not allowed here; there are {allow}.")
    return problem.of_refusal(refusal, (("Allow", allow),))


def _closing(answer: Answer) -> Answer:
    answer.close = True
    return answer
