"""The road back: a receipt becomes its message's next status and a delivery to the app that sent it.

The carrier is answered after the commit that made both durable. A receipt for an id that is not in memory is looked
up among the spilled ones; one that nobody knows is parked and matched when its response comes: on fast SMSCs, and
whenever receipts use another bind, it overtakes the submit_sm_resp.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import structlog

from gateway.correlation import Correlation, Waiting
from gateway.deliveries import Parcel
from gateway.errors import StoreError
from gateway.message import Delivery, Event, Message, Segment, Status, move_segment
from gateway.smpp.receipt import Receipt
from gateway.smpp.spec import MessageState
from gateway.store.commits import Commits
from gateway.store.store import Awaiting, ParkedReceipt, Store

log = structlog.get_logger()

PARKED_IN_MEMORY = 100_000

# SMPP 3.4 §5.2.28. ENROUTE, ACCEPTED and what we do not know change nothing final: a wrong final cannot be undone.
STATUS_OF: dict[int, Status] = {
    MessageState.DELIVERED: Status.DELIVERED,
    MessageState.EXPIRED: Status.EXPIRED,
    MessageState.DELETED: Status.UNDELIVERED,
    MessageState.UNDELIVERABLE: Status.UNDELIVERED,
    MessageState.UNKNOWN: Status.UNKNOWN,
    MessageState.REJECTED: Status.UNDELIVERED,
    9: Status.UNDELIVERED,  # SKIPPED (5.0)
}


class Match(Protocol):
    """What a carrier's ids lead to."""

    @property
    def key(self) -> str:
        """The canonical id of the response."""


class Ids(Protocol):
    """How a carrier's receipts name messages."""

    def key(self, response_id: str) -> str:
        """The canonical key of a response's id."""

    def candidates(self, receipt_ids: Iterable[str]) -> Iterable[Match]:
        """Canonical keys worth trying, likeliest first."""

    def match(self, receipt_ids: Sequence[str], known: Callable[[str], bool]) -> Match | None:
        """The candidate that `known` has, if it is one."""


class Source(NamedTuple):
    """Where a receipt came from: the carrier's name, its correlation and its way of naming, the bind's name."""

    carrier: str
    bind: str
    correlation: Correlation
    ids: Ids


Answer = Callable[[bool], None]


