"""query_sm and cancel_sm: what an app asks about a message it has submitted (§4.8, §4.9).

Both find a message by its own id, and only among the app's own. The id of a submit_multi names several messages and so
none: it can be neither queried nor cancelled.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.errors import Refusal
from gateway.message import Message, Status
from gateway.smpp.pdu import CancelSm, CancelSmResp, QuerySm, QuerySmResp
from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus
from gateway.smpp.times import format_absolute

Find = Callable[[str], Awaitable[Message | None]]
"""(id) -> the message as it is now, of whatever app. Raises StoreError."""

Cancel = Callable[[str, str], Awaitable[object]]
"""(app, id): cancel what no carrier has yet; durable when it returns. Raises Refusal or StoreError."""

STATES: dict[Status, MessageState] = {
    Status.SCHEDULED: MessageState.ENROUTE,
    Status.ACCEPTED: MessageState.ENROUTE,
    Status.PAUSED: MessageState.ENROUTE,
    Status.SUBMITTED: MessageState.ENROUTE,
    Status.DELIVERED: MessageState.DELIVERED,
    Status.UNDELIVERED: MessageState.UNDELIVERABLE,
    Status.EXPIRED: MessageState.EXPIRED,
    Status.UNKNOWN: MessageState.UNKNOWN,
    Status.REJECTED: MessageState.REJECTED,
    Status.CANCELLED: MessageState.DELETED,
}
"""A message's status as apps read it over SMPP (§5.2.28)."""

_ROK = int(CommandStatus.ESME_ROK)
_QUERY_FAILED, _CANCEL_FAILED = int(CommandStatus.ESME_RQUERYFAIL), int(CommandStatus.ESME_RCANCELFAIL)


class QueryAnswer(NamedTuple):
    """A response and its command_status."""

    pdu: QuerySmResp
    command_status: int


class CancelAnswer(NamedTuple):
    """A response and its command_status."""

    pdu: CancelSmResp
    command_status: int


async def answer_query(pdu: QuerySm, app: str, find: Find) -> QueryAnswer:
    """The message's state; final_date in UTC once it has ended. Raises StoreError."""
    message = await find(pdu.message_id)
    if message is None or message.app != app:
        return QueryAnswer(QuerySmResp(), _QUERY_FAILED)
    ended = datetime.fromtimestamp(message.updated_at, UTC)
    final_date = format_absolute(ended) if message.final else ""
    return QueryAnswer(QuerySmResp(message.id, final_date, STATES[message.status], error_of(message) & 0xFF), _ROK)


async def answer_cancel(pdu: CancelSm, app: str, find: Find, cancel: Cancel) -> CancelAnswer:
    """Whether the message was cancelled; a source_addr, where given, must be its own (§4.9.1). Raises StoreError."""
    message = await find(pdu.message_id)
    if message is None or message.app != app or not _is_from(message, pdu.source_addr):
        return CancelAnswer(CancelSmResp(), _CANCEL_FAILED)
    try:
        await cancel(app, message.id)
    except Refusal:
        return CancelAnswer(CancelSmResp(), _CANCEL_FAILED)
    return CancelAnswer(CancelSmResp(), _ROK)


def error_of(message: Message) -> int:
    """The number that says what went wrong: the network's own, else the carrier's command_status; 0 without any."""
    return network_error_of(message) or next(
        (segment.command_status for segment in message.segments if segment.command_status), 0
    )


def network_error_of(message: Message) -> int:
    """The error that a receipt of the carrier gave, of the first segment with one that is a number; else 0."""
    for segment in message.segments:
        if segment.error.isascii() and segment.error.isdigit() and segment.error.strip("0"):
            return int(segment.error)
    return 0


def _is_from(message: Message, source_addr: str) -> bool:
    return not source_addr or source_addr.removeprefix("+") == message.sender.removeprefix("+")
