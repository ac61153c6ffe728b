"""What the description says about the compatible calls; their parameters come from the tables that read them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.apps import jasmin, jasmin_enquiries, kannel
from gateway.apps.form import FORM
from gateway.apps.http_answer import JSON
from gateway.apps.http_call import Route
from gateway.apps.jasmin_request import PARAMETERS as JASMIN_PARAMETERS
from gateway.apps.kannel_request import PARAMETERS as KANNEL_PARAMETERS

Json = dict[str, Any]
PLAIN = "text/plain"


class _Words(NamedTuple):
    name: str
    summary: str
    description: str
    parameters: Mapping[str, str]
    required: tuple[str, ...]
    answers: Mapping[int, str]
    content_type: str = PLAIN


_WRONG = "A parameter is wrong, missing or unknown, and named."
_LOGIN = "The login is wrong."
_WORDS: Mapping[str, _Words] = {
    kannel.PATH: _Words(
        "Sendsms",
        "Send as with Kannel",
        "Kannel's sendsms: the parameters in the query, in a form, or (POST of text/plain or application/octet-stream, "
        "which then is the text) in X-Kannel headers. X-Message-Id holds the ids.",
        KANNEL_PARAMETERS,
        ("username", "password", "to"),
        {
            202: "`0: Accepted for delivery` or `3: Queued for later delivery`; on disk.",
            400: "A parameter is wrong, unknown or not supported, and named.",
            403: "The login is wrong, the app may not do this, or no route leads to the number.",
            413: "The body is larger than allowed.",
            415: "The body is of no kind that is read.",
            503: "Try again later.",
        },
    ),
    jasmin.PATH: _Words(
        "Send",
        "Send as with Jasmin",
        'Jasmin\'s /send: the parameters in the query, in a form or in JSON. An error is `Error "WHY"`.',
        JASMIN_PARAMETERS,
        ("username", "password", "to"),
        {
            200: '`Success "ID"`; on disk.',
            400: "A parameter is wrong, unknown or not supported, and named.",
            403: "The login is wrong, the app may not do this, or submits faster than it may.",
            412: "No route leads to the number.",
            413: "The body is larger than allowed.",
            415: "The body is of no kind that is read.",
            503: "Try again later.",
        },
    ),
    jasmin_enquiries.PING: _Words(
        "Ping",
        "Whether it is there, as with Jasmin",
        "Jasmin's /ping.",
        {},
        (),
        {200: "`Jasmin/PONG`.", 400: "It takes no parameter."},
    ),
    jasmin_enquiries.BALANCE: _Words(
        "Balance",
        "What the app may still send, as with Jasmin",
        "Jasmin's /balance. There is no limit, which Jasmin calls `ND`. An error is a JSON string.",
        jasmin_enquiries.BALANCE_PARAMETERS,
        ("username", "password"),
        {200: 'Always `{"balance": "ND", "sms_count": "ND"}`.', 400: _WRONG, 403: _LOGIN},
        JSON,
    ),
    jasmin_enquiries.RATE: _Words(
        "Rate",
        "What a message would cost, as with Jasmin",
        "Jasmin's /rate: `submit_sm_count` segments, each at `unit_rate`, the configured price of the carrier that it "
        "would go by, 0 where there is none. Nothing is sent. An error is a JSON string.",
        jasmin_enquiries.RATE_PARAMETERS,
        ("username", "password", "to"),
        {
            200: '`{"unit_rate": 0.18, "submit_sm_count": 1}`.',
            400: _WRONG,
            403: "The login is wrong, or the app may not do this.",
            412: "No route leads to the number.",
        },
        JSON,
    ),
}


def operation(route: Route) -> Json | None:
    """The description of a compatible call; None for any other."""
    words = _WORDS.get(route.path)
    if words is None:
        return None
    described: Json = {
        "operationId": route.method.lower() + words.name,
        "summary": words.summary,
        "description": words.description,
        "security": [],
        "responses": {
            str(status): {"description": text, "content": {words.content_type: {"schema": _schema(words, status)}}}
            for status, text in words.answers.items()
        },
    }
    if route.method == "GET":
        described["parameters"] = [
            {"name": name, "in": "query", "required": name in words.required} | _described(text)
            for name, text in words.parameters.items()
        ]
    else:
        fields = {name: {"type": "string", "description": text} for name, text in words.parameters.items()}
        form = {"type": "object", "required": list(words.required), "properties": fields}
        described["requestBody"] = {"required": True, "content": {FORM: {"schema": form}}}
    return described


def _schema(words: _Words, status: int) -> Json:
    return {"type": "object" if words.content_type == JSON and status == 200 else "string"}


def _described(text: str) -> Json:
    return {"description": text, "schema": {"type": "string"}}
