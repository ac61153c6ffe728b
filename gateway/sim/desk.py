"""What a simulated SMSC does with a submit: take it or not, answer now, later or never, and say how it ended."""

from collections.abc import Callable
from typing import NamedTuple

from gateway.clock import Clock
from gateway.sim import nonsense
from gateway.sim.agenda import Agenda
from gateway.sim.faults import Deed, Dice, Mishap
from gateway.sim.habits import SILENCE, ReceiptParts
from gateway.sim.message_ids import MessageIds
from gateway.sim.outbox import Link
from gateway.sim.profile import Profile
from gateway.sim.receipts import receipt
from gateway.sim.records import AnySubmit, Record, Records
from gateway.sim.stats import Second, Stats
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import (
    DataSm,
    DataSmResp,
    DeliverSm,
    Response,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
)
from gateway.smpp.spec import MessageState, wants_receipt
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
    """What came, on which connection and under which sequence_number."""

    link: Link
    sequence_number: int
    pdu: AnySubmit


_Answer = tuple[Submit, str, int]  # with the message_id and the command_status


class Desk:
    """Takes submits. `offer(system_id, pdu)` is given the receipts."""

    def __init__(
        self,
        profile: Profile,
        agenda: Agenda,
        clock: Clock,
        random: Callable[[], float],
        *,
        stats: Stats,
        records: Records,
        offer: Callable[[str, DeliverSm | DataSm], None],
    ) -> None:
        self._profile = profile
        self._agenda = agenda
        self._clock = clock
        self._random = random
        self._stats = stats
        self._records = records
        self._offer = offer
        self._ids = MessageIds(profile.id_form, clock.utc(), random)
        self._admitted = Second(1.0 - _BUNCHING_S)
        self.faults = profile.faults
        self.dice = Dice(profile.faults, random)

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
            case _:
                submit.link.unanswered -= 1
                if self.dice.taken():
                    self._record(submit, now + self._delay())
                if deed is Deed.DROP:
                    submit.link.connection.abort()
                elif deed is Deed.NOISE:
                    submit.link.connection.inject(nonsense.noise(self._random))

    def _accept(self, submit: Submit, now: float) -> None:
        """Take it and answer, as if it had come at `now`."""
        answered_at = now + self._delay()
        message_id, early = self._record(submit, answered_at)
        self._later(answered_at + EARLY_S if early else answered_at, (submit, message_id, 0))

    def _record(self, submit: Submit, answered_at: float) -> tuple[str, bool]:
        """Remember it and see to its receipts; its id, and whether a receipt comes before the response."""
        ids = self._ids.take()
        early = False
        for to in _recipients(submit.pdu):
            record = Record(self._clock.utc(), submit.link.system_id, submit.pdu, to, ids)
            self._records.add(record)
            self._stats.accepted += 1
            early = self._plan(record, answered_at) or early
        return ids[0], early

    def _plan(self, record: Record, answered_at: float) -> bool:
        """How and when it ends, and what becomes of the receipt; True: it comes before the response."""
        profile = self._profile
        if profile.receipts_after_s is None:
            return False
        record.end = profile.habits.end(record.to) or self.dice.end()
        record.ends_at = answered_at + profile.receipts_after_s
        if profile.receipts_jitter_s:
            record.ends_at += self._random() * profile.receipts_jitter_s
        if not record.pdu.registered_delivery & 0x03 or not self._has_receipt(record):
            return False
        mishap = self.dice.mishap()
        if mishap is not Mishap.NONE:
            self._stats.mishaps[mishap.value] += 1
        if mishap is Mishap.EARLY:
            record.ends_at = answered_at
        if mishap is not Mishap.LOST:
            self._agenda.at(record.ends_at, self._send_receipt, record)
        if mishap is Mishap.TWICE:
            self._agenda.at(record.ends_at, self._send_receipt, record)
        return mishap is Mishap.EARLY

    def _has_receipt(self, record: Record) -> bool:
        """Whether this SMSC sends one for this part of a message."""
        parts = self._profile.habits.receipts.parts
        if parts is ReceiptParts.ALL:
            return True
        concat = record.opened(self._profile.alphabet).concat
        return concat is None or concat.number == (1 if parts is ReceiptParts.FIRST else concat.total)

    def _send_receipt(self, record: Record) -> None:
        if wants_receipt(record.pdu.registered_delivery, record.end is MessageState.DELIVERED):
            self._stats.receipts += 1
            profile = self._profile
            self._offer(
                record.system_id, receipt(record, profile.receipt_form, self._clock.utc(), profile.habits.receipts)
            )

    def _delay(self) -> float:
        profile = self._profile
        return profile.latency_s + (self._random() * profile.jitter_s if profile.jitter_s else 0.0)

    def _later(self, when: float, answer: _Answer) -> None:
        if when > self._clock.monotonic():
            self._agenda.at(when, self._respond, answer)
        else:
            self._respond(answer)

    def _respond(self, answer: _Answer) -> None:
        (link, sequence_number, pdu), message_id, status = answer
        link.unanswered -= 1
        if status:
            self._stats.refused[int(status)] += 1
        link.session.respond(sequence_number, _RESPONSES[type(pdu)](message_id), status)
        link.connection.flush_soon()


def _recipients(pdu: AnySubmit) -> tuple[str, ...]:
    if type(pdu) is SubmitMulti:
        return tuple(row.destination_addr for row in pdu.dest_address if isinstance(row, Destination))
    return (pdu.destination_addr,)  # type: ignore[union-attr]  # mypy does not narrow by the type's identity
