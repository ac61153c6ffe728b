"""A transaction's changes as named statements with their rows, in the order in which they are applied."""

from collections.abc import Iterable

import msgspec

from gateway.message import Message, Status
from gateway.store.batch import by_batch
from gateway.store.rows import (
    Row,
    accepted_row,
    answer_row,
    awaiting_row,
    batch_row,
    delivery_row,
    inbound_row,
    opt_out_row,
    parked_row,
    part_row,
    postponed_row,
    updated_row,
)
from gateway.store.store import Changes, OptOut, Unwritable

Statement = tuple[str, list[Row]]


def statements(changes: Changes) -> list[Statement]:
    """The name of a statement and its rows for each kind of change there is, removals before additions.

    Everything is read from the values here and now; the rows share nothing with them. Raises Unwritable where a value
    has no form on disk: lone surrogates in a text, a type that JSON has no word for.
    """
    try:
        found = [*_messages(changes), *_deliveries(changes), *_inbound(changes), *_receipts(changes), *_facts(changes)]
    except (UnicodeEncodeError, TypeError, msgspec.MsgspecError) as error:
        raise Unwritable(f"{type(error).__name__}: {error}") from error
    return [statement for statement in found if statement[1]]


def _messages(changes: Changes) -> Iterable[Statement]:
    accepted, updated = changes.accepted, changes.updated
    if accepted:
        yield "accept", [accepted_row(message) for message in accepted]
        yield "schedule", [_scheduled(message) for message in accepted if message.status is Status.SCHEDULED]
        # In order of ids under one key these cost a tenth of the message, and a batch is never found in part.
        yield "lookup", [(message.app, by_batch(message.batch), message.id) for message in accepted if message.batch]
    if updated:
        yield "update", [updated_row(message) for message in updated.values()]
        planned = [message for message in updated.values() if message.send_at]
        yield "schedule", [_scheduled(message) for message in planned if message.status is Status.SCHEDULED]
        yield "unschedule", [(message.id,) for message in planned if message.status is not Status.SCHEDULED]


def _scheduled(message: Message) -> Row:
    return message.id, message.send_at


def _deliveries(changes: Changes) -> Iterable[Statement]:
    # Sorted ids touch the pages of the table in order; a set has none.
    yield "delivered", [(delivery_id,) for delivery_id in sorted(changes.delivered)]
    yield "deliver", [delivery_row(delivery) for delivery in changes.deliveries.values()]
    yield "postpone", [postponed_row(delivery) for delivery in changes.postponed.values()]


def _inbound(changes: Changes) -> Iterable[Statement]:
    yield "inbound", [inbound_row(inbound) for inbound in changes.inbound.values()]
    yield "join", [(part_id,) for part_id in sorted(changes.joined)]
    yield "part", [part_row(part) for part in changes.parts.values()]


def _receipts(changes: Changes) -> Iterable[Statement]:
    yield "awaited", sorted(changes.awaited)
    yield "await_receipt", [awaiting_row(row) for row in changes.awaiting.values()]
    yield "matched", sorted(changes.matched)
    yield "park", [parked_row(receipt) for receipts in changes.parked.values() for receipt in receipts]


def _facts(changes: Changes) -> Iterable[Statement]:
    opt_outs: Iterable[OptOut] = changes.opt_outs.values()
    yield "opt_in", [(opt_out.app, opt_out.number) for opt_out in opt_outs if opt_out.removed]
    yield "opt_out", [opt_out_row(opt_out) for opt_out in opt_outs if not opt_out.removed]
    yield "answer", [answer_row(answer) for answer in changes.answers.values()]
    yield "setting", list(changes.settings.items())
    yield "batch", [batch_row(batch) for batch in changes.batches.values()]
    yield "lookup", sorted(changes.lookups)
