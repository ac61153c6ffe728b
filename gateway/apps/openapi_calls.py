"""What the description says about each call, in words; what the code knows itself is not repeated here."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.apps.http_answer import JSON
from gateway.apps.http_batch_body import BatchOptions

_Answers = Mapping[int, tuple[str, str, str]]  # status -> (description, content type, schema)


class CallWords(NamedTuple):
    """A call: its name for generated clients, what it does, what it answers, and the problems there are besides 401,
    403 and 503, which all have."""

    name: str
    summary: str
    description: str
    answers: _Answers
    problems: tuple[int, ...] = ()
    body: str = ""
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    other_bodies: tuple[str, ...] = ()


_BODY_PROBLEMS = (400, 408, 413, 415, 422)

CALLS: Mapping[tuple[str, str], CallWords] = {
    ("POST", "/v1/messages"): CallWords(
        "sendMessage",
        "Send one message",
        "202 means that the message is on disk and will end in exactly one final status. What is known to be wrong "
        "with it is refused here; what turns out later ends it as `rejected`. With an Idempotency-Key the same "
        "call can be made again without sending twice.",
        {202: ("The message, as it was accepted.", JSON, "Message")},
        (*_BODY_PROBLEMS, 409, 429),
        "MessageBody",
        headers=("Idempotency-Key",),
    ),
    ("GET", "/v1/messages/{id}"): CallWords(
        "getMessage",
        "Look at a message",
        "The message as it is now, with its history. Messages of other apps are not found.",
        {200: ("The message.", JSON, "Message")},
        (404, 422),
    ),
    ("DELETE", "/v1/messages/{id}"): CallWords(
        "cancelMessage",
        "Cancel a message",
        "Cancels what no carrier has yet; 409 where one has it, or where it has ended.",
        {200: ("The message, cancelled.", JSON, "Message")},
        (404, 409, 422),
    ),
    ("POST", "/v1/explain"): CallWords(
        "explainMessage",
        "Ask how a message would go",
        "Takes the body of a message and sends nothing: whose number it is and which source said so, every rule tried "
        "and why it does not hold, carriers in order, sender, lane, encoding and segments. A refusal is part of the "
        "answer; only a body that cannot be read is a problem.",
        {200: ("How it would go.", JSON, "Explanation")},
        _BODY_PROBLEMS,
        "MessageBody",
    ),
    ("GET", "/v1/lookup/{number}"): CallWords(
        "lookUpNumber",
        "Look a number up",
        "What is known of a number. What is no number is answered with `valid` false.",
        {200: ("What is known.", JSON, "Lookup")},
        (422,),
    ),
    ("POST", "/v1/batches"): CallWords(
        "sendBatch",
        "Send many messages",
        "A body of any length: a JSON object with `messages`, a JSON object a line, or CSV with a header; of the last "
        "two the options stand in the query. 202 means that every row is on disk or refused; one bad row never refuses "
        "the others. A body that breaks off keeps what was accepted, and with an Idempotency-Key the same call goes on "
        "from there. A JSON body longer than `http.max_body` has `messages` last. With `spread` the rows go evenly "
        "over that span, from `send_at` or now on.",
        {202: ("What became of the rows.", JSON, "BatchReceipt")},
        (*_BODY_PROBLEMS, 409),
        "BatchBody",
        query=tuple(BatchOptions.__struct_encode_fields__),
        headers=("Idempotency-Key",),
        other_bodies=("application/x-ndjson", "text/csv"),
    ),
    ("GET", "/v1/batches/{id}"): CallWords(
        "getBatch",
        "Look at a batch",
        "How many of its messages have which status, and when the last will have gone at the pace of the last minute.",
        {200: ("The batch.", JSON, "Batch")},
        (404, 422),
    ),
    ("POST", "/v1/batches/{id}/pause"): CallWords(
        "pauseBatch",
        "Pause a batch",
        "Nothing more of it is sent; what a carrier has goes on. Twice is once.",
        {200: ("The batch.", JSON, "Batch")},
        (404, 409, 422),
    ),
    ("POST", "/v1/batches/{id}/resume"): CallWords(
        "resumeBatch",
        "Go on with a batch",
        "What was paused waits in its lane again.",
        {200: ("The batch.", JSON, "Batch")},
        (404, 409, 422),
    ),
    ("POST", "/v1/batches/{id}/cancel"): CallWords(
        "cancelBatch",
        "Cancel a batch",
        "Ends what no carrier has of it. The answer comes at once, with `cancelling` until all of them have ended.",
        {200: ("The batch.", JSON, "Batch")},
        (404, 422),
    ),
    ("GET", "/v1/batches/{id}/report.csv"): CallWords(
        "reportBatch",
        "A row per message",
        "CSV in UTF-8, oldest first, made while it is read.",
        {200: ("The report.", "text/csv; charset=utf-8", "")},
        (404, 422),
    ),
    ("GET", "/v1/messages"): CallWords(
        "listMessages",
        "List messages",
        "The app's, newest first. A page looks at a bounded number of rows: it may be short, even empty, and yet have "
        "a next one. What was accepted in the last second may not be found yet by number, batch or reference.",
        {200: ("A page.", JSON, "MessagePage")},
        (422,),
        query=("status", "to", "batch", "reference", "since", "limit", "cursor"),
    ),
    ("GET", "/v1/receipts"): CallWords(
        "listReceipts",
        "List receipts that nobody took",
        "For apps with neither a webhook nor a receiving bind: receipts, oldest first. Reading takes none away; go on "
        "with `since`, the last one's timestamp.",
        {200: ("A page.", JSON, "ReceiptPage")},
        (422,),
        query=("since", "limit", "cursor"),
    ),
    ("GET", "/v1/inbound"): CallWords(
        "listInbound",
        "List inbound messages",
        "What subscribers wrote to the app, newest first.",
        {200: ("A page.", JSON, "InboundPage")},
        (422,),
        query=("since", "limit", "cursor"),
    ),
    ("GET", "/v1/optouts/{number}"): CallWords(
        "getOptOut",
        "Ask whether a number has opted out",
        "Of the messages of this app.",
        {200: ("It has.", JSON, "OptOut")},
        (404, 422),
    ),
    ("PUT", "/v1/optouts/{number}"): CallWords(
        "putOptOut",
        "Opt a number out",
        "Messages to it are refused from now on (`opted_out`). Twice is once.",
        {200: ("It has opted out.", JSON, "OptOut")},
        (422,),
    ),
    ("DELETE", "/v1/optouts/{number}"): CallWords(
        "deleteOptOut",
        "Take an opt-out back",
        "Messages to the number are accepted again.",
        {204: ("It is taken back.", "", "")},
        (404, 422),
    ),
    ("GET", "/v1/openapi.json"): CallWords(
        "getOpenapi",
        "This description",
        "OpenAPI 3.1. Needs no key.",
        {200: ("The description.", JSON, "object")},
    ),
    ("GET", "/docs"): CallWords(
        "getDocs",
        "This description, for people",
        "One page of HTML that loads nothing else. Needs no key.",
        {200: ("The page.", "text/html", "")},
    ),
}
