"""The road back: a receipt becomes its message's next status and a delivery to the app that sent it.

The carrier is answered after the commit that made both durable. A receipt for an id that is not in memory is looked
up among the spilled ones; one that nobody knows is parked and matched when its response comes: on fast SMSCs, and
whenever receipts use another bind, it overtakes the submit_sm_resp.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Final

import structlog

from gateway.correlation import Parked
from gateway.deliveries import Parcel
from gateway.errors import StoreError
from gateway.happenings import Happenings
from gateway.message import FINAL, Delivery, Event, Message, Segment, Status
from gateway.moves import move_segment
from gateway.receipts.late import Hit, Late, LateReceipts
from gateway.receipts.objects import Objects
from gateway.receipts.parts import ALL, spoken_already, spoken_for
from gateway.receipts.source import Answer, Source, likely_keys, receipt_ids
from gateway.receipts.states import LABEL_OF_STATUS, error_of, is_last, state_name, status_of
from gateway.smpp.receipt import Receipt
from gateway.store.commits import Commits
from gateway.store.store import ParkedReceipt, Store

log = structlog.get_logger()

_FINAL: Final = FINAL
_SUBMITTED: Final = Status.SUBMITTED
_DELIVERED: Final = Status.DELIVERED
_UNKNOWN: Final = Status.UNKNOWN
_FAILED_THERE: Final = (Status.UNDELIVERED, Status.EXPIRED, Status.UNKNOWN)

MOST_EVENTS = 100
"""So long a history takes up receipts that change nothing: some SMSCs send one a minute for days."""


class Receipts:
    """The road back for all carriers."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        *,
        utc: Callable[[], float],
        new_id: Callable[[], str],
        offer: Callable[[Parcel], None],
        live: Callable[[str], Message | None],
        held: Callable[[Message], Message | None],
        on_receipt: Callable[[str, str], None],
        on_unmatched: Callable[[str], None],
        on_final: Callable[[Message, float], None],
        happenings: Happenings | None = None,
    ) -> None:
        """`offer(parcel)` takes a delivery that is durable; `on_receipt(carrier, state)`, `on_unmatched(carrier)`
        and `on_final(message, submitted_at)` count; `live` and `held` as in `Objects`."""
        self._commits = commits
        self._utc = utc
        self._new_id = new_id
        self._offer = offer
        self._on_receipt = on_receipt
        self._on_unmatched = on_unmatched
        self._on_final = on_final
        self._happenings = happenings or Happenings(utc)
        self._parked = Parked()
        self._objects = Objects(live, held)
        self._late = LateReceipts(store, commits, self._objects, found=self._found, nobodys=self._nobodys)

    # -- a receipt comes --------------------------------------------------------------------------------------------

    def receive(
        self, source: Source, receipt: Receipt, answer: Answer, otherwise: Callable[[], None] | None = None
    ) -> None:
        """Take a receipt; `answer(True)` is called when what it said is durable, `answer(False)` if it could not be.

        With `otherwise`, what came may be no receipt at all: if nobody knows its id, that is called in place of both.
        """
        if not self._commits.healthy:
            answer(False)  # what is away for a minute must not make the SMSC wait for its answer as long
            return
        correlation = source.correlation
        match = source.ids.match(receipt_ids(receipt), correlation.knows)
        waiting = correlation.find(match.key) if match is not None else None
        if match is not None and waiting is not None and waiting.message is not None:
            self._apply(source, match.key, waiting.message, waiting.segment, receipt)
        elif match is not None and waiting is None:
            self._repeated(source, match.key, receipt)
        else:
            self._late.add(Late(source, receipt, answer, otherwise))
            return
        self._commits.then(_answer_true, answer, urgent=False)

    def _apply(self, source: Source, key: str, message: Message, number: int, receipt: Receipt) -> bool:
        """Carry out what a receipt says; whether it was the segment's last word."""
        self._on_receipt(source.carrier, state_name(receipt))
        after = status_of(receipt)
        self._say(source, key, message, number, after, error_of(receipt), receipt.stat)
        return is_last(after)

    def _say(
        self, source: Source, key: str, message: Message, number: int, after: Status, error: str, stat: str
    ) -> None:
        """A segment has come to `after`, and those that have no receipt of their own with it."""
        self.settle(message, number, source.carrier, source.bind, after, error, stat)
        if is_last(after):
            source.correlation.settle(key, after)
        if source.receipt_parts != ALL and after is not _SUBMITTED:
            for each in spoken_for(source.receipt_parts, message, number, source.carrier):
                self._follow(source, message, each, after, error, f"{stat} of segment {number}")

    def _follow(
        self, source: Source, message: Message, segment: Segment, after: Status, error: str, detail: str
    ) -> None:
        """A segment comes to what another one's receipt said; its own is not awaited any more."""
        self.settle(message, segment.number, source.carrier, source.bind, after, error, detail)
        if not is_last(after) or not segment.carrier_message_id:
            return
        correlation, key = source.correlation, source.ids.key(segment.carrier_message_id)
        waiting = correlation.find(key)
        if waiting is None:
            correlation.spilled = max(0, correlation.spilled - 1)  # its row goes with the message
        elif (waiting.message_id, waiting.segment) == (message.id, segment.number):
            correlation.settle(key, after)

    def _repeated(self, source: Source, key: str, receipt: Receipt) -> None:
        """A receipt after a segment's last one: carriers repeat themselves, and some contradict themselves."""
        self._on_receipt(source.carrier, state_name(receipt))
        before, after = source.correlation.settled(key), status_of(receipt)
        if before is not None and is_last(after) and after is not before:
            log.warning("receipt_contradicts", carrier=source.carrier, status=before.word, receipt=after.word)

    def settle(
        self, message: Message, number: int, carrier: str, bind: str, after: Status, error: str, detail: str
    ) -> None:
        """A segment has come to `after`: move it, and where the app wants to know, make the delivery with it."""
        self._objects.changed(message)
        segments = message.segments
        segment = segments[number - 1] if 0 < number <= len(segments) else None
        if segment is None:
            log.warning("receipt_for_no_segment", message=message.id, segment=number, carrier=carrier)
            return
        if self._happenings.heard:
            self._happenings.segment(
                "receipt", carrier, bind, message, number, status=after.word, error=error or None, detail=detail
            )
        before = message.status
        carrier_message_id, words = segment.carrier_message_id, _words(detail, error)
        event = Event(self._utc(), after, carrier, bind, None, carrier_message_id, words, number)
        if after is _SUBMITTED:
            self._intermediate(message, event)
            return
        if not move_segment(message, segment, after, event):
            log.info("receipt_changes_nothing", message=message.id, status=segment.status.word, receipt=after.word)
            return
        segment.error = error
        moved = message.status is not before
        if moved:
            _name_error(message, before)
        self._commits.update(message)
        if moved:
            self.tell(message)

    def tell(self, message: Message) -> None:
        """The message has come to a new status: make what its app wants to be told of it (`receipt`), and count."""
        if message.status in _FINAL:
            self._on_final(message, _submitted_at(message))
        if wants(message):
            self._deliver(message)

    def _intermediate(self, message: Message, event: Event) -> None:
        """A receipt that ends nothing is a line of the history, unless it only repeats the last one."""
        events = message.events
        last = events[-1] if events else None
        if message.final or len(events) >= MOST_EVENTS or (last is not None and _says(last) == _says(event)):
            return
        message.events = (*events, event)
        self._commits.update(message)

    def _deliver(self, message: Message) -> None:
        now = self._utc()
        delivery = Delivery(
            id=self._new_id(),
            app=message.app,
            kind="receipt",
            subject=message.id,
            status=message.status,
            url=message.callback,
            created_at=now,
            urgent=message.lane == "fast",
        )
        self._commits.deliver(delivery)
        self._commits.then(self._offered, Parcel(delivery, message, None), urgent=False)

    def _offered(self, parcel: object, error: StoreError | None) -> None:
        if error is None and isinstance(parcel, Parcel):
            self._offer(parcel)

    # -- a response comes after its receipt --------------------------------------------------------------------------

    def answered(self, source: Source, keys: Iterable[str], message: Message, segment: int) -> None:
        """A submit_sm_resp has named a segment: a receipt that came before it is matched now."""
        if source.receipt_parts != ALL:
            speaks = spoken_already(source.receipt_parts, message, segment, source.carrier)
            if speaks is not None:
                silent, detail = message.segments[segment - 1], f"receipt of segment {speaks.number}"
                self._follow(source, message, silent, speaks.status, speaks.error, detail)
        if not self._parked:
            return
        for key in keys:
            early = self._parked.take(source.carrier, key, self._utc())
            if early is None:
                continue
            for each in early.keys:
                self._commits.matched(source.carrier, each)
            row, after = early.row, Status(early.row.status)
            self._on_receipt(source.carrier, LABEL_OF_STATUS[after])
            self._say(source, key, message, segment, after, row.error, row.detail)

    def restore(self, parked: Iterable[ParkedReceipt]) -> None:
        """After a start: receipts that are still waiting for their response, oldest first."""
        self._parked.restore(parked)

    def tick(self) -> None:
        """Count the receipts that nobody's response came for."""
        for carrier in self._parked.lost(self._utc()):
            self._on_unmatched(carrier)

    # -- a receipt whose message is not in memory --------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[Objects]:
        """For whoever else reads messages that await receipts, to change them: see `Objects`."""
        return self._objects.reading()

    def _found(self, late: Late, hit: Hit, message: Message) -> None:
        source = late.source
        if self._apply(source, hit.key, message, hit.waiting.segment, late.receipt) and hit.spilled:
            self._commits.awaited(source.carrier, hit.key)
            source.correlation.spilled = max(0, source.correlation.spilled - 1)
        self._commits.then(_answer_true, late.answer, urgent=False)

    def _nobodys(self, late: Late) -> None:
        """Nobody knows the id (yet): park the receipt, or treat what came as what else it may be."""
        if late.otherwise is not None:
            late.otherwise()
            return
        receipt, carrier, now = late.receipt, late.source.carrier, self._utc()
        status, error = int(status_of(receipt)), error_of(receipt)
        keys = likely_keys(late.source, receipt)
        rows = [ParkedReceipt(carrier, key, now, status, error, receipt.stat) for key in keys]
        for row in rows:
            self._commits.park(row)
        self._parked.add(rows)
        if not rows:
            self._on_unmatched(carrier)  # it names nothing
        self._commits.then(_answer_true, late.answer, urgent=False)


