"""What a log line may show: numbers without their middle, bodies as a length and a hash, secrets never.

A field is masked by its name, so that whoever writes a line need not think of it. A field that holds an object is shown
as the object's type: an object's text could hold anything.
"""

import os
import re
from collections.abc import Mapping
from datetime import date
from enum import Enum
from hashlib import blake2b
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # commands that log nothing escape what they print too; structlog takes them 90 ms
    from structlog.typing import EventDict, WrappedLogger

NUMBERS = frozenset(
    ("to", "from", "from_", "number", "numbers", "msisdn", "sender", "recipient", "source_addr", "destination_addr")
)
BODIES = frozenset(("text", "body", "content", "data", "payload", "short_message", "message_payload", "vars"))
SECRETS = frozenset(("password", "token", "api_key", "api_keys", "secret", "authorization"))
# What others have worded, and may name a number in.
PROSE = frozenset(("detail", "error", "exception", "message", "reason"))

_LONGEST = 8192  # characters of one field; a traceback fits, a peer's 64 KiB do not fill the disk
_DEEPEST = 6
_NUMBER_IN_PROSE = re.compile(r"\+[0-9]{7,15}|(?<![0-9A-Za-z.:-])[0-9]{10,15}(?![0-9A-Za-z:-])")

# Country codes of ITU-T E.164 with two digits: the first, and the second ones. 1 and 7 have one, all others three.
_TWO_DIGIT_CODES = {
    "2": "07",
    "3": "0123469",
    "4": "013456789",
    "5": "12345678",
    "6": "0123456",
    "8": "1246",
    "9": "0123458",
}

# Equal bodies have equal hashes within one run. Without a key the hash of an OTP's text would tell the code to anyone
# who tries the million there are.
_KEY = os.urandom(16)


def mask_number(number: str) -> str:
    """A number with its country code and last 2-4 digits, the others as `*`; what stands between digits stays.

    "+525512345678" is "+52******5678". Under seven digits it is a short code or a word (an alphanumeric sender), which
    is nobody's number and shown as it is. A number without + counts as international from eleven digits on.
    """
    places = [place for place, character in enumerate(number) if character.isdigit()]
    if len(places) < 7:
        return escape(number)
    head = _country_digits(number, places) if number.startswith("+") or len(places) >= 11 else 0
    tail = min(4, max(2, (len(places) - head) // 2 - 1))
    characters = list(number)
    for place in places[head:-tail]:
        characters[place] = "*"
    return escape("".join(characters))


def _country_digits(number: str, places: list[int]) -> int:
    first, second = number[places[0]], number[places[1]]
    if first in "17":
        return 1
    return 2 if second in _TWO_DIGIT_CODES.get(first, "") else 3


def mask_text(body: str | bytes, key: bytes = _KEY) -> str:
    """A body's length, in characters or octets, and a short keyed hash: "23 characters, hash 5f1d60c2"."""
    octets, unit = (
        (body, "octets") if isinstance(body, bytes) else (body.encode("utf-8", "surrogatepass"), "characters")
    )
    return f"{len(body)} {unit}, hash {blake2b(octets, digest_size=4, key=key).hexdigest()}"


def escape(text: str) -> str:
    """Text on one line that a terminal shows as it is: control and format characters as \\x1b, the end cut off."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class Masking:
    """A structlog processor: every field plain (text, number, list, mapping), masked and escaped.

    With `full_content` numbers and bodies are shown, for a test system or an hour of tracing; secrets are not.
    """

    def __init__(self, *, full_content: bool = False) -> None:
        self._full_content = full_content

    def __call__(self, _logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
        return self._fields(event, _DEEPEST)

    def _fields(self, fields: Mapping[Any, Any], deeper: int) -> dict[str, Any]:
        return {escape(str(name)): self._field(str(name).lower(), value, deeper) for name, value in fields.items()}

    def _field(self, name: str, value: Any, deeper: int) -> Any:
        if name in SECRETS and value is not None:
            return "***"
        if isinstance(value, Mapping):
            return self._fields(value, deeper - 1) if deeper else "..."
        if isinstance(value, list | set | frozenset) or (isinstance(value, tuple) and not hasattr(value, "_fields")):
            return [self._field(name, item, deeper - 1) for item in value] if deeper else "..."
        return self._one(name, value)

    def _one(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, bytes | bytearray | memoryview):
            return self._octets(name, bytes(value))
        if not self._full_content and name in NUMBERS:
            return mask_number(str(value))
        if not self._full_content and name in BODIES:
            return mask_text(str(value))
        return self._plain(name, value)

    def _octets(self, name: str, octets: bytes) -> str:
        if name in NUMBERS:  # an address as it stood in a PDU
            number = octets.decode("latin-1")
            return escape(number) if self._full_content else mask_number(number)
        return escape(octets.hex()) if self._full_content else mask_text(octets)

    def _plain(self, name: str, value: Any) -> str | int | float:  # noqa: PLR0911 - a kind a line
        match value:
            case Enum():
                return value.value if isinstance(value, str) else value.name
            case str():
                return self._words(name, value)
            case int():
                return value if -(2**63) <= value < 2**63 else str(value)
            case float():
                return value
            case BaseException():
                return self._words("error", f"{type(value).__name__}: {value}")
            case date() | PurePath():
                return escape(str(value))
            case _:
                return escape(repr(value)) if self._full_content else f"<{type(value).__name__}>"

    def _words(self, name: str, words: str) -> str:
        if name in PROSE and not self._full_content:
            words = _NUMBER_IN_PROSE.sub(lambda found: mask_number(found[0]), words)
        if name == "exception":  # a traceback is read by its lines; what they quote is escaped
            return "\n".join(map(escape, words[-_LONGEST:].split("\n")))
        return escape(words)
