"""The fields of Jasmin's /send -> a submission.

Names, patterns and defaults are those of Jasmin's HTTP API ("HTTP request parameters"). As with Kannel's call, text
that Jasmin would have sent as question marks arrives: without `coding` in UCS-2 where it needs that, and with
`coding=0` written plainly (á as a).
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, timedelta
from typing import NamedTuple

from gateway.apps.callback_rules import is_allowed, is_url
from gateway.apps.form import Fields
from gateway.apps.smpp_content import Unfit, content_of
from gateway.message import Content
from gateway.smpp.times import parse_absolute, parse_relative
from gateway.submission import Submission

INTERFACE = "jasmin"

# keys of a message's extras: how its callback is made
LEVEL, METHOD = "jasmin_level", "jasmin_method"

PARAMETERS: Mapping[str, str] = {
    "username": "the app's name",
    "password": "an API key of it, or its SMPP password",
    "to": "the recipient's number",
    "from": "the sender; the app's first where left out",
    "content": "the words in UTF-8, or in the octets of `coding`; either this or `hex-content`",
    "hex-content": "the octets to send, in hex",
    "coding": "the data_coding, 0 to 10, 13 or 14; as the text needs where left out",
    "priority": "0 to 3; above 0 asks for the fast lane where the app may",
    "sdt": "when to send it, a time of SMPP (YYMMDDhhmmsstnnp)",
    "validity-period": "minutes after which it is not sent any more",
    "dlr": "`yes` to be told what becomes of it",
    "dlr-url": "what to call then; the app's `callbacks` have to allow it",
    "dlr-level": "1 that a carrier took it, 2 how it ended, 3 both",
    "dlr-method": "`GET` or `POST`, which is the default",
    "tags": "words of letters, digits and -, with commas between: tags for routes, and together the reference",
}
_NOT_SUPPORTED = frozenset({"custom_tlvs"})
_PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    "username": re.compile(rb".+"),
    "password": re.compile(rb".+"),
    "to": re.compile(rb"\+?\d{1,20}"),
    "coding": re.compile(rb"\d|10|13|14"),
    "priority": re.compile(rb"[0-3]"),
    "sdt": re.compile(rb"\d{15}[-+R]"),
    "validity-period": re.compile(rb"\d{1,7}"),
    "dlr": re.compile(rb"yes|no"),
    "dlr-level": re.compile(rb"[1-3]"),
    "dlr-method": re.compile(rb"get|post", re.IGNORECASE),
    "tags": re.compile(rb"[-a-zA-Z0-9,]{0,255}"),
    "from": re.compile(rb"[ -~]{0,20}"),
    "hex-content": re.compile(rb"(?:[0-9a-fA-F]{2})+"),
}


class Wrong(Exception):
    """An argument that is wrong: Jasmin's words for it, and the code it is counted under."""

    def __init__(self, why: str, code: str = "invalid_field") -> None:
        super().__init__(why)
        self.code = code


_MANDATORY = ("to", "username", "password")


def check_send(fields: Fields) -> None:
    """Whether the arguments of /send are known, there, and look right. Raises Wrong."""
    check(fields, PARAMETERS, _MANDATORY)
    if "content" not in fields and "hex-content" not in fields:
        raise Wrong("content or hex-content not present.", "missing_field")


def check(fields: Fields, known: Collection[str], mandatory: Collection[str]) -> None:
    """Whether all arguments are known, the mandatory ones there, and look right. Raises Wrong."""
    if not fields:
        raise Wrong("Mandatory arguments not found, please refer to the HTTPAPI specifications.", "missing_field")
    for name, value in fields.items():
        if name in _NOT_SUPPORTED:
            raise Wrong(f"Argument [{name}] is not supported.")
        if name not in known:
            raise Wrong(f"Argument [{name[:64]}] is unknown.", "unknown_field")
        pattern = _PATTERNS.get(name)
        if pattern is not None and pattern.fullmatch(value) is None:
            raise Wrong(f"Argument [{name}] has an invalid value{_shown(name, value)}.")
    for name in mandatory:
        if name not in fields:
            raise Wrong(f"Mandatory argument [{name}] is not found.", "missing_field")
    if "content" in fields and "hex-content" in fields:
        raise Wrong("content and hex-content cannot be used both in same request.")


