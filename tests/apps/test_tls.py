"""A listener's certificate: when it expires, and that a renewed one is shown without a restart."""

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gateway.apps.certificate import not_after
from gateway.apps.tls import ListenerTls
from tests.support.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


def said_by_cryptography(certificate: Path) -> float:
    """The same by an independent reader."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.timestamp()


@pytest.mark.parametrize("days", [1, 9_000, 20_000])  # from 2050 on it is a GeneralizedTime (RFC 5280 §4.1.2.5)
def test_expiry_is_what_cryptography_reads(authority: Authority, days: int) -> None:
    signed = authority.sign(f"host-{days}", days)
    assert ListenerTls(*signed).expires_at == said_by_cryptography(signed.certificate)


def test_expiry_is_that_of_the_listeners_own_certificate(authority: Authority, tmp_path: Path) -> None:
    signed = authority.sign("chained", 30)
    whole = tmp_path / "whole.pem"
    whole.write_text(signed.key.read_text() + signed.certificate.read_text() + authority.certificate.read_text())
    assert ListenerTls(whole, whole).expires_at == said_by_cryptography(signed.certificate)


@pytest.mark.parametrize(
    ("years", "expires"),
    [
        (b"\x17\x0d491231235959Z", 2_524_607_999.0),
        (b"\x17\x0d500101000000Z", -631_152_000.0),
        (b"\x18\x0f99991231235959Z", 253_402_300_799.0),
    ],
)
def test_expiry_is_read_in_both_forms_of_time(years: bytes, expires: float) -> None:
    assert not_after(pem(certificate(b"\x17\x0d200101000000Z" + years))) == expires
    assert not_after(pem(certificate(b"\x17\x0d200101000000Z" + years, version=b""))) == expires


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30",
        b"\x30\x05\x30",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x04\x00",
        b"\x30\x02\x30\x00",
    ],
)
def test_what_is_no_certificate_is_a_value_error(octets: bytes) -> None:
    with pytest.raises(ValueError):
        not_after(pem(octets))


@pytest.mark.parametrize("text", ["", "nothing", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"])
def test_text_without_a_certificate_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        not_after(text)


@given(st.binary(max_size=64).map(lambda octets: der(0x30, octets)) | st.binary(max_size=64))
def test_any_octets_are_read_or_a_value_error(octets: bytes) -> None:
    for whole in (octets, der(0x30, octets), certificate(octets)):
        try:
            not_after(pem(whole))
        except ValueError:
            continue


async def test_renewed_certificate_is_shown_to_who_connects_next(authority: Authority, tmp_path: Path) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    first, second = authority.sign("one", 3), authority.sign("two", 5)
    chain.write_bytes(first.certificate.read_bytes())
    key.write_bytes(first.key.read_bytes())
    tls = ListenerTls(chain, key)
    assert not tls.reload()
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls.context)
    port = server.sockets[0].getsockname()[1]

    chain.write_bytes(second.certificate.read_bytes())
    with pytest.raises(ssl.SSLError):  # its key is not there yet
        tls.reload()
    assert (await shown(authority, port, "one"), tls.expires_at) == (True, said_by_cryptography(first.certificate))

    key.write_bytes(second.key.read_bytes())
    assert tls.reload()
    assert (await shown(authority, port, "two"), tls.expires_at) == (True, said_by_cryptography(second.certificate))
    assert not await shown(authority, port, "one")
    server.close()
    await server.wait_closed()


async def shown(authority: Authority, port: int, name: str) -> bool:
    """Whether a listener shows the certificate of this name."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.trusting(), server_hostname=name)
    except ssl.SSLCertVerificationError:
        return False
    writer.close()
    return True


def certificate(validity: bytes, version: bytes = b"\xa0\x03\x02\x01\x02") -> bytes:
    """As much of a certificate in DER as stands around its validity."""
    fields = b"\x02\x01\x07", der(0x30, b""), der(0x30, b""), der(0x30, validity), der(0x30, b"")
    return der(0x30, der(0x30, version + b"".join(fields)))


def der(tag: int, content: bytes) -> bytes:
    length = len(content)
    return bytes((tag, length) if length < 0x80 else (tag, 0x82, length >> 8, length & 0xFF)) + content


def pem(octets: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(octets)
