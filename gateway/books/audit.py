"""Whether the books balance: every accepted segment is in exactly one state, and what it came to is accounted for.

Two kinds of findings. *Wrong* is what no course of events explains: the audit fails. *Old* is what waits longer than it
should: a carrier that is down, an app that does not fetch, a gateway that is stopped; somebody should look.
Messages and rows go in one after the other, and memory holds sums and the first ids of each finding.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.books.faults import MESSAGE_RULES
from gateway.books.records import segments_of, taken_at
from gateway.message import WAITING, Delivery, Message, Segment, Status
from gateway.store.batch import Batch
from gateway.store.reader import StoreReader

IDS_NAMED = 10
RECEIPT_LATE_S = 8 * 86_400.0
"""So long carriers may take for a receipt: what waits longer has been forgotten there."""
DELIVERY_LATE_S = 86_400.0
"""So long a webhook is tried; an app's bind may be away for longer, and then somebody should know."""
PATIENCE_S = 60.0
"""How late the gateway may be with what is due: sweeps run each minute."""


class Account(NamedTuple):
    """What sums are kept of: the day a message was accepted (UTC), its app, and the carrier that has the segment."""

    day: str
    app: str
    carrier: str


@dataclass(slots=True)
class Finding:
    """Something that was found of `count` messages (deliveries, batches), the first of them named."""

    what: str
    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, of: str) -> None:
        """One more."""
        self.count += 1
        if len(self.ids) < IDS_NAMED:
            self.ids.append(of)


class Limits(NamedTuple):
    """When what waits is late: `now` in epoch seconds, by lane the longest hold of what is uncertain."""

    now: float
    hold_s: Mapping[str, float]
    retention_s: float


class Audit:
    """Takes everything that is on disk, in any order, and says what it comes to."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._wrong: dict[str, Finding] = {}
        self._old: dict[str, Finding] = {}
        self._batches: Counter[str] = Counter()
        self.sums: dict[Account, Counter[Status]] = {}
        self.uncertain: Counter[Account] = Counter()
        """Segments that ended as unknown without an answer: the carrier may have sent them or not."""
        self.messages = 0

    @property
    def wrong(self) -> list[Finding]:
        """What does not balance."""
        return list(self._wrong.values())

    @property
    def old(self) -> list[Finding]:
        """What waits longer than it should."""
        return list(self._old.values())

    # -- what goes in -------------------------------------------------------------------------------------------------

    def message(self, message: Message, *, planned: bool) -> None:
        """A message; `planned`: it stands in the schedule."""
        self.messages += 1
        if message.batch:
            self._batches[message.batch] += 1
        for what, broken in MESSAGE_RULES.items():
            if broken(message):
                self._found_wrong(what, message.id)
        if planned is not (message.status is Status.SCHEDULED):
            self._found_wrong("in the schedule and not scheduled, or the other way round", message.id)
        self._look_at_age(message)
        day = datetime.fromtimestamp(message.created_at, UTC).date().isoformat()
        for segment in segments_of(message):
            self._count(Account(day, message.app, segment.carrier or message.carrier), segment)

    def planned_for_nothing(self, message_id: str) -> None:
        """An id in the schedule that no message has."""
        self._found_wrong("in the schedule, but no such message", message_id)

    def delivery(self, delivery: Delivery, *, has_subject: bool) -> None:
        """A delivery that is still on disk; `has_subject`: what it tells of is there too."""
        if not has_subject and delivery.created_at > self._limits.now - self._limits.retention_s:
            self._found_wrong("a delivery tells of nothing that is there", delivery.id)
        if delivery.state == "dead":
            self._found_old("deliveries that were given up (dead)", delivery.id)
        elif delivery.created_at + DELIVERY_LATE_S < self._limits.now:
            self._found_old("deliveries older than a day", delivery.id)

    def batch(self, batch: Batch) -> None:
        """A batch; after all messages. One whose body came to its end has a message for each row that was not
        refused, unless it is so old that some have been deleted."""
        young = batch.created_at > self._limits.now - self._limits.retention_s
        if young and batch.complete and batch.rows - batch.rejected != self._batches[batch.id]:
            self._found_wrong("a batch has not as many messages as rows were accepted", batch.id)

    # -- how it is judged ---------------------------------------------------------------------------------------------

    def _count(self, account: Account, segment: Segment) -> None:
        self.sums.setdefault(account, Counter())[segment.status] += 1
        if segment.status is Status.UNKNOWN and segment.command_status != 0:
            self.uncertain[account] += 1

    def _look_at_age(self, message: Message) -> None:
        limits = self._limits
        late = limits.now - PATIENCE_S
        if message.status is Status.SCHEDULED and message.send_at < late:
            self._found_old("scheduled, and past their time", message.id)
        elif message.status in WAITING and message.expires_at + limits.hold_s[message.lane] < late:
            self._found_old("waiting past their ttl and hold", message.id)
        elif message.status is Status.SUBMITTED and self._waits_too_long(message):
            self._found_old("receipts pending for over 8 days", message.id)

    def _waits_too_long(self, message: Message) -> bool:
        moments = (taken_at(message, one) for one in message.segments if one.status is Status.SUBMITTED)
        return any(at is not None and at + RECEIPT_LATE_S < self._limits.now for at in moments)

    def _found_wrong(self, what: str, of: str) -> None:
        self._wrong.setdefault(what, Finding(what)).add(of)

    def _found_old(self, what: str, of: str) -> None:
        self._old.setdefault(what, Finding(what)).add(of)


def audited(store: StoreReader, limits: Limits, first: str = "") -> Audit:
    """The audit of a store, from the id `first` on (as `first_id` makes it); best of a snapshot. Raises StoreError."""
    audit = Audit(limits)
    for message, planned in store.planned_messages(first):
        audit.message(message, planned=planned)
    for message_id in store.planned_for_nothing():
        audit.planned_for_nothing(message_id)
    for delivery, has_subject in store.deliveries():
        audit.delivery(delivery, has_subject=has_subject)
    for batch in store.batches(first):
        audit.batch(batch)
    return audit


def total(sums: Iterable[Counter[Status]]) -> Counter[Status]:
    """Sums of several accounts as one."""
    summed: Counter[Status] = Counter()
    for each in sums:
        summed.update(each)
    return summed
