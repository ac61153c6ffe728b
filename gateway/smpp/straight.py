"""A layout -> one function that reads it and one that writes it, as straight code without a loop over the fields.

The source comes from our own tables alone, at import, in the manner of `collections.namedtuple`; no peer's octet gets
near it. The lines are those of `fields`; here stands what goes around them.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Any

from gateway.smpp.fields import CString, FieldError, Rows, ShortMessage, read_tlvs, write_tlvs
from gateway.smpp.pdu import Layout
from gateway.smpp.spec import Tag, is_response
from gateway.smpp.status import CommandStatus

HEADER = struct.Struct(">IIII")

# A dict, so that -1 is a KeyError and not the last character.
_OCTET = {value: chr(value) for value in range(256)}
_PAYLOAD_TAG = int(Tag.MESSAGE_PAYLOAD)

# One to three octets are no TLV but litter, which is forgiven; four have a tag and a length that lead nowhere.
_REFUSE_CUT_TLVS = [
    "    if len(stray) > 3:",
    f"        raise FieldError('the TLVs cannot be read', {int(CommandStatus.ESME_RINVTLVSTREAM)})",
]


def reader(pdu_class: type, layout: Layout, frame_class: type, *, lenient: bool) -> Callable[..., Any]:
    """`read(octets, command_id, command_status, sequence_number) -> frame_class(…, pdu, stray)`.

    Raises FieldError for a field that is against its limit, IndexError or ValueError where the body ends too early.
    A response with a body that is not wholly its own is given back with what was read and the rest in stray.
    """
    names = [name for field in layout.fields for name in field.names]
    body = [line for field in layout.fields for line in field.read(lenient)]
    lines = [
        "end = len(o)",
        *(["if end == 16:", "    return new(Frame, (i, s, n, EMPTY, b''))"] if _may_be_empty(layout) else []),
        "p = 16",
        *(["t = o.decode('latin-1')"] if any(isinstance(field, CString) for field in layout.fields) else []),
        *_joined(body),
        "tlvs, stray = (), b''",
        "if p != end:",
        "    tlvs, stray = read_tlvs(o, p)",
        *([] if lenient else _REFUSE_CUT_TLVS),
        f"return new(Frame, (i, s, n, new(Pdu, ({', '.join([*names, 'tlvs'])},)), stray))",
    ]
    return _made("read", "o, i, s, n", lines, layout, Pdu=pdu_class, Frame=frame_class, EMPTY=pdu_class())


def writer(layout: Layout, *, bodyless_error: bool) -> Callable[..., bytes]:
    """`write(pdu, command_status, sequence_number, error_body) -> octets`.

    Raises ValueError, KeyError, TypeError or struct.error for what does not fit; which field it was is for the caller
    to find with `check`. `bodyless_error`: with a command_status the PDU has no body unless `error_body`.
    """
    names = [name for field in layout.fields for name in field.names]
    checks, pieces = [], ""
    for field in layout.fields:
        lines, piece = field.write()
        checks += lines
        pieces += piece
    has_text = any(isinstance(field, ShortMessage) for field in layout.fields)
    command_id = int(layout.command_id)
    lines = [
        *(["if s and not error_body:", f"    return pack(16, {command_id}, s, n)"] if bodyless_error else []),
        f"{', '.join([*names, 'tlvs'])}, = pdu",
        *checks,
        f"body = f'{pieces}'.encode('latin-1'){' + short_message' if has_text else ''}",
        "if tlvs:",
        *(["    if short_message:", "        refuse_payload(tlvs)"] if has_text else []),
        "    body += write_tlvs(tlvs)",
        f"return pack(16 + len(body), {command_id}, s, n) + body",
    ]
    return _made("write", "pdu, s, n, error_body", lines, layout)


def _may_be_empty(layout: Layout) -> bool:
    """A response may come without its body: an error in 3.4, a terse peer's bind_resp."""
    return is_response(layout.command_id) or not layout.fields


def _joined(lines: Iterable[str]) -> list[str]:
    """`p` moves once behind a run of single octets, not behind each."""
    out: list[str] = []
    run: list[str] = []
    for line in [*lines, ""]:
        if line.endswith(" = o[p]"):
            run.append(line.removesuffix(" = o[p]"))
        elif line != "p += 1" or not run:
            out += _run(run)
            run = []
            out += [line] if line else []
    return out


def _run(names: list[str]) -> list[str]:
    if not names:
        return []
    return [f"{name} = o[p + {at}]" for at, name in enumerate(names)] + [f"p += {len(names)}"]


def _refuse_payload(tlvs: Iterable[tuple[int, bytes]]) -> None:
    """Raises ValueError when message_payload stands beside a short_message (§5.3.2.32)."""
    for tag, _ in tlvs:
        if tag == _PAYLOAD_TAG:
            raise ValueError("short_message and message_payload are both filled")


def _made(name: str, arguments: str, lines: list[str], layout: Layout, **names: object) -> Callable[..., Any]:
    space: dict[str, Any] = {
        "new": tuple.__new__,
        "pack": HEADER.pack,
        "OCTET": _OCTET,
        "NUL": "\0",
        "FieldError": FieldError,
        "read_tlvs": read_tlvs,
        "write_tlvs": write_tlvs,
        "refuse_payload": _refuse_payload,
        **names,
    }
    for field in layout.fields:
        if isinstance(field, Rows):
            space |= {f"read_{field.name}": field.read_rows, f"write_{field.name}": field.write_rows}
    source = "\n    ".join([f"def {name}({arguments}):", *lines])
    title = f"<{name} {layout.command_id.name.lower()}>"
    exec(compile(source, title, "exec"), space)  # noqa: S102  our own tables, at import; see the head of this file
    made: Callable[..., Any] = space[name]
    return made
