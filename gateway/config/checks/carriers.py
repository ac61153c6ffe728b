"""Checks of carriers: binds with names of their own that can do what they are for."""

from gateway.config.carriers import Bind, Carrier
from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.schema import Config

NO_CARRIER = "none"  # what metrics call a message that no carrier had (contract §8)
LONGEST_PASSWORD = 8  # SMPP 3.4 §4.1: nine octets with the NUL


def check_carriers(config: Config, findings: Findings) -> None:
    """Binds' names are unique over all carriers; each carrier can be used as configured."""
    if not config.carriers:
        findings.wrong(("carriers",), "is empty, expected at least one carrier")
    if NO_CARRIER in config.carriers:
        findings.wrong(("carriers", NO_CARRIER), "is what metrics call no carrier at all, expected another name")
    names = [
        (("carriers", key, "binds", index, "name"), bind.name)
        for key, carrier in config.carriers.items()
        for index, bind in enumerate(carrier.binds)
    ]
    findings.unique(names, "name")
    for key, carrier in config.carriers.items():
        _check_carrier(("carriers", key), carrier, findings)


def _check_carrier(path: KeyPath, carrier: Carrier, findings: Findings) -> None:
    binds = (*path, "binds")
    if not carrier.binds:
        findings.wrong(binds, "is empty, expected at least one bind")
    elif not any(bind.receives for bind in carrier.binds):
        findings.warn(binds, "has no receiver or transceiver, so that no receipt and no inbound message can arrive")
    senders = carrier.senders
    refused = bool(senders.allow) and senders.default is not None and senders.default not in senders.allow
    if refused and findings.sound((*path, "senders")):
        findings.wrong((*path, "senders", "default"), f"{senders.default!r} is not in allow, expected one that is")
    if carrier.reconnect.min > carrier.reconnect.max and findings.sound((*path, "reconnect")):
        findings.wrong((*path, "reconnect", "min"), "is longer than max, expected a pause that can grow")
    for tag, value in carrier.tlvs.items():
        if _looks_hexadecimal(value):
            findings.warn((*path, "tlvs"), f"the value of 0x{tag:04x} goes as text; write 0x first to send octets")
    for index, bind in enumerate(carrier.binds):
        _check_bind((*binds, index), bind, findings)


def _check_bind(path: KeyPath, bind: Bind, findings: Findings) -> None:
    if len(bind.password.reveal()) > LONGEST_PASSWORD:
        findings.warn(
            (*path, "password"), f"is longer than the {LONGEST_PASSWORD} characters of SMPP 3.4; it is sent whole"
        )
    tls = bind.tls
    if tls is None:
        return
    findings.readable((*path, "tls", "ca"), tls.ca)
    findings.readable((*path, "tls", "certificate"), tls.certificate)
    findings.readable((*path, "tls", "key"), tls.key)
    if (tls.certificate is None) != (tls.key is None):
        missing = "key" if tls.key is None else "certificate"
        findings.wrong((*path, "tls", missing), "is missing, expected certificate and key, or neither")
    if not tls.verify:
        findings.warn((*path, "tls", "verify"), "is off, so that anybody on the way can pose as the carrier")


def _looks_hexadecimal(value: bytes) -> bool:
    text = value.decode("utf-8", "replace").lower()
    digits = bool(text) and len(text) % 2 == 0 and all(sign in "0123456789abcdef" for sign in text)
    return digits and not text.isdigit() and not text.isalpha()
