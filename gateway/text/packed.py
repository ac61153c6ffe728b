"""Septets packed eight into seven octets (3GPP TS 23.038 §6.1.2), for the few carriers that take them so.

After a user data header the first septet begins on a septet boundary counted from the header's first octet:
`fill_bits` zero bits stand between them (23.040 §9.2.3.24).
"""

_CR = 0x0D
_SHIFTS = range(0, 56, 7)  # of the eight septets in seven octets


def fill_bits(header_octets: int) -> int:
    """Zero bits after a header of so many octets, UDHL included: 0 to 6."""
    return -header_octets * 8 % 7


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Packed octets of `septets` (values 0-127) behind `fill` zero bits.

    Where seven bits would be left over they hold a CR: a zero septet there would read as '@' (23.038 §6.1.2.3.1).
    """
    if not septets:
        return b""
    bits = fill + 7 * len(septets)
    if -bits % 8 == 7:
        septets += bytes([_CR])
    number = 0
    for septet in reversed(septets):
        number = number << 7 | septet
    return (number << fill).to_bytes((bits + 7) // 8, "little")


def unpack(octets: bytes, fill: int = 0, *, more_follows: bool = False) -> bytes:
    """Septets of packed `octets`, one an octet, `fill` bits skipped. Never raises.

    SMPP counts octets, so whether seven last bits are a septet has to be guessed: a CR or a zero there is padding.
    A text whose last character truly is '@' in that place loses it; stray '@'s are the far commoner thing. Not so
    where `more_follows`, in a part before the last: that one is full, and a zero is an '@'.
    """
    count = max(8 * len(octets) - fill, 0) // 7
    aligned = (int.from_bytes(octets, "little") >> fill).to_bytes(len(octets), "little")
    septets = bytearray()
    for at in range(0, len(octets), 7):  # a block at a time: shifting all of a long text for each septet is quadratic
        block = int.from_bytes(aligned[at : at + 7], "little")
        septets += bytes([block >> shift & 0x7F for shift in _SHIFTS])
    del septets[count:]
    padding = (_CR,) if more_follows else (0, _CR)
    if count > 1 and (8 * len(octets) - fill) % 7 == 0 and septets[-1] in padding:
        septets.pop()
    return bytes(septets)
