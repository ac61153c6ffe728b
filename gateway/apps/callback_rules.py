"""Where callbacks may go: to the URLs an app's `callbacks` name, and not into networks nobody outside should reach.

A pattern names scheme, host and port as they stand, so an app cannot choose a host. What a host's name leads to is in
the hands of whoever runs its DNS, though: a public name that resolves to a private address is refused, so that nobody
who was once allowed as a receiver can point the gateway at what lies behind it. A pattern that names an IP address, or
a host by a name that exists only inside (without a dot, or under a domain set aside for that), says what it means.
"""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

LONGEST_URL = 2048

_PORTS = {"http": 80, "https": 443}
# RFC 6762, RFC 6761, RFC 8375, and .internal, which ICANN set aside in 2024: none is delegated in the public DNS
_INSIDE = (".local", ".localhost", ".internal", ".home.arpa")
_META_ESCAPE = re.compile(r"%#[^#]*#[^#]*#")  # Kannel's %#group#name#, which is no fragment
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int
    rest: str


def is_url(url: str) -> bool:
    """Whether this is an http or https URL as it goes on the wire: printable ASCII, no blanks, no user, no fragment."""
    return _place(url) is not None


def is_allowed(url: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern names this URL: same scheme, host, port, and the same rest or, before a *, its beginning."""
    asked = _place(url)
    if asked is None:
        return False
    return any(_matches(asked, pattern) for pattern in patterns)


def _matches(asked: _Place, pattern: str) -> bool:
    named = _place(pattern.removesuffix("*"))
    if named is None or asked[:3] != named[:3]:
        return False
    return asked.rest.startswith(named.rest) if pattern.endswith("*") else asked.rest == named.rest


def _place(url: str) -> _Place | None:
    url = _META_ESCAPE.sub("", url) if "%#" in url else url
    if not (url.isascii() and url.isprintable()) or len(url) > LONGEST_URL or any(each in url for each in ' \\"<>#'):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    path = parts.path or "/"
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "%" in parts.netloc:
        return None
    if any(step in (".", "..") for step in path.replace("%2e", ".").replace("%2E", ".").split("/")):
        return None  # whoever serves it may take it for another path than the one a pattern allows
    return _Place(
        parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path + ("?" + parts.query) * bool(parts.query)
    )


def is_inside(host: str) -> bool:
    """Whether a name can only be one of ours: nobody outside can say what it resolves to."""
    return "." not in host.rstrip(".") or host.rstrip(".").lower().endswith(_INSIDE)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class PublicResolver(AbstractResolver):
    """Resolves names for callbacks. What it answers is what is connected to: there is no second look-up in between."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        """To be made in a running loop."""
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError where one of them is none of the public internet."""
        found = await self._inner.resolve(host, port, family)
        if not is_inside(host):
            for each in found:
                if not is_public(each["host"]):
                    raise OSError(f"{host} resolves to {each['host']}, which is no public address")
        return found

    async def close(self) -> None:
        """Let go of what resolves."""
        await self._inner.close()
