"""Kinds of field a PDU is made of (§3.1, §3.2.4), each able to read, write and explain itself; TLVs on the wire.

A PDU's layout is a tuple of these, in wire order. `codec` turns a layout into two functions once, at import, by
joining the lines of source that each kind gives for itself: straight code takes a third of the time of a loop over the
kinds. Names in those lines: `o` the PDU's octets, `p` the position in them, `end` their number, `find` is `o.index`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus

Tlvs = tuple[tuple[int, bytes], ...]
"""(tag, value) in the order of the wire; unknown and repeated ones are kept."""

LENIENT_C_STRING = 256
"""Octets, with the NUL, a C-string from a carrier may have whatever its limit: over-long ids and addresses occur."""

MAX_TLVS = 64
"""TLVs read of one PDU; more is an attempt on our time, not a message."""

_TLV_HEADER = struct.Struct(">HH")


class TooLongError(ValueError):
    """A C-string over its limit, found while reading: the field's own name and command_status."""

    def __init__(self, name: str, command_status: int) -> None:
        super().__init__(f"{name} is longer than allowed")
        self.command_status = command_status


class Field(Protocol):
    """What `codec` asks of a kind of field."""

    @property
    def names(self) -> tuple[str, ...]:
        """The PDU's attributes this stands for; empty for what only the wire has."""

    def read(self, lenient: bool) -> list[str]:
        """Lines that set the attributes' local names from `o` at `p` and move `p` behind them."""

    def write(self) -> tuple[list[str], str]:
        """Lines that check, and the piece of an f-string that makes the octets as latin-1 characters."""

    def check(self, value: object) -> None:
        """Raises ValueError or TypeError, naming the field, when `value` cannot be written."""


@dataclass(frozen=True, slots=True)
class Integer:
    """An unsigned integer of one octet; all of a PDU's mandatory integers are."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, lenient: bool) -> list[str]:  # noqa: ARG002  an integer has any value for anyone
        return [f"{self.name} = o[p]", "p += 1"]

    def write(self) -> tuple[list[str], str]:
        return [], f"{{OCTET[{self.name}]}}"

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
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def limit(self) -> int:
        """Characters allowed, without the NUL."""
        return (self.agreed or self.size) - 1

    def read(self, lenient: bool) -> list[str]:
        limit = max(self.limit, LENIENT_C_STRING - 1) if lenient else self.limit
        return [
            "if o[p]:",
            "    nul = find(0, p)",
            f"    if nul - p > {limit}:",
            f"        raise TooLongError({self.name!r}, {int(self.status)})",
            f"    {self.name} = o[p:nul].decode('latin-1')",
            "    p = nul + 1",
            "else:",
            f"    {self.name} = ''",
            "    p += 1",
        ]

    def write(self) -> tuple[list[str], str]:
        check = f"if {self.name} and (len({self.name}) > {self.limit} or '\\0' in {self.name}):"
        return [check, f"    raise ValueError({self.name!r})"], f"{{{self.name}}}\\0"

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

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, lenient: bool) -> list[str]:  # noqa: ARG002  the length octet bounds it for anyone
        return [
            "q = p + 1 + o[p]",
            "if q > end:",
            "    raise IndexError",
            f"{self.name} = o[p + 1:q]",
            "p = q",
        ]

    def write(self) -> tuple[list[str], str]:
        """The octets themselves follow the f-string: they are no characters."""
        lines = [f"if len({self.name}) > {self.limit}:", f"    raise ValueError({self.name!r})"]
        return lines, f"{{OCTET[len({self.name})]}}"

    def check(self, value: object) -> None:
        if not isinstance(value, bytes):
            raise TypeError(f"{self.name} must be octets, not {type(value).__name__}")
        if len(value) > self.limit:
            raise ValueError(f"{self.name} has {len(value)} octets; more than {self.limit} need message_payload")


@dataclass(frozen=True, slots=True)
class Rows:
    """A counting octet and as many rows, read and written by `read_{name}` and `write_{name}` of `codec`'s caller."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def read(self, lenient: bool) -> list[str]:
        return [f"{self.name}, p = read_{self.name}(o, p, {lenient})"]

    def write(self) -> tuple[list[str], str]:
        return [f"rows = write_{self.name}({self.name}).decode('latin-1')"], "{rows}"

    def check(self, value: object) -> None:
        if not isinstance(value, tuple) or len(value) > 0xFF:
            raise ValueError(f"{self.name} must be a tuple of at most 255 rows")


def read_tlvs(octets: bytes, position: int) -> tuple[Tlvs, bytes]:
    """The TLVs from `position` on, and the octets at the end that are none (§3.2.4.1); never raises.

    One stray NUL between the body and its TLVs is stepped over, as some peers end short_message with one.
    """
    tlvs, rest = _read_tlvs(octets, position)
    if rest and octets[position] == 0:
        shifted, none = _read_tlvs(octets, position + 1)
        if shifted and not none:
            return shifted, octets[position : position + 1]
    return tlvs, octets[rest:] if rest else b""


def _read_tlvs(octets: bytes, position: int) -> tuple[Tlvs, int]:
    """The TLVs, and where reading them stopped short, 0 when it did not."""
    tlvs: list[tuple[int, bytes]] = []
    end = len(octets)
    while position + 4 <= end and len(tlvs) < MAX_TLVS:
        tag, length = _TLV_HEADER.unpack_from(octets, position)
        after = position + 4 + length
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
