"""The section `apps`: who submits, how it logs in, what it may, and where its answers go."""

from dataclasses import dataclass
from typing import Annotated, Literal

from gateway.config.addresses import IpNetwork, IpNetworkKind, UrlKind, UrlPatternKind
from gateway.config.carriers import Burst, Tps
from gateway.config.credentials import ApiKeyHash, SigningSecret
from gateway.config.kinds import Integer
from gateway.config.quantities import Rate
from gateway.config.routing import Lane
from gateway.config.secret import Secret
from gateway.config.smpp_values import CString, Sender, SmppPassword


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an app's events are posted, and what they are signed with: so many at once, and so many a second."""

    url: Annotated[str, UrlKind("https://app.example/hook")]
    secret: Annotated[Secret, SigningSecret()]
    events: tuple[Literal["receipt", "inbound"], ...] = ("receipt", "inbound")
    concurrency: Annotated[int, Integer(1, 1000, "posts at once", "32")] = 32
    rate: Annotated[float, Rate("posts per second, e.g. 50")] | None = None


@dataclass(frozen=True, slots=True)
class App:
    """An app. It logs in over HTTP with an API key, over SMPP with `system_id` and `password`.

    `tps` and `burst` (None: a whole second's worth) limit what it may submit; `window` the unanswered deliver_sm on
    each of its binds. Without `allow_from` it may come from anywhere; without `senders` it may send as whatever the
    carrier allows.
    """

    api_keys: tuple[Annotated[str, ApiKeyHash()], ...] = ()
    system_id: Annotated[str, CString("the app's SMPP name", 15, empty=False)] | None = None
    password: Annotated[Secret, SmppPassword("the app's SMPP password")] | None = None
    allow_from: tuple[Annotated[IpNetwork, IpNetworkKind()], ...] = ()
    max_binds: Annotated[int, Integer(0, 1000, "SMPP binds at once", "4")] = 4
    window: Annotated[int, Integer(1, 10_000, "unanswered requests at once", "50")] = 50
    tps: Tps = 100.0
    burst: Burst | None = None
    lane: Lane = "bulk"
    lanes: tuple[Lane, ...] = ()
    senders: tuple[Annotated[str, Sender()], ...] = ()
    webhook: Webhook | None = None
    callbacks: tuple[Annotated[str, UrlPatternKind()], ...] = ()

    @property
    def allowed_lanes(self) -> tuple[Lane, ...]:
        """The lanes it may ask for: `lanes`, or only its own `lane` when none are given."""
        return self.lanes or (self.lane,)
