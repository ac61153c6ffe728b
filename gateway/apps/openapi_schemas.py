"""What the calls answer, as JSON schemas, and the parameters they take. Tests hold them against real answers."""

from collections.abc import Mapping
from typing import Any

from gateway.message import Status

Json = dict[str, Any]


def _nullable(type_: str, description: str, **more: object) -> Json:
    return {"type": [type_, "null"], "description": description, **more}


def _text(description: str, **more: object) -> Json:
    return {"type": "string", "description": description, **more}


def _object(description: str, properties: Json) -> Json:
    """An object that always has all of these."""
    return {"type": "object", "description": description, "required": list(properties), "properties": properties}


def _list_of(schema: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}


_TIME = {"type": "string", "format": "date-time"}
_STATUS = {"type": "string", "enum": [status.word for status in Status]}
_ID = _text("UUIDv7; sorts by time.", maxLength=36)

SCHEMAS: Mapping[str, Json] = {
    "Message": _object(
        "A message and how far it has come.",
        {
            "id": _ID,
            "app": _text("Whose it is."),
            "batch": _nullable("string", "The batch it came in."),
            "reference": _nullable("string", "The app's own name for it."),
            "tags": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The app's words that routes ask for.",
            },
            "to": _text("E.164 with +."),
            "from": _text("The sender; empty where the carrier puts in its own."),
            "lane": {"type": "string", "enum": ["fast", "bulk"]},
            "status": _STATUS,
            "network": _nullable("string", "The network that serves the number."),
            "carrier": _nullable("string", "The carrier that has it or that it waits for."),
            "encoding": _text("What the text came to."),
            "segments": {"type": "integer", "minimum": 1, "description": "How many submit_sm it takes."},
            "created_at": _TIME,
            "updated_at": _TIME,
            "error": {"oneOf": [{"$ref": "#/components/schemas/MessageError"}, {"type": "null"}]},
            "events": _list_of("Event"),
        },
    ),
    "MessageError": _object(
        "Why a message failed.", {"code": _text("As in a problem's errors."), "detail": _text("In words.")}
    ),
    "Event": _object(
        "A line of a message's history.",
        {
            "at": _TIME,
            "status": _STATUS,
            "carrier": _nullable("string", "By which carrier."),
            "bind": _nullable("string", "Over which bind."),
            "command_status": _nullable("integer", "What the carrier answered (SMPP 3.4 §5.1.3)."),
            "carrier_message_id": _nullable("string", "The carrier's name for the segment."),
            "segment": _nullable("integer", "Which segment, from 1; null for the whole message."),
            "detail": _nullable("string", "In words."),
        },
    ),
    "Lookup": _object(
        "What is known of a number.",
        {
            "number": _text("E.164 with +, a short code, or the text that is no number."),
            "valid": {"type": "boolean"},
            "region": _nullable("string", "ISO 3166-1."),
            "type": _nullable("string", "mobile, fixed, mobile_or_fixed, non_geographic, short_code or unknown."),
            "network": _nullable("string", "The network that serves it now."),
            "source": _nullable("string", "Which source said so."),
            "ported": _nullable("boolean", "Whether it left its first network; null where no source says."),
            "timezones": {"type": "array", "items": {"type": "string"}, "description": "IANA names; all it may be in."},
        },
    ),
    "Explanation": _object(
        "How a message would go; null where it does not come so far.",
        {
            "number": _nullable("string", "E.164 with +."),
            "network": _nullable("string", "The network that serves it."),
            "source": _nullable("string", "Which source said so."),
            "ported": _nullable("boolean", "Whether it left its first network."),
            "age_s": _nullable("number", "How old the source's data is, in seconds."),
            "lane": _nullable("string", "The lane it would take."),
            "carriers": {"type": "array", "items": {"type": "string"}, "description": "In the order of failover."},
            "sender": _nullable("string", "Whom it would be from."),
            "encoding": _nullable("string", "What its text comes to."),
            "segments": _nullable("integer", "How many submit_sm it takes."),
            "price": _nullable("object", "What the first carrier asks for it: currency and amount."),
            "refusal": _nullable("string", "The code of the refusal it would get."),
            "steps": _list_of("Step"),
        },
    ),
    "Step": _object(
        "One decision.",
        {"step": _text("Which."), "asked": _text("What."), "answer": _text("What came of it."), "why": _text("Why.")},
    ),
    "Inbound": _object(
        "What a subscriber wrote.",
        {
            "id": _ID,
            "to": _text("Our number."),
            "from": _text("E.164 with +, or as the carrier gave it."),
            "text": _text("The words; empty for binary data."),
            "network": _nullable("string", "The subscriber's network."),
            "carrier": _text("By which carrier it came."),
            "keyword": _nullable("string", "The keyword it was routed by."),
            "received_at": _TIME,
            "in_reply_to": _nullable("string", "The id of the last message sent to this subscriber from that number."),
            "data": _nullable("string", "The octets of what is no text, in hex."),
            "data_coding": {"type": "integer", "description": "What they are (SMPP 3.4 §5.2.19)."},
            "incomplete": _nullable("string", "The parts of a long text that never came."),
        },
    ),
    "InboundPage": _object(
        "A page of a list.",
        {"items": _list_of("Inbound"), "next_cursor": _nullable("string", "For the next page; null on the last.")},
    ),
    "BatchReceipt": _object(
        "What became of a batch's rows.",
        {
            "id": _ID,
            "accepted": {"type": "integer", "description": "Rows that are on disk."},
            "rejected": {"type": "integer", "description": "Rows that were refused."},
            "errors": _list_of("RowError"),
        },
    ),
    "RowError": _object(
        "Why a row was refused; the first hundred are listed.",
        {
            "index": {"type": "integer", "description": "Which row, from 0."},
            "to": _text("Whom it was for, as it was written."),
            "code": _text("For programs."),
            "detail": _text("For people."),
        },
    ),
    "Batch": _object(
        "A batch and how far it has come.",
        {
            "id": _ID,
            "name": _nullable("string", "The app's own name for it."),
            "status": _text("", enum=["accepting", "running", "paused", "cancelling", "cancelled", "finished"]),
            "created_at": _TIME,
            "total": {"type": "integer", "description": "Messages that were accepted."},
            "rejected": {"type": "integer", "description": "Rows that were refused."},
            "complete": {"type": "boolean", "description": "Whether its body came to its end."},
            "counts": {"type": "object", "description": "Messages by status; what is 0 is left out."},
            "progress": {"type": "number", "description": "The share of the messages that has ended, 0 to 1."},
            "estimated_end": _nullable("string", "When the last will have gone to a carrier; null where none goes."),
            "errors": _list_of("RowError"),
        },
    ),
    "MessagePage": _object(
        "A page of a list.",
        {"items": _list_of("Message"), "next_cursor": _nullable("string", "For the next page; null on the last.")},
    ),
    "Receipt": _object(
        "As a webhook tells it.",
        {
            "id": _ID,
            "type": _text("message. and the status."),
            "timestamp": _TIME,
            "data": {"oneOf": [{"$ref": "#/components/schemas/Message"}, {"type": "null"}]},
        },
    ),
    "ReceiptPage": _object(
        "A page of a list.",
        {"items": _list_of("Receipt"), "next_cursor": _nullable("string", "For the next page; null on the last.")},
    ),
    "OptOut": _object(
        "A recipient's word to the app.",
        {
            "number": _text("E.164 with +."),
            "opted_out_at": _TIME,
            "source": _nullable("string", "api, or the keyword that was written."),
        },
    ),
    "Problem": _object(
        "What is wrong (RFC 9457). The codes, each with its status:",
        {
            "type": _text("urn:relevo:problem: and the code."),
            "title": _text("The kind of problem."),
            "status": {"type": "integer"},
            "detail": _text("This case."),
            "errors": _list_of("ProblemError"),
        },
    ),
    "ProblemError": _object(
        "One thing that is wrong.",
        {
            "field": _nullable("string", "Field, parameter or header; null for the call as a whole."),
            "code": _text("For programs."),
            "detail": _text("For people."),
        },
    ),
}

