"""Checks of http, smpp and admin: own ports, TLS that is whole, a token wherever strangers could knock."""

from gateway.config.addresses import is_loopback
from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.schema import Config, Tls
from gateway.config.units import Address


def check_listeners(config: Config, findings: Findings) -> None:
    """Listeners do not collide, their certificates can be read, and the admin's is not open to others."""
    _check_ports(config, findings)
    if config.smpp.tls_listen is not None and config.smpp.tls is None:
        findings.wrong(("smpp", "tls"), "is missing, expected certificate and key for smpp.tls_listen")
    if config.smpp.tls is not None and config.smpp.tls_listen is None:
        findings.wrong(("smpp", "tls_listen"), "is missing, expected an address to use smpp.tls at")
    _check_tls(("smpp", "tls"), config.smpp.tls, findings)
    _check_tls(("http", "tls"), config.http.tls, findings)
    if config.admin.token is None and not is_loopback(config.admin.listen.host):
        findings.wrong(
            ("admin", "token"), f"is missing, expected a token because {config.admin.listen} is not a loopback address"
        )


def _check_ports(config: Config, findings: Findings) -> None:
    listeners: list[tuple[KeyPath, Address | None]] = [
        (("http", "listen"), config.http.listen),
        (("smpp", "listen"), config.smpp.listen),
        (("smpp", "tls_listen"), config.smpp.tls_listen),
        (("admin", "listen"), config.admin.listen),
    ]
    findings.unique(
        [(path, address) for path, address in listeners if address is not None and address.port], "address and port"
    )


def _check_tls(path: KeyPath, tls: Tls | None, findings: Findings) -> None:
    if tls is not None:
        findings.readable((*path, "certificate"), tls.certificate)
        findings.readable((*path, "key"), tls.key)
