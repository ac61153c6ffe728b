"""Lookup by ENUM: the NAPTR records of a number's reversed digits (RFC 6116) with portability in them (RFC 4694, 4769).

    4.3.2.1.5.5.5.2.1.5.5.2.5.e164.arpa  NAPTR 10 10 "u" "E2U+pstn:tel" "!^.*$!tel:+525512345678;npdi;rn=188!" .

`npdi` says that the portability database was asked; with `rn` the number was ported and is routed by that code, without
it was asked and not ported. Some providers add `mccmnc` of the serving network. NXDOMAIN is "knows nothing", which is
not "not ported".
"""

import asyncio
import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.IN.NAPTR import NAPTR

from portability.answer import Answer
from portability.networks import Networks
from portability.source import SourceUnavailable

_FIRST_TRY = 1 / 3  # of the deadline; the rest is for the second
_PAYLOAD = 1232  # octets of a datagram that pass everywhere in one piece (DNS flag day 2020)
_SERVICE = re.compile(rb"e2u(\+[a-z0-9-]+(:[a-z0-9-]+)*)+", re.IGNORECASE)
_SCHEMES = ("tel:", "sip:", "sips:")


class Parameters(NamedTuple):
    """What a record's URI says of portability; "" where it does not."""

    npdi: bool
    rn: str
    mccmnc: str


class EnumDns:
    """Asks the name server at `host`:`port`; `suffix` is the tree the numbers are under.

    Each question has its own socket, hence its own random port: the answer must match port, id and question.
    """

    name = "enum"

    def __init__(self, host: str, port: int, suffix: str, networks: Networks, *, timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._suffix = dns.name.from_text(suffix)
        self._networks = networks
        self._timeout_s = timeout_s
        self._where: str | None = host if _is_address(host) else None
        self._backend = dns.asyncbackend.get_backend("asyncio")

    async def question(self, number: int) -> Answer | None:
        """Asks, once more when nothing comes, over TCP when it is too long. Raises SourceUnavailable."""
        name = dns.name.Name([digit.encode() for digit in reversed(str(number))]).concatenate(self._suffix)
        try:
            where = await self._address()
            try:
                response = await self._exchange(name, where, self._timeout_s * _FIRST_TRY)
            except dns.exception.Timeout:
                response = await self._exchange(name, where, self._timeout_s * (1 - _FIRST_TRY))
        except (dns.exception.DNSException, OSError) as error:
            self._where = self._host if _is_address(self._host) else None
            raise SourceUnavailable(_reason(error)) from error
        return self._read(response)

    async def close(self) -> None:
        """Nothing to let go of: a socket lives as long as its question."""

    async def _exchange(self, name: dns.name.Name, where: str, timeout_s: float) -> dns.message.Message:
        query = dns.message.make_query(name, dns.rdatatype.NAPTR, use_edns=0, payload=_PAYLOAD)
        response, _ = await dns.asyncquery.udp_with_fallback(
            query, where, timeout_s, self._port, ignore_unexpected=True, ignore_errors=True, backend=self._backend
        )
        return response

    async def _address(self) -> str:
        """The server's address; a name is resolved by the first question and again after a failure."""
        if self._where is None:
            found = await asyncio.get_running_loop().getaddrinfo(self._host, self._port)
            self._where = str(found[0][4][0])
        return self._where

    def _read(self, response: dns.message.Message) -> Answer | None:
        rcode = response.rcode()
        if rcode == dns.rcode.NXDOMAIN:
            return None
        if rcode != dns.rcode.NOERROR:
            raise SourceUnavailable(f"answers {dns.rcode.to_text(rcode)}")
        records = [
            record
            for rrset in response.answer
            if rrset.rdtype == dns.rdatatype.NAPTR and rrset.rdclass == dns.rdataclass.IN
            for record in rrset
            if isinstance(record, NAPTR)
        ]
        return read_records(records, self._networks)


def read_records(records: Iterable[NAPTR], networks: Networks) -> Answer | None:
    """What the records say, the first in their own order that speaks of portability; None when none does."""
    for record in sorted(records, key=lambda record: (record.order, record.preference)):
        if record.flags.lower() != b"u" or not _SERVICE.fullmatch(record.service):
            continue
        said = parameters(record.regexp.decode("utf-8", errors="replace"))
        if said is not None and any(said):
            return _answer(said, networks)
    return None


def parameters(regexp: str) -> Parameters | None:
    """The parameters of the URI in a NAPTR's regexp field, `!pattern!tel:…;npdi;rn=…!`; None when there is no such URI.

    The number itself may be written with back-references; it is the one that was asked for, and not read.
    """
    if not regexp:
        return None
    pieces = regexp[1:].split(regexp[0])
    if len(pieces) != 3 or not pieces[1].lower().startswith(_SCHEMES):
        return None
    scheme, _, rest = pieces[1].partition(":")
    user = rest if scheme.lower() == "tel" else rest.partition("@")[0]
    said: dict[str, str] = {}
    for parameter in user.split(";")[1:]:
        key, _, value = parameter.partition("=")
        said.setdefault(key.strip().lower(), value.strip().strip('"'))
    # A bare `npdi` is what the RFC has; `npdi=yes` is met.
    npdi = said.get("npdi", "no").lower() not in {"no", "false", "0"}
    return Parameters(npdi, said.get("rn", ""), said.get("mccmnc", "") or said.get("mcc", "") + said.get("mnc", ""))


def _answer(said: Parameters, networks: Networks) -> Answer | None:
    """`rn` is there for ported numbers only; without it `npdi` makes the difference between asked and not asked."""
    ported = True if said.rn else False if said.npdi else None
    code = re.sub(r"[^0-9a-z]", "", said.rn.lower())
    key = (networks.by_mccmnc(said.mccmnc) if said.mccmnc else None) or (networks.find(code) if code else None)
    written = " ".join(filter(None, (said.mccmnc and f"mccmnc={said.mccmnc}", said.rn and f"rn={said.rn}")))
    detail = f"{written} is no network of the configuration" if written and key is None else ""
    return Answer(key, EnumDns.name, ported, None, None, networks.hosts(key) if key else (), detail)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no answer"
    return str(error) or type(error).__name__
