"""A number as people write it -> the one form it has inside: E.164 digits without "+".

The home country goes through one compiled pattern (0.4 µs); `phonenumbers` (25 µs) sees only what that pattern does
not match. Mexico's patterns are our own because the legacy forms (mobile "1", trunk 01/044/045; ended in 2019, DOF of
11 May 2018) must be taken off *before* a parser sees them: it takes the extra digits for a part of the number.
"""

import re
from enum import StrEnum
from typing import Final, final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

_LONGEST_TEXT = 64  # 15 digits in any dress; what is longer is no number and not worth a translation
_SHORT_CODE = range(3, 7)  # digits; E.164 subscribers have seven or more
_BARE_INTERNATIONAL = 10  # digits from which a number without prefix is tried as E.164 when it is not a national one

# What copied contacts and spreadsheets put between digits: spaces, hyphens, brackets, and the invisible marks of
# bidirectional text.
_SEPARATORS = " \t\r\n-().\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a\u202c\u202d\u2060\u2066\u2069\ufeff"
_DRESS = dict.fromkeys(map(ord, _SEPARATORS + _INVISIBLE))

# A Mexican national number: ten digits, the first 2-9. No class of it is \d: that would match Arabic digits too.
_MX_NATIONAL = "([2-9][0-9]{9})"
_MX_AT_HOME = re.compile(r"(?:(?:\+|00|011)?521?|04[45]|01)?" + _MX_NATIONAL)
_MX_FROM_ABROAD = re.compile("521?" + _MX_NATIONAL)


class Kind(StrEnum):
    """What a number is, as far as its digits tell. Mexico and the US have one plan for mobile and fixed."""

    MOBILE = "mobile"
    FIXED = "fixed"
    MOBILE_OR_FIXED = "mobile_or_fixed"
    NON_GEOGRAPHIC = "non_geographic"  # toll-free, premium and the like
    SHORT_CODE = "short_code"
    UNKNOWN = "unknown"

    @property
    def may_be_mobile(self) -> bool:
        """False when no SMS can be delivered there."""
        return self not in NEVER_MOBILE


NEVER_MOBILE: Final = frozenset({Kind.FIXED, Kind.NON_GEOGRAPHIC, Kind.SHORT_CODE})

_MX_KINDS: Final = dict.fromkeys(("200", "300", "500", "800", "900"), Kind.NON_GEOGRAPHIC)
_MX_USUAL: Final = Kind.MOBILE_OR_FIXED
_KINDS = {
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE: Kind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.MOBILE_OR_FIXED,
    PhoneNumberType.TOLL_FREE: Kind.NON_GEOGRAPHIC,
    PhoneNumberType.PREMIUM_RATE: Kind.NON_GEOGRAPHIC,
    PhoneNumberType.SHARED_COST: Kind.NON_GEOGRAPHIC,
    PhoneNumberType.UAN: Kind.NON_GEOGRAPHIC,
    PhoneNumberType.VOICEMAIL: Kind.NON_GEOGRAPHIC,
}


