"""A bind's PDUs as they pass, for whoever traces it: whole PDUs out of a stream cut anywhere, decoded and in hex.

Passwords are never shown; numbers and texts only with `log.content: full`. What is hidden stands as `**` in the hex, an
octet each, so that lengths can still be counted. Off, a bind without a trace costs its connection one test a read.
"""

from collections.abc import Callable
from typing import Any

from gateway.happenings import Happening, Listener, Wanted
from gateway.masking import escape, mask_number, mask_text
from gateway.message_json import time_text
from gateway.smpp.codec import decode
from gateway.smpp.dissection import REST, Piece, dissect
from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.fields import CString, Integer
from gateway.smpp.framing import AFTER_BIND, Framer
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.spec import command_name
from gateway.smpp.status import status_name

SECRETS = frozenset({"password"})
NUMBERS = frozenset(
    ("source_addr", "destination_addr", "esme_addr", "dest_address", "unsuccess_sme", "address_range",
     "source_subaddress", "dest_subaddress", "callback_num")
)  # fmt: skip
TEXTS = frozenset(("short_message", "message_payload", REST))


class Tap:
    """Takes a connection's octets in both directions (`connection.Trace`) and tells its listeners of PDUs."""

    def __init__(self, carrier: str, bind: str, utc: Callable[[], float]) -> None:
        self._whose = {"carrier": carrier, "bind": bind}
        self._utc = utc
        self._listeners: list[tuple[Listener, bool]] = []
        self._on_silent: Callable[[], None] = lambda: None
        self._framers: dict[str, Framer] = {}

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def listen(self, *, full: bool, on_silent: Callable[[], None]) -> Listener:
        """One more listener, with numbers and texts if `full`; `on_silent()` is called when the last one has left."""
        if not self._listeners:
            self.restart()
        self._on_silent = on_silent
        listener = Listener(self._left, Wanted())
        self._listeners.append((listener, full))
        return listener

    def restart(self) -> None:
        """A new connection begins with a PDU."""
        self._framers = {"in": Framer(AFTER_BIND), "out": Framer(AFTER_BIND)}

    def close(self) -> None:
        """The bind is stopped: let every listener end."""
        for listener, _ in self._listeners:
            listener.close()

    def __call__(self, direction: str, octets: bytes) -> None:
        """Octets came `in` or go `out`."""
        try:
            whole = self._framers[direction].feed(octets)
        except FramingError as error:
            whole = list(error.whole)
            self._tell({"event": "broken", "direction": direction, "detail": error.reason})
        for pdu in whole:
            for full in {full for _, full in self._listeners}:
                self._tell({"event": "pdu", "direction": direction, **described(pdu, full=full)}, full)

    def _tell(self, happening: Happening, to_full: bool | None = None) -> None:
        happening = {"at": time_text(self._utc()), **self._whose, **happening}
        for listener, full in self._listeners:
            if to_full is None or full is to_full:
                listener.put(happening)

    def _left(self, listener: Listener) -> None:
        self._listeners = [each for each in self._listeners if each[0] is not listener]
        if not self._listeners:
            self._on_silent()


def described(octets: bytes, *, full: bool) -> dict[str, Any]:
    """A whole PDU: its header, its fields by name, and its octets in hex."""
    _, command_id, command_status, sequence_number = (int.from_bytes(octets[n : n + 4], "big") for n in (0, 4, 8, 12))
    pieces = dissect(octets)
    return {
        "command": command_name(command_id),
        "sequence_number": sequence_number,
        "command_status": command_status,
        "status": status_name(command_status),
        "length": len(octets),
        "fields": {piece.name: _value(piece, octets, full=full) for piece in pieces},
        "receipt": _receipt(octets),
        "hex": _hex(octets, pieces, full=full),
    }


def _value(piece: Piece, octets: bytes, *, full: bool) -> object:
    value = octets[piece.start : piece.end]
    if piece.name in SECRETS:
        return "***"
    if piece.name in TEXTS and not full:
        return mask_text(value)
    if isinstance(piece.field, Integer) or piece.name == "sm_length":
        return value[0]
    if isinstance(piece.field, CString):
        text = value[:-1].decode("latin-1")
        return mask_number(text) if piece.name in NUMBERS and not full else escape(text)
    return mask_text(value) if piece.name in NUMBERS and not full else value.hex()


def _hex(octets: bytes, pieces: list[Piece], *, full: bool) -> str:
    hidden = SECRETS if full else SECRETS | NUMBERS | TEXTS
    shown = [f"{octet:02x}" for octet in octets]
    for piece in pieces:
        if piece.name in hidden:
            # the NUL behind a string is the string's end and no secret
            end = piece.end - 1 if isinstance(piece.field, CString) else piece.end
            shown[piece.start : end] = ["**"] * (end - piece.start)
    return "".join(shown)


def _receipt(octets: bytes) -> dict[str, str] | None:
    """What a receipt says of which id, since its text is hidden; None where it is none, or cannot be read."""
    try:
        pdu = decode(octets).pdu
    except (PduError, FramingError):
        return None
    if not isinstance(pdu, DeliverSm | DataSm) or classify(pdu) is Kind.MO:
        return None
    receipt = read(pdu)
    return {"id": escape(receipt.message_id), "stat": escape(receipt.stat), "err": escape(receipt.error)}
