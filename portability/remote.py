"""A source that asks somebody outside, with all that keeps such a somebody from slowing messages.

In front stands a cache; one question per number is in flight, so many at once, each with a deadline; a source that does
not answer is left alone for a while (`breaker.py`), and what it said up to a day ago serves meanwhile, marked as such.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from portability.answer import Answer
from portability.breaker import Breaker, Standing
from portability.cache import Cache
from portability.source import Ask, SourceUnavailable

AT_ONCE = 128  # questions in flight: 128 in 30 ms are 4,000/s; at the deadline of 300 ms still 400/s
STALE_S = 24 * 3600.0  # at 2 million ports a month over 145 million lines, 0.05 % of such answers are wrong

OnAsked = Callable[[str, float, str], None]
"""Source, seconds, and "answered", "nothing" or "unavailable": each question that really went out."""


class Outside(Protocol):
    """Who is asked. Deadline, cache and repetition are not its business."""

    @property
    def name(self) -> str: ...

    async def question(self, number: int) -> Answer | None:
        """What it says of E.164 `number`, None when it knows nothing. Raises SourceUnavailable."""
        ...

    async def close(self) -> None:
        """Lets go of sockets; a later question opens new ones."""
        ...


class Remote:
    """Source and Asking around `outside`. `monotonic` and `utc` in seconds; `on_asked` hears of each question."""

    def __init__(
        self,
        outside: Outside,
        cache: Cache,
        *,
        timeout_s: float,
        monotonic: Callable[[], float],
        utc: Callable[[], float],
        on_asked: OnAsked | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.name = outside.name
        self.cache = cache
        self._outside = outside
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._utc = utc
        self._on_asked = on_asked
        self._breaker = breaker or Breaker()
        self._why = ""
        self._places = asyncio.Semaphore(AT_ONCE)
        self._in_flight: dict[int, asyncio.Task[Answer | None]] = {}

    @property
    def unavailable(self) -> str | None:
        """Why it is left alone now; None while it may be asked."""
        return None if self._breaker.standing(self._monotonic()) is Standing.CLOSED else self._why

    def lookup(self, number: int) -> Answer | Ask | None:
        """The answer kept; Ask.ASK when there is none and the source may be asked. Raises SourceUnavailable."""
        now = self._monotonic()
        kept = self.cache.get(number, now)
        if kept is not None:
            return kept.answer
        if self._breaker.standing(now) is Standing.CLOSED:
            return Ask.ASK
        return self._stale(number, now)

    async def ask(self, number: int) -> Answer | None:
        """The answer from outside, shared by all who ask for the same number meanwhile. Raises SourceUnavailable.

        Who is cancelled while waiting leaves the question to the others; its answer is kept all the same.
        """
        flight = self._in_flight.get(number)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._ask(number), name=f"ask {self.name}")
            self._in_flight[number] = flight
            flight.add_done_callback(lambda done: self._landed(number, done))
        return await asyncio.shield(flight)

    def forget(self, number: int) -> None:
        """The answer kept of a number does not serve any more, not even while the source is down."""
        self.cache.drop(number)

    async def aclose(self) -> None:
        """Withdraws the questions in flight and lets go of the sockets."""
        flights = list(self._in_flight.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._outside.close()

    async def _ask(self, number: int) -> Answer | None:
        asked_at = self._monotonic()
        if not self._breaker.take(asked_at):
            return self._stale(number, asked_at)
        try:
            async with asyncio.timeout(self._timeout_s), self._places:
                withdrawn = self._breaker.withdrawn(asked_at)  # while it waited for its place, others failed
                answer = None if withdrawn else await self._outside.question(number)
        except (SourceUnavailable, TimeoutError) as reason:
            now = self._monotonic()
            self._why = str(reason) or f"no answer within {self._timeout_s:g} s"
            self._breaker.failed(asked_at, now)
            self._told(now - asked_at, "unavailable")
            return self._stale(number, now)
        except BaseException:
            self._breaker.given_back(asked_at)
            raise
        now = self._monotonic()
        if withdrawn:
            return self._stale(number, now)
        self._breaker.answered(now)
        self._told(now - asked_at, "nothing" if answer is None else "answered")
        if answer is not None:
            answer = answer._replace(as_of=self._utc())
        self.cache.put(number, answer, now)
        return answer

    def _stale(self, number: int, now: float) -> Answer | None:
        """What it said within the last day, marked. Raises SourceUnavailable where it said nothing."""
        kept = self.cache.stale(number, now, STALE_S)
        if kept is None:
            raise SourceUnavailable(self._why)
        if kept.answer is None:
            return None
        mark = f"said {_span(now - kept.stored_at)} ago; not available now: {self._why}"
        return kept.answer._replace(detail="; ".join(filter(None, (kept.answer.detail, mark))))

    def _told(self, seconds: float, result: str) -> None:
        if self._on_asked is not None:
            self._on_asked(self.name, seconds, result)

    def _landed(self, number: int, flight: "asyncio.Task[Answer | None]") -> None:
        del self._in_flight[number]
        if not flight.cancelled():
            flight.exception()  # whoever waited has it; when nobody waits any more, nobody is to be warned


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
