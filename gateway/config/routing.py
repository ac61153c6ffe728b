"""The sections that say which way and in which lane: routes, lanes, mo_routes.

In conditions, a list that is not given asks nothing; a single value may stand for a list of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from gateway.config.kinds import Name, Text
from gateway.config.numbering import NetworkName
from gateway.config.quantities import Duration, Percent, Rate
from gateway.config.smpp_values import Digits, Sender
from gateway.config.structure import OneOrMore

Lane = Literal["fast", "bulk"]
AppName = Annotated[str, Name("an app's name")]
CarrierName = Annotated[str, Name("a carrier's name")]
Weight = Annotated[float, Rate("a weight above 0, e.g. 70")]
Ttl = Annotated[float, Duration("1s", "14d")]
Grace = Annotated[float, Duration("1s", "30d")]
Prefix = Annotated[str, Digits("the first digits of numbers in E.164 with +, e.g. +1 or +5255", 1, 15, plus=True)]


@dataclass(frozen=True, slots=True)
class Route:
    """A rule of the way out. `via` is a list (failover in its order) or weights (each the others' failover)."""

    via: tuple[CarrierName, ...] | Mapping[CarrierName, Weight]
    network: Annotated[tuple[NetworkName, ...], OneOrMore()] = ()
    prefix: Annotated[tuple[Prefix, ...], OneOrMore()] = ()
    lane: Annotated[tuple[Lane, ...], OneOrMore()] = ()
    app: Annotated[tuple[AppName, ...], OneOrMore()] = ()


@dataclass(frozen=True, slots=True)
class FastLane:
    """OTPs and alerts. `reserve` is the share of window and tps that bulk never takes."""

    ttl: Ttl = 300.0
    receipt_grace: Grace = 86_400.0
    reserve: Annotated[float, Percent("90%")] = 0.2
    share: Mapping[AppName, Weight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkLane:
    """Campaigns. `share` weighs apps (and batches of one app) that wait in turn; 1 unless given."""

    ttl: Ttl = 48 * 3600.0
    receipt_grace: Grace = 86_400.0
    share: Mapping[AppName, Weight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The two lanes."""

    fast: FastLane = FastLane()
    bulk: BulkLane = BulkLane()


@dataclass(frozen=True, slots=True)
class MoRoute:
    """A rule of the way in: to which app an inbound message goes, and what else happens."""

    to: Annotated[tuple[Annotated[str, Sender()], ...], OneOrMore()] = ()
    keyword: Annotated[tuple[Annotated[str, Text("a keyword: one word", longest=64)], ...], OneOrMore()] = ()
    app: AppName | None = None
    opt_out: bool = False
    reply: Annotated[str, Text("a text", longest=1000)] | None = None
