"""What the description says about each call, in words; what the code knows itself is not repeated here."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.apps.http_answer import JSON

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


_BODY_PROBLEMS = (400, 413, 415, 422)

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