def wants(message: Message) -> bool:
    """Whether the app asked to be told of the status the message has now (contract: `receipt`)."""
    status = message.status
    match message.receipt:
        case "final":
            return status in _FINAL
        case "all":
            return status in _FINAL or status is _SUBMITTED
        case "failure":
            return status in _FINAL and status is not _DELIVERED
        case _:
            return False


def _says(event: Event) -> tuple[int, Status, str]:
    return event.segment, event.status, event.detail


def _answer_true(answer: object, error: StoreError | None) -> None:
    answer(error is None)  # type: ignore[operator]  # the Answer handed to `then`


def _words(stat: str, error: str) -> str:
    return f"{stat} err:{error}" if error and error.strip("0") else stat


def _name_error(message: Message, before: Status) -> None:
    """Give a message that failed at the carrier its error: a stable code, and the carrier's own words."""
    if before is _UNKNOWN:
        message.error_code = message.error_detail = ""  # it is known now
    status = message.status
    if status not in _FAILED_THERE or message.error_code:
        return
    error = next((each.error for each in message.segments if each.status is status), "")
    message.error_code = status.word
    message.error_detail = f"The carrier's receipt says {status.word}" + (f" (err {error})." if error else ".")


def _submitted_at(message: Message) -> float:
    for event in message.events:
        if event.status is _SUBMITTED:
            return event.at
    return message.created_at
