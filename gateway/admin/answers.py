"""Answers in JSON, and the few things calls of the admin listener take."""

from typing import Any, TypeVar

import msgspec
from aiohttp import web

from gateway.errors import Refusal

_LARGEST_PAGE = 1000

Body = TypeVar("Body", bound=msgspec.Struct)


def json_answer(value: Any, status: int = 200) -> web.Response:
    """`value` in JSON; never kept by whoever stands in between, because it is about now."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def limit_of(request: web.Request) -> int:
    """The `limit` of a list, 1 to 1000, default 100. Raises Refusal."""
    text = request.query.get("limit", "100")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= limit <= _LARGEST_PAGE:
        raise Refusal("invalid_field", f"limit is a whole number from 1 to {_LARGEST_PAGE}.", "limit")
    return limit


def only_query(request: web.Request, *known: str) -> None:
    """Raises Refusal for a query parameter that the call does not know: ignored, it would seem to have worked."""
    for name in request.query:
        if name not in known:
            raise Refusal("unknown_field", f"{name} is not a parameter of this call.", name)


async def body_of(request: web.Request, shape: type[Body]) -> Body:
    """The request's body, JSON of this shape. Raises Refusal invalid_field, naming the field, or invalid_json."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.ValidationError as error:
        raise Refusal("invalid_field", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal("invalid_json", str(error)) from None
