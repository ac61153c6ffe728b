"""The sections that say which way and in which lane: routes, lanes, mo_routes.

In conditions, a list that is not given asks nothing; a single value may stand for a list of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.calendar import Day, Zone
from gateway.config.kinds import Name, ScalarKind, Text
from gateway.config.locations import FileKind
from gateway.config.numbering import NetworkName
from gateway.config.quantities import ClockTime, Duration, Percent, Rate
from gateway.config.smpp_values import Digits, Sender
from gateway.config.structure import OneOrMore

Lane = Literal["fast", "bulk"]
AppName = Annotated[str, Name("an app's name")]
CarrierName = Annotated[str, Name("a carrier's name")]
Weight = Annotated[float, Rate("a weight above 0, e.g. 70")]
Ttl = Annotated[float, Duration("1s", "14d")]
Grace = Annotated[float, Duration("1s", "30d")]
Prefix = Annotated[str, Digits("the first digits of numbers in E.164 with +, e.g. +1 or +5255", 1, 15, plus=True)]


Tag = Annotated[str, Name("a tag", dots=True)]
DENIED = "denied"
DENIALS = (
    *(DENIED, "not_allowed", "no_route", "invalid_number", "not_mobile", "opted_out"),
    *("sender_not_allowed", "lane_not_allowed"),
)
"""Codes of refusals that a route may deny with."""


class Denial(ScalarKind[str]):
    """`true`, or the code of a refusal; "" denies nothing."""

    expected = f"true, or one of {', '.join(DENIALS)}"

    def parse(self, text: str) -> str:
        word = {"true": DENIED, "false": ""}.get(text, text)
        if word and word not in DENIALS:
            raise self.wrong("is not a code that a route denies with")
        return word

    def stand_in(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class LeastCost:
    """A `via` by price: the carrier whose `price` is lowest goes first."""

    least_cost: tuple[CarrierName, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """When a message is due, by the clock in `zone`: from `from_` until before `to` (over midnight if need be), on
    `days`, of which none given are all."""

    zone: Annotated[str, Zone()]
    from_: Annotated[time, ClockTime()] | None = None
    to: Annotated[time, ClockTime()] | None = None
    days: Annotated[tuple[Day, ...], OneOrMore()] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A rule of the way out. `via` is a list (failover in its order), weights (each the others' failover), or
    `least_cost`; with `deny` there is none."""

    via: tuple[CarrierName, ...] | Mapping[CarrierName, Weight] | LeastCost = ()
    network: Annotated[tuple[NetworkName, ...], OneOrMore()] = ()
    prefix: Annotated[tuple[Prefix, ...], OneOrMore()] = ()
    lane: Annotated[tuple[Lane, ...], OneOrMore()] = ()
    app: Annotated[tuple[AppName, ...], OneOrMore()] = ()
    sender: Annotated[tuple[Annotated[str, Sender()], ...], OneOrMore()] = ()
    tag: Annotated[tuple[Tag, ...], OneOrMore()] = ()
    to_list: Annotated[tuple[Annotated[Path, FileKind("a list of numbers")], ...], OneOrMore()] = ()
    time: Due | None = None
    deny: Annotated[str, Denial()] = ""

    @property
    def carriers(self) -> tuple[str, ...]:
        """Every carrier it leads to, as `via` names them."""
        return self.via.least_cost if isinstance(self.via, LeastCost) else tuple(self.via)


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
