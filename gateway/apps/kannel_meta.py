"""Kannel's meta-data: `?group?name=value&name=value?group?...`, names and values percent-encoded.

The group `smpp` holds optional parameters for the SMSC; what Kannel's `smpp-tlv` groups name, the specification's names
or numbers (`0x1400`) say here. An app may set those that tell the phone something and the vendors' own, as over SMPP.
"""

from collections.abc import Mapping
from urllib.parse import unquote_plus

from gateway.apps.smpp_content import PASSED_ON
from gateway.smpp.fields import Tlvs
from gateway.smpp.spec import VENDOR_TAGS, Tag

_SMPP = "smpp"
_MOST = 4096
_WIDTHS: Mapping[int, int] = {  # octets of those that are integers (§5.3.2)
    Tag.DEST_ADDR_SUBUNIT: 1,
    Tag.PAYLOAD_TYPE: 1,
    Tag.PRIVACY_INDICATOR: 1,
    Tag.SOURCE_PORT: 2,
    Tag.DESTINATION_PORT: 2,
    Tag.LANGUAGE_INDICATOR: 1,
    Tag.CALLBACK_NUM_PRES_IND: 1,
    Tag.DISPLAY_TIME: 1,
    Tag.SMS_SIGNAL: 2,
    Tag.MS_VALIDITY: 1,
    Tag.ALERT_ON_MESSAGE_DELIVERY: 0,
}


class BadMetaData(ValueError):
    """It cannot be read, or asks for what cannot be had."""


def groups(meta: str) -> dict[str, dict[str, str]]:
    """Group -> name -> value. Raises BadMetaData."""
    if not meta:
        return {}
    parts = meta.split("?")
    if len(meta) > _MOST or parts[0] or len(parts) % 2 == 0:
        raise BadMetaData("it has to be ?group?name=value&name=value")
    found: dict[str, dict[str, str]] = {}
    for group, pairs in zip(parts[1::2], parts[2::2], strict=True):
        values = found.setdefault(group, {})
        for pair in filter(None, pairs.split("&")):
            name, equals, value = pair.partition("=")
            if not equals or not group:
                raise BadMetaData("it has to be ?group?name=value&name=value")
            values[unquote_plus(name)] = unquote_plus(value)
    return found


def tlvs_of(meta: str) -> Tlvs:
    """The optional parameters of the group `smpp`. Raises BadMetaData."""
    return tuple(_tlv(name, value) for name, value in groups(meta).get(_SMPP, {}).items())


def _tlv(name: str, value: str) -> tuple[int, bytes]:
    tag = _tag(name)
    if tag is None or not (tag in PASSED_ON or tag in VENDOR_TAGS):
        raise BadMetaData(f"{name[:64]} is no optional parameter that an app may set")
    width = _WIDTHS.get(tag)
    if width is None:
        return tag, value.encode()
    if width == 0:
        return tag, b""
    if not (value.isascii() and value.isdigit()) or len(value) > 5 or int(value) >= 1 << (8 * width):
        raise BadMetaData(f"{name} is a whole number of {width} octets")
    return tag, int(value).to_bytes(width, "big")


def _tag(name: str) -> int | None:
    if name.lower().startswith("0x"):
        try:
            return int(name, 16)
        except ValueError:
            return None
    known = Tag.__members__.get(name.upper())
    return None if known is None else int(known)
