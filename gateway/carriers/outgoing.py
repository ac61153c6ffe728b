"""A message on its way to a carrier: what is in memory of it from its lane until every segment was answered."""

from typing import NamedTuple

from gateway.message import Message, Segment, Status
from gateway.parts import Wire
from gateway.text.udh import concat_of, parse
from throughput.entry import Entry


class Outgoing:
    """One message being sent. One owner: the carrier that has it; the register (`live`) knows which."""

    __slots__ = ("dropped", "entry", "failures", "flying", "message", "reference", "sent_before", "tried", "wires")

    def __init__(self, message: Message) -> None:
        self.message = message
        self.wires: list[Wire] = []
        self.entry: Entry[Outgoing] | None = None
        self.flying: set[int] = set()  # numbers of the segments in a window, or uncertain
        self.failures = 0  # answers that asked for later, at this carrier
        self.tried: set[str] = set()  # carriers that said no
        self.dropped = False  # cancelled or paused: whoever meets it next lets go of it
        self.sent_before = False
        self.reference = -1

    def waiting(self) -> list[Segment]:
        """The segments still to be sent, in order."""
        flying, segments = self.flying, self.message.segments
        if len(segments) == 1 and not flying:
            return segments if segments[0].status is Status.ACCEPTED else []
        return [
            segment
            for segment in self.message.segments
            if segment.status is Status.ACCEPTED and segment.number not in flying
        ]

    def lay_out(self, wires: list[Wire]) -> None:
        """The segments as the carrier is to see them; new ones unless some have been sent already."""
        self.wires = wires
        segments = self.message.segments
        if len(segments) != len(wires):
            segments[:] = [Segment(number) for number in range(1, len(wires) + 1)]

    @property
    def begun(self) -> bool:
        """Whether a carrier has, or may have, any of it."""
        return bool(self.flying) or any(segment.status is not Status.ACCEPTED for segment in self.message.segments)

    @property
    def settled(self) -> bool:
        """Whether nothing of it has to be sent any more."""
        segments = self.message.segments
        if len(segments) == 1:
            return not self.flying and segments[0].status is not Status.ACCEPTED
        return not self.flying and all(segment.status is not Status.ACCEPTED for segment in self.message.segments)


class Flight(NamedTuple):
    """One segment in a bind's window: what comes back with the answer."""

    outgoing: Outgoing
    segment: Segment


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
