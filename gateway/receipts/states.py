"""What receipts say, in our words: the status of a segment, the carrier's error, the label in metrics."""

from typing import Final

from gateway.message import Status
from gateway.smpp.receipt import Receipt, read_network_error
from gateway.smpp.receipt_text import STAT_OF
from gateway.smpp.spec import MessageState

# SMPP 3.4 §5.2.28. ENROUTE, ACCEPTED and what we do not know change nothing final: a wrong final cannot be undone.
STATUS_OF: Final[dict[int, Status]] = {
    MessageState.DELIVERED: Status.DELIVERED,
    MessageState.EXPIRED: Status.EXPIRED,
    MessageState.DELETED: Status.UNDELIVERED,
    MessageState.UNDELIVERABLE: Status.UNDELIVERED,
    MessageState.UNKNOWN: Status.UNKNOWN,
    MessageState.REJECTED: Status.UNDELIVERED,
    MessageState.SKIPPED: Status.UNDELIVERED,
}

_SUBMITTED: Final = Status.SUBMITTED
_UNKNOWN: Final = Status.UNKNOWN

LABEL_OF_STATUS = {
    Status.SUBMITTED: "ACCEPTD",
    Status.DELIVERED: "DELIVRD",
    Status.UNDELIVERED: "UNDELIV",
    Status.EXPIRED: "EXPIRED",
    Status.UNKNOWN: "UNKNOWN",
}
"""How metrics call a receipt that was parked, of which only our word for it is kept."""


def status_of(receipt: Receipt) -> Status:
    """What a receipt makes of its segment; SUBMITTED where it changes nothing final."""
    state = receipt.state
    if state is None or not receipt.final:
        return _SUBMITTED
    return STATUS_OF.get(state, _SUBMITTED)


def is_last(after: Status) -> bool:
    """Whether nothing can better what a receipt said: an UNKNOWN may still become DELIVERED."""
    return after is not _SUBMITTED and after is not _UNKNOWN


def state_name(receipt: Receipt) -> str:
    """The receipt's state as metrics label it, in Appendix B's words; "none" where it says none we know."""
    return "none" if receipt.state is None else STAT_OF[receipt.state]


def error_of(receipt: Receipt) -> str:
    """The carrier's error as it wrote it, else the code of the network_error_code TLV; "" where there is none."""
    if receipt.error or not receipt.network_error:
        return receipt.error
    found = read_network_error(receipt.network_error)
    return "" if found is None else str(found[1])
