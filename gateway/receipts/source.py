"""Where receipts come from: a carrier's correlation and its way of naming messages."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, final

from gateway.correlation import Correlation
from gateway.smpp.receipt import Receipt
from gateway.smpp.record import Record

Answer = Callable[[bool], None]


class Match(Protocol):
    """What a carrier's ids lead to."""

    @property
    def key(self) -> str:
        """The canonical id of the response."""

    @property
    def form(self) -> object:
        """The way of naming that led there."""


class Ids(Protocol):
    """How a carrier's receipts name messages."""

    @property
    def form(self) -> object:
        """The way that is configured or was learnt; None while it is not known."""

    def key(self, response_id: str) -> str:
        """The canonical key of a response's id."""

    def candidates(self, receipt_ids: Iterable[str]) -> Iterable[Match]:
        """Canonical keys worth trying, likeliest first."""

    def match(self, receipt_ids: Sequence[str], known: Callable[[str], bool]) -> Match | None:
        """The candidate that `known` has, if it is one. Learns from it."""


@final
class Source(Record):
    """Where a receipt came from: the carrier's name, its correlation and its way of naming, the bind's name.

    `receipt_parts`: of which parts of a long message it sends receipts: all, first or last.
    """

    __slots__ = ("bind", "carrier", "correlation", "ids", "receipt_parts")

    def __init__(self, carrier: str, bind: str, correlation: Correlation, ids: Ids, receipt_parts: str = "all") -> None:
        self.carrier = carrier
        self.bind = bind
        self.correlation = correlation
        self.ids = ids
        self.receipt_parts = receipt_parts


def receipt_ids(receipt: Receipt) -> tuple[str, ...]:
    """The ids a receipt names its message by: the TLV's before the text's."""
    return (receipt.tlv_id, receipt.text_id)


def likely_keys(source: Source, receipt: Receipt) -> list[str]:
    """The keys under which a receipt is to wait for its response: the known way of naming alone, where there is one.

    Each further key may be some other message's id.
    """
    found = list(source.ids.candidates(receipt_ids(receipt)))
    sure = [match.key for match in found if match.form is source.ids.form]
    return sure or [match.key for match in found]