class Late(NamedTuple):
    """A receipt whose message has to be read from the store first."""

    source: Source
    receipt: Receipt
    answer: Answer


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
        on_receipt: Callable[[str, str], None],
        on_unmatched: Callable[[str], None],
        on_final: Callable[[Message, float], None],
    ) -> None:
        """`offer(parcel)` takes a delivery that is durable; `on_receipt(carrier, state)`, `on_unmatched(carrier)`
        and `on_final(message, submitted_at)` count."""
        self._store = store
        self._commits = commits
        self._utc = utc
        self._new_id = new_id
        self._offer = offer
        self._on_receipt = on_receipt
        self._on_unmatched = on_unmatched
        self._on_final = on_final
        self._parked: OrderedDict[tuple[str, str], ParkedReceipt] = OrderedDict()
        self._late: list[Late] = []
        self._task: asyncio.Task[None] | None = None

    # -- a receipt comes --------------------------------------------------------------------------------------------

    def receive(self, source: Source, receipt: Receipt, answer: Answer) -> None:
        """Take a receipt; `answer(True)` is called when what it said is durable, `answer(False)` if it could not be."""
        self._on_receipt(source.carrier, state_name(receipt))
        match = source.ids.match(receipt_ids(receipt), lambda key: source.correlation.find(key) is not None)
        waiting = source.correlation.find(match.key) if match else None
        if match is None or waiting is None or waiting.message is None:
            self._late.append(Late(source, receipt, answer))
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._look_up())
            return
        self._apply(source, match.key, waiting.message, waiting.segment, receipt)
        self._commits.then(_answer_true, answer, urgent=False)

    def _apply(self, source: Source, key: str, message: Message, number: int, receipt: Receipt) -> None:
        after = status_of(receipt)
        self.settle(message, number, source.carrier, source.bind, after, receipt.error, receipt.stat)
        if after is not Status.SUBMITTED:
            source.correlation.remove(key)

    def settle(
        self, message: Message, number: int, carrier: str, bind: str, after: Status, error: str, detail: str
    ) -> None:
        """A segment has come to `after`: move it, and where the app wants to know, make the delivery with it."""
        segment = message.segments[number - 1] if 0 < number <= len(message.segments) else None
        if segment is None:
            log.warning("receipt_for_no_segment", message=message.id, segment=number, carrier=carrier)
            return
        before = message.status
        now = self._utc()
        event = Event(now, after, carrier, bind, None, segment.carrier_message_id, _words(detail, error), number)
        if after is Status.SUBMITTED:
            self._intermediate(message, event)
            return
        segment.error = error
        if not move_segment(message, segment, after, event):
            log.info("receipt_changes_nothing", message=message.id, status=segment.status.word, receipt=after.word)
            return
        if message.final and message.status is not before and not message.error_code:
            _name_error(message, segment)
        self._commits.update(message)
        if message.status is not before:
            self.tell(message)

    def tell(self, message: Message) -> None:
        """The message has come to a new status: make what its app wants to be told of it (`receipt`), and count."""
        if message.final:
            self._on_final(message, _submitted_at(message))
        if wants(message):
            self._deliver(message)

    def _intermediate(self, message: Message, event: Event) -> None:
        if message.final:
            return
        message.events.append(event)
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
        )
        self._commits.deliver(delivery)
        self._commits.then(self._offered, Parcel(delivery, message, None), urgent=False)

    def _offered(self, parcel: object, error: StoreError | None) -> None:
        if error is None and isinstance(parcel, Parcel):
            self._offer(parcel)

    # -- a response comes after its receipt --------------------------------------------------------------------------

    def answered(self, source: Source, keys: Iterable[str], message: Message, segment: int) -> None:
        """A submit_sm_resp has named a segment: a receipt that came before it is matched now."""
        if not self._parked:
            return
        for key in keys:
            parked = self._parked.pop((source.carrier, key), None)
            if parked is not None:
                self._commits.matched(source.carrier, key)
                self.settle(
                    message, segment, source.carrier, source.bind, Status(parked.status), parked.error, parked.detail
                )
                if parked.status != Status.SUBMITTED:
                    source.correlation.remove(key)

    def restore(self, parked: Iterable[ParkedReceipt]) -> None:
        """After a start: receipts that are still waiting for their response."""
        for receipt in parked:
            self._parked[receipt.carrier, receipt.carrier_message_id] = receipt

    # -- a receipt whose message is not in memory --------------------------------------------------------------------

    async def _look_up(self) -> None:
        """Read what the late ones speak of, a slice at a time; those that nobody knows are parked."""
        while self._late:
            slice_, self._late = self._late[:500], self._late[500:]
            try:
                await self._settle_late(slice_)
            except StoreError as error:
                log.warning("receipts_not_stored", count=len(slice_), reason=str(error))
                for late in slice_:
                    late.answer(False)

    async def _settle_late(self, slice_: list[Late]) -> None:
        await self._commits.drain()  # what is read below must hold all that was said before
        found: list[tuple[Late, str, Waiting]] = []
        for carrier in {late.source.carrier for late in slice_}:
            mine = [late for late in slice_ if late.source.carrier == carrier]
            keys = {match.key for late in mine for match in late.source.ids.candidates(receipt_ids(late.receipt))}
            spilled = {row.carrier_message_id: row for row in await self._store.awaited(carrier, sorted(keys))}
            for late in mine:
                hit = _find(late, spilled)
                if hit is None:
                    self._park(late)
                else:
                    found.append((late, *hit))
        messages = {row.id: row for row in await self._store.messages([waiting.message_id for _, _, waiting in found])}
        for late, key, waiting in found:
            message = waiting.message or messages.get(waiting.message_id)
            message = message and _in_memory(late.source, message)
            if message is None:
                self._park(late)
                continue
            self._apply(late.source, key, message, waiting.segment, late.receipt)
            self._commits.awaited(late.source.carrier, key)
            self._commits.then(_answer_true, late.answer, urgent=False)

    def _park(self, late: Late) -> None:
        """Keep a receipt that nobody knows, under each id it might mean."""
        receipt, carrier = late.receipt, late.source.carrier
        self._on_unmatched(carrier)
        after = status_of(receipt)
        for match in late.source.ids.candidates(receipt_ids(receipt)):
            parked = ParkedReceipt(carrier, match.key, self._utc(), int(after), receipt.error, receipt.stat)
            self._commits.park(parked)
            self._parked[carrier, match.key] = parked
            if len(self._parked) > PARKED_IN_MEMORY:
                self._parked.popitem(last=False)
        self._commits.then(_answer_true, late.answer, urgent=False)


