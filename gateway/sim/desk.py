"""What a simulated SMSC does with a submit: take it or not, answer now, later or never, and say how it ended."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from gateway.sim import nonsense
from gateway.sim.around import Around
from gateway.sim.ends import Ends
from gateway.sim.faults import Deed, Dice
from gateway.sim.habits import SILENCE
from gateway.sim.message_ids import MessageIds
from gateway.sim.outbox import Link
from gateway.sim.records import AnySubmit, Record, Records
from gateway.sim.stats import Second
from gateway.smpp.codec import encode
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import (
    DataSm,
    DataSmResp,
    DeliverSm,
    GenericNack,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from gateway.smpp.status import CommandStatus

EARLY_S = 0.05
"""So long an early receipt comes before the response."""

# What left within a second may arrive within a little less: networks and loops bunch what was sent evenly.
_BUNCHING_S = 0.01

_RESPONSES: dict[type, Callable[[str], Response]] = {
    SubmitSm: SubmitSmResp,
    DataSm: DataSmResp,
    SubmitMulti: SubmitMultiResp,
}


class Submit(NamedTuple):
    """What came, on which connection and under which sequence_number; `nacked`: a generic_nack answers it."""

    link: Link
    sequence_number: int
    pdu: AnySubmit
    nacked: bool = False


_Answer = tuple[Submit, str, int]  # with the message_id and the command_status

_CUT_AT = 10  # octets of an answer that `cut` lets through: in the middle of the header, the id is not told


class Observer(Protocol):
    """Who keeps books on what the SMSC did."""

    def taken(self, record: Record) -> None:
        """A message was taken: how it ends, and what becomes of its receipt, is decided."""

    def refused(self, pdu: AnySubmit, command_status: int) -> None:
        """A submit is refused."""


class Desk:
    """Takes submits. `offer(system_id, pdu)` is given the receipts."""

    def __init__(
        self,
        around: Around,
        records: Records,
        offer: Callable[[str, DeliverSm | DataSm], None],
        observer: Observer | None = None,
    ) -> None:
        self._profile, self._agenda, self._clock, self._random, self._stats = around
        self._records = records
        self._observer = observer
        self._ids = MessageIds(around.profile.id_form, around.clock.utc(), around.random)
        self._ends = Ends(around, self._ids, offer)
        self._admitted = Second(1.0 - _BUNCHING_S)
        self.faults = around.profile.faults
        self.dice = Dice(self.faults, around.random)

    def take(self, submit: Submit) -> None:
        """A submit_sm, data_sm or submit_multi came."""
        now = self._clock.monotonic()
        self._stats.arrive(now)
        submit.link.unanswered += 1
        status = self._limit(submit, now)
        if status is not None:
            self._turn_away(submit, status)
            return
        status = self._profile.habits.refusal(submit.pdu)
        if status:
            self._later(now + self._delay(), (submit, "", status))
            return
        deed, status = self.dice.deed()
        if deed is Deed.ANSWER:
            self._accept(submit, now)
        else:
            self._stats.deeds[deed.value] += 1
            self._misbehave(deed, status, submit, now)

    def _limit(self, submit: Submit, now: float) -> int | None:
        """The command_status of a limit that this submit passes (SILENCE: none is said), else None."""
        profile, pdu = self._profile, submit.pdu
        if profile.window is not None and submit.link.unanswered > profile.window:
            return profile.habits.over_window
        if profile.tps is not None:
            if self._admitted.count(now) >= profile.tps:
                return profile.habits.over_tps
            self._admitted.add(now)
        if type(pdu) is SubmitMulti and not all(type(row) is Destination for row in pdu.dest_address):
            return CommandStatus.ESME_RCNTSUBDL
        return None

    def _turn_away(self, submit: Submit, status: int) -> None:
        if status == SILENCE:
            submit.link.unanswered -= 1
        else:
            self._respond((submit, "", status))

    def _misbehave(self, deed: Deed, status: int, submit: Submit, now: float) -> None:
        match deed:
            case Deed.REFUSE:
                self._later(now + self._delay(), (submit, "", status))
            case Deed.SLOW:
                self._accept(submit, now + self.faults.slow_s)
            case Deed.GARBAGE:
                submit.link.connection.inject(nonsense.garbage(self._random))
                self._accept(submit, now)
            case Deed.DUPLICATE:
                self._accept(submit, now, twice=True)
            case Deed.NACK:
                self._later(now + self._delay(), (submit._replace(nacked=True), "", CommandStatus.ESME_RSYSERR))
            case Deed.CUT:
                submit.link.unanswered -= 1
                message_id, _ = self._record(submit, now)
                answer = encode(_RESPONSES[type(submit.pdu)](message_id), submit.sequence_number)
                submit.link.connection.break_off(answer[:_CUT_AT])
            case _:
                self._leave_unanswered(deed, submit, now)

    def _leave_unanswered(self, deed: Deed, submit: Submit, now: float) -> None:
        """Nobody hears whether it was taken."""
        link = submit.link
        link.unanswered -= 1
        if self.dice.taken():
            self._record(submit, now + self._delay())
        match deed:
            case Deed.DROP:
                link.connection.abort()
            case Deed.NOISE:
                link.connection.inject(nonsense.noise(self._random))
            case Deed.HALF_OPEN:
                link.connection.fall_silent()
                if link.outbox is not None:
                    link.outbox.leave(link)

    def _accept(self, submit: Submit, now: float, *, twice: bool = False) -> None:
        """Take it and answer, as if it had come at `now`."""
        answered_at = now + self._delay()
        message_id, early = self._record(submit, answered_at)
        if early:
            answered_at += EARLY_S
        self._later(answered_at, (submit, message_id, 0))
        if twice:
            submit.link.unanswered += 1
            self._later(answered_at, (submit, message_id, 0))

    def _record(self, submit: Submit, answered_at: float) -> tuple[str, bool]:
        """Remember it and see to its receipts; its id, and whether a receipt comes before the response."""
        ids = self._ids.take()
        early = False
        for to in _recipients(submit.pdu):
            record = Record(self._clock.utc(), submit.link.system_id, submit.pdu, to, ids)
            self._records.add(record)
            self._stats.accepted += 1
            early = self._ends.plan(record, answered_at, self.dice) or early
            if self._observer is not None:
                self._observer.taken(record)
        return ids[0], early

    def _delay(self) -> float:
        profile = self._profile
        return profile.latency_s + (self._random() * profile.jitter_s if profile.jitter_s else 0.0)

    def _later(self, when: float, answer: _Answer) -> None:
        if when > self._clock.monotonic():
            self._agenda.at(when, self._respond, answer)
        else:
            self._respond(answer)

    def _respond(self, answer: _Answer) -> None:
        (link, sequence_number, pdu, nacked), message_id, status = answer
        link.unanswered -= 1
        if status:
            self._stats.refused[int(status)] += 1
            if self._observer is not None:
                self._observer.refused(pdu, status)
        response = GenericNack() if nacked else _RESPONSES[type(pdu)](message_id)
        link.session.respond(sequence_number, response, status)
        link.connection.flush_soon()


def _recipients(pdu: AnySubmit) -> tuple[str, ...]:
    if type(pdu) is SubmitMulti:
        return tuple(row.destination_addr for row in pdu.dest_address if isinstance(row, Destination))
    return (pdu.destination_addr,)  # type: ignore[union-attr]  # mypy does not narrow by the type's identity
