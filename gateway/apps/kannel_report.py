"""A status as Kannel reports it: the app's dlr-url with its escapes filled in (Kannel's user guide, "Parameters").

In a report %p is the subscriber and %P our number, as in an inbound message, and the words (%a, %k, %s, %r) are those
of what the SMSC said. Unknown escapes stay as they are.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote_plus

from gateway.apps.callback_call import Callback
from gateway.apps.kannel_meta import BadMetaData, groups
from gateway.apps.kannel_request import (
    ACCOUNT,
    BUFFERED,
    CHARSET,
    DELIVERED,
    MASK,
    META,
    REFUSED,
    SUBMITTED,
    TO,
    UNDELIVERED,
)
from gateway.apps.smpp_inquiries import STATES
from gateway.message import Delivery, Message, Status
from gateway.smpp.receipt_text import render

_BITS: Mapping[Status, int] = {
    Status.SUBMITTED: SUBMITTED,
    Status.DELIVERED: DELIVERED,
    Status.UNDELIVERED: UNDELIVERED,
    Status.EXPIRED: UNDELIVERED,
    Status.UNKNOWN: UNDELIVERED,
    Status.CANCELLED: UNDELIVERED,
    Status.REJECTED: REFUSED,
}
_CODINGS = {"gsm7": 0, "latin1": 0, "ascii": 0, "binary": 1, "ucs2": 2}
_CHARSETS = ("UTF-8", "8-BIT", "UTF-16BE")
_DCS = {"binary": 4, "ucs2": 8, "latin1": 3, "ascii": 1}


def report(delivery: Delivery, message: Message) -> Callback | None:
    """What to call for the status that a delivery tells; None where the mask does not ask for it."""
    value = _value(delivery.status, int(message.extras.get(MASK, "0")))
    if not value:
        return None
    return Callback("GET", fill(delivery.url, Report(delivery, message, value)))


def _value(status: Status, mask: int) -> int:
    """The bit that says it. A carrier that has taken a message keeps it for the phone: who asks only for 4 gets 4."""
    bit = _BITS.get(status, 0)
    if bit == SUBMITTED and not mask & SUBMITTED:
        bit = BUFFERED
    return bit & mask


class Report(NamedTuple):
    """What the escapes are filled from."""

    delivery: Delivery
    message: Message
    value: int

    @property
    def reply(self) -> str:
        """What the SMSC said: Kannel writes ACK and NACK for a submit_sm_resp, and a receipt's text as it is."""
        message, status = self.message, self.delivery.status
        if status is Status.SUBMITTED:
            return "ACK/"
        if status is Status.REJECTED:
            code = next((each.command_status for each in message.segments if each.command_status), 0)
            return f"NACK/{code}/{message.error_detail}"
        return render(
            self.foreign_id or message.id,
            STATES[status],
            message.created_at,
            self.delivery.created_at,
            error=self.error or "000",
        ).decode("latin-1")

    @property
    def foreign_id(self) -> str:
        """What the carrier calls the first segment that it named."""
        return next((each.carrier_message_id for each in self.message.segments if each.carrier_message_id), "")

    @property
    def error(self) -> str:
        """The error in the carrier's receipt."""
        return next((each.error for each in self.message.segments if each.error), "")

    @property
    def coding(self) -> int:
        """0 seven bits, 1 octets, 2 UCS-2."""
        return _CODINGS.get(self.message.content.settled, 0)


def fill(template: str, report: Report) -> str:
    """The URL that a template comes to."""
    words = report.reply.split()
    filled: list[str] = []
    rest, next_word = template, 1
    while rest:
        plain, percent, rest = rest.partition("%")
        filled.append(plain)
        if not percent:
            break
        escape, rest = rest[:1], rest[1:]
        if escape == "#":
            text, rest = _from_meta(report, rest)
            filled.append(text)
        elif escape in ("s", "S"):
            word = words[next_word] if next_word < len(words) else ""
            filled.append(quote_plus(word if escape == "s" else word.replace("*", "~")))
            next_word += 1
        elif escape == "r":
            filled.append(quote_plus(" ".join(words[next_word:])))
        elif escape in _ESCAPES:
            filled.append(_ESCAPES[escape](report))
        else:
            filled.append("%" + escape)
    return "".join(filled)


def _from_meta(report: Report, rest: str) -> tuple[str, str]:
    """`%#group#name#`: the value in the meta-data, and what follows the escape."""
    group, first, after = rest.partition("#")
    name, second, after = after.partition("#")
    if not (first and second):
        return "%#", rest
    try:
        known = groups(report.message.extras.get(META, ""))
    except BadMetaData:  # it was read when it was accepted
        return "", after
    return quote_plus(known.get(group, {}).get(name, "")), after


def _kept(key: str) -> Callable[[Report], str]:
    return lambda report: quote_plus(report.message.extras.get(key, ""))


def _plus(number: str) -> str:
    return "+" + number[2:] if number.startswith("00") else number


def _subscriber(report: Report) -> str:
    return report.message.extras.get(TO, report.message.to)


def _minutes_left(until: float, now: float) -> str:
    return str(int((until - now) // 60)) if until else ""


def _message_class(report: Report) -> str:
    message_class = report.message.content.message_class
    return "-1" if message_class is None else str(message_class)


def _charset(report: Report) -> str:
    return quote_plus(report.message.extras.get(CHARSET, "") or _CHARSETS[report.coding])


def _dcs(report: Report) -> str:
    content = report.message.content
    return f"{content.data_coding or _DCS.get(content.settled, 0):02d}"


def _said(report: Report) -> str:
    return quote_plus(" ".join(report.reply.split()))


_ESCAPES: Mapping[str, Callable[[Report], str]] = {
    "a": _said,
    "A": lambda report: quote_plus(report.reply),
    "b": lambda report: quote_plus(report.reply),
    "B": lambda report: quote_plus(report.error),
    "c": lambda report: str(report.coding),
    "C": _charset,
    "d": lambda report: str(report.value),
    "D": _kept(META),
    "f": lambda _: "",
    "F": lambda report: quote_plus(report.foreign_id),
    "i": lambda report: quote_plus(report.message.carrier),
    "I": lambda report: report.message.id,
    "k": lambda report: quote_plus(report.reply.split()[0]),
    "m": _message_class,
    "M": lambda _: "-1",
    "n": lambda report: quote_plus(report.message.app),
    "o": _kept(ACCOUNT),
    "O": _dcs,
    "p": lambda report: quote_plus(_subscriber(report)),
    "P": lambda report: quote_plus(report.message.sender),
    "q": lambda report: quote_plus(_plus(_subscriber(report))),
    "Q": lambda report: quote_plus(_plus(report.message.sender)),
    "R": lambda report: quote_plus(report.delivery.url),
    "t": lambda report: datetime.fromtimestamp(report.delivery.created_at, UTC).strftime("%Y-%m-%d+%H:%M:%S"),
    "T": lambda report: str(int(report.delivery.created_at)),
    "u": lambda report: quote_plus(report.message.content.udh),
    "v": lambda report: _minutes_left(report.message.expires_at, report.delivery.created_at),
    "V": lambda report: _minutes_left(report.message.send_at, report.delivery.created_at),
    "%": lambda _: "%",
}
