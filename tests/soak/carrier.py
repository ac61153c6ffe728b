"""A carrier's SMSC that keeps books: `gateway.sim` with an observer that writes into the ledger."""

from gateway.carriers.answers import Action, decide
from gateway.sim.records import AnySubmit, Record
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import has_udh
from tests.soak.ledger import Ledger
from tests.soak.traffic import number_of

_UDH = 6  # a header with nothing but a concatenation of 8 bits (3GPP TS 23.040 §9.2.3.24.1)
FOR_GOOD = frozenset({Action.REFUSE, Action.NEXT, Action.WRONG_NETWORK})
"""With one carrier, `next` is the end as well."""


class CarrierBooks:
    """An `Observer` of the simulator."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def taken(self, record: Record) -> None:
        """A copy of a segment was taken."""
        part, text = _split(record.pdu)
        self._ledger.take(number_of(record.to), part, text, record.end, record.mishap)

    def refused(self, pdu: AnySubmit, command_status: int) -> None:
        """A segment was refused; what may be sent again is no matter of the books."""
        if decide(command_status, {}) in FOR_GOOD and isinstance(pdu, SubmitSm):
            self._ledger.refuse(number_of(pdu.destination_addr), _split(pdu)[0])


def _split(pdu: AnySubmit) -> tuple[int, bytes]:
    """Which part it is, and what it says."""
    assert isinstance(pdu, SubmitSm), "a gateway sends nothing else"
    octets = pdu.short_message
    return (octets[_UDH - 1], octets[_UDH:]) if has_udh(pdu.esm_class) else (1, octets)
