"""Errors of the admin listener as `application/problem+json` (RFC 9457), in the shape that apps get theirs."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
from aiohttp import web

from gateway.config import ConfigError
from gateway.errors import Refusal, StoreError

Errors = Sequence[Mapping[str, Any]]
EXPECTED = (Refusal, StoreError, ConfigError, web.HTTPException)


def problem(
    status: int, title: str, detail: str, errors: Errors = (), headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer that says what is wrong: `title` of the kind, `detail` of this case, `errors` field by field."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": list(errors)}
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of(error: Refusal | StoreError | ConfigError | web.HTTPException) -> web.Response:
    """The answer to a call that ended with one of EXPECTED."""
    match error:
        case Refusal():
            return _of_refusal(error)
        case StoreError():
            return _of_refusal(Refusal("store_unavailable", str(error), retry_after_s=1.0))
        case ConfigError():
            return _of_config_error(error)
        case web.HTTPException():
            return _of_http_error(error)


def _of_refusal(refusal: Refusal) -> web.Response:
    """What the gateway refused, with the status its code has for apps."""
    error = {"field": refusal.field, "code": refusal.code, "detail": refusal.detail}
    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(ceil(refusal.retry_after_s))}
    return problem(refusal.answer.http_status, refusal.answer.sentence, refusal.detail, [error], headers)


def _of_config_error(error: ConfigError) -> web.Response:
    """A configuration that cannot be used; 422 with an error for each line of `relevo check`."""
    errors = [
        {"field": found.path, "code": "invalid_configuration", "detail": found.message, "line": found.line}
        for found in error.problems
    ]
    return problem(422, "The configuration cannot be used.", str(error), errors)


def _of_http_error(error: web.HTTPException) -> web.Response:
    """What the router says: no such path (404), another method (405), a body too large (413)."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    status = HTTPStatus(error.status)
    return problem(error.status, status.phrase, status.description or status.phrase, headers=headers)
