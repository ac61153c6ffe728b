"""A certificate authority and what it signs, made for one run of the tests."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_CLOCKS_APART = timedelta(hours=1)


class Signed(NamedTuple):
    """A certificate and its key, in PEM."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates for names; its own is `certificate`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
            False,
        ) | {"key_cert_sign": True, "crl_sign": True}  # fmt: skip
        made = (
            self._certificate(self._name, self._key, 2)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
        )
        self.certificate = self._write(folder / f"{name}.pem", made)

    def sign(self, name: str, days: int = 2) -> Signed:
        """A certificate for a host's (or client's) name or IP address, good for so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(_named(name), key, days).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=False
        )
        made = made.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
        written = Signed(self._write(self._folder / f"{name}.crt", made), self._folder / f"{name}.crt.key")
        written.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return written

    def trusting(self) -> ssl.SSLContext:
        """For a client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=self.certificate)

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
        """With the identifiers of both keys, which Python asks for from 3.13 on (RFC 5280 §4.2.1.1, §4.2.1.2)."""
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - _CLOCKS_APART)
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def _write(self, path: Path, made: x509.CertificateBuilder) -> Path:
        path.write_bytes(made.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
