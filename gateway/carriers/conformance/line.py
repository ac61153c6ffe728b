"""The way to the SMSC: a session that submits, one more for receipts where it cannot have them, and what came back.

Other traffic may come over the sessions of a live account: receipts and inbound messages that belong to the gateway.
They are answered ESME_RX_T_APPN, so that the SMSC keeps them for when the gateway binds again.
"""

import asyncio
from collections.abc import Callable, Sequence

from gateway.carriers.bind_settings import BindSettings
from gateway.carriers.conformance.call import Call, CallEnded
from gateway.carriers.conformance.values import Arrival, Reply
from gateway.clock import Clock
from gateway.smpp import events as ev
from gateway.smpp.pdu import DataSm, DeliverSm, SubmitSm
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.status import CommandStatus

QUIET_S = 2.0
"""Without an answer for so long after the first ones, the rest of a burst is taken for unanswered."""
_TELLING_DIGITS = 8  # of a number's end: carriers write the same number in several forms


class BudgetSpent(Exception):
    """As many messages were sent as were agreed to."""


class Line:
    """Submits at most `budget` messages, singly at most `pace_per_s` a second; keeps the receipts of its own."""

    def __init__(
        self,
        submitting: BindSettings,
        receiving: BindSettings | None,
        clock: Clock,
        *,
        budget: int,
        pace_per_s: float,
        quiet_s: float = QUIET_S,
    ) -> None:
        """`receiving`: the bind that receipts come by, None where `submitting` has them itself."""
        self.clock = clock
        self.budget = budget
        self.sent = 0
        self.arrivals: list[Arrival] = []
        self.strangers = 0
        """Messages of the SMSC that were none of ours, put off."""
        self.bound: list[tuple[str, ev.Bound]] = []
        """The binds as they were accepted, with their mode."""
        self._settings = [submitting] if receiving is None else [submitting, receiving]
        self._pace_s = 1.0 / pace_per_s
        self._quiet_s = quiet_s
        self._next_at = 0.0
        self._slowest_s = 0.0
        self._calls: list[Call] = []
        self._numbers: set[str] = set()
        self._arrived = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether all of its sessions are bound."""
        return bool(self._calls) and all(call.up for call in self._calls)

    @property
    def reason(self) -> str:
        """Why it is not."""
        return next((call.reason for call in self._calls if not call.up), "")

    @property
    def rtts_s(self) -> list[float]:
        """How long each enquire_link took, of the sessions that are open."""
        return [rtt_s for call in self._calls for rtt_s in call.rtts_s]

    async def open(self) -> None:
        """Bind all sessions anew. Raises CallEnded."""
        await self.close()
        self.bound.clear()
        for settings in self._settings:
            call = Call(settings, self._take, self.clock)
            self._calls.append(call)
            self.bound.append((settings.mode, await call.open()))

    async def close(self) -> None:
        """Unbind."""
        calls, self._calls = self._calls, []
        for call in calls:
            await call.close()

    async def check_link(self) -> float:
        """The seconds that an enquire_link takes on the submitting session. Raises CallEnded."""
        return await self._calls[0].check_link()

    async def send(self, pdu: SubmitSm) -> Reply:
        """Submit one message at the line's own pace and wait for its answer. Raises BudgetSpent, CallEnded."""
        await self.rest(self._next_at - self.clock.monotonic())
        self._next_at = self.clock.monotonic() + self._pace_s
        reply = await self.post(pdu)
        if reply.status is None and not self.up:
            raise CallEnded(f"unanswered: {self.reason}")
        self._slowest_s = max(self._slowest_s, reply.elapsed_s)
        return reply

    def post(self, pdu: SubmitSm) -> "asyncio.Future[Reply]":
        """Submit one message at once. Raises BudgetSpent, CallEnded."""
        if self.sent >= self.budget:
            raise BudgetSpent(f"all {self.budget} messages are spent")
        self._numbers.add(_tail(pdu.destination_addr))
        reply = self._calls[0].send(pdu)
        self.sent += 1
        return reply

    async def burst(self, pdus: Sequence[SubmitSm]) -> list[Reply | None]:
        """Submit all at once; the replies in order, None for what stayed unanswered while nothing came any more.

        After a None the session is in doubt: it still waits for those answers. Raises BudgetSpent, CallEnded.
        """
        quiet_s = max(self._quiet_s, 3 * self._slowest_s)
        waiting = [self.post(pdu) for pdu in pdus]
        left = set(waiting)
        while left:
            done, left = await asyncio.wait(left, timeout=quiet_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
        return [future.result() if future.done() else None for future in waiting]

    async def rest(self, seconds: float) -> None:
        """Let so much time pass; the sessions stay alive."""
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def until(self, so: Callable[[], bool], within_s: float) -> bool:
        """Wait for receipts until something is so, or the time has passed; whether it is so."""
        try:
            async with asyncio.timeout(within_s):
                while not so():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return so()
        return True

    def _take(self, pdu: DeliverSm | DataSm) -> int:
        kind = classify(pdu, text_receipts=True)
        ours = {_tail(pdu.source_addr), _tail(pdu.destination_addr)} & self._numbers
        if kind not in {Kind.RECEIPT, Kind.INTERMEDIATE} or not ours:
            self.strangers += 1
            return CommandStatus.ESME_RX_T_APPN
        self.arrivals.append(Arrival(self.clock.monotonic(), pdu, read(pdu)))
        self._arrived.set()
        return CommandStatus.ESME_ROK


def _tail(number: str) -> str:
    return number[-_TELLING_DIGITS:]