PARAMETERS: Mapping[str, Json] = {
    "id": {"description": "The id of a message or a batch.", "schema": {"type": "string", "maxLength": 36}},
    "from": {"description": "The sender of all rows.", "schema": {"type": "string"}},
    "lane": {"description": "The lane of all rows.", "schema": {"type": "string", "enum": ["fast", "bulk"]}},
    "text": {"description": "The words; {name} is filled in from each row.", "schema": {"type": "string"}},
    "ttl": {"description": "How long each may wait, in seconds.", "schema": {"type": "integer", "minimum": 1}},
    "send_at": {"description": "When to send them; RFC 3339 with an offset.", "schema": _TIME},
    "tags": {"description": "Tags of all rows, with commas between.", "schema": {"type": "string"}},
    "spread": {
        "description": "Over what span they go, evenly: seconds, or 30m, 2h, 1d.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,7}[smhd]?$"},
    },
    "name": {"description": "The app's own name for the batch.", "schema": {"type": "string", "maxLength": 255}},
    "encoding": {"description": "As of a message.", "schema": {"type": "string"}},
    "transliterate": {"description": "As of a message.", "schema": {"type": "boolean"}},
    "receipt": {"description": "As of a message.", "schema": {"type": "string", "enum": ["final", "all", "none"]}},
    "status": {"description": "A status, or several with commas between.", "schema": {"type": "string"}},
    "to": {"description": "The recipient's number in any written form.", "schema": {"type": "string"}},
    "batch": {"description": "A batch's id.", "schema": {"type": "string"}},
    "reference": {"description": "The app's own name for the message.", "schema": {"type": "string"}},
    "number": {
        "description": "A number in any written form; escape a + as %2B or leave it as it is.",
        "schema": {"type": "string"},
    },
    "since": {"description": "Of then or later; RFC 3339 with an offset.", "schema": _TIME},
    "limit": {
        "description": "Items of a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    },
    "cursor": {"description": "The next_cursor of the page before.", "schema": {"type": "string"}},
    "Idempotency-Key": {
        "description": "1 to 255 visible ASCII characters. Within 24 hours the same key with the same body gives the "
        "first answer again and sends nothing; with another body it is 409.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}
