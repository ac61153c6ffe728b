"""One submit_multi on its way: a message for each destination, one response when all are decided (§4.5)."""

from collections.abc import Callable

from gateway.smpp.destinations import Destination, DistributionList, Unsuccessful
from gateway.smpp.pdu import SubmitMultiResp
from gateway.smpp.status import CommandStatus

_ROK, _RSUBMITFAIL = int(CommandStatus.ESME_ROK), int(CommandStatus.ESME_RSUBMITFAIL)


class Multi:
    """Collects what became of each destination, then calls `answer(response, command_status)` once.

    The response is ESME_ROK and names the destinations not reached when at least one was. When none was, it is the
    status they all have in common, or ESME_RSUBMITFAIL: then nothing was accepted and all of it may be sent again.
    """

    __slots__ = ("_accepted", "_answer", "_unsuccessful", "_waiting", "message_id")

    def __init__(self, message_id: str, destinations: int, answer: Callable[[SubmitMultiResp, int], None]) -> None:
        """`message_id` names all the messages; `destinations` must not be 0."""
        self.message_id = message_id
        self._waiting = destinations
        self._accepted = False
        self._unsuccessful: list[Unsuccessful] = []
        self._answer = answer

    def accepted(self) -> None:
        """One more destination's message is on disk."""
        self._accepted = True
        self._settle()

    def refused(self, destination: Destination | DistributionList, command_status: int) -> None:
        """One more destination gets no message."""
        if isinstance(destination, DistributionList):
            destination = Destination(0, 0, destination.dl_name)
        self._unsuccessful.append(Unsuccessful(*destination, command_status))
        self._settle()

    def _settle(self) -> None:
        self._waiting -= 1
        if self._waiting:
            return
        if self._accepted:
            self._answer(SubmitMultiResp(self.message_id, tuple(self._unsuccessful)), _ROK)
            return
        statuses = {row.error_status_code for row in self._unsuccessful}
        self._answer(SubmitMultiResp(), statuses.pop() if len(statuses) == 1 else _RSUBMITFAIL)
