"""What a session tells its owner. Received and Answered, of which two each are made for every message, are records."""

from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from gateway.smpp.matrix import State
from gateway.smpp.pdu import Request, Response
from gateway.smpp.record import Record


class Reason(StrEnum):
    """Why a session is over; the values serve as labels of logs and metrics."""

    SESSION_INIT = "session_init"  # no bind, or no answer to ours, in time
    BIND_REFUSED = "bind_refused"
    FRAMING = "framing"  # what came is not SMPP, or no longer
    STREAM_BROKEN = "stream_broken"  # the peer says the same of what we sent
    UNFINISHED_PDU = "unfinished_pdu"
    NO_ANSWERS = "no_answers"  # too many requests in a row timed out
    LINK_DEAD = "link_dead"  # enquire_link unanswered, twice
    INACTIVE = "inactive"
    UNBOUND = "unbound"
    UNBIND_TIMEOUT = "unbind_timeout"


class OddityKind(StrEnum):
    """What a peer does that harms nothing; the values serve as labels of logs and metrics."""

    MALFORMED_PDU = "malformed_pdu"
    STRAY_OCTETS = "stray_octets"
    UNKNOWN_REQUEST = "unknown_request"
    UNKNOWN_RESPONSE = "unknown_response"
    UNEXPECTED_RESPONSE = "unexpected_response"
    WRONG_STATE = "wrong_state"


class Received(Record):
    """A request the owner is to answer with `respond`, a bind with `accept_bind` or `refuse_bind`.

    outbind and alert_notification come as this too, and have no response.
    """

    __slots__ = ("command_status", "pdu", "sequence_number")

    def __init__(self, sequence_number: int, pdu: Request, command_status: int) -> None:
        self.sequence_number = sequence_number
        self.pdu = pdu
        self.command_status = command_status


class Bound(NamedTuple):
    """Our bind was accepted. `peer_version` is its sc_interface_version, None if it did not say."""

    state: State
    system_id: str
    peer_version: int | None


class BindRefused(NamedTuple):
    """Our bind was not; a Closing follows."""

    command_status: int


class Answered(Record):
    """The answer to a request of ours, `context` being what came with the request.

    A generic_nack counts as the answer, with its status; `pdu` is then GenericNack.
    """

    __slots__ = ("command_status", "context", "elapsed_s", "pdu", "sequence_number")

    def __init__(
        self, context: Any, sequence_number: int, command_status: int, pdu: Response, elapsed_s: float
    ) -> None:
        self.context = context
        self.sequence_number = sequence_number
        self.command_status = command_status
        self.pdu = pdu
        self.elapsed_s = elapsed_s


class TimedOut(NamedTuple):
    """No answer in time. The request has left the window; what became of it is uncertain."""

    context: Any
    sequence_number: int


class LateAnswer(NamedTuple):
    """The answer to a request that had timed out before: it ends the uncertainty."""

    context: Any
    sequence_number: int
    command_status: int
    pdu: Response


class Lost(NamedTuple):
    """The contexts of all requests unanswered when the connection ended, oldest first; each is uncertain."""

    contexts: tuple[Any, ...]


class LinkChecked(NamedTuple):
    """An enquire_link of ours was answered after so many seconds."""

    rtt_s: float


class Unbound(NamedTuple):
    """No requests any more: the peer sent unbind, or has answered ours. A Closing comes now or soon."""

    by_peer: bool


class Oddity(NamedTuple):
    """To be counted, at most logged: the session has already done what was to do. `detail` is for people."""

    kind: OddityKind
    detail: str


class Closing(NamedTuple):
    """The session is over: the owner writes what `data_to_send` still gives, then closes the connection."""

    reason: Reason
    command_status: int | None = None
    detail: str = ""


Event: TypeAlias = (
    Received | Bound | BindRefused | Answered | TimedOut | LateAnswer | Lost | LinkChecked | Unbound | Oddity | Closing
)
