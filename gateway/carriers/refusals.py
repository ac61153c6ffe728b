"""Whether a carrier refuses too many senders or numbers: a wrong sender, TON and NPI or form of numbers, a route that
leads to the wrong network. One such answer is the message's; a fifth of them is ours to mend.

Nothing is counted for it on the hot way: the answers that metrics count are looked at every few seconds.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import structlog

from gateway.smpp.status import CommandStatus as S
from gateway.smpp.status import status_name

log = structlog.get_logger()

WINDOW_S = 300.0
SAMPLE_S = 5.0
LEAST = 50
"""So many answers must have come within the window before their shares mean anything."""
TOO_MANY = 0.2
FEW_AGAIN = 0.1
"""Below this share it is over; the distance to TOO_MANY keeps a share that wavers from being told again and again."""

ADDRESSES: Mapping[str, tuple[int, ...]] = {
    "source": (S.ESME_RINVSRCADR, S.ESME_RINVSRCTON, S.ESME_RINVSRCNPI),
    "destination": (S.ESME_RINVDSTADR, S.ESME_RINVDSTTON, S.ESME_RINVDSTNPI),
}
"""By the address that is blamed: what blames it (SMPP 3.4 §5.1.3)."""


class Alarm(NamedTuple):
    """Too many answers blame an address: which, what share of all, and the status most of them have."""

    address: str
    share: float
    command_status: int


class _Sample(NamedTuple):
    at: float
    answers: int
    refused: dict[int, int]


class Shares:
    """Shares of refused addresses among a carrier's answers within the window. Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()
        self._answers = 0
        self._refused: dict[int, int] = {}
        self.alarm: Alarm | None = None
        """The greater of the two that are too many; None where neither is."""

    def sample(self, now: float, answers: int, refused: Mapping[int, int]) -> None:
        """Take the counts as they are: of all answers since the start, and of each status of ADDRESSES."""
        samples = self._samples
        samples.append(_Sample(now, answers, dict(refused)))
        while len(samples) > 1 and samples[1].at <= now - WINDOW_S:
            samples.popleft()
        before = samples[0]
        self._answers = answers - before.answers
        self._refused = {status: count - before.refused.get(status, 0) for status, count in refused.items()}
        self.alarm = self._judged()

    def share(self, address: str) -> float:
        """The share of answers that blame the address, 0 to 1; 0 while there are too few answers to tell."""
        if self._answers < LEAST:
            return 0.0
        return sum(self._refused.get(status, 0) for status in ADDRESSES[address]) / self._answers

    def _judged(self) -> Alarm | None:
        address = max(ADDRESSES, key=self.share)
        share, going_on = self.share(address), self.alarm is not None
        if share <= (FEW_AGAIN if going_on else TOO_MANY):
            return None
        return Alarm(address, share, max(ADDRESSES[address], key=lambda status: self._refused.get(status, 0)))


class AddressWatch:
    """Looks at one carrier's answers, and says so once when too many blame an address, and once when that is over."""

    def __init__(
        self, carrier: str, answered: Callable[[], Mapping[int, int]], *, throttles: Collection[int] = ()
    ) -> None:
        """`answered()`: answers since the start by command_status. `throttles` say "slower" and judge no message."""
        self._carrier = carrier
        self._answered = answered
        self._throttles = frozenset(throttles)
        self._next_at = 0.0
        self.shares = Shares()

    def tick(self, now: float) -> None:
        """To be called each second or so."""
        if now < self._next_at:
            return
        self._next_at = now + SAMPLE_S
        counts = self._answered()
        answers = sum(count for status, count in counts.items() if status not in self._throttles)
        refused = {status: counts.get(status, 0) for statuses in ADDRESSES.values() for status in statuses}
        before = self.shares.alarm
        self.shares.sample(now, answers, refused)
        self._tell(before, self.shares.alarm)

    def _tell(self, before: Alarm | None, after: Alarm | None) -> None:
        if after is not None and (before is None or before.address != after.address):
            log.error(
                "carrier_refuses_addresses",
                carrier=self._carrier,
                address=after.address,
                share=round(after.share, 3),
                command_status=status_name(after.command_status),
                window_s=WINDOW_S,
            )
        elif before is not None and after is None:
            log.info("carrier_takes_addresses_again", carrier=self._carrier, address=before.address)
