"""A batch's options and rows -> submissions, each with its text filled in."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.apps.http_fields import Fields
from gateway.apps.http_message_body import (
    FURTHEST_S,
    LONGEST_SENDER,
    LONGEST_TEXT,
    LONGEST_TTL_S,
    PAST_S,
    Encoding,
    Lane,
    Receipt,
    Tags,
)
from gateway.batches import Refused, Row, Spread
from gateway.config.units import parse_duration
from gateway.errors import Refusal
from gateway.message import Content
from gateway.submission import Submission

_FIELD = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_LONGEST_REFERENCE = 255
LONGEST_SPREAD_S = 31 * 86_400
_SPREAD = "^[0-9]{1,7}[smhd]?$"

Value = str | int | float | bool | None


class BatchOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What holds for all rows."""

    from_: Annotated[str | None, Meta(description="the sender of all rows; the app's first where left out")] = (
        msgspec.field(default=None, name="from")
    )
    lane: Annotated[Lane | None, Meta(description="fast or bulk; the app's own where left out")] = None
    text: Annotated[
        str | None,
        Meta(description="the words of rows without a text of their own; {name} is filled in from each row, {{ is a {"),
    ] = None
    ttl: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_TTL_S)] | None,
        Meta(description="how long each message may wait, in whole seconds from 1, at most the lane's ttl"),
    ] = None
    send_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="when to send them, RFC 3339 with an offset, at most 366 days from now"),
    ] = None
    spread: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_SPREAD_S)] | Annotated[str, Meta(pattern=_SPREAD)] | None,
        Meta(
            description="over what span they go, evenly, from send_at or now: whole seconds, or 30m, 2h, 1d; to 31 days"
        ),
    ] = None
    name: Annotated[
        Annotated[str, Meta(max_length=255)] | None,
        Meta(description="the app's own name for the batch, at most 255 characters"),
    ] = None
    tags: Tags = None
    encoding: Annotated[Encoding, Meta(description="auto, gsm7, ucs2 or latin1")] = "auto"
    transliterate: Annotated[
        bool, Meta(description="true or false: whether letters outside GSM 7 may be written plainly, á as a")
    ] = False
    receipt: Annotated[Receipt, Meta(description="final, all or none: which changes of status the app is told of")] = (
        "final"
    )