def receipt_ids(receipt: Receipt) -> tuple[str, ...]:
    """The ids a receipt names its message by: the TLV's before the text's."""
    return (receipt.tlv_id, receipt.text_id)


def status_of(receipt: Receipt) -> Status:
    """What a receipt makes of its segment; SUBMITTED where it changes nothing final."""
    if not receipt.final or receipt.state is None:
        return Status.SUBMITTED
    return STATUS_OF.get(receipt.state, Status.SUBMITTED)


def state_name(receipt: Receipt) -> str:
    """The receipt's state as a bounded label."""
    return "none" if receipt.state is None else receipt.state.name.lower()


def wants(message: Message) -> bool:
    """Whether the app asked to be told of the status the message has now (contract: `receipt`)."""
    match message.receipt:
        case "final":
            return message.final
        case "all":
            return message.final or message.status is Status.SUBMITTED
        case "failure":
            return message.final and message.status is not Status.DELIVERED
        case _:
            return False


def _find(late: Late, spilled: dict[str, Awaiting]) -> tuple[str, Waiting] | None:
    """Where a late receipt leads: to an id in memory (without its message), or to a spilled one."""
    correlation = late.source.correlation

    def known(key: str) -> bool:
        return key in spilled or correlation.find(key) is not None

    match = late.source.ids.match(receipt_ids(late.receipt), known)
    if match is None:
        return None
    waiting = correlation.find(match.key)
    if waiting is None:
        row = spilled[match.key]
        waiting = Waiting(row.message_id, row.segment, None, 0.0)
    return match.key, waiting


def _in_memory(source: Source, read: Message) -> Message:
    """The one object of a message: another segment of it may still be in memory, and what it says is newer."""
    for segment in read.segments:
        waiting = source.correlation.find(source.ids.key(segment.carrier_message_id))
        if waiting is not None and waiting.message is not None and waiting.message.id == read.id:
            return waiting.message
    return read


def _answer_true(answer: object, error: StoreError | None) -> None:
    answer(error is None)  # type: ignore[operator]  # the Answer handed to `then`


def _words(stat: str, error: str) -> str:
    return f"{stat} err:{error}" if error and error.strip("0") else stat


def _name_error(message: Message, segment: Segment) -> None:
    """Give a message that failed at the carrier its error: a stable code, and the carrier's own words."""
    if message.status in (Status.UNDELIVERED, Status.EXPIRED, Status.UNKNOWN):
        message.error_code = message.status.word
        message.error_detail = f"The carrier's receipt says {message.status.word}" + (
            f" (err {segment.error})." if segment.error else "."
        )


def _submitted_at(message: Message) -> float:
    return next((event.at for event in message.events if event.status is Status.SUBMITTED), message.created_at)
