"""Who serves a number: sources asked in order, the first that knows wins.

Who serves a number is data with a date on it, so every answer says which source it came from and how old that is. A
source may know half: that a number was not ported, or that it is a mobile whose holder is not configured. Such an
answer has no network; what it does know is kept and the next source is asked.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple, Protocol

from portability.answer import Answer
from portability.asking import Asking, Closing, LookingAhead, Remembering


class Ask(Enum):
    """What `Source.lookup` returns when it must ask outside first."""

    ASK = "ask"


_ASK: Final = Ask.ASK


class SourceUnavailable(Exception):
    """The source cannot answer: its file is missing, its service is down. The next one is asked."""


class Source(Protocol):
    """A source of answers. `unavailable` says why it cannot answer now, None when it can."""

    @property
    def name(self) -> str: ...

    @property
    def unavailable(self) -> str | None: ...

    def lookup(self, number: int) -> Answer | Ask | None:
        """The answer, at once; None when it knows nothing; Ask.ASK to be awaited. Raises SourceUnavailable."""
        ...


class NumberingPlan(Protocol):
    """What tells mobile from fixed, also for numbers another source names the network of: porting keeps the kind."""

    def mobile(self, number: int) -> bool | None: ...


class NeedsAsking(NamedTuple):
    """Where a resolution stands that must await a source; `Resolver.resume` goes on from it."""

    number: int
    at: int
    ported: bool | None
    mobile: bool | None
    detail: str


class Tally:
    """How often a source was asked, by outcome; read when metrics are scraped."""

    __slots__ = ("answered", "nothing", "unavailable", "unmapped")

    def __init__(self) -> None:
        self.answered = 0
        self.nothing = 0
        self.unmapped = 0  # knew something, but no network of the configuration
        self.unavailable = 0


class Resolver:
    """Asks the sources in order. `unknown` is the network of numbers nobody knows, None to leave them without one."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        unknown: str | None = None,
        plan: NumberingPlan | None = None,
        tallies: Mapping[str, Tally] | None = None,
    ) -> None:
        """`tallies` by source, where another resolver counts what is asked of the same sources."""
        self.sources = tuple(sources)
        self.unknown = unknown
        self.plan = plan
        self.tallies = {source.name: Tally() for source in sources} if tallies is None else tallies
        self._steps = [(source, self.tallies[source.name]) for source in sources]
        self._remembering = tuple(source for source in sources if isinstance(source, Remembering))
        self._looking_ahead = tuple(source for source in sources if isinstance(source, LookingAhead))
        self.looks_ahead = bool(self._looking_ahead)
        """Whether it is of use to say which numbers will be asked for."""
        self._afresh: Resolver | None = None

    def resolve_now(self, number: int) -> Answer | NeedsAsking:
        """Who serves E.164 `number`, without waiting; NeedsAsking when only a source outside can tell.

        An answer always comes back: with network None nobody knows the number, and `unknown` names no network.
        """
        return self._walk(number, 0, None, None, "")

    def look_ahead(self, numbers: list[int]) -> None:
        """These E.164 numbers will be asked for next, all at once: sources may make less of it than one by one."""
        for source in self._looking_ahead:
            source.look_ahead(numbers)

    async def resolve(self, number: int) -> Answer:
        """Who serves E.164 `number`, waiting for sources outside where needed."""
        return await self.resume(self._walk(number, 0, None, None, ""))

    def forget(self, number: int) -> None:
        """What is kept of a number does not count any more: somebody who must know has said otherwise."""
        for source in self._remembering:
            source.forget(number)

    async def resolve_afresh(self, number: int) -> Answer:
        """Who serves E.164 `number`, when what was known has proven wrong: nothing kept counts, and sources outside are
        asked before those that this machine holds, which lag behind."""
        self.forget(number)
        if self._afresh is None:
            outside = [source for source in self.sources if isinstance(source, Asking)]
            held = [source for source in self.sources if not isinstance(source, Asking)]
            self._afresh = Resolver((*outside, *held), unknown=self.unknown, plan=self.plan, tallies=self.tallies)
        return await self._afresh.resolve(number)

    async def close(self) -> None:
        """Lets go of what sources hold towards outside, in the loop they were asked in."""
        for source in self.sources:
            if isinstance(source, Closing):
                await source.aclose()

    async def resume(self, found: Answer | NeedsAsking) -> Answer:
        """Goes on where `resolve_now` stopped."""
        while isinstance(found, NeedsAsking):
            found = await self._ask(found)
        return found

    def _walk(
        self, number: int, start: int, ported: bool | None, mobile: bool | None, detail: str
    ) -> Answer | NeedsAsking:
        for index in range(start, len(self._steps)):
            source, tally = self._steps[index]
            try:
                found = source.lookup(number)
            except SourceUnavailable:
                tally.unavailable += 1
                continue
            if found is None:
                tally.nothing += 1
            elif found is _ASK:
                return NeedsAsking(number, index, ported, mobile, detail)
            elif found.network is None:
                _count_half(tally, found)
                ported, mobile, detail = _with(found, ported, mobile, detail)
            else:
                tally.answered += 1
                return self._complete(number, source, found, ported, mobile)
        return self._unknown(number, ported, mobile, detail)

    async def _ask(self, needs: NeedsAsking) -> Answer | NeedsAsking:
        number, index, ported, mobile, detail = needs
        source, tally = self._steps[index]
        if not isinstance(source, Asking):
            raise TypeError(f"source {source.name} wants to be asked but has no ask()")
        try:
            found = await source.ask(number)
        except SourceUnavailable:
            tally.unavailable += 1
            return self._walk(number, index + 1, ported, mobile, detail)
        if found is None:
            tally.nothing += 1
        elif found.network is None:
            _count_half(tally, found)
            ported, mobile, detail = _with(found, ported, mobile, detail)
        else:
            tally.answered += 1
            return self._complete(number, source, found, ported, mobile)
        return self._walk(number, index + 1, ported, mobile, detail)

    def _complete(self, number: int, source: object, found: Answer, ported: bool | None, mobile: bool | None) -> Answer:
        """The answer with what earlier sources and the plan know besides."""
        if found.mobile is not None:
            mobile = found.mobile
        elif mobile is None and self.plan is not None and source is not self.plan:
            mobile = self.plan.mobile(number)
        if found.ported is not None:
            ported = found.ported
        if mobile is found.mobile and ported is found.ported:
            return found
        return Answer(found.network, found.source, ported, found.as_of, mobile, found.hosts, found.detail)

    def _unknown(self, number: int, ported: bool | None, mobile: bool | None, detail: str) -> Answer:
        if mobile is None and self.plan is not None:
            mobile = self.plan.mobile(number)
        return Answer(self.unknown, "unknown", ported, None, mobile, (), detail or "no source knows the number")


def _count_half(tally: Tally, found: Answer) -> None:
    """ "Not ported" is what most numbers are; anything else without a network is data we cannot map."""
    if found.ported is False:
        tally.nothing += 1
    else:
        tally.unmapped += 1


def _with(found: Answer, ported: bool | None, mobile: bool | None, detail: str) -> tuple[bool | None, bool | None, str]:
    """What is known so far and what an answer without network adds; the earlier source is believed."""
    return (
        found.ported if ported is None else ported,
        found.mobile if mobile is None else mobile,
        detail or (found.detail if found.ported is not False else ""),
    )
