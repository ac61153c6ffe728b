"""User data headers: information elements before the text of a short_message with UDHI (3GPP TS 23.040 §9.2.3.24).

`parse` takes whatever a carrier sends and never raises: a header that is none is text, and the oddity is told.
"""

from collections.abc import Iterable
from typing import NamedTuple

from gateway.text.errors import BadHeaderError
from gateway.text.oddity import Oddity

CONCAT_8 = 0x00
PORTS_8 = 0x04
PORTS_16 = 0x05
CONCAT_16 = 0x08
SINGLE_SHIFT = 0x24
LOCKING_SHIFT = 0x25

_RECEIPT_TEXT = b"id:"  # as UDHL it would be 105 octets: some SMSCs set UDHI on receipts that have no header


class Element(NamedTuple):
    """An information element: identifier and data, lengths left to `build`."""

    identifier: int
    data: bytes


class Concat(NamedTuple):
    """Which part of which message: `bits` is the width of `reference`, 8 or 16; `number` counts from 1 to `total`."""

    reference: int
    bits: int
    total: int
    number: int


class Shift(NamedTuple):
    """National languages of the text, 0 where none is named: IE 0x25 and IE 0x24."""

    locking: int = 0
    single: int = 0


NO_SHIFT = Shift()


class Ports(NamedTuple):
    """Application ports: IE 0x05, or 0x04 with `bits` 8."""

    destination: int
    source: int
    bits: int


class Header(NamedTuple):
    """What `parse` found: the elements in order, the octets behind the header, what was odd, the header's length."""

    elements: tuple[Element, ...]
    body: bytes
    oddities: tuple[Oddity, ...]
    length: int


def parse(octets: bytes) -> Header:
    """The header at the head of a short_message whose esm_class has UDHI. Never raises.

    A header longer than the text, or a receipt's text in its place, is no header: `body` is then all of `octets`
    and `length` 0. An element that runs past its header is dropped, those before it are kept.
    """
    if not octets:
        return Header((), b"", (Oddity.HEADER_MISSING,), 0)
    if octets[:3].lower() == _RECEIPT_TEXT:
        return Header((), octets, (Oddity.HEADER_IS_RECEIPT,), 0)
    end = 1 + octets[0]
    if end > len(octets):
        return Header((), octets, (Oddity.HEADER_PAST_END,), 0)
    elements, whole = _elements(octets, end)
    return Header(elements, octets[end:], () if whole else (Oddity.ELEMENT_PAST_HEADER,), end)


def _elements(octets: bytes, end: int) -> tuple[tuple[Element, ...], bool]:
    """The elements from octet 1 to `end`, and whether they filled it exactly."""
    found: list[Element] = []
    at = 1
    while at + 2 <= end:
        behind = at + 2 + octets[at + 1]
        if behind > end:
            return tuple(found), False
        found.append(Element(octets[at], octets[at + 2 : behind]))
        at = behind
    return tuple(found), at == end


def build(elements: Iterable[Element]) -> bytes:
    """The header's octets, UDHL first; empty without elements. Raises BadHeaderError when it passes one segment."""
    body = b"".join(bytes((identifier, len(data))) + data for identifier, data in elements)
    if len(body) > 139:
        raise BadHeaderError(f"a header of {len(body) + 1} octets does not fit one segment of 140")
    return bytes((len(body),)) + body if body else b""


def strict(octets: bytes) -> tuple[Element, ...]:
    """The elements of a header an app gave, which must be a whole header and nothing else. Raises BadHeaderError."""
    if not octets:
        return ()
    header = parse(octets)
    if header.oddities or header.body or header.length > 140:
        raise BadHeaderError("UDHL and the elements' lengths do not add up to the octets given")
    return header.elements


def concat_element(concat: Concat) -> Element:
    """IE 0x00 or 0x08; the reference is cut to its width."""
    if concat.bits == 8:
        return Element(CONCAT_8, bytes((concat.reference & 0xFF, concat.total, concat.number)))
    return Element(CONCAT_16, (concat.reference & 0xFFFF).to_bytes(2, "big") + bytes((concat.total, concat.number)))


def concat_of(elements: Iterable[Element]) -> tuple[Concat | None, Oddity | None]:
    """The concatenation among `elements`; the last counts when repeated (23.040 §9.2.3.24).

    None for a message in one part: no element, a total of 1, or numbers that cannot be (with the oddity).
    """
    found: Concat | None = None
    oddity: Oddity | None = None
    for identifier, data in elements:
        if identifier not in (CONCAT_8, CONCAT_16):
            continue
        width = 1 if identifier == CONCAT_8 else 2
        if len(data) != width + 2:
            oddity = Oddity.ELEMENT_LENGTH
            continue
        found = Concat(int.from_bytes(data[:width], "big"), width * 8, data[width], data[width + 1])
    if found is None:
        return None, oddity
    if not 1 <= found.number <= found.total:
        return None, Oddity.CONCAT_NUMBERS
    return (found if found.total > 1 else None), oddity


def shift_of(elements: Iterable[Element]) -> Shift:
    """The national languages named by IEs 0x24 and 0x25; an element of another length than 1 is ignored."""
    named = {identifier: data[0] for identifier, data in elements if len(data) == 1}
    return Shift(named.get(LOCKING_SHIFT, 0), named.get(SINGLE_SHIFT, 0))


def ports_of(elements: Iterable[Element]) -> Ports | None:
    """The application ports, or None."""
    for identifier, data in elements:
        if identifier == PORTS_16 and len(data) == 4:
            return Ports(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big"), 16)
        if identifier == PORTS_8 and len(data) == 2:
            return Ports(data[0], data[1], 8)
    return None
