"""A carrier's keys of the configuration as the objects that do what they say."""

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.carriers.address import Addressing
from gateway.carriers.arrivals import Arrivals
from gateway.carriers.bind import Bind
from gateway.carriers.bind_settings import BindSettings, Endpoint
from gateway.carriers.carrier import Carrier
from gateway.carriers.counts import CarrierCounts
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.health import Health
from gateway.carriers.layout import CarrierSettings
from gateway.carriers.message_ids import MessageIds
from gateway.carriers.omissions import Omissions
from gateway.carriers.outcomes import Outcomes, Policy, Roads, SecondLook
from gateway.carriers.outgoing import Outgoing
from gateway.carriers.refusals import AddressWatch
from gateway.carriers.submission import SubmitTemplate
from gateway.carriers.tap import Tap
from gateway.config import carriers as config
from gateway.config.routing import Lanes
from gateway.correlation import Correlation
from gateway.happenings import Happenings
from gateway.metrics import Metrics
from gateway.parts import Profile
from gateway.store.commits import Commits
from gateway.store.store import Awaiting
from gateway.text.data_coding import Alphabet
from gateway.text.references import References
from gateway.text.segments import LongMessages
from throughput.bucket import TokenBucket
from throughput.gate import Gate, GateSettings
from throughput.lanes import Lane
from throughput.pacing import THROTTLES
from throughput.scheduler import Scheduler

LANE_CAPACITY = {"fast": 2_000, "bulk": 5_000}


class Around(NamedTuple):
    """What all carriers share."""

    commits: Commits
    metrics: Metrics
    dispatcher: Dispatch
    roads: Roads
    second_look: SecondLook
    arrivals: Arrivals
    references: References
    on_room: Callable[[str, str], None]
    monotonic: Callable[[], float]
    utc: Callable[[], float]
    random: Callable[[], float]
    happenings: Happenings


def profile_of(carrier: config.Carrier, max_parts: int) -> Profile:
    """How the carrier takes text."""
    return Profile(
        Alphabet(carrier.alphabet),
        LongMessages(carrier.long_messages),
        carrier.ucs2,
        carrier.national_shift == "spanish",
        max_parts,
    )


def build_carrier(
    name: str, carrier: config.Carrier, lanes: Lanes, country_code: str, learnt: str, max_parts: int, around: Around
) -> Carrier:
    """A carrier with its binds, not yet running. `learnt` is the id form an earlier run had found out, "" none.

    Raises OSError where a certificate of a bind cannot be read.
    """
    counts = CarrierCounts(around.metrics, name)
    reserve = lanes.fast.reserve
    scheduler: Scheduler[Outgoing] = Scheduler(
        TokenBucket(carrier.tps, carrier.burst, reserve),
        Lane("fast", LANE_CAPACITY["fast"], lanes.fast.share),
        Lane("bulk", LANE_CAPACITY["bulk"], lanes.bulk.share),
    )
    policy = Policy(
        name,
        carrier.errors,
        {"fast": carrier.uncertain.fast, "bulk": carrier.uncertain.bulk},
        {"fast": carrier.uncertain.hold.fast, "bulk": carrier.uncertain.hold.bulk},
    )
    commits = around.commits

    def spill(rows: list[Awaiting]) -> None:
        for row in rows:
            commits.await_receipt(row)

    profile, template = profile_of(carrier, max_parts), _template(carrier, country_code)
    built = Carrier(
        CarrierSettings(name, profile, carrier.senders.allow, template, carrier.receipt_parts),
        scheduler,
        Correlation(name, spill),
        Health(carrier.failover.after_errors, carrier.failover.queue_age),
        MessageIds(carrier.message_ids, learnt if carrier.message_ids == "auto" else ""),
        Outcomes(
            policy,
            commits,
            around.dispatcher,
            around.roads,
            around.second_look,
            Omissions(name, template),
            counts,
            around.utc,
            around.happenings,
        ),
        around.dispatcher,
        counts,
        around.references,
        AddressWatch(name, counts.answered, throttles=_throttles(carrier.errors)),
        deliver=around.arrivals.deliver,
        on_room=around.on_room,
        monotonic=around.monotonic,
        utc=around.utc,
        happenings=around.happenings,
    )
    for each in carrier.binds:
        built.add(*build_bind(each, name, carrier, reserve, built, around))
    return built


