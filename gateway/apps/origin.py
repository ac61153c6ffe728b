"""Where callers come from, as far as that tells them apart.

Who has an IPv6 address has at least the 2^64 of its network: counted by themselves they would be no limit at all.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=4096)
def origin(address: str) -> str:
    """An IPv4 address, also one that is mapped into IPv6; the /64 of an IPv6 address; anything else as it is."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))