class InvalidNumber(ValueError):
    """The text is no number anybody can be reached at; `reason` says why, fit to show to whoever sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@final
class Number:
    """`digits` is E.164 without "+", or the short code as it is; `region` ISO 3166-1 ("" where it has none).

    No tuple with names, for one is made for every message: compiled, that costs 0.12 us more.
    """

    __slots__ = ("digits", "kind", "region")

    def __init__(self, digits: str, region: str, kind: Kind) -> None:
        self.digits = digits
        self.region = region
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        """Whether both are the same number."""
        return isinstance(other, Number) and (self.digits, self.region, self.kind) == (
            other.digits,
            other.region,
            other.kind,
        )

    def __hash__(self) -> int:
        return hash((self.digits, self.region))

    def __repr__(self) -> str:
        return f"Number({self.digits!r}, {self.region!r}, {self.kind!r})"

    @property
    def e164(self) -> str:
        """The number with its "+", as apps read it; a short code has none."""
        return self.digits if self.kind is Kind.SHORT_CODE else "+" + self.digits

    def kind_given(self, mobile: bool | None) -> Kind:
        """The kind, where a numbering plan said more than the digits do (`mobile` None: it said nothing)."""
        if mobile is None or self.kind in (Kind.NON_GEOGRAPHIC, Kind.SHORT_CODE):
            return self.kind
        return Kind.MOBILE if mobile else Kind.FIXED


def normalise(text: str, region: str = "MX") -> Number:
    """The number that `text` means to somebody in `region`.

    Takes national, international (+, 00, the region's own exit code, or nothing before the country code) and Mexico's
    legacy forms, dressed or plain. Short codes (3-6 digits) come back as such. Never guesses a missing area code.
    Abroad, an international number needs the right length only, because public patterns lag behind new ranges; where
    the country code must be guessed (no "+", no exit code) it must fit the patterns too. Raises InvalidNumber.
    """
    if region == "MX":
        digits = text[1:] if text[:1] == "+" else text
        if len(digits) == 12 and digits[:2] == "52" and digits[2] > "1" and digits.isdigit() and digits.isascii():
            return _mexican(digits)
        match = _MX_AT_HOME.fullmatch(text)
        if match:
            return _mexican("52" + match[1])
    if len(text) > _LONGEST_TEXT:
        raise InvalidNumber("too long for a number")
    plain = text.translate(_DRESS)
    if plain != text:
        return normalise(plain, region)
    return _undressed(plain, region)


def plain_number(text: str, region: str = "MX") -> int | None:
    """E.164 of a number that is written plainly, as nearly all are, for half of what `normalise` costs. None, or a
    number there is not, where only that can tell: good for a guess at what will be asked, and for nothing else."""
    digits = text[1:] if text[:1] == "+" else text
    if not 10 <= len(digits) <= 15 or not digits.isdigit() or not digits.isascii():
        return None
    return int("52" + digits if len(digits) == 10 and region == "MX" else digits)


def country_code(region: str) -> str:
    """The digits after "+" of a region's numbers ("52" for MX). Raises ValueError for a region there is not."""
    code = phonenumbers.country_code_for_region(region)
    if not code:
        raise ValueError(f"{region!r} is not a region, expected two letters of ISO 3166-1, e.g. MX")
    return str(code)


def _mexican(digits: str) -> Number:
    return Number(digits, "MX", _MX_KINDS.get(digits[2:5], _MX_USUAL))


def _undressed(plain: str, region: str) -> Number:
    digits = plain.removeprefix("+")
    if not digits:
        raise InvalidNumber("empty")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidNumber("holds something that is neither a digit nor a separator")
    if digits != plain:
        return _international(digits)
    if len(plain) in _SHORT_CODE:
        return Number(plain, region, Kind.SHORT_CODE)
    found = _dialled_in_mexico(plain) if region == "MX" else _dialled(plain, region)
    if found:
        return found
    if len(plain) >= _BARE_INTERNATIONAL:
        return _international(plain, guessed=True)
    raise InvalidNumber(f"{len(plain)} digits are no whole number in {region}")


def _dialled_in_mexico(plain: str) -> Number | None:
    """A number with an exit code before it. National ones matched already."""
    for exit_code in ("011", "00"):
        if plain.startswith(exit_code):
            return _international(plain.removeprefix(exit_code))
    return None


def _dialled(plain: str, region: str) -> Number | None:
    """What dialling these digits in a region reaches; None when that is nothing there."""
    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.country_code == 52 and not plain.startswith("52"):
        return _international(f"52{parsed.national_number}")
    return _numbered(parsed) if phonenumbers.is_valid_number(parsed) else None


def _international(digits: str, *, guessed: bool = False) -> Number:
    if digits.startswith("52"):
        match = _MX_FROM_ABROAD.fullmatch(digits)
        if not match:
            raise InvalidNumber("after 52, Mexico's country code, come ten digits, the first of them 2-9")
        return _mexican("52" + match[1])
    try:
        parsed = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException as error:
        raise InvalidNumber("begins with no country code, or has too few or too many digits") from error
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        raise InvalidNumber(f"has too few or too many digits for country code {parsed.country_code}")
    if guessed and not phonenumbers.is_valid_number(parsed):
        raise InvalidNumber(f"no number of country code {parsed.country_code} is written like this")
    return _numbered(parsed)


def _numbered(parsed: PhoneNumber) -> Number:
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    kind = _KINDS.get(phonenumbers.number_type(parsed), Kind.UNKNOWN)
    return Number(digits, "" if region == "001" else region, kind)
