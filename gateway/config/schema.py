"""Every key of the configuration, its type, its bounds and its default (contract §2 and §8).

A dataclass per section, an attribute per key of the same name (`from_` and `class_` where Python takes the word).
Durations are seconds, sizes octets, percentages shares from 0.0 to 1.0. conf/reference.yaml says each key in a line.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.addresses import ListenKind
from gateway.config.apps import App
from gateway.config.carriers import Carrier
from gateway.config.credentials import Token
from gateway.config.kinds import Name
from gateway.config.limits import Blocklist, Frequency, QuietHours
from gateway.config.locations import FileKind, StoreUrl, StoreUrlKind
from gateway.config.numbering import Network, NetworkName, Portability
from gateway.config.quantities import Duration, Size
from gateway.config.routing import AppName, CarrierName, Lanes, MoRoute, Route
from gateway.config.secret import Secret
from gateway.config.structure import OneOrMore
from gateway.config.units import Address

HTTP_AT = Address("127.0.0.1", 8080)
SMPP_AT = Address("127.0.0.1", 2775)
ADMIN_AT = Address("127.0.0.1", 9464)
STORE_AT = StoreUrl("sqlite", path=Path("/var/lib/relevo/relevo.db"))

Listen = Annotated[Address, ListenKind()]
CertificateFile = Annotated[Path, FileKind("a certificate chain in PEM")]
KeyFile = Annotated[Path, FileKind("a private key in PEM")]


@dataclass(frozen=True, slots=True)
class Tls:
    """What a listener shows its peers."""

    certificate: CertificateFile
    key: KeyFile


@dataclass(frozen=True, slots=True)
class Store:
    """Where messages are kept, how safely a commit is written, and for how long what has ended stays."""

    url: Annotated[StoreUrl, StoreUrlKind()] = STORE_AT
    sync: Literal["full", "normal"] = "full"
    retention: Annotated[float, Duration("1m", "3650d")] = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Http:
    """The listener of the apps' HTTP. `max_body` is for single messages; batches stream."""

    listen: Listen = HTTP_AT
    tls: Tls | None = None
    max_body: Annotated[int, Size("1KiB", "1GiB")] = 1 << 20


@dataclass(frozen=True, slots=True)
class Smpp:
    """The listeners of the apps' SMPP, in the clear and with TLS."""

    listen: Listen = SMPP_AT
    tls_listen: Listen | None = None
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Admin:
    """The listener of the operations team; off loopback it must have a token."""

    listen: Listen = ADMIN_AT
    token: Annotated[Secret, Token()] | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """What is logged, and how. Numbers and bodies are masked unless `content` is full."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
    content: Literal["masked", "full"] = "masked"


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration. Tables keep the order of the file."""

    carriers: Mapping[CarrierName, Carrier]
    routes: tuple[Route, ...]
    apps: Mapping[AppName, App]
    node: Annotated[str, Name("the node's name", dots=True)] = field(default_factory=socket.gethostname)
    store: Store = Store()
    http: Http = Http()
    smpp: Smpp = Smpp()
    admin: Admin = Admin()
    log: Log = Log()
    networks: Mapping[NetworkName, Network] = field(default_factory=dict)
    portability: Portability = field(default_factory=Portability)
    lanes: Lanes = field(default_factory=Lanes)
    quiet_hours: tuple[QuietHours, ...] = ()
    frequency: Annotated[tuple[Frequency, ...], OneOrMore()] = ()
    blocklists: tuple[Blocklist, ...] = ()
    mo_routes: tuple[MoRoute, ...] = ()
