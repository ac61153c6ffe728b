"""Whom a message may be from: the app's list and the carrier's both have a say.

An empty list allows any. Senders are compared as written, capitals too: an alphanumeric sender is registered with its
spelling, and "Banco" is not "BANCO".
"""

from collections.abc import Sequence
from typing import NamedTuple


class SenderNotAllowed(NamedTuple):
    """No sender that both allow; `sender` is what was asked for, "" for nothing."""

    sender: str
    why: str


def resolve_sender(
    asked: str, app_senders: Sequence[str], carrier_allow: Sequence[str], carrier_default: str
) -> str | SenderNotAllowed:
    """The sender to use with this carrier.

    Asked for one: that, or not allowed. Asked for none: the app's first that the carrier allows, else the carrier's
    default, else the first it allows. "" where nobody names or restricts any: the SMSC puts in its own (a NULL
    source_addr, SMPP 3.4 §4.4.1).
    """
    if asked:
        return _asked(asked, app_senders, carrier_allow)
    for sender in app_senders:
        if not carrier_allow or sender in carrier_allow:
            return sender
    if carrier_default:
        return carrier_default
    if app_senders:
        return SenderNotAllowed("", f"none of the app's senders is allowed there: {', '.join(app_senders)}")
    return carrier_allow[0] if carrier_allow else ""


def _asked(asked: str, app_senders: Sequence[str], carrier_allow: Sequence[str]) -> str | SenderNotAllowed:
    if app_senders and asked not in app_senders:
        return SenderNotAllowed(asked, f"the app may not send as {asked!r}; it may as: {', '.join(app_senders)}")
    if carrier_allow and asked not in carrier_allow:
        return SenderNotAllowed(
            asked, f"the carrier does not let us send as {asked!r}; it does as: {', '.join(carrier_allow)}"
        )
    return asked
