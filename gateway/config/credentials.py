"""Kinds of values that let somebody in or prove who spoke. None of them is ever repeated in a problem."""

import base64
import binascii

from gateway.config.kinds import ScalarKind, SecretText
from gateway.config.secret import Secret

_PREFIX = "sha256:"


class ApiKeyHash(ScalarKind[str]):
    """The SHA-256 of an API key's UTF-8 text: 64 lower-case hexadecimal digits after `sha256:` (contract §8)."""

    expected = "sha256: and 64 hexadecimal digits, as `relevo keys new APP` prints it"
    secret = True  # the slip to expect is the key itself in place of its hash

    def parse(self, text: str) -> str:
        digits = text.removeprefix(_PREFIX).lower()
        if not text.startswith(_PREFIX) or len(digits) != 64 or not all(sign in "0123456789abcdef" for sign in digits):
            raise self.wrong("is not the hash of an API key")
        return _PREFIX + digits

    def stand_in(self) -> str:
        return ""


class SigningSecret(SecretText):
    """The secret of a webhook: `whsec_` and base64 (Standard Webhooks)."""

    def __init__(self) -> None:
        super().__init__("whsec_ and the base64 of 16 to 64 random octets")

    def parse(self, text: str) -> Secret:
        try:
            octets = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise self.wrong("is not base64") from None
        if not text.startswith("whsec_") or not 16 <= len(octets) <= 64:
            raise self.wrong("is not a signing secret")
        return Secret(text)


class Token(SecretText):
    """A bearer token that people choose: printable, without spaces (RFC 6750 §2.1), long enough not to be guessed."""

    def __init__(self) -> None:
        super().__init__("a token of 16 or more printable ASCII characters without spaces")

    def parse(self, text: str) -> Secret:
        if len(text) < 16 or not all("!" <= sign <= "~" for sign in text):
            raise self.wrong("is too short or has other characters")
        return Secret(text)