def _shown(name: str, value: bytes) -> str:
    return "" if name == "password" else f": [{value[:100].decode('ascii', 'replace')}]"


def read_submission(fields: Fields, app: str, now: float, callbacks: Collection[str]) -> Submission:
    """What checked arguments ask for. `now` is epoch seconds. Raises Wrong."""
    url = _url(fields, callbacks)
    wanted = bool(url) or "dlr-level" in fields or fields.get("dlr") == b"yes"
    level = int(fields.get("dlr-level", b"1"))
    method = fields.get("dlr-method", b"POST").decode().upper()
    when = _when(fields, now)
    return Submission(
        app=app,
        to=fields["to"].decode(),
        content=_content(fields),
        interface=INTERFACE,
        sender=fields.get("from", b"").decode(),
        priority_flag=int(fields.get("priority", b"0")),
        reference=fields.get("tags", b"").decode(),
        tags=tuple(tag for tag in fields.get("tags", b"").decode().split(",") if tag),
        ttl_s=when.ttl_s,
        send_at=when.send_at,
        receipt=("final" if level == 2 else "all") if wanted else "none",
        transliterate=fields.get("coding") == b"0" and "content" in fields,
        callback=url,
        extras={LEVEL: str(level), METHOD: method} if url else {},
    )


class _When(NamedTuple):
    send_at: float
    ttl_s: float | None


def _when(fields: Fields, now: float) -> _When:
    """When it may be sent, and for how long from then: Jasmin counts the validity from now."""
    send_at = _send_at(fields["sdt"].decode(), now) if "sdt" in fields else 0.0
    if "validity-period" not in fields:
        return _When(send_at, None)
    ttl_s = int(fields["validity-period"]) * 60.0 - max(0.0, send_at - now)
    if ttl_s <= 0:
        raise Wrong("Argument [validity-period] ends before the message may be sent.", "ttl_expired")
    return _When(send_at, ttl_s)


def _send_at(sdt: str, now: float) -> float:
    try:
        if sdt.endswith("R"):
            return now + parse_relative(sdt).total_seconds()
        moment = parse_absolute(sdt, UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise Wrong(f"Argument [sdt] has an invalid value: [{sdt}] ({error}).") from None
    if not now - 60.0 <= moment <= now + timedelta(days=366).total_seconds():
        raise Wrong(f"Argument [sdt] has an invalid value: [{sdt}] (it is past, or more than 366 days ahead).")
    return moment


def _content(fields: Fields) -> Content:
    coding = fields.get("coding")
    if "hex-content" not in fields and coding in (None, b"0"):
        try:
            text = fields["content"].decode()
        except UnicodeDecodeError:
            raise Wrong("Argument [content] has an invalid value: it is not UTF-8.", "bad_encoding") from None
        if not text:
            raise Wrong("Argument [content] has an invalid value: [].", "missing_field")
        return Content(text=text, encoding="auto" if coding is None else "gsm7")
    octets = bytes.fromhex(fields["hex-content"].decode()) if "hex-content" in fields else fields["content"]
    if not octets:
        raise Wrong("Argument [content] has an invalid value: [].", "missing_field")
    try:
        return content_of(octets, int(coding or b"0"), 0, 0, ())
    except Unfit as unfit:
        raise Wrong(f"Argument [coding] has an invalid value: {unfit}.", unfit.code) from None


def _url(fields: Fields, callbacks: Collection[str]) -> str:
    if "dlr-url" not in fields:
        return ""
    url = fields["dlr-url"].decode("ascii", "replace")
    if not is_url(url):
        raise Wrong(f"Argument [dlr-url] has an invalid value: [{url[:100]}].")
    if not is_allowed(url, callbacks):
        raise Wrong("Argument [dlr-url] is none of the app's callbacks.", "not_allowed")
    return url
