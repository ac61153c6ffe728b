"""What a listener with TLS shows its peers."""

import ssl
from pathlib import Path


def listener_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate chain. Raises OSError or ssl.SSLError where the files are not one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
