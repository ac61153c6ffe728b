"""The sections about numbers and whose they are: networks, portability."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.addresses import HostKind, PeerKind, UrlKind
from gateway.config.fetching import Fetch
from gateway.config.kinds import Integer, Name, Text
from gateway.config.locations import FileKind
from gateway.config.quantities import Duration
from gateway.config.smpp_values import Digits, Region
from gateway.config.units import Address

NetworkName = Annotated[str, Name("a network's name")]
Patience = Annotated[float, Duration("1ms", "60s")]


@dataclass(frozen=True, slots=True)
class Network:
    """A destination network: what portability data calls it, and which network carries it if it has no own routes."""

    name: Annotated[str, Text("the network's name for people", longest=64)]
    mccmnc: tuple[Annotated[str, Digits("MCC and MNC, 5 or 6 digits, e.g. 334020", 5, 6)], ...] = ()
    codes: tuple[Annotated[str, Digits("a code of 1 to 9 digits, e.g. 188", 1, 9)], ...] = ()
    hosted_by: NetworkName | None = None


@dataclass(frozen=True, slots=True)
class TableSource:
    """Ported numbers, loaded by `relevo portability load`."""

    type: Literal["table"] = "table"
    path: Annotated[Path, FileKind("the table of ported numbers")] = Path("/var/lib/relevo/portability.db")


@dataclass(frozen=True, slots=True)
class HttpSource:
    """A lookup by HTTP: JSON with `network` and `ported`."""

    url: Annotated[str, UrlKind("http://127.0.0.1:9100/lookup/{number}", holding="{number}")]
    type: Literal["http"] = "http"
    timeout: Patience = 0.3


@dataclass(frozen=True, slots=True)
class EnumSource:
    """A lookup by ENUM (RFC 6116) at a name server."""

    server: Annotated[Address, PeerKind()]
    type: Literal["enum"] = "enum"
    suffix: Annotated[str, HostKind()] = "e164.arpa"
    timeout: Patience = 0.3


@dataclass(frozen=True, slots=True)
class PlanSource:
    """The numbering plan: who was given the range."""

    type: Literal["plan"] = "plan"
    path: Annotated[Path, FileKind("the numbering plan in CSV")] = Path("/var/lib/relevo/plan.csv")


@dataclass(frozen=True, slots=True)
class PrefixSource:
    """Public carrier prefixes: the last resort."""

    type: Literal["prefix"] = "prefix"


Source = TableSource | HttpSource | EnumSource | PlanSource | PrefixSource


@dataclass(frozen=True, slots=True)
class Cache:
    """What is remembered of sources that are asked over the network."""

    size: Annotated[int, Integer(0, 100_000_000, "how many numbers are remembered", "1000000")] = 1_000_000
    ttl: Annotated[float, Duration("0s", "30d")] = 6 * 3600.0
    negative_ttl: Annotated[float, Duration("0s", "30d")] = 300.0


@dataclass(frozen=True, slots=True)
class Portability:
    """Who is asked whose a number is, in order, and what becomes of a number that nobody knows."""

    region: Annotated[str, Region()] = "MX"
    sources: tuple[Source, ...] = (TableSource(), PlanSource(), PrefixSource())
    aliases: Mapping[Annotated[str, Text("how the name of a range's holder begins")], NetworkName] = field(
        default_factory=dict
    )
    cache: Cache = Cache()
    unknown: Annotated[str, Name("reject or a network's name")] = "reject"
    fetch: Fetch | None = None
