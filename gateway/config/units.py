"""Durations, sizes, shares and addresses as people write them, read and written back.

Readers raise BadValueError, whose words say what would have been right; writers give the shortest form that reads
back to the same value.
"""

import re
from typing import NamedTuple


class BadValueError(ValueError):
    """Something written cannot be read: `what` is wrong with it, and what was `expected` instead.

    Neither part repeats what was written: it may be a secret, and whoever reports it knows where it stands.
    """

    def __init__(self, what: str, expected: str) -> None:
        self.what = what
        self.expected = expected
        super().__init__(f"{what}, expected {expected}")


DURATION = "a number and ms, s, m, h or d, e.g. 500ms, 30s, 15m, 8h or 30d"
SIZE = "a whole number and B, KiB, MiB or GiB, e.g. 64KiB"
PERCENT = "a percentage from 0% to 100%, e.g. 20%"
ADDRESS = "HOST:PORT, e.g. 127.0.0.1:8080 or [::1]:8080"

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", re.ASCII)
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_OCTETS = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1}
_DECIMAL_SIZES = {"kb": "KiB", "mb": "MiB", "gb": "GiB", "k": "KiB", "m": "MiB", "g": "GiB"}


def _quantity(text: str, kind: str, expected: str) -> tuple[str, str]:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise BadValueError(f"is not a {kind}", expected)
    if not match[2]:
        raise BadValueError("has no unit", expected)
    return match[1], match[2]


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `500ms`, `1.5s`, `30d`. Raises BadValueError."""
    number, unit = _quantity(text, "duration", DURATION)
    if unit not in _SECONDS:
        raise BadValueError(f"has an unknown unit {unit!r}", DURATION)
    # Milliseconds are divided, not multiplied by 0.001, so that 300ms is 0.3 and not 0.30000000000000004.
    return float(number) / 1000 if unit == "ms" else float(number) * _SECONDS[unit]


def format_duration(seconds: float) -> str:
    """The shortest duration that reads back to the same seconds: 300.0 -> `5m`, 0.3 -> `300ms`."""
    if seconds == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count.is_integer():
            return f"{int(count)}{unit}"
    milliseconds = round(seconds * 1000)
    return f"{milliseconds}ms" if milliseconds / 1000 == seconds else f"{_plain(seconds)}s"


def parse_size(text: str) -> int:
    """Octets of a size such as `64KiB`. Raises BadValueError; decimal units (KB) are refused, not guessed."""
    number, unit = _quantity(text, "size", SIZE)
    if unit not in _OCTETS:
        meant = _DECIMAL_SIZES.get(unit.lower())
        raise BadValueError(f"has an unknown unit {unit!r}", f"{number}{meant}" if meant else SIZE)
    if "." in number:
        raise BadValueError("is not a whole number", SIZE)
    return int(number) * _OCTETS[unit]


def format_size(octets: int) -> str:
    """The shortest size that reads back to the same octets: 1048576 -> `1MiB`."""
    unit = next((unit for unit, size in _OCTETS.items() if octets and octets % size == 0), "B")
    return f"{octets // _OCTETS[unit]}{unit}"


def parse_percent(text: str) -> float:
    """The share from 0.0 to 1.0 of a percentage such as `20%`. Raises BadValueError."""
    match = _QUANTITY.fullmatch(text.removesuffix("%").rstrip())
    if match is None or match[2]:
        raise BadValueError("is not a percentage", PERCENT)
    if not text.endswith("%"):
        raise BadValueError("has no % sign", PERCENT)
    if float(match[1]) > 100:
        raise BadValueError("is over 100%", PERCENT)
    return float(match[1]) / 100


def format_percent(share: float) -> str:
    """A share as a percentage that reads back to it: 0.2 -> `20%`."""
    return f"{_plain(share * 100)}%"


class Address(NamedTuple):
    """A host (a name or an IP address without brackets) and a TCP or UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return format_address(self)


def parse_address(text: str) -> Address:
    """The host and port of `HOST:PORT`; IPv6 addresses stand in brackets (RFC 3986 §3.2.2). Raises BadValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise BadValueError("has no host or no port", ADDRESS)
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise BadValueError("has no port from 0 to 65535", ADDRESS)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise BadValueError("has an IPv6 address without brackets", ADDRESS)
    if not host or any(character.isspace() or character in "/@[]" for character in host):
        raise BadValueError("has no valid host", ADDRESS)
    return Address(host, int(port))


def format_address(address: Address) -> str:
    """The address as it is written in the configuration: `[::1]:8080`."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(number: float) -> str:
    return f"{number:.10f}".rstrip("0").rstrip(".")
