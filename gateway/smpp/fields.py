"""Kinds of field a PDU is made of (§3.1, §3.2.4), each able to read, write and explain itself; TLVs on the wire.

A PDU's layout is a tuple of these, in wire order.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus

Tlvs = tuple[tuple[int, bytes], ...]
"""(tag, value) in the order of the wire; unknown and repeated ones are kept."""

LENIENT_C_STRING = 256
"""Octets, with the NUL, a C-string from a carrier may have whatever its limit: over-long ids and addresses occur."""

MAX_TLVS = 64
"""TLVs read of one PDU; more is an attempt on our time, not a message."""

_TLV_HEADER = struct.Struct(">HH")


class FieldError(ValueError):
    """A field that was read and may not be so, with the command_status that says it."""

    def __init__(self, reason: str, command_status: int) -> None:
        super().__init__(reason)
        self.command_status = command_status


class Field(Protocol):
    """What `codec` asks of a kind of field."""

    @property
    def name(self) -> str:
        """The PDU's attribute this stands for."""

    def take(self, octets: bytes, position: int, lenient: bool) -> tuple[Any, int]:
        """The value at `position`, and where the next field begins.

        Raises FieldError for one that is against its limit, IndexError or ValueError when the octets end in it.
        """

    def put(self, value: Any) -> bytes:
        """The value's octets. Raises as `check` does."""

    def after(self, octets: bytes, position: int) -> int:
        """Where the field ends that begins at `position`. Raises IndexError or ValueError when the octets end in it."""

    def check(self, value: object) -> None:
        """Raises ValueError or TypeError, naming the field, when `value` cannot be written."""


@dataclass(frozen=True, slots=True)
class Integer:
    """An unsigned integer of one octet; all of a PDU's mandatory integers are."""

    name: str

    def take(self, octets: bytes, position: int, lenient: bool) -> tuple[int, int]:
        return octets[position], position + 1

    def put(self, value: int) -> bytes:
        self.check(value)
        return bytes((value,))

    def after(self, octets: bytes, position: int) -> int:
        octets[position]
        return position + 1

    def check(self, value: object) -> None:
        if not isinstance(value, int):
            raise TypeError(f"{self.name} must be an integer, not {value!r}")
        if not 0 <= value <= 0xFF:
            raise ValueError(f"{self.name} is {value}; one octet holds 0 to 255")


@dataclass(frozen=True, slots=True)
class CString:
    """A C-octet string of at most `size` octets, its NUL among them, whose breach an app hears of as `status`.

    `agreed` replaces `size` both ways where practice goes beyond the specification (passwords).
    """

    name: str
    size: int
    status: CommandStatus = CommandStatus.ESME_RINVMSGLEN
    agreed: int = 0

    @property
    def limit(self) -> int:
        """Characters allowed, without the NUL."""
        return (self.agreed or self.size) - 1

    def take(self, octets: bytes, position: int, lenient: bool) -> tuple[str, int]:
        nul = octets.index(0, position)
        self.check_length(nul - position, lenient)
        return octets[position:nul].decode("latin-1"), nul + 1

    def put(self, value: str) -> bytes:
        self.check(value)
        return value.encode("latin-1") + b"\0"

    def check_length(self, length: int, lenient: bool) -> None:
        """Raises FieldError where so many characters are too many to be read."""
        limit = max(self.limit, LENIENT_C_STRING - 1) if lenient else self.limit
        if length > limit:
            raise FieldError(f"{self.name} is longer than {limit} octets", self.status)

    def after(self, octets: bytes, position: int) -> int:
        return octets.index(0, position) + 1

    def check(self, value: object) -> None:
        if not isinstance(value, str):
            raise TypeError(f"{self.name} must be text, not {value!r}")
        if len(value) > self.limit:
            raise ValueError(f"{self.name} has {len(value)} characters; at most {self.limit} go on the wire")
        if "\0" in value:
            raise ValueError(f"{self.name} contains a NUL, which would end it on the wire")
        if not value.isascii() and any(ord(character) > 0xFF for character in value):
            raise ValueError(f"{self.name} contains a character outside Latin-1")


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """sm_length and short_message (§5.2.21, §5.2.22); the length is the octets' own and no attribute."""

    name: str = "short_message"
    limit: int = 254

    def take(self, octets: bytes, position: int, lenient: bool) -> tuple[bytes, int]:
        after = position + 1 + octets[position]
        if after > len(octets):
            raise IndexError
        return octets[position + 1 : after], after

    def put(self, value: bytes) -> bytes:
        self.check(value)
        return bytes((len(value),)) + value

    def after(self, octets: bytes, position: int) -> int:
        octets[position + octets[position]]
        return position + 1 + octets[position]

    def check(self, value: object) -> None:
        if not isinstance(value, bytes):
            raise TypeError(f"{self.name} must be octets, not {type(value).__name__}")
        if len(value) > self.limit:
            raise ValueError(f"{self.name} has {len(value)} octets; more than {self.limit} need message_payload")


