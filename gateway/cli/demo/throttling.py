"""A carrier says slower: for a moment it refuses everything, and the gateway obeys without losing anything."""

from dataclasses import dataclass

from gateway.cli.demo.ledger import Letter
from gateway.cli.demo.people import NAMES
from gateway.cli.demo.stage import Stage

CARRIER = "movistar"
_HOLD_S = 0.2
_NOTHING_TO_REFUSE_S = 3.0
_OBEYED_S = 10.0


@dataclass(slots=True)
class Throttling:
    """When the carrier took nothing (epoch seconds), from its first refusal to the first submit after; 0.0: never."""

    began: float = 0.0
    ended: float = 0.0

    def met(self, letter: Letter) -> bool:
        """Whether the letter was on its way to this carrier meanwhile."""
        if letter.person.carrier != CARRIER or not self.began:
            return False
        reached = letter.arrivals[0].at if letter.arrivals else self.ended
        return letter.sent_at <= self.ended and reached >= self.began

    async def happen(self, stage: Stage, share: int) -> None:
        """Once the carrier has some of its `share` of the campaign's texts, let it refuse the next ones."""
        smsc, clock = stage.smscs[CARRIER], stage.clock
        if not await stage.seen(lambda: smsc.taken >= share * 0.3):
            return
        smsc.throttle(True)
        refused = await stage.seen(lambda: smsc.throttled > 0, _NOTHING_TO_REFUSE_S)
        self.began = clock.utc() if refused else 0.0
        if refused:
            stage.say(f"[yellow]{NAMES[CARRIER]} answers ESME_RTHROTTLED[/]: slower, please")
            await stage.seen(lambda: False, _HOLD_S)
        smsc.throttle(False)
        if refused:
            await self._obeyed(stage)

    async def _obeyed(self, stage: Stage) -> None:
        """Wait for what the gateway makes of it."""
        smsc = stage.smscs[CARRIER]
        taken = smsc.simulator.stats.accepted
        went_on = await stage.seen(lambda: smsc.simulator.stats.accepted > taken, _OBEYED_S)
        self.ended = stage.clock.utc()
        if went_on:
            stage.note(f"a pause of {self.ended - self.began:.1f} s; the {smsc.throttled} refused go again")
