"""What was said to the writer and is not durable yet, and what to call when it is."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from gateway.errors import StoreError
from gateway.message import Delivery, Inbound, Message
from gateway.store.batch import Batch as BatchOfMessages
from gateway.store.batch import LookupRow
from gateway.store.store import Awaiting, Changes, IdempotentAnswer, InboundPart, OptOut, ParkedReceipt

Done = Callable[[object, StoreError | None], None]
# What to call, its argument, the message it is about (None: none), and whether that was accepted or updated.
# A plain tuple, for one is made for every message: a NamedTuple costs four times as much.
Callback = tuple[Done, object, Message | None, bool]


BESIDE_URGENT = 8
"""Beside urgent accepts a slice of bulk ones is so many times smaller."""


class Batch(NamedTuple):
    """What goes into one commit."""

    callbacks: list[Callback]
    changes: Changes


class Gathering(ABC):
    """Gathers what the roads say. Nothing here waits; `_stir(urgent)` is called after each word.

    Bulk accepts queue apart, so that a batch of thousands is written in slices behind everything else.
    """

    def __init__(self, slice_rows: int) -> None:
        self._slice_rows = slice_rows
        self._changes = Changes()
        self._callbacks: list[Callback] = []
        self._bulk: deque[Callback] = deque()
        self._urgent_accepts = 0
        self._urgent_writing = 0

    @abstractmethod
    def _stir(self, urgent: bool) -> None:
        """Something was said."""

    @property
    def gathered(self) -> int:
        """Rows that wait for a commit to begin."""
        return len(self._changes) + self._urgent_accepts + len(self._bulk)

    def accept(self, message: Message, done: Done, argument: object = None, urgent: bool = False) -> None:
        """Keep a new message; `done(argument, None)` once it is durable, `done(argument, error)` when it was not.

        The state it has when the commit begins is what is kept. Urgent ones go ahead of all that are not.
        """
        if urgent:
            self._urgent_accepts += 1
            self._callbacks.append((done, argument, message, True))
        else:
            self._bulk.append((done, argument, message, True))
        self._stir(urgent)

    def update(self, message: Message, done: Done | None = None, argument: object = None, urgent: bool = False) -> None:
        """Keep a message's new state; `done(argument, None)` once a state at least as new is durable.

        `done` gets an error only where the state can never be written (Unwritable).
        """
        self._changes.updated[message.id] = message
        if done is not None:
            self._callbacks.append((done, argument, message, False))
        self._stir(urgent)

    def then(self, done: Done, argument: object = None, urgent: bool = True) -> None:
        """Call `done(argument, None)` once every change that was said before is durable (or was told its error).

        Bulk accepts that wait in slices are not waited for: a batch keeps no carrier waiting for an answer.
        """
        self._callbacks.append((done, argument, None, False))
        self._stir(urgent)

    def _then_all(self, done: Done, argument: object) -> None:
        """As `then`, but behind the bulk accepts that wait already."""
        (self._bulk if self._bulk else self._callbacks).append((done, argument, None, False))
        self._stir(True)

    def deliver(self, delivery: Delivery) -> None:
        """Keep a delivery to make."""
        self._changes.deliver(delivery)
        self._stir(False)

    def delivered(self, delivery_id: str) -> None:
        """An app took a delivery: it need not be kept."""
        self._changes.take(delivery_id)
        self._stir(False)

    def postpone(self, delivery: Delivery) -> None:
        """A delivery was tried in vain: keep attempts, next_at, state and detail."""
        self._changes.postpone(delivery)
        self._stir(False)

    def inbound(self, inbound: Inbound) -> None:
        """Keep a message from a subscriber."""
        self._changes.inbound[inbound.id] = inbound
        self._stir(False)

    def part(self, part: InboundPart) -> None:
        """Keep a part of a long message until the others are here."""
        self._changes.part(part)
        self._stir(False)

    def joined(self, part_id: str) -> None:
        """A part has become a message: it need not be kept."""
        self._changes.join(part_id)
        self._stir(False)

    def opt_out(self, opt_out: OptOut) -> None:
        """Keep a recipient's word, or (`removed`) that it was taken back."""
        self._changes.opt_outs[opt_out.app, opt_out.number] = opt_out
        self._stir(False)

    def answer(self, answer: IdempotentAnswer) -> None:
        """Keep the answer that was given under an idempotency key."""
        self._changes.answers[answer.app, answer.key] = answer
        self._stir(False)

    def await_receipt(self, row: Awaiting) -> None:
        """Keep that a segment waits for its receipt."""
        self._changes.await_receipt(row)
        self._stir(False)

    def awaited(self, carrier: str, carrier_message_id: str) -> None:
        """The receipt of a kept segment came."""
        self._changes.stop_awaiting((carrier, carrier_message_id))
        self._stir(False)

    def park(self, receipt: ParkedReceipt) -> None:
        """Keep a receipt that nobody knows yet."""
        self._changes.park(receipt)
        self._stir(False)

    def matched(self, carrier: str, carrier_message_id: str) -> None:
        """What was parked under this id has found its message."""
        self._changes.match((carrier, carrier_message_id))
        self._stir(False)

    def setting(self, name: str, value: str) -> None:
        """Keep a small named fact."""
        self._changes.settings[name] = value
        self._stir(False)

    def batch(self, batch: BatchOfMessages) -> None:
        """Keep a batch as it is when the commit begins."""
        self._changes.batches[batch.id] = batch
        self._stir(False)

    def lookups(self, rows: list[LookupRow]) -> None:
        """Keep ways to find messages."""
        self._changes.lookups += rows
        self._stir(False)

    def _take(self) -> Batch:
        """All that was said, with a slice of the bulk accepts at the end.

        Beside something urgent the slice is a small one, so that it costs that little and bulk still goes on.
        """
        batch = Batch(self._callbacks, self._changes)
        bulk = self._bulk
        self._callbacks, self._changes = [], Changes()
        self._urgent_writing, self._urgent_accepts = self._urgent_accepts, 0
        rows = max(1, self._slice_rows // BESIDE_URGENT) if self._urgent_writing else self._slice_rows
        for _ in range(min(rows, len(bulk))):
            batch.callbacks.append(bulk.popleft())
        batch.changes.accepted = [message for _, _, message, accepted in batch.callbacks if accepted and message]
        return batch

    def _put_back(self, batch: Batch) -> None:
        """What could not be written, as if it had been said just now before everything else; it holds no accepts."""
        batch.changes.add(self._changes)
        batch.callbacks.extend(self._callbacks)
        self._changes, self._callbacks = batch.changes, batch.callbacks
