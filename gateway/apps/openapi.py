"""GET /v1/openapi.json and /docs: the description of the calls, made of what answers them.

Paths and methods come from the routes themselves and a message's fields from the struct that reads it, so that neither
can say what the code does not do; a route without words here fails at start.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from gateway.apps.docs_page import docs_page
from gateway.apps.http_answer import JSON, Answer
from gateway.apps.http_batch_body import BatchBody, BatchRow
from gateway.apps.http_call import Call, Route
from gateway.apps.http_message_body import MessageBody
from gateway.apps.openapi_calls import CALLS, CallWords
from gateway.apps.openapi_compatible import operation as compatible_operation
from gateway.apps.openapi_schemas import PARAMETERS, SCHEMAS
from gateway.apps.problem import PROBLEM_JSON
from gateway.errors import REFUSALS

Json = dict[str, Any]

OPENAPI = "/v1/openapi.json"
DOCS = "/docs"
_ABOUT = (
    "Send messages, follow them, read what subscribers write. An answer of 2xx to something sent or changed means that "
    "it is on disk. Errors are problem+json (RFC 9457); their codes are listed under Problem."
)


class Description:
    """The description of the given routes; itself two calls, open to everybody."""

    def __init__(self, routes: Sequence[Route], version: str) -> None:
        own = [
            Route("GET", OPENAPI, self._answer_openapi, open=True),
            Route("GET", DOCS, self._answer_docs, open=True),
        ]
        self._own = own
        self.document = _document([*routes, *own], version)
        self._json = msgspec.json.encode(self.document)
        self._html = docs_page(self.document).encode()

    def routes(self) -> list[Route]:
        """What it answers."""
        return list(self._own)

    async def _answer_openapi(self, call: Call) -> Answer:
        return Answer(200, self._json)

    async def _answer_docs(self, call: Call) -> Answer:
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        return Answer(200, self._html, "text/html; charset=utf-8", (("Content-Security-Policy", policy),))


def _document(routes: Sequence[Route], version: str) -> Json:
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    codes = "; ".join(f"`{code}` {answer.http_status}: {answer.sentence}" for code, answer in REFUSALS.items())
    problem = SCHEMAS["Problem"] | {"description": f"{SCHEMAS['Problem']['description']} {codes}"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Relevo, HTTP for apps", "version": version, "description": _ABOUT},
        "security": [{"key": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the app."},
                "basic": {"type": "http", "scheme": "basic", "description": "The app's name, and an API key of it."},
            },
            "schemas": {**_struct_schemas(), **SCHEMAS, "Problem": problem},
        },
    }


def _struct_schemas() -> Json:
    """The schema of the body, and of what it refers to."""
    types = (MessageBody, BatchBody, BatchRow)
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    messages = components["BatchBody"]["properties"]["messages"]
    messages["items"] = _reference("BatchRow")  # read one by one, so that a bad one refuses no other
    return dict(components)


class _Parameter(NamedTuple):
    name: str
    place: str
    required: bool


def _operation(route: Route) -> Json:
    compatible = compatible_operation(route)
    if compatible is not None:
        return compatible
    words = CALLS[route.method, route.path]
    operation: Json = {"operationId": words.name, "summary": words.summary, "description": words.description}
    parameters = [_Parameter(name, "query", False) for name in words.query]
    parameters += [_Parameter(name, "header", False) for name in words.headers]
    if "{" in route.path:
        parameters.append(_Parameter(route.path.partition("{")[2].partition("}")[0], "path", True))
    if parameters:
        operation["parameters"] = [
            {"name": name, "in": place, "required": required, **PARAMETERS[name]}
            for name, place, required in parameters
        ]
    if words.body:
        content = {JSON: {"schema": _reference(words.body)}}
        content |= {other: {"schema": {"type": "string"}} for other in words.other_bodies}
        operation["requestBody"] = {"required": True, "content": content}
    if route.open:
        operation["security"] = []
    operation["responses"] = _responses(words, route.open)
    return operation


def _responses(words: CallWords, is_open: bool) -> Json:
    answers: Json = {}
    for status, (description, content_type, schema) in words.answers.items():
        answers[str(status)] = {"description": description}
        if content_type:
            shape = {"schema": _reference(schema) if schema else {"type": "string"}}
            answers[str(status)]["content"] = {content_type: shape}
        if status in _HEADERS:
            answers[str(status)]["headers"] = _HEADERS[status]
    problems = (*words.problems, 503) if is_open else (401, 403, *words.problems, 503)
    for status in sorted(set(problems)):
        answers[str(status)] = {
            "description": _PROBLEMS[status],
            "content": {PROBLEM_JSON: {"schema": _reference("Problem")}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
    return answers


def _reference(schema: str) -> Json:
    return {"type": "object"} if schema == "object" else {"$ref": f"#/components/schemas/{schema}"}


_PROBLEMS = {
    400: "The body is not valid JSON.",
    401: "No key, or a wrong one.",
    403: "The app may not use this lane or sender, or may not connect from there.",
    404: "There is nothing under that name.",
    408: "The body did not come in time.",
    409: "Not in the state that things are in.",
    413: "The body is larger than allowed.",
    415: "The body's Content-Type is none of those that are named here, or not in UTF-8.",
    422: "A field is wrong, missing or not known; `errors` names them all.",
    429: "The app submits faster than it may.",
    503: "The gateway is stopping, or its store cannot take it now.",
}
_SECONDS = {"schema": {"type": "integer"}, "description": "Seconds after which to try again."}
_HEADERS = {
    202: {
        "Idempotent-Replayed": {
            "schema": {"type": "string", "enum": ["true"]},
            "description": "There where this answer was given before.",
        }
    },
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer and Basic."}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}
