"""Kinds of values that go on the wire of SMPP, or that name numbers and networks of telephony."""

from collections.abc import Mapping

from phonenumbers.phonenumberutil import SUPPORTED_REGIONS

from gateway.config.kinds import Integer, ScalarKind, SecretText, Text, parse_integer
from gateway.config.secret import Secret

# A receipt or a part is told from these; a configured value would break what the gateway itself says with them.
OWN_TAGS: Mapping[int, str] = {
    0x0204: "user_message_reference",
    0x020C: "sar_msg_ref_num",
    0x020E: "sar_total_segments",
    0x020F: "sar_segment_seqnum",
    0x0424: "message_payload",
}

VERSIONS: Mapping[str, int] = {"3.3": 0x33, "3.4": 0x34, "5.0": 0x50}


class CString(Text):
    """A C-octet string of at most `longest` ASCII characters before its NUL (SMPP 3.4 §3.1)."""

    def __init__(self, of: str, longest: int, empty: bool = True) -> None:
        super().__init__(f"{of}: at most {longest} ASCII characters", longest, empty)

    def parse(self, text: str) -> str:
        super().parse(text)
        if not text.isascii() or not all(" " <= sign <= "~" for sign in text):
            raise self.wrong("has characters outside printable ASCII")
        return text


class SmppPassword(SecretText):
    """A password on the wire: §4.1 gives it 8 characters; longer ones are met, so they pass (check.py warns)."""

    def __init__(self, of: str) -> None:
        super().__init__(f"{of}: printable ASCII, at most 64 characters", empty=True)

    def parse(self, text: str) -> Secret:
        if len(text) > 64 or not all(" " <= sign <= "~" for sign in text):
            raise self.wrong("is too long or has characters outside printable ASCII")
        return Secret(text)


class InterfaceVersion(ScalarKind[int]):
    """The interface_version of a bind (§5.2.4), by its name or its octet."""

    expected = "3.3, 3.4 or 5.0"

    def parse(self, text: str) -> int:
        version = VERSIONS.get(text, parse_integer(text))
        if version is None or version not in VERSIONS.values():
            raise self.wrong("is not a version of SMPP")
        return version

    def stand_in(self) -> int:
        return 0x34


class Sender(ScalarKind[str]):
    """What a message can be from: digits (short code or number) or a name of at most 11 characters (3GPP TS 23.040)."""

    expected = "up to 20 digits, with + or without, or a name of at most 11 characters"

    def parse(self, text: str) -> str:
        digits = text.removeprefix("+")
        if digits.isascii() and digits.isdigit():
            if len(digits) > 20:
                raise self.wrong("has too many digits")
        elif not 1 <= len(text) <= 11 or not text.isprintable() or text != text.strip():
            raise self.wrong("is not a sender")
        return text

    def stand_in(self) -> str:
        return ""


class Digits(ScalarKind[str]):
    """So many ASCII digits: codes are names made of digits, so 007 stays 007."""

    def __init__(self, of: str, least: int, most: int, plus: bool = False) -> None:
        self.expected = of
        self._lengths = range(least, most + 1)
        self._plus = plus

    def parse(self, text: str) -> str:
        digits = text.removeprefix("+") if self._plus else text
        if not (digits.isascii() and digits.isdigit() and len(digits) in self._lengths):
            raise self.wrong("does not fit")
        return text

    def stand_in(self) -> str:
        return ""


class Region(ScalarKind[str]):
    """A country with its own numbering, as ISO 3166-1 names it."""

    expected = "a country's two letters (ISO 3166-1), e.g. MX"

    def parse(self, text: str) -> str:
        if text not in SUPPORTED_REGIONS:
            raise self.wrong("is not a country with telephone numbers")
        return text

    def stand_in(self) -> str:
        return "MX"


class Tag(Integer):
    """The tag of an optional parameter that may be configured."""

    def __init__(self) -> None:
        super().__init__(1, 0xFFFF, "the tag of an optional parameter", "0x1400")

    def parse(self, text: str) -> int:
        tag = super().parse(text)
        if tag in OWN_TAGS:
            raise self.wrong(f"is {OWN_TAGS[tag]}, which the gateway sets itself")
        return tag


class TagValue(ScalarKind[bytes]):
    """The octets of an optional parameter: hexadecimal after 0x, anything else is text in UTF-8.

    Without the 0x, digits would be ambiguous: many registers hand out ids of digits that go as text.
    """

    expected = "0x and hexadecimal octets, or a text, at most 255 octets"

    def parse(self, text: str) -> bytes:
        if not text.startswith(("0x", "0X")):
            octets = text.encode()
        else:
            try:
                octets = bytes.fromhex(text[2:])
            except ValueError:
                raise self.wrong("is not whole octets in hexadecimal") from None
        if len(octets) > 255:
            raise self.wrong(f"has {len(octets)} octets")
        return octets

    def stand_in(self) -> bytes:
        return b""
