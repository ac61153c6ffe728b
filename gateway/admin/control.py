"""What operators see and do: the seam between the admin listener and the gateway behind it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, get_args

from gateway.happenings import Listener, Wanted
from gateway.log_level import LevelNow
from gateway.message import Delivery, Message

BindAction = Literal["stop", "start", "receive-only"]
BIND_ACTIONS: tuple[BindAction, ...] = get_args(BindAction)


class Check(Protocol):
    """One condition of readiness: `name` is short and lasting, `detail` for people, "" when there is nothing to say."""

    @property
    def name(self) -> str: ...

    @property
    def ok(self) -> bool: ...

    @property
    def detail(self) -> str: ...


class Control(Protocol):
    """The gateway under an operator's hands. What it cannot do it answers with a Refusal, as it would an app.

    `status` and `ready` answer from memory, at once: they are asked each second by whoever watches. The others may
    raise StoreError besides.
    """

    def status(self) -> Mapping[str, Any]:
        """How it stands, ready for JSON. Ages and times are seconds, rates segments a second, sizes octets.

        version, node: text. uptime_s. ready, stopping: whether /readyz says yes, whether it drains or stops.
        binds: a list of
            carrier, bind (its name), address ("host:port" it is or would be bound to),
            mode (transceiver, transmitter, receiver), state (bound; receive-only; connecting; binding; waiting for the
            next try; failed: refused for good; stopped: by an operator), reason (why it is not bound, "" when it is),
            remedy (what to do first where it stays away until it is started, else ""),
            since_s (how long it has been bound, null when it is not), window, window_used, window_bulk (what bulk
            may have of it now), rate_limit (what pacing allows), rate_configured (these five null for a receiver),
            rate_ceiling (where the carrier was found to refuse; null while none is remembered), rate (the mean of the
            last seconds), history (the rates of the last 60 seconds, oldest first, fewer after a start).
        carriers: a list of carrier, omitted (what its submit_sm go without since it refused them with it:
            "validity_period", tags as "0x1400"), refused (null, or while too many answers blame an address: address
            (source, destination), share (of the last five minutes' answers), command_status).
        lanes: a list of carrier, lane, depth (segments in memory), on_disk (messages that wait there besides),
            oldest_s (null when nothing waits).
        apps: a list of app, binds, deliveries_waiting, deliveries_oldest_s (null), accepted (messages since the
            start), rate (messages a second).
        store: healthy, backlog (changes that wait for a commit), size_bytes, free_bytes.
        totals, since the start: accepted, submitted, inbound and each final status (delivered, undelivered, expired,
            unknown, rejected, cancelled), as far as it is counted.
        portability: a list of source, available, detail, age_s (null).
        message_ids: by carrier, the form in which its receipts name a message (same, hex-dec, dec-hex; auto: not yet
            known).
        """

    def ready(self) -> Sequence[Check]:
        """Every condition for taking messages: store writable, listeners up, a bind up, not stopping."""

    async def bind(self, name: str, action: BindAction) -> None:
        """Stop a bind (unbind and stay away), start it again, or let it only receive: no more submit_sm goes there.

        Returns once it is on its way, not once it is done. Refusal not_found when no bind has this name; not_allowed
        where the action makes no sense for its mode.
        """

    def listen(self, wanted: Wanted) -> Listener:
        """What happens from now on, as it happens; the listener is to be left. Refusal not_found where no app or
        carrier has the name, over_quota where too many listen."""

    def trace(self, bind: str) -> Listener:
        """The PDUs of a bind from now on; the listener is to be left. Refusal not_found where no bind has the name."""

    def log_level(self) -> LevelNow:
        """From which level on the log is written now."""

    def set_log_level(self, level: str, seconds: float | None) -> LevelNow:
        """Another level (one of debug, info, warning, error), for so long or until the next reload."""

    def drain(self) -> None:
        """Begin what SIGTERM begins, without ending the process: take nothing new from apps, and let what is in the
        carriers' windows come to its answers. Once begun, it stays so until the process is started again."""

    async def reload(self) -> Sequence[str]:
        """Read the configuration again and take it over; a line for each key that changed, secrets masked.

        Binds that have to leave are still on their way when it returns.
        Raises ConfigError with all that is wrong; the gateway then goes on with what it had.
        """

    async def message(self, message_id: str) -> Message | None:
        """A message of any app as it stands now; None when there is none."""

    async def dead_deliveries(self, after: str, limit: int) -> Sequence[Delivery]:
        """Deliveries that were given up, oldest first, with an id beyond `after`."""

    async def replay(self, delivery_id: str) -> Delivery:
        """Make a dead delivery wait again, due now, with no attempts counted. Refusal not_found where none is dead."""

    async def replay_these(self, since: float, until: float, app: str) -> int:
        """As `replay`, all that are dead of what was made from `since` to `until` (epoch seconds) for `app`, "" of all.

        How many there were. Raises Refusal not_found for an app that is not there.
        """

    async def send(self, app: str, to: str, text: str, sender: str, lane: str) -> Message:
        """Submit a message as `app` would; returns once it is on disk. Raises Refusal.

        `app` "" means the only one there is: Refusal missing_field where there are several. `sender` and `lane` ""
        leave the choice to the app's rules.
        """
