"""The sections that say when not to send: quiet_hours, frequency, blocklists."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.calendar import Day, Zone
from gateway.config.kinds import Integer
from gateway.config.locations import FileKind
from gateway.config.quantities import ClockTime, Duration
from gateway.config.routing import Lane
from gateway.config.structure import OneOrMore

LaneSet = Annotated[tuple[Lane, ...], OneOrMore()]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nothing goes: from `from_` until `to` (over midnight if need be) every day, and all day on `days`."""

    lane: LaneSet = ()
    from_: Annotated[time, ClockTime()] | None = None
    to: Annotated[time, ClockTime()] | None = None
    zone: Annotated[str, Zone(recipient=True)] = "recipient"
    days: Annotated[tuple[Day, ...], OneOrMore()] = ()
    action: Literal["defer", "reject"] = "defer"


@dataclass(frozen=True, slots=True)
class Frequency:
    """At most so many messages to one recipient from one app in any such period."""

    max: Annotated[int, Integer(1, 1_000_000, "messages to one recipient", "3")]
    per: Annotated[float, Duration("1s", "366d")]
    lane: LaneSet = ()
    action: Literal["reject"] = "reject"


@dataclass(frozen=True, slots=True)
class Blocklist:
    """A do-not-contact register: a number or a hash a line."""

    path: Annotated[Path, FileKind("a do-not-contact register")]
    lane: LaneSet = ()
