"""The section `carriers`: what a carrier takes, how fast, and the binds to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.addresses import HostKind, IpKind, PeerKind
from gateway.config.kinds import Integer, Name
from gateway.config.locations import FileKind
from gateway.config.quantities import Amount, Duration, Rate
from gateway.config.secret import Secret
from gateway.config.smpp_values import CString, InterfaceVersion, Sender, SmppPassword, Tag, TagValue
from gateway.config.units import Address

Action = Literal["later", "throttle", "next", "refuse", "stop", "wrong_network"]
Tps = Annotated[float, Rate("segments per second, e.g. 100")]
Burst = Annotated[int, Integer(1, 10_000, "segments at once", "1")]
Patience = Annotated[float, Duration("1s", "10m")]
Hold = Annotated[float, Duration("0s", "1d")]
Ton = Annotated[int, Integer(0, 255, "a type of number, SMPP 3.4 §5.2.5", "1")]
Npi = Annotated[int, Integer(0, 255, "a numbering plan, SMPP 3.4 §5.2.6", "1")]


@dataclass(frozen=True, slots=True)
class BindTls:
    """TLS towards an SMSC. Without `ca` the system's authorities count; `server_name` is `host` unless given."""

    ca: Annotated[Path, FileKind("authorities' certificates in PEM")] | None = None
    certificate: Annotated[Path, FileKind("a client certificate in PEM")] | None = None
    key: Annotated[Path, FileKind("the client certificate's key in PEM")] | None = None
    server_name: Annotated[str, HostKind()] | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Bind:
    """One SMPP session to an SMSC. `tps` is its own limit below the carrier's; None: only the carrier's holds."""

    name: Annotated[str, Name("the bind's name")]
    host: Annotated[str, HostKind()]
    port: Annotated[int, Integer(1, 65535, "a TCP port", "2775")]
    system_id: Annotated[str, CString("the carrier's name for us", 15, empty=False)]
    password: Annotated[Secret, SmppPassword("the password the carrier gave")]
    mode: Literal["transceiver", "transmitter", "receiver"] = "transceiver"
    window: Annotated[int, Integer(1, 10_000, "unanswered requests at once", "10")] = 10
    tps: Tps | None = None
    burst: Burst = 1
    backup: tuple[Annotated[Address, PeerKind()], ...] = ()
    source_ip: Annotated[str, IpKind()] | None = None
    system_type: Annotated[str, CString("the system_type of the bind", 12)] = ""
    address_range: Annotated[str, CString("the address_range of the bind", 40)] = ""
    interface_version: Annotated[int, InterfaceVersion()] = 0x34
    tls: BindTls | None = None

    @property
    def transmits(self) -> bool:
        """Whether submit_sm may go this way (SMPP 3.4 §2.2)."""
        return self.mode != "receiver"

    @property
    def receives(self) -> bool:
        """Whether receipts and inbound messages may come this way."""
        return self.mode != "transmitter"


@dataclass(frozen=True, slots=True)
class AddressType:
    """How an address is declared: source_addr_ton and source_addr_npi."""

    ton: Ton
    npi: Npi


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """How each form of sender is declared to the carrier."""

    short: AddressType = AddressType(3, 0)
    long: AddressType = AddressType(1, 1)
    alphanumeric: AddressType = AddressType(5, 0)


@dataclass(frozen=True, slots=True)
class Destination:
    """How the carrier wants numbers written: e164 without +, plus with it, national without the country's code,
    e164-521 as e164 with the 1 that Mexico's mobiles had before their ten digits."""

    format: Literal["e164", "plus", "national", "e164-521"] = "e164"
    ton: Ton = 1
    npi: Npi = 1


@dataclass(frozen=True, slots=True)
class CarrierSenders:
    """What this carrier lets us send as (nothing listed: anything), and what is sent as when nobody says."""

    allow: tuple[Annotated[str, Sender()], ...] = ()
    default: Annotated[str, Sender()] | None = None


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Pauses between attempts to bind: from `min`, growing to `max`, until a bind has held for `stable_after`."""

    min: Annotated[float, Duration("100ms", "10m")] = 1.0
    max: Annotated[float, Duration("100ms", "1h")] = 60.0
    stable_after: Annotated[float, Duration("0s", "1h")] = 30.0


@dataclass(frozen=True, slots=True)
class Failover:
    """When messages go by the next carrier, besides "no bind is up"."""

    after_errors: Annotated[int, Integer(1, 1_000_000, "errors in a row", "20")] = 20
    queue_age: Annotated[float, Duration("1s", "1d")] = 60.0


@dataclass(frozen=True, slots=True)
class UncertainHold:
    """How long a late response or receipt may still settle what was in flight, before it is resent."""

    fast: Hold = 0.0
    bulk: Hold = 120.0


@dataclass(frozen=True, slots=True)
class Uncertain:
    """What becomes of messages that were in flight when a bind died."""

    fast: Literal["resend", "fail"] = "resend"
    bulk: Literal["resend", "fail"] = "resend"
    hold: UncertainHold = UncertainHold()


@dataclass(frozen=True, slots=True)
class Price:
    """What a segment costs with this carrier."""

    currency: Annotated[str, Name("a currency, ISO 4217, e.g. MXN")]
    per_segment: Annotated[Decimal, Amount()]


@dataclass(frozen=True, slots=True)
class Carrier:
    """An interconnect. `tps` counts segments over all binds, in any one-second window; `burst` how many at once."""

    binds: tuple[Bind, ...]
    tps: Tps = 10.0
    burst: Burst = 1
    alphabet: Literal["gsm7", "gsm7-packed", "latin1", "ascii"] = "gsm7"
    national_shift: Literal["none", "spanish"] = "none"
    long_messages: Literal["udh", "udh16", "sar", "payload"] = "udh"
    message_ids: Literal["auto", "same", "hex-dec", "dec-hex"] = "auto"
    receipt_parts: Literal["all", "first", "last"] = "all"
    source: SourceAddress = SourceAddress()
    destination: Destination = Destination()
    senders: CarrierSenders = CarrierSenders()
    enquire_link: Patience = 30.0
    response_timeout: Patience = 30.0
    reconnect: Reconnect = Reconnect()
    service_type: Annotated[str, CString("the service_type of every submit_sm", 5)] = ""
    validity: Literal["relative", "absolute", "none"] = "relative"
    tlvs: Mapping[Annotated[int, Tag()], Annotated[bytes, TagValue()]] = field(default_factory=dict)
    errors: Mapping[Annotated[int, Integer(1, 0xFFFFFFFF, "a command_status", "0x14")], Action] = field(
        default_factory=dict
    )
    failover: Failover = Failover()
    uncertain: Uncertain = Uncertain()
    ucs2: bool = True
    price: Price | None = None
