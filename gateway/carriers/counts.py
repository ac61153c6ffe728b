"""A carrier's metrics with its labels bound once: what is counted for every segment costs an addition."""

from gateway.metrics import Metrics
from gateway.series import Latency, Slot
from gateway.smpp.status import status_name


class CarrierCounts:
    """Counts of one carrier (contract §7)."""

    def __init__(self, metrics: Metrics, carrier: str) -> None:
        self._metrics = metrics
        self._carrier = carrier
        self._submitted: dict[tuple[str, str], Slot] = {}
        self._responses: dict[tuple[str, int], Slot] = {}
        self._first_sent: dict[str, Latency] = {
            lane: metrics.accept_to_submit_seconds(carrier, lane) for lane in ("fast", "bulk")
        }
        self._response_s = metrics.submit_response_seconds(carrier)

    def submitted(self, bind: str, lane: str) -> None:
        """A segment went out."""
        slot = self._submitted.get((bind, lane))
        if slot is None:
            slot = self._submitted[bind, lane] = self._metrics.submitted(self._carrier, bind, lane)
        slot.n += 1

    def first_sent(self, lane: str, waited_s: float) -> None:
        """A message's first segment went out, so long after it was accepted (or due)."""
        self._first_sent[lane].observe(waited_s)

    def response(self, bind: str, command_status: int, elapsed_s: float | None) -> None:
        """A submit_sm was answered; None: long after its time."""
        slot = self._responses.get((bind, command_status))
        if slot is None:
            slot = self._metrics.submit_responses(self._carrier, bind, status_name(command_status))
            self._responses[bind, command_status] = slot
        slot.n += 1
        if elapsed_s is not None:
            self._response_s.observe(elapsed_s)

    def answered(self) -> dict[int, int]:
        """Answers since the start by command_status, over all binds."""
        answered: dict[int, int] = {}
        for (_, command_status), slot in self._responses.items():
            answered[command_status] = answered.get(command_status, 0) + int(slot.n)
        return answered

    def throttled(self, bind: str) -> None:
        """A bind was told to be slower."""
        self._metrics.throttled(self._carrier, bind).n += 1

    def uncertain(self, outcome: str) -> None:
        """What became of a segment that was in flight when its bind died or its time was up."""
        self._metrics.uncertain(self._carrier, outcome).n += 1

    def link(self, bind: str, rtt_s: float) -> None:
        """An enquire_link was answered."""
        self._metrics.enquire_link_seconds(self._carrier, bind).observe(rtt_s)
