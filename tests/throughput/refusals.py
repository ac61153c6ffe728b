"""Answers that make a bind slower."""

from typing import Protocol

from throughput.pacing import ESME_RTHROTTLED, IN_A_ROW

ROK = 0
RTT_S = 0.05


class Paced(Protocol):
    """A Pacing, or the Gate around one."""

    @property
    def paused_until(self) -> float:
        """When it goes on."""

    def answered(self, command_status: int, elapsed_s: float, now: float) -> object:
        """A submit_sm was answered."""


def refuse(paced: Paced, now: float, status: int = ESME_RTHROTTLED) -> object:
    """One segment is refused; what `answered` says to it."""
    return paced.answered(status, RTT_S, now)


def refuse_soon(paced: Paced) -> float:
    """The bind goes on after its pause, something is accepted, then something refused; when that was."""
    went_on = paced.paused_until
    paced.answered(ROK, RTT_S, went_on + 0.1)
    refuse(paced, went_on + 0.5)
    return went_on + 0.5


def cut(paced: Paced, now: float) -> float:
    """Refusals in a row until the rate is cut; when the last of them was."""
    refuse(paced, now)
    for _ in range(IN_A_ROW):
        now = refuse_soon(paced)
    return now
