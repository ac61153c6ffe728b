"""What a simulated SMSC answers when asked about a message it took, or to take it back (§4.8, §4.9, §4.10)."""

from datetime import UTC, datetime

from gateway.clock import Clock
from gateway.sim.records import Record, Records
from gateway.smpp.pdu import CancelSm, CancelSmResp, QuerySm, QuerySmResp, ReplaceSm, ReplaceSmResp, Response
from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus
from gateway.smpp.times import format_absolute

Inquiry = QuerySm | CancelSm | ReplaceSm


def answer(records: Records, clock: Clock, system_id: str, pdu: Inquiry) -> tuple[Response, int]:
    """The response and its command_status. A message of another account is not known."""
    record = records.find(pdu.message_id)
    if record is not None and record.system_id != system_id:
        record = None
    if isinstance(pdu, QuerySm):
        return _query(record, clock)
    if isinstance(pdu, CancelSm):
        return CancelSmResp(), _cancel(record, clock.monotonic())
    return ReplaceSmResp(), CommandStatus.ESME_RREPLACEFAIL  # every message is on its way as soon as it is here


def _query(record: Record | None, clock: Clock) -> tuple[Response, int]:
    if record is None:
        return QuerySmResp(), CommandStatus.ESME_RQUERYFAIL
    now = clock.monotonic()
    state, final_date = record.state(now), ""
    if state is not MessageState.ENROUTE and record.ends_at is not None:
        ended_at = clock.utc() - (now - record.ends_at)
        final_date = format_absolute(datetime.fromtimestamp(ended_at, UTC))
    return QuerySmResp(record.message_id, final_date, int(state)), CommandStatus.ESME_ROK


def _cancel(record: Record | None, now: float) -> int:
    """Its receipt, when it comes, says DELETED."""
    if record is None or record.state(now) is not MessageState.ENROUTE:
        return CommandStatus.ESME_RCANCELFAIL
    record.end, record.ends_at = MessageState.DELETED, now
    return CommandStatus.ESME_ROK