class BatchRow(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One row."""

    to: Annotated[str, Meta(description="the recipient's number, international or as written at home")]
    text: Annotated[str | None, Meta(description="the words for this row, in place of the batch's")] = None
    vars: Annotated[
        dict[str, Value] | None, Meta(description="what the {name} fields of the text are filled in with")
    ] = None
    reference: Annotated[str | None, Meta(description="the app's own name for the message")] = None


class BatchBody(BatchOptions, kw_only=True, forbid_unknown_fields=True):
    """A batch as one JSON object."""

    messages: Annotated[list[msgspec.Raw], Meta(description="a list of rows")]


whole_body = Fields(BatchBody)
_options = Fields(BatchOptions)
_row = msgspec.json.Decoder(BatchRow).decode


def options_of(fields: Mapping[str, Any]) -> BatchOptions:
    """The options of the fields of a JSON object. Raises Invalid with all that is wrong."""
    return _options.read(msgspec.json.encode(fields))


def options_of_query(query: Mapping[str, str]) -> BatchOptions:
    """The options as they stand in a query. Raises Refusal."""
    for name in query:
        if name not in BatchOptions.__struct_encode_fields__:
            known = ", ".join(BatchOptions.__struct_encode_fields__)
            raise Refusal(
                "unknown_field", f"{name[:64]!r} is not a parameter of this call; there are {known}.", name[:64]
            )
    given: dict[str, Any] = dict(query)
    if "tags" in given:
        given["tags"] = given["tags"].split(",")
    if "send_at" in given:
        given["send_at"] = given["send_at"].replace(" ", "+")  # a + that was not escaped has become a blank
    try:
        return msgspec.convert(given, BatchOptions, strict=False)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].partition("`")[0]
        raise Refusal("invalid_field", f"{error}.", field) from None


class Rows:
    """Makes submissions of rows. What is the same for all of them is worked out once."""

    def __init__(self, options: BatchOptions, app: str, now: float) -> None:
        """`now` in epoch seconds. Raises Refusal where an option cannot be."""
        self._options = options
        self._app = app
        self._sender = options.from_ or ""
        self._tags = tuple(options.tags or ())
        if options.from_ is not None and not _is_sender(options.from_):
            raise _fault("from", f"A sender has 1 to {LONGEST_SENDER} printable ASCII characters.")
        if options.encoding == "binary":
            raise _fault("encoding", "Batches are of texts.")
        self._send_at = 0.0 if options.send_at is None else _send_at(options.send_at, now)
        self._same: Content | None = None
        if options.text is not None:
            _check_text(options.text)
            if not _has_fields(options.text):
                self._same = Content(text=options.text, encoding=options.encoding)

    def of_json(self, octets: bytes | msgspec.Raw) -> Row:
        """A row that is a JSON object."""
        try:
            row = _row(octets)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Refused(_to_of(octets), Refusal("invalid_field", f"The row cannot be read: {error}"))
        return self.of(row.to, row.text, row.vars or {}, row.reference)

    def of(self, to: str, text: str | None, values: Mapping[str, Value], reference: str | None) -> Row:
        """A row of plain values."""
        options = self._options
        try:
            content = self._same if text is None and self._same is not None else self._content(text, values)
            if reference is not None and len(reference) > _LONGEST_REFERENCE:
                raise _fault("reference", f"A reference has at most {_LONGEST_REFERENCE} characters.")
        except Refusal as refusal:
            return Refused(to, refusal)
        return Submission(
            app=self._app,
            to=to,
            content=content,
            interface="http",
            sender=self._sender,
            lane=options.lane or "",
            reference=reference or "",
            ttl_s=options.ttl,
            send_at=self._send_at,
            receipt=options.receipt,
            transliterate=options.transliterate,
            tags=self._tags,
        )

    def _content(self, text: str | None, values: Mapping[str, Value]) -> Content:
        template = self._options.text if text is None else text
        if template is None:
            raise Refusal("missing_field", "Neither the row nor the batch has a text.", "text")
        words = fill(template, values)
        _check_text(words)
        return Content(text=words, encoding=self._options.encoding)


def fill(template: str, values: Mapping[str, Value]) -> str:
    """The text with each {name} replaced; {{ and }} are a brace. Raises Refusal for a field that has no value."""
    if not _has_fields(template):
        return template
    words: list[str] = []
    for literal, name in _pieces(template):
        words.append(literal)
        if name:
            value = values.get(name)
            if value is None:
                raise Refusal("missing_field", f"The text has a field {{{name}}}, the row has no value for it.", "vars")
            words.append(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return "".join(words)


@lru_cache(maxsize=256)
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    """Words, each with the name of the field behind it ("" at the end)."""
    pieces: list[tuple[str, str]] = []
    literal, at = "", 0
    for match in _FIELD.finditer(template):
        literal += template[at : match.start()]
        at = match.end()
        if match[1] is None:
            literal += match[0][0]
        else:
            pieces.append((literal, match[1]))
            literal = ""
    return (*pieces, (literal + template[at:], ""))


def _has_fields(text: str) -> bool:
    return "{" in text or "}" in text


def _check_text(text: str) -> None:
    if not text:
        raise _fault("text", "The text is empty.")
    if len(text) > LONGEST_TEXT:
        raise Refusal("text_too_long", f"The text has {len(text)} characters.", "text")


def _is_sender(sender: str) -> bool:
    return sender.isascii() and sender.isprintable() and 0 < len(sender) <= LONGEST_SENDER


def _send_at(at: datetime, now: float) -> float:
    seconds = at.timestamp()
    if not now - PAST_S <= seconds <= now + FURTHEST_S:
        raise _fault("send_at", "send_at is from now to 366 days ahead.")
    return seconds if seconds > now else 0.0


def spread_of(options: BatchOptions) -> Spread | None:
    """When each row goes, where not all go alike. Raises Refusal."""
    if options.spread is None:
        return None
    return Spread(0.0 if options.send_at is None else options.send_at.timestamp(), _span(options.spread))


def _span(text: int | str) -> float:
    seconds = parse_duration(text) if isinstance(text, str) and text[-1].isalpha() else float(text)
    if not 1 <= seconds <= LONGEST_SPREAD_S:
        raise _fault("spread", "A spread is from a second to 31 days, in seconds or as 30m, 2h or 1d.")
    return seconds


def _to_of(octets: bytes | msgspec.Raw) -> str:
    """Whom a row that cannot be read is for, as far as that can be told."""
    try:
        row = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    to = row.get("to") if isinstance(row, dict) else None
    return to if isinstance(to, str) else ""


def _fault(field: str, detail: str) -> Refusal:
    return Refusal("invalid_field", detail, field)
