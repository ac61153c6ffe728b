"""What lies where in a PDU: the octets of each field, for whoever shows a PDU and must not show all of it."""

from typing import NamedTuple

from gateway.smpp.fields import Field, ShortMessage, tag_name
from gateway.smpp.pdu import LAYOUTS, PDU_CLASSES

HEADER_LENGTH = 16
_TLV_HEADER = 4

REST = "rest"
"""The name of octets that are no field: of an unknown PDU, behind a field that is cut, behind the last TLV."""


class Piece(NamedTuple):
    """Octets from `start` on and before `end`; a C-octet string has its NUL, a TLV is its value alone."""

    name: str
    start: int
    end: int
    field: Field | None = None
    """The mandatory field it is; None for a TLV, sm_length and what is none."""


def dissect(octets: bytes) -> list[Piece]:
    """The pieces of a PDU behind its header, in order; never raises. `octets` are one PDU as `framing` cuts them."""
    pdu_class = PDU_CLASSES.get(int.from_bytes(octets[4:8], "big"))
    pieces: list[Piece] = []
    position, end = HEADER_LENGTH, len(octets)
    for field in LAYOUTS[pdu_class].fields if pdu_class is not None else ():
        if position >= end:
            return pieces  # a response with an error has no body
        try:
            after = field.after(octets, position)
        except (IndexError, ValueError):
            return [*pieces, Piece(REST, position, end)]
        if isinstance(field, ShortMessage):
            pieces.append(Piece("sm_length", position, position + 1))
            position += 1
        pieces.append(Piece(field.name, position, after, field))
        position = after
    return pieces + _tlvs(octets, position) if pdu_class is not None else [Piece(REST, position, end)]


def _tlvs(octets: bytes, position: int) -> list[Piece]:
    pieces: list[Piece] = []
    end = len(octets)
    while position + _TLV_HEADER <= end:
        value = position + _TLV_HEADER
        after = value + int.from_bytes(octets[position + 2 : value], "big")
        if after > end:
            break
        pieces.append(Piece(tag_name(int.from_bytes(octets[position : position + 2], "big")), value, after))
        position = after
    return [*pieces, Piece(REST, position, end)] if position < end else pieces
