"""How the messages of a simulated SMSC end, when that is, and which receipts tell of it."""

from collections.abc import Callable

from gateway.sim.around import Around
from gateway.sim.faults import Dice, Mishap
from gateway.sim.habits import ReceiptParts
from gateway.sim.message_ids import MessageIds
from gateway.sim.receipts import receipt
from gateway.sim.records import Record
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.spec import MessageState, wants_receipt


class Ends:
    """Decides ends as messages are taken. `offer(system_id, pdu)` is given the receipts; a stray one takes of `ids`."""

    def __init__(self, around: Around, ids: MessageIds, offer: Callable[[str, DeliverSm | DataSm], None]) -> None:
        self._profile, self._agenda, self._clock, self._random, self._stats = around
        self._ids = ids
        self._offer = offer

    def plan(self, record: Record, answered_at: float, dice: Dice) -> bool:
        """How and when it ends, and what becomes of the receipt; True: it comes before the response."""
        profile = self._profile
        if profile.receipts_after_s is None:
            return False
        record.end = profile.habits.end(record.to) or dice.end()
        record.ends_at = answered_at + profile.receipts_after_s
        if profile.receipts_jitter_s:
            record.ends_at += self._random() * profile.receipts_jitter_s
        if not record.pdu.registered_delivery & 0x03 or not self._has_receipt(record):
            return False
        mishap = record.mishap = dice.mishap()
        if mishap is not Mishap.NONE:
            self._stats.mishaps[mishap.value] += 1
        self._plan_receipts(record, mishap, answered_at)
        return mishap is Mishap.EARLY

    def _plan_receipts(self, record: Record, mishap: Mishap, answered_at: float) -> None:
        if mishap is Mishap.LOST:
            return
        ids = record.message_id, record.receipt_id
        if mishap is Mishap.INTERMEDIATE:
            self._agenda.at(answered_at, self._send_receipt, record.twin(MessageState.ENROUTE, ids))
        if mishap is Mishap.EARLY:
            record.ends_at = answered_at
        assert record.ends_at is not None  # noqa: S101  # `plan` has set it
        self._agenda.at(record.ends_at, self._send_receipt, record)
        if mishap is Mishap.TWICE:
            self._agenda.at(record.ends_at, self._send_receipt, record)
        elif mishap is Mishap.STRAY:
            self._agenda.at(record.ends_at, self._send_receipt, record.twin(record.end, self._ids.take()))

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
