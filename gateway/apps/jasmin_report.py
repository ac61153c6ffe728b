"""A status as Jasmin reports it: the arguments of its DLR callbacks, by GET or POST, to be answered with ACK/Jasmin.

Level 1 says what a carrier answered the submit_sm with, level 2 how the message ended. A message that never came to a
carrier ends at level 1 as one that a carrier refused: Jasmin has no word for it, and the app would wait for ever.
"""

from urllib.parse import urlencode

from gateway.apps.callback_call import Callback
from gateway.apps.jasmin_request import LEVEL, METHOD
from gateway.apps.smpp_inquiries import STATES
from gateway.message import FINAL, Delivery, Message, Status
from gateway.smpp.receipt_text import parse, render
from gateway.smpp.status import CommandStatus, status_name

YES = b"ACK/Jasmin"

_AT_PHONE = (Status.DELIVERED, Status.UNDELIVERED)
"""Statuses that only a carrier that took the message can have told, even if its receipt overtook its response."""
_ROK, _FAILED = int(CommandStatus.ESME_ROK), int(CommandStatus.ESME_RSUBMITFAIL)


def report(delivery: Delivery, message: Message) -> Callback | None:
    """What to call for the status that a delivery tells; None where its level was not asked for."""
    asked = int(message.extras.get(LEVEL, "1"))
    arguments = _arguments(delivery, message, asked)
    if arguments is None:
        return None
    encoded = urlencode(arguments, errors="replace")  # half a character of a text that was cut
    if message.extras.get(METHOD) == "GET":
        joint = "&" if "?" in delivery.url else "?"
        return Callback("GET", delivery.url + joint + encoded, says=YES)
    return Callback("POST", delivery.url, encoded.encode(), YES)


def _arguments(delivery: Delivery, message: Message, asked: int) -> dict[str, str] | None:
    status = delivery.status
    if status is Status.SUBMITTED:
        return _first(message, _ROK) if asked != 2 else None
    if status not in FINAL:
        return None
    if asked == 2 or (asked == 3 and (status in _AT_PHONE or _was_told(message))):
        return _second(delivery, message)
    if _was_told(message):
        return None
    return _first(message, _ROK if status in _AT_PHONE else _command_status(message))


def _first(message: Message, command_status: int) -> dict[str, str]:
    return {
        "id": message.id,
        "level": "1",
        "message_status": status_name(command_status),
        "connector": message.carrier,
    }


def _second(delivery: Delivery, message: Message) -> dict[str, str]:
    error = next((each.error for each in message.segments if each.error), "000")
    named = next((each.carrier_message_id for each in message.segments if each.carrier_message_id), "")
    text = render(
        "",
        STATES[delivery.status],
        message.created_at,
        delivery.created_at,
        error=error,
    )
    said = parse(text)
    return {
        "id": message.id,
        "level": "2",
        "message_status": said.stat,
        "connector": message.carrier,
        "id_smsc": named,
        "sub": said.sub,
        "dlvrd": said.dlvrd,
        "subdate": said.submit_date,
        "donedate": said.done_date,
        "err": error,
        "text": (message.content.text or "")[:20],
    }


def _was_told(message: Message) -> bool:
    """Whether the message was submitted, all of it, which level 1 has told then."""
    submitted = {event.segment for event in message.events if event.status is Status.SUBMITTED}
    return 0 in submitted or (bool(message.segments) and all(each.number in submitted for each in message.segments))


def _command_status(message: Message) -> int:
    return next((each.command_status for each in message.segments if each.command_status), _FAILED)
