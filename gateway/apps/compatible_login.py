"""How the compatible calls log in: the app's name with an API key or its SMPP password, among the other fields.

An SMPP password has eight characters and can be guessed, so who fails too often is refused here as it is over SMPP.
"""

from collections.abc import Callable
from typing import Protocol

import structlog

from gateway.apps import http_access
from gateway.apps.lockout import Lockout
from gateway.masking import escape

log = structlog.get_logger()

LONGEST = 64
"""Characters of a name that are remembered and logged."""


class Credentials(http_access.Credentials, Protocol):
    """What apps log in with, by header or by name."""

    def by_name(self, user: str, secret: str) -> str | None:
        """The app of this name, by an API key or its SMPP password."""


class Login:
    """Judges names and secrets. `set_credentials` when the configuration has changed."""

    def __init__(self, credentials: Credentials, lockout: Lockout, monotonic: Callable[[], float]) -> None:
        self._credentials = credentials
        self._lockout = lockout
        self._monotonic = monotonic

    def set_credentials(self, credentials: Credentials) -> None:
        """Take over changed credentials."""
        self._credentials = credentials

    def app(self, user: bytes, secret: bytes, address: str | None) -> str | None:
        """The app that asks, None whatever is wrong: name, secret, where it comes from, or how often it was wrong."""
        name, peer, now = user.decode("utf-8", "replace")[:LONGEST], address or "", self._monotonic()
        if self._lockout.refuses(peer, name, now):
            return None
        app = self._credentials.by_name(name, secret.decode("utf-8", "surrogateescape"))
        if app is None:
            locked_out = self._lockout.failed(peer, name, now)
            log.warning("http_login_refused", name=escape(name), address=peer, locked_out=locked_out)
            return None
        self._lockout.succeeded(peer, name)
        if not self._credentials.allows(app, peer):
            log.warning("http_address_refused", app=app, address=peer)
            return None
        return app
