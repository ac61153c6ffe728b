"""Who asks: the app behind an Authorization header, and whether it may come from where it comes."""

from base64 import b64decode
from binascii import Error as NotBase64
from functools import lru_cache
from typing import Protocol

from gateway.errors import Refusal

_REMEMBERED = 4096


class Credentials(Protocol):
    """What apps log in with."""

    def by_api_key(self, key: str) -> str | None:
        """The app whose API key this is."""

    def by_basic(self, user: str, key: str) -> str | None:
        """The app of this name, if the API key is its own."""

    def allows(self, app: str, address: str) -> bool:
        """Whether the app may come from this IP address."""


class Access:
    """Reads `Bearer KEY`, or `Basic` with the app's name and a key (RFC 6750, RFC 7617)."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._allows = lru_cache(maxsize=_REMEMBERED)(credentials.allows)  # parsing an address costs 3 µs

    def app(self, authorization: str | None, address: str | None) -> str:
        """The app that asks. Raises Refusal unauthorized, or not_allowed where it may not come from."""
        app = self._known(authorization) if authorization else None
        if app is None:
            raise Refusal("unauthorized")
        if not self._allows(app, address or ""):
            raise Refusal("not_allowed", f"The app may not connect from {address or 'an unknown address'}.")
        return app

    def _known(self, authorization: str) -> str | None:
        scheme, _, given = authorization.partition(" ")
        scheme = scheme.lower()
        if scheme == "bearer":
            return self._credentials.by_api_key(given.strip())
        if scheme != "basic":
            return None
        try:
            user, colon, key = b64decode(given.strip(), validate=True).decode().partition(":")
        except (NotBase64, ValueError):  # ValueError: not ASCII, not UTF-8
            return None
        return self._credentials.by_basic(user, key) if colon else None
