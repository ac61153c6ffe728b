"""Descriptors kept back from callers: without one no bind is made, no webhook posted, no store opened anew.

Every connection and every file is one, and the system gives a process only so many (`ulimit -n`, LimitNOFILE). When
almost all are taken, the apps' listeners rest until some are free; who calls meanwhile waits in the system's queue.
What is taken is not counted: a new descriptor gets the lowest number that is free, so a high one says that all below
it are taken.
"""

import asyncio
import os
import resource
from collections.abc import Callable

import structlog

from gateway.apps.listener import Listener

log = structlog.get_logger()

LOOK_S = 1.0
MOST = 65_536
"""So high the limit is raised, where the system lets us."""


def raise_limit() -> None:
    """Let the process have as many descriptors as it may, up to MOST. Shells and systemd give 1,024 unasked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def limit() -> int:
    """How many descriptors the process may have now."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else soft


def highest_of_next(count: int) -> int:
    """The highest number that so many more descriptors would get; the limit where there are not as many."""
    opened: list[int] = []
    try:
        for _ in range(count):
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))  # noqa: PERF401  # what is open must be known
    except OSError:
        return limit()
    finally:
        for number in opened:
            os.close(number)
    return max(opened)


class Descriptors:
    """Has the listeners rest while no more are free than are kept back. Used in one running loop."""

    def __init__(
        self, kept: int, *, limit: Callable[[], int] = limit, highest_of_next: Callable[[int], int] = highest_of_next
    ) -> None:
        """`kept`: how many callers do not get; where that is over half of the limit, half of it."""
        self._most_kept = kept
        self._limit = limit
        self._highest_of_next = highest_of_next
        self._listeners: list[Listener] = []
        self._resting: asyncio.Task[None] | None = None

    def watch(self, listener: Listener) -> None:
        """It rests with the others."""
        self._listeners.append(listener)

    @property
    def resting(self) -> bool:
        """Whether the listeners wait for free descriptors."""
        return self._resting is not None and not self._resting.done()

    def called(self, transport: asyncio.BaseTransport) -> bool:
        """A caller has connected; False: cut it off, for a turn of the loop may accept more than is kept back."""
        connected = transport.get_extra_info("socket")
        if connected is None:
            return True
        kept, left = self._kept, self._limit() - int(connected.fileno())
        if left > kept:
            return True
        if not self.resting:
            self._rest(left)
        return left > kept // 2

    async def close(self) -> None:
        """Look no more; the listeners are closed by whose they are."""
        self._listeners.clear()
        if self._resting is not None:
            self._resting.cancel()
            await asyncio.gather(self._resting, return_exceptions=True)

    @property
    def _kept(self) -> int:
        return min(self._most_kept, self._limit() // 2)

    def _rest(self, left: int) -> None:
        log.error("descriptors_scarce", left=left, limit=self._limit(), kept_back=self._kept)
        for listener in self._listeners:
            listener.rest()
        self._resting = asyncio.get_running_loop().create_task(self._until_free(), name="descriptors")

    async def _until_free(self) -> None:
        """Go on once a quarter more than what is kept back is free: else each caller would have us rest again."""
        while True:
            await asyncio.sleep(LOOK_S)
            highest = self._highest_of_next(1 + self._kept // 4)
            if self._limit() - highest > self._kept and await self._go_on():
                log.info("descriptors_free")
                return

    async def _go_on(self) -> bool:
        try:
            for listener in self._listeners:
                await listener.go_on()
        except OSError as error:
            log.warning("listener_rests_on", reason=str(error))
            return False
        return True
