"""Values as rows and back, for every twin of the store. A row is a tuple in the order of the columns.

What a query asks for has a column of its own; the rest of a message is two JSON texts, so that it costs one bind each
on the hot way and can still be read at a database's prompt: `facts`, written once, and `state`, which moves.
Enums become plain integers here: sqlite3 looks for an adapter for everything that is not exactly an int.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from gateway.message import Delivery, Inbound, Message, Status
from gateway.store.batch import Batch
from gateway.store.facts import BatchFacts, read_batch_facts, read_facts, read_state
from gateway.store.store import Awaiting, IdempotentAnswer, InboundPart, OptOut, ParkedReceipt

Row = tuple[Any, ...]


_encode = msgspec.json.Encoder().encode
# A decoded row's status; a lookup in a tuple costs a fifth of calling the enum.
_STATUSES = (Status.ACCEPTED, *Status)


def accepted_row(message: Message) -> Row:
    """A message as it is inserted, 13 columns. Raises UnicodeEncodeError where a text holds lone surrogates."""
    m = message
    # Tuples and not Facts and State: the same JSON without building the structs.
    facts = (
        m.content,
        m.interface,
        m.sender,
        m.network,
        m.reference,
        m.receipt,
        m.callback,
        m.extras,
        m.carriers,
        m.tags,
    )
    return (
        m.id,
        int(m.status),
        m.lane,
        m.carrier,
        m.app,
        m.created_at,
        m.expires_at,
        m.send_at,
        m.updated_at,
        m.to,
        m.batch,
        _encode(facts).decode(),
        _state_of(m),
    )


def updated_row(message: Message) -> Row:
    """What an update writes: status, carrier, expires_at, send_at, updated_at, state, and the id last."""
    m = message
    return int(m.status), m.carrier, m.expires_at, m.send_at, m.updated_at, _state_of(m), m.id


def _state_of(message: Message) -> str:
    """What moves on of a message, as JSON; from a tuple, see `accepted_row`."""
    m = message
    if m.rerouted:
        return _encode((m.segments, m.events, m.error_code, m.error_detail, m.network, m.carriers)).decode()
    return _encode((m.segments, m.events, m.error_code, m.error_detail)).decode()


def read_message(row: Row) -> Message:
    """The message of an `accepted_row`'s columns."""
    facts = read_facts(row[11])
    state = read_state(row[12])
    return Message(
        id=row[0],
        status=_STATUSES[row[1]],
        lane=row[2],
        carrier=row[3],
        app=row[4],
        created_at=row[5],
        expires_at=row[6],
        send_at=row[7],
        updated_at=row[8],
        to=row[9],
        batch=row[10],
        content=facts.content,
        interface=facts.interface,
        sender=facts.sender,
        network=state.network or facts.network,
        reference=facts.reference,
        receipt=facts.receipt,
        callback=facts.callback,
        extras=facts.extras,
        carriers=state.carriers or facts.carriers,
        rerouted=bool(state.network),
        tags=facts.tags,
        segments=state.segments,
        events=state.events,
        error_code=state.error_code,
        error_detail=state.error_detail,
        counted=_STATUSES[row[1]],
    )


def read_messages(rows: Iterable[Row]) -> list[Message]:
    """The messages of many rows."""
    return [read_message(row) for row in rows]


def delivery_row(delivery: Delivery) -> Row:
    """A delivery as it is inserted, 13 columns."""
    d = delivery
    return (
        d.id,
        d.app,
        d.kind,
        d.subject,
        int(d.status),
        d.segment,
        d.url,
        d.state,
        d.attempts,
        d.created_at,
        d.next_at,
        d.detail,
        int(d.urgent),
    )


def postponed_row(delivery: Delivery) -> Row:
    """What trying in vain changes of a delivery, and the id last."""
    d = delivery
    return d.url, d.state, d.attempts, d.next_at, d.detail, d.id


def read_delivery(row: Row) -> Delivery:
    """The delivery of a `delivery_row`'s columns."""
    return Delivery(
        id=row[0],
        app=row[1],
        kind=row[2],
        subject=row[3],
        status=_STATUSES[row[4]],
        segment=row[5],
        url=row[6],
        state=row[7],
        attempts=row[8],
        created_at=row[9],
        next_at=row[10],
        detail=row[11],
        urgent=row[12] == 1,
    )


def inbound_row(inbound: Inbound) -> Row:
    """An inbound message, 13 columns."""
    i = inbound
    return (
        i.id,
        i.app,
        i.received_at,
        i.carrier,
        i.to,
        i.sender,
        i.text,
        i.network,
        i.keyword,
        i.data,
        i.data_coding,
        i.in_reply_to,
        i.incomplete,
    )


def read_inbound(row: Row) -> Inbound:
    """The inbound message of an `inbound_row`'s columns."""
    return Inbound(
        id=row[0],
        app=row[1],
        received_at=row[2],
        carrier=row[3],
        to=row[4],
        sender=row[5],
        text=row[6],
        network=row[7],
        keyword=row[8],
        data=row[9],
        data_coding=row[10],
        in_reply_to=row[11],
        incomplete=row[12],
    )


def part_row(part: InboundPart) -> Row:
    """A part of a long inbound message; read back as InboundPart(*row)."""
    p = part
    return (
        p.id,
        p.carrier,
        p.sender,
        p.to,
        p.reference,
        p.bits,
        p.total,
        p.number,
        p.data_coding,
        p.locking,
        p.single,
        p.data,
        p.received_at,
    )


def opt_out_row(opt_out: OptOut) -> Row:
    """An opt-out in force; read back as OptOut(*row)."""
    return opt_out.app, opt_out.number, opt_out.at, opt_out.source


def answer_row(answer: IdempotentAnswer) -> Row:
    """An idempotent answer; read back as IdempotentAnswer(*row)."""
    return answer.app, answer.key, answer.digest, answer.created_at, answer.answer


def awaiting_row(row: Awaiting) -> Row:
    """A segment awaiting its receipt; read back as Awaiting(*row)."""
    return row.carrier, row.carrier_message_id, row.message_id, row.segment


def parked_row(receipt: ParkedReceipt) -> Row:
    """A parked receipt; read back as ParkedReceipt(*row)."""
    r = receipt
    return r.carrier, r.carrier_message_id, r.at, int(r.status), r.error, r.detail


def batch_row(batch: Batch) -> Row:
    """A batch, 6 columns."""
    b = batch
    facts = BatchFacts(b.name, b.complete, b.rows, b.rejected, b.errors, b.key, b.asked, b.digest, b.counts)
    return b.id, b.app, b.created_at, b.state, int(b.ended), _encode(facts).decode()


def read_batch(row: Row) -> Batch:
    """The batch of a `batch_row`'s columns."""
    facts = read_batch_facts(row[5])
    return Batch(
        id=row[0],
        app=row[1],
        created_at=row[2],
        state=row[3],
        ended=bool(row[4]),
        **{name: getattr(facts, name) for name in facts.__struct_fields__},
    )
