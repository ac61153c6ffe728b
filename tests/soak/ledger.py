"""The books of a soak: what the app was told and what the carrier did, kept apart and compared at the end.

Both sides write as things happen, in arrays: some 16 octets a message, so that ten million fit into memory. The third
side, the gateway's own, is read from its store when all is over.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum, IntFlag

from gateway.message import FINAL, Status
from gateway.sim.faults import Mishap
from gateway.smpp.spec import MessageState
from tests.soak.traffic import MOST_PARTS, Traffic

MOST_COPIES = 15
_COPIES = 0x0F


class Answer(IntEnum):
    """What an app was told when it submitted."""

    NONE = 0
    YES = 1
    NO = 2
    DOUBT = 3  # the connection ended before it was told


class Fate(IntFlag):
    """What the carrier did with a segment, beside counting its copies in the low bits."""

    DELIVERED = 0x10
    UNDELIVERED = 0x20
    EXPIRED = 0x40
    NO_RECEIPT = 0x80  # of one copy at least
    REFUSED = 0x100  # for good


_FATES = {
    MessageState.DELIVERED: Fate.DELIVERED,
    MessageState.UNDELIVERABLE: Fate.UNDELIVERED,
    MessageState.EXPIRED: Fate.EXPIRED,
}
STATUSES = {
    Fate.DELIVERED: Status.DELIVERED,
    Fate.UNDELIVERED: Status.UNDELIVERED,
    Fate.EXPIRED: Status.EXPIRED,
    Fate.NO_RECEIPT: Status.UNKNOWN,
    Fate.REFUSED: Status.REJECTED,
}
# Strongest first: how a message's segments are summed up once all have ended.
_STRONGEST = (Status.REJECTED, Status.UNDELIVERED, Status.EXPIRED, Status.UNKNOWN, Status.DELIVERED)


class Ledger:
    """Numbers of messages are those of `traffic`. `strange`: what came to either side and belongs to no message."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.answers = bytearray(traffic.count)
        self.ids = array("Q", bytes(8 * traffic.count))
        self.told = bytearray(traffic.count)  # how often its end was told
        self.told_as = bytearray(traffic.count)  # a Status: the last one told
        self.strange: Counter[str] = Counter()
        self.answered = 0
        self.reached = 0
        """Messages of which the carrier has taken or refused the first part: the others wait in the gateway."""
        self._parts = array("H", bytes(2 * MOST_PARTS * traffic.count))

    # -- the app's side ---------------------------------------------------------------------------------------------

    def answer(self, number: int, answer: Answer, message_id: str = "") -> None:
        """A submission was answered, or never will be."""
        if self.answers[number]:
            self.strange["answered twice"] += 1
        self.answers[number] = answer
        self.answered += 1
        if answer is Answer.YES:
            self.ids[number] = id_digits(message_id)

    def tell(self, number: int, message_id: str, status: Status) -> None:
        """The app was told how a message ended."""
        if not 0 <= number < self.traffic.count:
            self.strange["receipt for nobody's message"] += 1
        elif self.answers[number] == Answer.YES and self.ids[number] != id_digits(message_id):
            self.strange["receipt with another id"] += 1
        else:
            self.told[number] = min(255, self.told[number] + 1)
            self.told_as[number] = status

    # -- the carrier's side -----------------------------------------------------------------------------------------

    def take(self, number: int, part: int, text: bytes, end: MessageState, mishap: Mishap | None) -> None:
        """The carrier took a copy of a segment: how that ends, and what becomes of its receipt."""
        if not self._is_ours(number, part) or text != self.traffic.part(number, part).encode():
            self.strange["segment that nobody wrote"] += 1
            return
        place = number * MOST_PARTS + part - 1
        before = self._parts[place]
        if part == 1 and not before:
            self.reached += 1
        copies = min(MOST_COPIES, (before & _COPIES) + 1)
        fate = Fate.NO_RECEIPT if mishap in {None, Mishap.LOST} else _FATES[end]
        self._parts[place] = (before & ~_COPIES) | copies | fate

    def refuse(self, number: int, part: int) -> None:
        """The carrier refused a segment for good."""
        if not self._is_ours(number, part):
            self.strange["segment that nobody wrote"] += 1
            return
        place = number * MOST_PARTS + part - 1
        if part == 1 and not self._parts[place]:
            self.reached += 1
        self._parts[place] |= Fate.REFUSED

    def _is_ours(self, number: int, part: int) -> bool:
        return 0 <= number < self.traffic.count and 1 <= part <= self.traffic.parts(number)

    # -- what the carrier's side comes to ---------------------------------------------------------------------------

    def parts(self, number: int) -> Sequence[int]:
        """Of each part: its copies in the low four bits, and `Fate`s."""
        place = number * MOST_PARTS
        return self._parts[place : place + self.traffic.parts(number)]

    def copies(self) -> tuple[int, int]:
        """(segments taken, all copies counted; segments of which there is one)."""
        counted = Counter(part & _COPIES for part in self._parts)
        return sum(copies * count for copies, count in counted.items()), sum(counted.values()) - counted[0]

    def possible(self, number: int) -> frozenset[Status]:
        """How a message may have ended, by what the carrier did with it: one status, unless there were copies."""
        ends = [_ends(part) for part in self.parts(number)]
        found: set[Status] = {Status.DELIVERED}
        for end in ends:
            found = {_stronger(one, other) for one in found for other in end}
        return frozenset(found)


def _ends(part: int) -> set[Status]:
    """How a segment may have ended. One that the carrier never had, expired; without an answer, that is unknown."""
    if not part & _COPIES and not part & Fate.REFUSED:
        return {Status.EXPIRED, Status.UNKNOWN}
    return {status for fate, status in STATUSES.items() if part & fate}


def _stronger(one: Status, other: Status) -> Status:
    return min(one, other, key=_STRONGEST.index)


def id_digits(message_id: str) -> int:
    """The last 16 hexadecimal digits of a UUID, its random part: enough to tell ids apart."""
    return int(message_id.replace("-", "")[-16:], 16)


ENDS = sorted(FINAL)