class ReadRows(Protocol):
    """Reads a counting octet and its rows: (octets, position, lenient) -> (rows, where the next field begins)."""

    def __call__(self, octets: bytes, position: int, lenient: bool) -> tuple[tuple[object, ...], int]: ...


@dataclass(frozen=True, slots=True)
class Rows:
    """A counting octet and as many rows of fields; `write_rows` raises ValueError, naming the field, and so checks."""

    name: str
    read_rows: ReadRows
    write_rows: Callable[[Any], bytes]

    def take(self, octets: bytes, position: int, lenient: bool) -> tuple[tuple[object, ...], int]:
        return self.read_rows(octets, position, lenient)

    def put(self, value: Any) -> bytes:
        return self.write_rows(value)

    def after(self, octets: bytes, position: int) -> int:
        return self.read_rows(octets, position, True)[1]

    def check(self, value: object) -> None:
        self.write_rows(value)


def read_tlvs(octets: bytes, position: int) -> tuple[Tlvs, bytes]:
    """The TLVs from `position` on, and the octets at the end that are none (§3.2.4.1); never raises.

    One stray NUL between the body and its TLVs is stepped over, as some peers end short_message with one.
    """
    tlvs, rest = _read_tlvs(octets, position)
    if rest and octets[position] == 0:
        shifted = read_tlvs_exactly(octets, position + 1)
        if shifted is not None:
            return shifted, octets[position : position + 1]
    return tlvs, octets[rest:] if rest else b""


def read_tlvs_exactly(octets: bytes, position: int) -> Tlvs | None:
    """The TLVs from `position` on if they end where the octets end; else None. No TLV at all is None too."""
    tlvs, rest = _read_tlvs(octets, position)
    return tlvs if tlvs and not rest else None


def _read_tlvs(octets: bytes, position: int) -> tuple[Tlvs, int]:
    """The TLVs, and where reading them stopped short, 0 when it did not."""
    tlvs: list[tuple[int, bytes]] = []
    end = len(octets)
    while position + 4 <= end and len(tlvs) < MAX_TLVS:
        tag = octets[position] << 8 | octets[position + 1]
        after = position + 4 + (octets[position + 2] << 8 | octets[position + 3])
        if after > end:
            break
        tlvs.append((tag, octets[position + 4 : after]))
        position = after
    return tuple(tlvs), position if position < end else 0


def write_tlvs(tlvs: Tlvs) -> bytes:
    """The TLVs' octets. Raises ValueError, naming the tag, for a tag or a length over 16 bits."""
    pack = _TLV_HEADER.pack
    try:
        return b"".join([pack(tag, len(value)) + value for tag, value in tlvs])
    except struct.error:
        check_tlvs(tlvs)
        raise


def check_tlvs(tlvs: Sequence[tuple[int, bytes]]) -> None:
    """Raises ValueError naming the first TLV that cannot be written."""
    for tag, value in tlvs:
        if not 0 <= tag <= 0xFFFF:
            raise ValueError(f"TLV tag {tag} does not fit in 16 bits")
        if len(value) > 0xFFFF:
            raise ValueError(f"TLV {tag_name(tag)} has {len(value)} octets; at most 65535 go on the wire")


def tag_name(tag: int) -> str:
    """`message_payload` for a known tag, `0x1403` otherwise."""
    known = Tag._value2member_map_.get(tag)
    return known.name.lower() if isinstance(known, Tag) else f"0x{tag:04x}"
