"""Who an app is: API keys, SMPP system_ids and passwords, and the networks it may come from.

An API key is found by its hash: who does not know the key cannot steer the look-up, so its time tells nothing. A
password is compared in constant time, and for a name that nobody has with a digest that no password has, so an
unknown system_id and a wrong password take the same way (contract §4).
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from gateway.config.addresses import IpNetwork
from gateway.config.apps import App

_NOBODY = bytes(32)  # the digest of no password that anybody will ever find


class AppCredentials:
    """What all apps log in with. Built anew when the configuration changes; holds digests, not secrets."""

    def __init__(self, apps: Mapping[str, App], used: Callable[[str], None] = lambda _: None) -> None:
        """`used(hash)` is told of each API key that was right, by the 64 hexadecimal digits of its hash."""
        self._used = used
        self._by_key_hash = {
            digest.removeprefix("sha256:"): name for name, app in apps.items() for digest in app.api_keys
        }
        self._by_system_id = {app.system_id: name for name, app in apps.items() if app.system_id is not None}
        self._passwords = {name: _digest(app.password.reveal()) for name, app in apps.items() if app.password}
        self._networks: dict[str, tuple[IpNetwork, ...]] = {name: app.allow_from for name, app in apps.items()}

    def by_api_key(self, key: str) -> str | None:
        """The app whose API key this is."""
        return self._of_key(key)

    def by_basic(self, user: str, key: str) -> str | None:
        """The app of this name, if the API key is its own."""
        return self._of_key(key, user)

    def by_system_id(self, system_id: str, password: str) -> str | None:
        """The app that binds under this system_id with this password; in the same time whatever is wrong."""
        return self._with_password(self._by_system_id.get(system_id), password)

    def by_name(self, user: str, secret: str) -> str | None:
        """The app of this name, by an API key or its SMPP password: how the compatible calls log in."""
        by_key = self.by_basic(user, secret)
        by_password = self._with_password(user, secret)
        return by_key or by_password

    def allows(self, app: str, address: str) -> bool:
        """Whether the app may come from this IP address; from anywhere where its `allow_from` is empty."""
        networks = self._networks.get(app)
        if networks is None:
            return False
        if not networks:
            return True
        peer = read_address(address)
        return peer is not None and any(peer in network for network in networks)

    def _of_key(self, key: str, wanted: str | None = None) -> str | None:
        """The app whose API key this is, if it is the wanted one."""
        key_hash = _digest(key).hex()
        app = self._by_key_hash.get(key_hash)
        if app is None or (wanted is not None and app != wanted):
            return None
        self._used(key_hash)
        return app

    def _with_password(self, app: str | None, password: str) -> str | None:
        expected = self._passwords.get(app or "", _NOBODY)
        return app if hmac.compare_digest(_digest(password), expected) else None


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """A peer's address; IPv4 that came over an IPv6 socket (::ffff:192.0.2.1) as IPv4. None for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _digest(secret: str) -> bytes:
    # surrogatepass: a header may hold octets that are not UTF-8; they are no key, and no reason for a traceback
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
