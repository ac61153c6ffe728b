"""What a listener with TLS shows its peers."""

import ssl
from pathlib import Path

import structlog

from gateway.apps.certificate import not_after

log = structlog.get_logger()


class ListenerTls:
    """A listener's TLS context and when its certificate expires. The files may be renewed while it listens."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises OSError or ssl.SSLError (one of them) where the files are no certificate chain and its key."""
        self._certificate = certificate
        self._key = key
        self.context = self._loaded()
        self._pem = self._read()
        self.expires_at = self._expiry()
        """Epoch seconds; None where the certificate does not let itself be read."""

    def reload(self) -> bool:
        """Read the files again, for connections from now on; whether the certificate is another one.

        Raises OSError or ssl.SSLError as the constructor; then it goes on with what it had.
        """
        self._loaded()  # in a context of its own first: half of a pair must not get into the one that serves
        self.context.load_cert_chain(self._certificate, self._key)
        before, self._pem = self._pem, self._read()
        self.expires_at = self._expiry()
        return self._pem != before

    def _read(self) -> str:
        return self._certificate.read_text("ascii", "replace")

    def _loaded(self) -> ssl.SSLContext:
        """TLS 1.2 or later with this certificate chain."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate, self._key)
        return context

    def _expiry(self) -> float | None:
        try:
            return not_after(self._pem)
        except ValueError as error:
            log.warning("certificate_expiry_unknown", file=str(self._certificate), reason=str(error))
            return None
