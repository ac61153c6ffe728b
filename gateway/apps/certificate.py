"""When a certificate expires: notAfter, read from the PEM file that a listener shows its peers.

`ssl` decodes only what a peer has shown and has passed verification, which an expired certificate does not: the one
that is asked about most. A library for X.509 would be the largest of our dependencies, for one field at a fixed place:
Certificate { TBSCertificate { [0] version?, serialNumber, signature, issuer, Validity { notBefore, notAfter } …
(RFC 5280 §4.1, in DER, X.690 §8.1).
"""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_LONG_FORM = 0x80
_TURN_OF_CENTURY = 50  # two digits of a year from here on are 19xx (§4.1.2.5.1)


class _Element(NamedTuple):
    tag: int
    content: bytes


def not_after(pem: str) -> float:
    """When the first certificate of a PEM file expires, epoch seconds: the listener's own, its issuers' come behind.

    Raises ValueError where there is none, or none that can be read.
    """
    begin = pem.find(_BEGIN)
    end = pem.find(_END, begin)
    if begin < 0 or end < 0:
        raise ValueError("holds no certificate in PEM")
    octets = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])
    certificate = _first(_elements(octets))
    fields = [field for field in _elements(_first(_elements(certificate))) if field.tag != _VERSION]
    if len(fields) < 4:
        raise ValueError("ends before its validity")
    times = list(_elements(_contents(fields[3])))
    if len(times) != 2:
        raise ValueError("has a validity that is not two times")
    return _moment(times[1])


def _first(elements: Iterator[_Element]) -> bytes:
    """What the sequence holds that comes first."""
    for element in elements:
        return _contents(element)
    raise ValueError("is empty where a sequence is expected")


def _contents(element: _Element) -> bytes:
    if element.tag != _SEQUENCE:
        raise ValueError(f"has tag 0x{element.tag:02x} where a sequence is expected")
    return element.content


def _elements(octets: bytes) -> Iterator[_Element]:
    """Elements one after the other: tag, length, content."""
    at = 0
    while at < len(octets):
        header = octets[at : at + 2]
        if len(header) < 2:
            raise ValueError("ends within an element")
        tag, length = header
        at += 2
        if length & _LONG_FORM:
            count = length & ~_LONG_FORM
            length = int.from_bytes(octets[at : at + count], "big")
            at += count
        if at + length > len(octets):
            raise ValueError("ends within an element")
        yield _Element(tag, octets[at : at + length])
        at += length


def _moment(time: _Element) -> float:
    text = time.content.decode("ascii")
    if time.tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= _TURN_OF_CENTURY else "20") + text
    elif time.tag != _GENERALIZED_TIME:
        raise ValueError(f"has tag 0x{time.tag:02x} where a time is expected")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
