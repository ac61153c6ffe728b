"""The road back: a receipt becomes its message's next status and a delivery to the app that sent it."""

from gateway.receipts.road import Receipts, wants
from gateway.receipts.source import Answer, Ids, Match, Source, receipt_ids
from gateway.receipts.states import error_of, is_last, state_name, status_of

__all__ = [
    "Answer",
    "Ids",
    "Match",
    "Receipts",
    "Source",
    "error_of",
    "is_last",
    "receipt_ids",
    "state_name",
    "status_of",
    "wants",
]
