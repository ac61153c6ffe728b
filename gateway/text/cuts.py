"""Where encoded text may be cut: never inside an escape pair or a surrogate pair, and not inside what a phone shows as
one character (a letter and its accents, a flag, a family) as long as that costs no more than a third of a segment.
"""

import unicodedata
from collections.abc import Callable

_ZWJ = 0x200D
_JOINERS = (_ZWJ, 0x200C)


def pieces(octets: bytes, size: int, may_cut: Callable[[bytes, int, int], int]) -> list[bytes]:
    """`octets` in pieces of at most `size`. `may_cut(octets, start, wanted)` gives the end of the piece from `start`,
    at or before `wanted` and after `start`."""
    found: list[bytes] = []
    start = 0
    while len(octets) - start > size:
        end = may_cut(octets, start, start + size)
        found.append(octets[start:end])
        start = end
    found.append(octets[start:])
    return found


def cut_anywhere(_octets: bytes, _start: int, wanted: int) -> int:
    """For 8-bit data and 8-bit charsets."""
    return wanted


def cut_septets(octets: bytes, start: int, wanted: int) -> int:
    """One earlier when the piece would end in an ESC whose character is the next septet."""
    escapes = 0
    while wanted - escapes > start and octets[wanted - 1 - escapes] == 0x1B:
        escapes += 1
    return wanted - 1 if escapes % 2 and wanted - 1 > start else wanted


def cut_utf16(octets: bytes, start: int, wanted: int) -> int:
    """Octet offsets in UTF-16BE: between two characters as a reader sees them, if one ends in the last third."""
    wanted -= (wanted - start) % 2
    first = wanted - (wanted - start) // 3
    for at in range(wanted, first, -2):
        if not _in_pair(octets, at) and not _joined(octets, at):
            return at
    return wanted - 2 if _in_pair(octets, wanted) and wanted - 2 > start else wanted


def _in_pair(octets: bytes, at: int) -> bool:
    """Whether `at` stands between the two halves of a surrogate pair."""
    return octets[at - 2] & 0xFC == 0xD8 and octets[at] & 0xFC == 0xDC


def _joined(octets: bytes, at: int) -> bool:
    """Whether the characters before and after `at` are shown as one. Not all of UAX #29, but what people send."""
    after = _character_at(octets, at)
    if after < 0x300 and octets[at - 2] < 0x03:  # Latin on both sides, the usual case
        return after == 0x0A and octets[at - 2 : at] == b"\x00\x0d"
    before = _character_before(octets, at)
    if before == _ZWJ or after in _JOINERS or _extends(after):
        return True
    return _is_regional(after) and _regionals_before(octets, at) % 2 == 1


def _extends(code_point: int) -> bool:
    """Marks, variation selectors, skin tones, tag characters of flags, vowels and finals of Hangul in parts."""
    if 0x1F3FB <= code_point <= 0x1F3FF or 0xE0020 <= code_point <= 0xE007F or 0x1160 <= code_point <= 0x11FF:
        return True
    return unicodedata.category(chr(code_point)) in ("Mn", "Me", "Mc")


def _is_regional(code_point: int) -> bool:
    return 0x1F1E6 <= code_point <= 0x1F1FF


def _regionals_before(octets: bytes, at: int) -> int:
    """How many regional indicators stand right before `at`: two of them are a flag."""
    count = 0
    while at - 4 * count >= 4 and _is_regional(_character_before(octets, at - 4 * count)):
        count += 1
    return count


def _character_at(octets: bytes, at: int) -> int:
    pair = octets[at : at + 4] if octets[at] & 0xFC == 0xD8 else octets[at : at + 2]
    return _code_point(pair)


def _character_before(octets: bytes, at: int) -> int:
    if at >= 4 and _in_pair(octets, at - 2):
        return _code_point(octets[at - 4 : at])
    return _code_point(octets[at - 2 : at])


def _code_point(units: bytes) -> int:
    """The code point of one or two UTF-16 units; a half pair is its own number, and so is a last odd octet."""
    if len(units) < 2:
        return units[0]
    high = units[0] << 8 | units[1]
    if len(units) < 4 or units[2] & 0xFC != 0xDC:
        return high
    return 0x10000 + ((high & 0x3FF) << 10) + ((units[2] & 3) << 8 | units[3])
