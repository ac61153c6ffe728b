"""The fields of Kannel's sendsms -> submissions.

Names, ranges and defaults are those of Kannel 1.4's user guide ("SMS Push (send-sms) CGI Variables"). Two defaults
differ, both where Kannel would have sent question marks: without `coding` a text goes in seven bits if it fits and in
UCS-2 otherwise, and with `coding=0` a letter that seven bits lack is written plainly (á as a).
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from gateway.apps.callback_rules import is_allowed, is_url
from gateway.apps.form import Fields
from gateway.apps.kannel_meta import BadMetaData, tlvs_of
from gateway.message import Content
from gateway.smpp.fields import Tlvs
from gateway.submission import Submission
from gateway.text.errors import BadHeaderError
from gateway.text.udh import strict

INTERFACE = "kannel"

DELIVERED, UNDELIVERED, BUFFERED, SUBMITTED, REFUSED, INTERMEDIATE = 1, 2, 4, 8, 16, 32
"""Bits of dlr-mask, and the values of %d."""

# keys of a message's extras: what a callback says again and nobody else needs
MASK, CHARSET, META, ACCOUNT, TO = "kannel_mask", "kannel_charset", "kannel_meta", "kannel_account", "kannel_to"

PARAMETERS: Mapping[str, str] = {
    "username": "the app's name (also `user`)",
    "password": "an API key of it, or its SMPP password (also `pass`)",
    "to": "one or more numbers, with blanks between them",
    "from": "the sender; the app's first where left out",
    "text": "the words, or with `coding=1` the octets",
    "charset": "of `text`: UTF-8 where left out, UTF-16BE with `coding=2`",
    "coding": "0 seven bits, 1 octets, 2 UCS-2; as the text needs where left out (octets with a `udh`)",
    "udh": "a user data header, its length octet first",
    "mclass": "the message class, 0 to 3",
    "pid": "the protocol_id, 0 to 255",
    "validity": "minutes after which it is not sent any more",
    "deferred": "minutes before which it is not sent",
    "priority": "0 to 3; above 0 asks for the fast lane where the app may",
    "dlr-mask": "of what to tell, a sum: 1 delivered, 2 not delivered, 4 or 8 with the carrier, 16 refused by it "
    "(also `dlrmask`)",
    "dlr-url": "what to call then, with Kannel's % escapes; the app's `callbacks` have to allow it (also `dlrurl`)",
    "smsc": "a carrier's name: by no other",
    "account": "the app's own name for it, up to 64 characters",
    "meta-data": "?smpp?NAME=VALUE&...: optional parameters; other groups come back with %D",
}
_OTHER_NAMES = {"user": "username", "pass": "password", "dlrmask": "dlr-mask", "dlrurl": "dlr-url", "flash": "mclass"}
# What Kannel knows and we do not do. The value that asks for nothing is taken.
_NOTHING = {"mwi": (b"-1",), "compress": (b"-1", b"0"), "rpi": (b"-1", b"0"), "alt-dcs": (b"-1", b"0"), "binfo": (b"",)}

_LONGEST_ACCOUNT = 64
_LONGEST_SENDER = 20  # octets of source_addr without its NUL (SMPP 3.4 §4.4.1)
MOST_NUMBERS = 1_000


class Rejected(Exception):
    """A field that is wrong: what Kannel says of it, and the code it is counted under."""

    def __init__(self, why: str, code: str = "invalid_field") -> None:
        super().__init__(why)
        self.code = code


class Push(NamedTuple):
    """What a call asks for: the same message to one or more numbers. `carrier` is "" for any."""

    numbers: tuple[str, ...]
    submission: Submission
    carrier: str

    def to(self, number: str) -> Submission:
        """The submission for one of the numbers."""
        extras = {**self.submission.extras, TO: number}
        return msgspec.structs.replace(self.submission, to=number, extras=extras)


def named(fields: Fields) -> Fields:
    """The fields under one name each. Raises Rejected for one that is unknown, not supported, or there under both."""
    found: Fields = {}
    for given, value in fields.items():
        name = _OTHER_NAMES.get(given, given)
        if name in _NOTHING:
            if value not in _NOTHING[name]:
                raise Rejected(f"{given} is not supported, rejected")
        elif name not in PARAMETERS:
            raise Rejected(f"{given[:64]} is unknown, rejected", "unknown_field")
        elif name in found:
            raise Rejected(f"{name} is given twice, rejected")
        else:
            found[name] = value
    return found


def read_push(fields: Fields, app: str, now: float, callbacks: Collection[str]) -> Push:
    """What `named` fields ask for. `now` is epoch seconds. Raises Rejected."""
    numbers = _numbers(fields)
    mask = _number(fields, "dlr-mask", 63) or 0
    deferred = _number(fields, "deferred", 366 * 1440) or 0
    meta = _text(fields, "meta-data", "Meta-Data")
    url = _url(fields, callbacks)
    extras = {MASK: str(mask), CHARSET: _ascii(fields, "charset"), META: meta, ACCOUNT: _account(fields)}
    submission = Submission(
        app=app,
        to="",
        content=_content(fields, _tlvs(meta)),
        interface=INTERFACE,
        sender=_sender(fields),
        priority_flag=_number(fields, "priority", 3) or 0,
        reference=extras[ACCOUNT],
        ttl_s=_ttl_s(fields, deferred),
        send_at=now + deferred * 60.0 if deferred else 0.0,
        receipt=_receipt(mask),
        transliterate=fields.get("coding") == b"0",
        callback=url if mask else "",
        extras={name: value for name, value in extras.items() if value},
    )
    return Push(numbers, submission, _ascii(fields, "smsc"))


def _numbers(fields: Fields) -> tuple[str, ...]:
    if "to" not in fields:
        raise Rejected("Missing receiver number, rejected", "missing_field")
    numbers = tuple(_ascii(fields, "to").split())
    if not numbers:
        raise Rejected("Empty receiver number not allowed, rejected", "missing_field")
    if len(numbers) > MOST_NUMBERS:
        raise Rejected(f"More than {MOST_NUMBERS} receiver numbers, rejected")
    return numbers


def _content(fields: Fields, tlvs: Tlvs) -> Content:
    udh, text = _udh(fields), fields.get("text", b"")
    if not text and not udh:
        raise Rejected("Missing text, rejected", "missing_field")
    coding, message_class = _number(fields, "coding", 2), _number(fields, "mclass", 3)
    protocol_id = _number(fields, "pid", 255) or 0
    if coding == 1 or (coding is None and udh):
        if "charset" in fields:
            raise Rejected("Charset field with octets, rejected")
        return Content(
            data=text, udh=udh, encoding="binary", message_class=message_class, tlvs=tlvs, protocol_id=protocol_id
        )
    encoding = {None: "auto", 0: "gsm7", 2: "ucs2"}[coding]
    charset = _ascii(fields, "charset") or ("UTF-16BE" if coding == 2 else "UTF-8")
    try:
        words = text.decode(charset)
    except (LookupError, UnicodeError):
        raise Rejected("Charset or body misformed, rejected", "bad_encoding") from None
    return Content(
        text=words, udh=udh, encoding=encoding, message_class=message_class, tlvs=tlvs, protocol_id=protocol_id
    )


def _udh(fields: Fields) -> bytes:
    udh = fields.get("udh", b"")
    if not udh:
        return b""
    try:
        strict(udh)
    except BadHeaderError:
        raise Rejected("UDH field misformed, rejected") from None
    return udh


def _tlvs(meta: str) -> Tlvs:
    try:
        return tlvs_of(meta)
    except BadMetaData as error:
        raise Rejected(f"Meta-Data field misformed, rejected: {error}") from None


def _sender(fields: Fields) -> str:
    sender = _text(fields, "from", "From")
    if len(sender) > _LONGEST_SENDER or not (sender.isascii() and sender.isprintable()):
        raise Rejected("From field misformed, rejected")
    return sender


def _account(fields: Fields) -> str:
    account = _text(fields, "account", "Account")
    if len(account) > _LONGEST_ACCOUNT or not account.isprintable() or any(each in account for each in "[]"):
        raise Rejected("Account field misformed or too long, rejected")
    return account


def _ttl_s(fields: Fields, deferred: int) -> float | None:
    """Seconds from when it may first be sent: Kannel counts both from now."""
    validity = _number(fields, "validity", 366 * 1440)
    if validity is None:
        return None
    if validity <= deferred:
        raise Rejected("Validity field misformed, rejected: it ends before the message may be sent", "ttl_expired")
    return (validity - deferred) * 60.0


def _url(fields: Fields, callbacks: Collection[str]) -> str:
    url = _ascii(fields, "dlr-url")
    if not url:
        return ""
    if not is_url(url):
        raise Rejected("DLR-URL field misformed, rejected")
    if not is_allowed(url, callbacks):
        raise Rejected("DLR-URL field is none of the app's callbacks, rejected", "not_allowed")
    return url


def _receipt(mask: int) -> str:
    """Which changes of status can end up in the mask."""
    if mask & (BUFFERED | SUBMITTED):
        return "all"
    if mask & DELIVERED:
        return "final"
    return "failure" if mask & (UNDELIVERED | REFUSED) else "none"


_SPOKEN: Mapping[str, str] = {
    "coding": "Coding",
    "mclass": "MClass",
    "pid": "PID",
    "validity": "Validity",
    "deferred": "Deferred",
    "priority": "Priority",
    "dlr-mask": "DLR-Mask",
    "to": "To",
    "smsc": "SMSC",
    "charset": "Charset",
    "dlr-url": "DLR-URL",
}


def _number(fields: Fields, name: str, most: int) -> int | None:
    """A whole number from 0 to `most`; None where it is left out, empty, or -1, by which Kannel says the same."""
    value = fields.get(name, b"").strip()
    if value in (b"", b"-1"):
        return None
    if not value.isdigit() or len(value) > 9 or int(value) > most:
        raise Rejected(f"{_SPOKEN[name]} field misformed, rejected")
    return int(value)


def _ascii(fields: Fields, name: str) -> str:
    value = fields.get(name, b"").strip()
    if not value.isascii():
        raise Rejected(f"{_SPOKEN[name]} field misformed, rejected")
    return value.decode()


def _text(fields: Fields, name: str, spoken: str) -> str:
    try:
        return fields.get(name, b"").decode().strip()
    except UnicodeDecodeError:
        raise Rejected(f"{spoken} field misformed, rejected") from None
