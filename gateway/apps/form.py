"""The fields of a call that is made as a web form: in the query, in a form's body, or in both.

Values stay octets: what a text's octets mean is told by another field (charset, coding), and a user data header is no
text at all. A field that comes twice is refused, because whichever was taken, the other would be ignored.
"""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from gateway.apps.http_call import Call
from gateway.errors import Refusal

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100

Fields = dict[str, bytes]


def media_type(call: Call) -> str:
    """What the body says it is, without parameters; "" where it does not say."""
    return call.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def query_fields(call: Call) -> Fields:
    """The fields of the query, percent-decoded. Raises Refusal for one that comes twice."""
    raw = call.request.raw_path.encode("utf-8", "surrogateescape").partition(b"?")[2]
    return join({}, _pairs(raw.partition(b"#")[0]))


async def form_fields(call: Call) -> Fields:
    """The fields of the query and, where the body is a form, its own. Raises Refusal, UnreadBody."""
    fields = query_fields(call)
    if media_type(call) != FORM:
        return fields
    return join(fields, _pairs(await call.octets()))


def join(fields: Fields, more: Iterator[tuple[str, bytes]]) -> Fields:
    """`fields` with more of them. Raises Refusal for one that is there already."""
    for name, value in more:
        if name in fields:
            raise Refusal("invalid_field", f"{name[:64]} is given twice.", name[:64])
        if len(fields) >= MOST_FIELDS:
            raise Refusal("invalid_field", f"There are more than {MOST_FIELDS} fields.")
        fields[name] = value
    return fields


def _pairs(raw: bytes) -> Iterator[tuple[str, bytes]]:
    for pair in raw.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            yield _decoded(name).decode("utf-8", "replace"), _decoded(value)


def _decoded(octets: bytes) -> bytes:
    return unquote_to_bytes(octets.replace(b"+", b" "))
