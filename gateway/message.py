"""What an app sent, and how far it has come."""

from typing import Final

from mypy_extensions import mypyc_attr

from gateway.values import FINAL, WAITING, Content, Delivery, Event, Inbound, Segment, Status

__all__ = ["FINAL", "WAITING", "Content", "Delivery", "Event", "Inbound", "Message", "Segment", "Status"]

_FIELDS: Final = (
    "id",
    "app",
    "lane",
    "interface",
    "to",
    "sender",
    "network",
    "content",
    "created_at",
    "expires_at",
    "send_at",
    "reference",
    "batch",
    "receipt",
    "callback",
    "extras",
    "carriers",
    "carrier",
    "status",
    "updated_at",
    "segments",
    "events",
    "error_code",
    "error_detail",
    "tags",
    "rerouted",
    "counted",
)


@mypyc_attr(acyclic=True)
class Message:
    """A message and how far it has come. Facts are set once; status, carrier, segments, events and error move on.

    `to` is E.164 digits without "+"; times are seconds since the epoch (UTC); `send_at` 0 means at once.
    `receipt` says which events the app wants: final, all, failure or none. `tags` are the app's words that routes may
    ask for.

    A class that spells itself out: compiled, its fields are a C struct's, which saves 16 of 71 us a message beside a
    msgspec Struct. Nothing in it refers back to it, and nothing but tuples and plain values hangs on it: compiled, the
    garbage collector need not look at the hundreds of thousands that wait for their receipts.
    """

    __slots__ = _FIELDS

    def __init__(
        self,
        *,
        id: str,  # noqa: A002  # the field's name
        app: str,
        lane: str,
        interface: str,
        to: str,
        sender: str,
        network: str,
        content: Content,
        created_at: float,
        expires_at: float,
        send_at: float = 0.0,
        reference: str = "",
        batch: str = "",
        receipt: str = "final",
        callback: str = "",  # where a compatible call wants its receipts; "" is the app's own way
        extras: dict[str, str] | None = None,
        carriers: tuple[str, ...] = (),  # the order routing gave when it was accepted
        carrier: str = "",
        status: Status = Status.ACCEPTED,
        updated_at: float = 0.0,
        segments: tuple[Segment, ...] = (),
        events: tuple[Event, ...] = (),
        error_code: str = "",
        error_detail: str = "",
        tags: tuple[str, ...] = (),
        rerouted: bool = False,  # network and carriers are not those it was accepted with
        counted: Status = Status.ACCEPTED,  # what it counts as in its batch: the status that was committed last
    ) -> None:
        self.id = id
        self.app = app
        self.lane = lane
        self.interface = interface
        self.to = to
        self.sender = sender
        self.network = network
        self.content = content
        self.created_at = created_at
        self.expires_at = expires_at
        self.send_at = send_at
        self.reference = reference
        self.batch = batch
        self.receipt = receipt
        self.callback = callback
        self.extras = {} if extras is None else extras
        self.carriers = carriers
        self.carrier = carrier
        self.status = status
        self.updated_at = updated_at
        self.segments = segments
        self.events = events
        self.error_code = error_code
        self.error_detail = error_detail
        self.tags = tags
        self.rerouted = rerouted
        self.counted = counted

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of the same message; how it is counted is no part of it."""
        if not isinstance(other, Message):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS if name != "counted")

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Message({', '.join(f'{name}={getattr(self, name)!r}' for name in _FIELDS)})"

    def seen_as(self, status: Status) -> "Message":
        """The same message under another status, for whoever is shown it."""
        seen = Message(**{name: getattr(self, name) for name in _FIELDS})
        seen.status = status
        return seen

    @property
    def final(self) -> bool:
        """Whether the message has ended (UNKNOWN counts: a later receipt may still better it)."""
        return self.status in FINAL
