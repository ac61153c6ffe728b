"""A message on its way to a carrier: what is in memory of it from its lane until every segment was answered.

None of this is on disk. After a restart a message whose segments were in flight is simply one that still has to be
sent, and is sent again: at least once is the promise, and what may go twice is what was in a window (design: §2).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from gateway.carriers.answers import Action
from gateway.message import Message, Segment, Status
from gateway.parts import Wire
from gateway.smpp.record import Record
from gateway.text.udh import concat_of, parse
from throughput.entry import Entry

_NOBODY: Final[frozenset[str]] = frozenset()
_ACCEPTED: Final = Status.ACCEPTED


class Verdict(NamedTuple):
    """What an answer asked for, kept until all that is in flight of the message has been answered."""

    action: Action
    command_status: int


class Outgoing:
    """One message being sent. One owner: the carrier that has it; the register (`live`) knows which.

    `failures` counts answers that asked for later, `failures_here` those of the carrier that has it now; `worn` are
    carriers that asked for later twice, `tried` those that said no, the last of them with `refusal` (code, detail).
    `doubtful`: a part was sent and never answered, so a carrier may have it while it waits to be sent again.
    """

    __slots__ = (
        "cut_for", "doubtful", "dropped", "entry", "failures", "failures_here", "flying", "looked", "message",
        "reference", "refusal", "sent_before", "tried", "verdict", "wires", "without", "worn",
    )  # fmt: skip

    def __init__(self, message: Message) -> None:
        self.message = message
        self.wires: list[Wire] = []
        self.without = 0  # of submission.NO_TIME, NO_TLVS: what this carrier has refused of it
        self.cut_for: object = None  # the carrier's settings that `wires` were cut by
        self.entry: Entry[Outgoing] | None = None
        self.flying: dict[int, Flight] = {}  # by number: the segments in a window, or uncertain
        self.failures = 0
        self.failures_here = 0
        self.worn = _NOBODY
        self.tried = _NOBODY
        self.refusal = ("", "")
        self.verdict: Verdict | None = None
        self.dropped = False  # cancelled: whoever meets it next lets go of it
        self.doubtful = False
        self.sent_before = False
        self.looked = False  # its number was looked up again because a carrier said that it is another network's
        self.reference = -1

    def waiting(self) -> Sequence[Segment]:
        """The segments still to be sent, in order."""
        flying, segments = self.flying, self.message.segments
        if len(segments) == 1 and not flying:
            return segments if segments[0].status is _ACCEPTED else ()
        return [segment for segment in segments if segment.status is _ACCEPTED and segment.number not in flying]

    def lay_out(self, wires: list[Wire]) -> bool:
        """Take the segments as the carrier is to see them, cut with `reference`; False if some were sent otherwise."""
        segments = self.message.segments
        if len(segments) != len(wires):
            if segments and self.taken:
                return False
            segments = tuple([Segment(number) for number in range(1, len(wires) + 1)])
            self.message.segments = segments
        if len(segments) > 1:
            for segment in segments:
                segment.reference = self.reference
        self.wires = wires
        self.without = 0
        return True

    @property
    def taken(self) -> bool:
        """Whether a carrier has a part of it already, or has refused one: the others go nowhere else."""
        return taken(self.message)

    @property
    def begun(self) -> bool:
        """Whether a carrier has, or may have, any of it."""
        return bool(self.flying) or self.taken

    @property
    def settled(self) -> bool:
        """Whether nothing of it has to be sent any more."""
        segments = self.message.segments
        if len(segments) == 1:
            return not self.flying and segments[0].status is not _ACCEPTED
        return not self.flying and all(segment.status is not _ACCEPTED for segment in segments)


@final
class Flight(Record):
    """One try to send one segment: what comes back with the answer. `without`: see `SubmitTemplate.fill`."""

    __slots__ = ("outgoing", "segment", "without")

    def __init__(self, outgoing: Outgoing, segment: Segment, without: int) -> None:
        self.outgoing = outgoing
        self.segment = segment
        self.without = without


def taken(message: Message) -> bool:
    """Whether some of its segments have been answered for good."""
    for segment in message.segments:  # noqa: SIM110  any() over a generator costs three times as much
        if segment.status is not _ACCEPTED:
            return True
    return False


def together(message: Message) -> str:
    """The group of an app's own parts, which go over one bind in order; "" for a message that is whole."""
    content = message.content
    if content.sar is not None:
        return f"{message.app} {message.sender} {message.to} sar {content.sar[0]}"
    if content.udh:
        concat, _ = concat_of(parse(content.udh).elements)
        if concat is not None:
            return f"{message.app} {message.sender} {message.to} {concat.bits} {concat.reference}"
    return ""
