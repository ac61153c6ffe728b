"""What a simulated SMSC does wrong, and how often: shares that may change while it runs, drawn from one seeded source.

A submit meets at most one `Deed` and its receipt at most one `Mishap`, so the shares of each kind add up to at most 1.
The same seed and the same submits in the same order give the same faults.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Generic, TypeVar

import msgspec

from gateway.smpp.spec import MessageState
from gateway.smpp.status import CommandStatus

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Status = Annotated[int, msgspec.Meta(ge=1, le=0xFFFFFFFF)]


class Deed(StrEnum):
    """What becomes of a submit; the values are the names of the shares in `Faults`."""

    ANSWER = "answer"
    REFUSE = "refuse"
    SILENT = "silent"
    SLOW = "slow"
    DROP = "drop"
    GARBAGE = "garbage"
    NOISE = "noise"
    DUPLICATE = "duplicate_response"
    NACK = "nack"
    CUT = "cut"
    HALF_OPEN = "half_open"


class Mishap(StrEnum):
    """What becomes of a receipt; the values are the names of the shares in `Faults`."""

    NONE = "none"
    EARLY = "early_receipt"
    TWICE = "duplicate_receipt"
    LOST = "lost_receipt"
    INTERMEDIATE = "intermediate_receipt"
    STRAY = "stray_receipt"


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares from 0 to 1, and what holds until it is taken back.

    Of submits: `errors` (command_status to share) are refused, `silent` are never answered, `slow` are answered
    `slow_s` later, `drop` cut the connection instead of an answer, `garbage` bring well-framed PDUs that make no sense
    before theirs, `noise` octets that are no SMPP instead of theirs; `duplicate_response` are answered twice, `nack`
    by a generic_nack; `cut` end the connection in the middle of their answer, `half_open` leave it standing with nobody
    who reads or writes on it any more. A submit that was not answered whole may have been taken; a `cut` one was.

    Of messages: `fail` end undeliverable, `expire` expired. Of receipts: `early_receipt` come before the response,
    `duplicate_receipt` twice, `lost_receipt` never, `intermediate_receipt` after one that says ENROUTE, `stray_receipt`
    beside one for an id that nobody was given. Of inbound messages of several parts: `shuffled_inbound` come with their
    parts in another order.

    `refuse_binds` is the command_status every bind gets; while `frozen` nothing is read, so nothing is answered.
    """

    errors: dict[Status, Share] = msgspec.field(default_factory=dict)
    silent: Share = 0.0
    slow: Share = 0.0
    slow_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    drop: Share = 0.0
    garbage: Share = 0.0
    noise: Share = 0.0
    duplicate_response: Share = 0.0
    nack: Share = 0.0
    cut: Share = 0.0
    half_open: Share = 0.0
    fail: Share = 0.0
    expire: Share = 0.0
    early_receipt: Share = 0.0
    duplicate_receipt: Share = 0.0
    lost_receipt: Share = 0.0
    intermediate_receipt: Share = 0.0
    stray_receipt: Share = 0.0
    shuffled_inbound: Share = 0.0
    refuse_binds: Status | None = None
    frozen: bool = False

    def changed(self, changes: object) -> "Faults":
        """These faults with `changes`, a JSON object of fields, laid over them; a status may be a number or a name.

        Raises ValueError, naming the field, for what is no fault, no status or no share.
        """
        if not isinstance(changes, dict):
            raise ValueError("faults are an object, share by name")  # noqa: TRY004 (what a caller wrote, not a type)
        changes = dict(changes)
        if isinstance(changes.get("errors"), dict):
            changes["errors"] = {parse_status(str(status)): share for status, share in changes["errors"].items()}
        if isinstance(changes.get("refuse_binds"), str):
            changes["refuse_binds"] = parse_status(changes["refuse_binds"])
        faults: Faults = msgspec.convert(msgspec.to_builtins(self) | changes, Faults)
        Dice(faults, lambda: 0.0)
        return faults


def parse_status(text: str) -> int:
    """A command_status by its name (ESME_RTHROTTLED), in hex (0x58) or decimal. Raises ValueError."""
    named = CommandStatus.__members__.get(text.upper())
    if named is not None:
        return int(named)
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"{text!r} is no command_status: ESME_RTHROTTLED, 0x58 or 88 would be") from None


T = TypeVar("T")


class _Draw(Generic[T]):
    """One of several outcomes by their shares; `otherwise` takes what is left of 1."""

    def __init__(self, what: str, shares: Iterable[tuple[T, float]], otherwise: T) -> None:
        rows = [(outcome, share) for outcome, share in shares if share]
        self._bounds = list(accumulate(share for _, share in rows))
        self._outcomes = [*(outcome for outcome, _ in rows), otherwise]
        if self._bounds and self._bounds[-1] > 1 + 1e-9:
            raise ValueError(f"the shares of {what} add up to {self._bounds[-1]:g}, more than 1")

    def draw(self, random: Callable[[], float]) -> T:
        return self._outcomes[bisect_right(self._bounds, random())] if self._bounds else self._outcomes[0]


class Dice:
    """What happens next, drawn by the shares of `faults`; `random` gives numbers in [0, 1).

    Raises ValueError where shares add up to more than 1.
    """

    def __init__(self, faults: Faults, random: Callable[[], float]) -> None:
        self._random = random
        refusals: list[tuple[tuple[Deed, int], float]] = [
            ((Deed.REFUSE, status), share) for status, share in faults.errors.items()
        ]
        deeds = [deed for deed in Deed if deed not in {Deed.ANSWER, Deed.REFUSE}]
        others: list[tuple[tuple[Deed, int], float]] = [((deed, 0), getattr(faults, deed.value)) for deed in deeds]
        self._deeds = _Draw("what submits meet", refusals + others, (Deed.ANSWER, int(CommandStatus.ESME_ROK)))
        ends = [(MessageState.UNDELIVERABLE, faults.fail), (MessageState.EXPIRED, faults.expire)]
        self._ends = _Draw("fail and expire", ends, MessageState.DELIVERED)
        mishaps = [mishap for mishap in Mishap if mishap is not Mishap.NONE]
        shares = [(mishap, getattr(faults, mishap.value)) for mishap in mishaps]
        self._mishaps = _Draw("what receipts meet", shares, Mishap.NONE)
        self._shuffled = faults.shuffled_inbound

    def deed(self) -> tuple[Deed, int]:
        """What becomes of a submit, and the command_status of a refusal."""
        return self._deeds.draw(self._random)

    def end(self) -> MessageState:
        """How a message ends."""
        return self._ends.draw(self._random)

    def mishap(self) -> Mishap:
        """What becomes of its receipt."""
        return self._mishaps.draw(self._random)

    def order(self, parts: int) -> list[int]:
        """The order in which the parts of an inbound message come: places from 0."""
        places = list(range(parts))
        if parts > 1 and self._shuffled and self._random() < self._shuffled:
            turn = 1 + int(self._random() * (parts - 1))
            return places[turn:] + places[:turn]
        return places

    def taken(self) -> bool:
        """Whether a submit without an answer was taken all the same: every other one."""
        return self._random() < 0.5
