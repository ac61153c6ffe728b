"""A number or sender as one carrier wants it: TON, NPI and digits (SMPP 3.4 §5.2.5, §5.2.6).

Inside Relevo a number is E.164 digits; only here it is dressed for a carrier.
"""

from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from gateway.smpp.spec import Npi, Ton

_MEXICAN: Final = 12  # digits: 52 and ten


class TonNpi(Protocol):
    """A pair of the configuration."""

    @property
    def ton(self) -> int:
        """Type of number."""

    @property
    def npi(self) -> int:
        """Numbering plan indicator."""


Address: TypeAlias = tuple[int, int, str]
"""An address on the wire: TON, NPI, digits."""


def sender_kind(sender: str) -> str:
    """What a sender is: `alphanumeric` with any character that is no digit, `short` up to 6 digits, else `long`."""
    digits = sender.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return "alphanumeric"
    return "short" if len(digits) <= 6 and not sender.startswith("+") else "long"


class Addressing:
    """How one carrier writes senders and destinations."""

    def __init__(
        self, source: dict[str, TonNpi], destination_format: str, destination: TonNpi, country_code: str
    ) -> None:
        """`source` by kind (short, long, alphanumeric); `destination_format` as in `number_as`; `country_code` the home
        region's, without "+"."""
        self._source = source
        self._format = destination_format
        self._ton, self._npi = int(destination.ton), int(destination.npi)
        self._country_code = country_code
        self.sender = lru_cache(maxsize=4096)(self._sender)

    def _sender(self, sender: str) -> Address:
        kind = sender_kind(sender)
        pair = self._source[kind]
        return int(pair.ton), int(pair.npi), sender if kind == "alphanumeric" else sender.removeprefix("+")

    def destination(self, e164: str) -> Address:
        """A subscriber's number; `national` applies to home numbers, others go as international (1/1)."""
        form = self._format
        if form == "e164":
            return self._ton, self._npi, e164
        if form == "national" and not e164.startswith(self._country_code):
            return int(Ton.INTERNATIONAL), int(Npi.ISDN), e164
        return self._ton, self._npi, number_as(e164, form, self._country_code)


def number_as(e164: str, form: str, country_code: str) -> str:
    """A subscriber's number, E.164 digits, as a carrier writes it.

    `form` is e164 (as it is), plus (with "+"), national (without `country_code`, where it begins with it) or e164-521:
    a Mexican number with the 1 that stood between country code and mobile number until August 2019, and that some
    interconnects have kept.
    """
    match form:
        case "plus":
            return "+" + e164
        case "national":
            return e164.removeprefix(country_code)
        case "e164-521" if len(e164) == _MEXICAN and e164.startswith("52"):
            return "521" + e164[2:]
        case _:
            return e164