def build_bind(
    each: config.Bind, name: str, carrier: config.Carrier, reserve: float, owner: Carrier, around: Around
) -> tuple[Bind, Gate | None]:
    """One bind and, where it sends, its gate."""
    reconnects = around.metrics.bind_reconnects(name, each.name)

    def on_reconnect() -> None:
        reconnects.n += 1

    def on_state(bind: Bind) -> None:
        if around.happenings.heard:
            reason = bind.reason or None
            around.happenings.tell("bind", carrier=name, bind=bind.name, state=bind.state_word, reason=reason)

    bind = Bind(
        bind_settings(each, name, carrier),
        owner,
        monotonic=around.monotonic,
        random=around.random,
        on_reconnect=on_reconnect,
        on_state=on_state,
        tap=Tap(name, each.name, around.utc),
    )
    if not each.transmits:
        return bind, None
    return bind, Gate.configured(each.name, **gate_settings(each, carrier, reserve)._asdict())


def gate_settings(each: config.Bind, carrier: config.Carrier, reserve: float) -> GateSettings:
    """How much a bind that transmits may send."""
    return GateSettings(
        rate_per_s=min(each.tps or carrier.tps, carrier.tps),
        window=each.window,
        burst=max(each.burst, carrier.burst) if each.tps is None else each.burst,
        reserve=reserve,
        throttles=_throttles(carrier.errors),
    )


def bind_settings(each: config.Bind, name: str, carrier: config.Carrier) -> BindSettings:
    """A bind's own keys and its carrier's, together."""
    return BindSettings(
        name=each.name,
        carrier=name,
        endpoints=(Endpoint(each.host, each.port), *(Endpoint(at.host, at.port) for at in each.backup)),
        system_id=each.system_id,
        password=each.password.reveal(),
        mode=each.mode,
        system_type=each.system_type,
        interface_version=each.interface_version,
        addr_ton=0,
        addr_npi=0,
        address_range=each.address_range,
        source_ip=each.source_ip or "",
        enquire_link_s=carrier.enquire_link,
        response_timeout_s=carrier.response_timeout,
        reconnect_min_s=carrier.reconnect.min,
        reconnect_max_s=carrier.reconnect.max,
        stable_after_s=carrier.reconnect.stable_after,
        tls=_tls(each.tls) if each.tls else None,
        tls_server_name=(each.tls.server_name or "") if each.tls else "",
    )


def _template(carrier: config.Carrier, country_code: str) -> SubmitTemplate:
    source = carrier.source
    destination = carrier.destination
    addressing = Addressing(
        {"short": source.short, "long": source.long, "alphanumeric": source.alphanumeric},
        destination.format,
        destination,
        country_code,
    )
    return SubmitTemplate(
        addressing,
        service_type=carrier.service_type,
        tlvs=tuple(carrier.tlvs.items()),
        validity_form=carrier.validity,
    )


def _throttles(errors: Mapping[int, str]) -> frozenset[int]:
    """What means "slower" here: the built-in two, and the carrier's own words over them."""
    own = {status for status, action in errors.items() if action == "throttle"}
    return frozenset((THROTTLES - errors.keys()) | own)


def _tls(tls: config.BindTls) -> ssl.SSLContext:
    """TLS towards an SMSC: 1.2 or newer, verified against `ca` or the system's authorities unless `verify: false`."""
    context = ssl.create_default_context(cafile=tls.ca)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate is not None:
        context.load_cert_chain(tls.certificate, tls.key)
    return context
