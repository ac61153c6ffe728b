"""The user data of an inbound short_message opened: header off, septets unpacked, and which part of what it is."""

from typing import NamedTuple

from gateway.text import udh
from gateway.text.data_coding import Alphabet, Charset, coding
from gateway.text.oddity import Oddity
from gateway.text.packed import fill_bits, unpack
from gateway.text.segments import Sar
from gateway.text.udh import NO_SHIFT, Concat, Ports, Shift

_UNPACKED = {True: Alphabet.GSM7_PACKED, False: Alphabet.GSM7}
_SEVEN_BITS = (Charset.DEFAULT, Charset.GSM7)


class UserData(NamedTuple):
    """`octets` are the text's alone, septets unpacked. `concat` is None for a message in one part."""

    octets: bytes
    concat: Concat | None = None
    shift: Shift = NO_SHIFT
    ports: Ports | None = None
    elements: tuple[udh.Element, ...] = ()
    oddities: tuple[Oddity, ...] = ()


def opened(
    octets: bytes,
    *,
    udhi: bool,
    sar: Sar | None = None,
    data_coding: int = 0,
    alphabet: Alphabet = Alphabet.GSM7,
) -> UserData:
    """What is in `octets`, the short_message or the message_payload. Never raises.

    `udhi` is the bit of esm_class, `sar` the three TLVs when all are there. A header wins over SAR (§5.2.12).
    """
    packed = alphabet is Alphabet.GSM7_PACKED and coding(data_coding).charset in _SEVEN_BITS
    if udhi:
        return _with_header(octets, packed, sar)
    body = unpack(octets, more_follows=sar is not None and sar.number < sar.total) if packed else octets
    if sar is None:
        return UserData(body)
    if not 1 <= sar.number <= sar.total:
        return UserData(body, oddities=(Oddity.CONCAT_NUMBERS,))
    concat = Concat(sar.reference & 0xFFFF, 16, sar.total, sar.number) if sar.total > 1 else None
    return UserData(body, concat)


def _with_header(octets: bytes, packed: bool, sar: Sar | None) -> UserData:
    header = udh.parse(octets)
    if sar is not None and not header.length:  # a broken header leaves the TLVs to say what this is
        plain = opened(header.body, udhi=False, sar=sar, alphabet=_UNPACKED[packed])
        return plain._replace(oddities=(*header.oddities, *plain.oddities))
    concat, oddity = udh.concat_of(header.elements)
    body = header.body
    if packed:
        more_follows = concat is not None and concat.number < concat.total
        body = unpack(body, fill_bits(header.length), more_follows=more_follows)
    oddities = header.oddities + (() if oddity is None else (oddity,))
    if sar is not None:
        oddities += (Oddity.HEADER_AND_SAR,)
    shift, ports = udh.shift_of(header.elements), udh.ports_of(header.elements)
    return UserData(body, concat, shift, ports, header.elements, oddities)
