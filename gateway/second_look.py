"""What becomes of a message whose carrier says that another network serves the number (`errors: wrong_network`).

The answer that it was routed by has proven wrong, and people who have just ported are those who ask for OTPs: so it is
forgotten, the number is looked up once more, outside first, and the message goes by what that says. Once for a message:
a second carrier that says the same is believed too, and then the next in `via` is tried, or the message ends.
"""

import asyncio
from collections.abc import Callable

import structlog

from gateway.message import WAITING, Event, Message
from gateway.store.commits import Commits
from portability.answer import Answer
from portability.source import Resolver

log = structlog.get_logger()

MOST = 1_000
"""Looks at once. A carrier that says so of everything is wrong itself, and the rest goes by the next one unlooked."""


class SecondLook:
    """Looks numbers up afresh, for all carriers."""

    def __init__(
        self,
        resolver: Resolver,
        commits: Commits,
        *,
        choose: Callable[[Message, Answer], tuple[str, ...]],
        on_wrong: Callable[[str, str], None],
        utc: Callable[[], float],
    ) -> None:
        """`choose(message, answer)`: the carriers it would go by now, none where it would be refused;
        `on_wrong(network, carrier)` counts."""
        self._resolver = resolver
        self._commits = commits
        self._choose = choose
        self._on_wrong = on_wrong
        self._utc = utc
        self._looking: set[asyncio.Task[None]] = set()

    def wrong(self, message: Message, carrier: str) -> None:
        """A carrier has said so: count it, and believe no more what is kept of the number."""
        self._on_wrong(message.network, carrier)
        self._resolver.forget(int(message.to))

    def look(self, message: Message, carrier: str, then: Callable[[], None]) -> bool:
        """Look up a message's number; then its network and carriers are what is known now, and `then` is called.

        False where too many are looked up already; then nothing is done, and `then` is not called.
        """
        if len(self._looking) >= MOST:
            return False
        task = asyncio.get_running_loop().create_task(self._look(message, carrier, then), name="second look")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
        return True

    async def stop(self) -> None:
        """Leave off; what is being looked at is still to be sent after the next start."""
        looking = list(self._looking)
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

    async def _look(self, message: Message, carrier: str, then: Callable[[], None]) -> None:
        try:
            answer = await self._resolver.resolve_afresh(int(message.to))
            if message.status in WAITING:  # it may have been cancelled meanwhile
                self._learn(message, carrier, answer)
        except Exception:  # the top of a task: the message goes on, by what was known before
            log.exception("second_look_failed", message=message.id)
        then()

    def _learn(self, message: Message, carrier: str, answer: Answer) -> None:
        before, carriers = message.network, self._choose(message, answer)
        known = answer.network or "nothing"
        if any(name != carrier for name in carriers) and {*carriers} != {*message.carriers}:
            message.network, message.carriers, message.rerouted = answer.network or before, carriers, True
            found = f"{answer.source} says {known}: by {', '.join(carriers)}"
        else:
            found = f"{answer.source} says {known}, which leads nowhere else"
        detail = f"not {before}'s number, says {carrier}; looked up again: {found}"
        message.events += (Event(self._utc(), message.status, carrier, detail=detail),)
        self._commits.update(message)
