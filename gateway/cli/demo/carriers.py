"""The three simulated carriers: alike in nothing but SMPP, as real ones are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from gateway.cli.demo.arrivals import Arrival, Arrivals
from gateway.cli.demo.pulse import Pulse
from gateway.clock import Clock
from gateway.sim.faults import Faults
from gateway.sim.profile import IdForm, Profile, ReceiptForm
from gateway.sim.smsc import Simulator
from gateway.sim.stats import Second
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages

SYSTEM_ID = "relevo"
UNDELIVERABLE = 0.02
THROTTLED = int(CommandStatus.ESME_RTHROTTLED)
BUSIEST_S = 0.9
"""What is checked as "a second": on its way out of the gateway a busy machine bunches what left evenly, by a tenth at
the most. What it bunches on its way in is known, see `pulse`."""
_USUAL = Faults(fail=UNDELIVERABLE)

PROFILES = {
    "telcel": Profile(
        name="telcel", latency_s=0.015, jitter_s=0.01, receipts_after_s=0.3, receipts_jitter_s=0.6,
        id_form=IdForm.UUID,
    ),
    "att": Profile(
        name="att", latency_s=0.03, jitter_s=0.02, receipts_after_s=0.5, receipts_jitter_s=1.0,
        id_form=IdForm.HEXRESP_DECDLR, receipt_form=ReceiptForm.TEXT, alphabet=Alphabet.LATIN1,
        long_messages=LongMessages.UDH16,
    ),
    "movistar": Profile(
        name="movistar", latency_s=0.06, jitter_s=0.03, receipts_after_s=0.4, receipts_jitter_s=0.8,
        id_form=IdForm.DEC, long_messages=LongMessages.SAR,
    ),
}  # fmt: skip


@dataclass(slots=True)
class Smsc:
    """One of them, running. `tps` is what the agreement allows."""

    name: str
    simulator: Simulator
    port: int
    tps: int
    pulse: Pulse
    taken: int = 0
    busiest: Second = field(default_factory=lambda: Second(BUSIEST_S))

    @property
    def binds(self) -> int:
        """How many sessions are bound."""
        return sum(self.simulator.bound.values())

    @property
    def throttled(self) -> int:
        """How many submits it answered with ESME_RTHROTTLED."""
        return self.simulator.stats.refused[THROTTLED]

    def throttle(self, on: bool) -> None:
        """Refuse everything with ESME_RTHROTTLED until told otherwise."""
        self.simulator.faults = Faults(errors={THROTTLED: 1.0}, fail=UNDELIVERABLE) if on else _USUAL

    def collect(self, arrivals: Arrivals) -> list[Arrival]:
        """What has become whole since the last time."""
        fresh = list(islice(self.simulator.received, self.taken, None))
        self.taken += len(fresh)
        for record in fresh:
            self.busiest.add(record.at, self.pulse.earliest(record.at))
        alphabet = self.simulator.profile.alphabet
        whole = (arrivals.take(self.name, record, alphabet) for record in fresh)
        return [arrival for arrival in whole if arrival is not None]


async def start_smscs(
    smscs: dict[str, Smsc],
    tps: Mapping[str, int],
    passwords: Mapping[str, str],
    keep: int,
    clock: Clock,
    pulse: Pulse,
    random: Callable[[], float],
) -> None:
    """Start all three on free ports, each put into `smscs` as it runs. Raises OSError.

    `keep` records have to be enough for the whole run.
    """
    for name, profile in PROFILES.items():
        logins = {SYSTEM_ID: passwords[name]}
        # What it enforces leaves room for the bunching of a busy machine; what it saw is checked at the end.
        limits = replace(profile, logins=logins, tps=round(tps[name] * 1.2), keep=keep, faults=_USUAL)
        simulator = Simulator(limits, clock, random)
        smscs[name] = Smsc(name, simulator, await simulator.start(), tps[name], pulse)
