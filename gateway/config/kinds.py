"""Kinds of values, and how each is read from its text: the plain ones.

A kind says in `expected` what it takes, in words that finish "…, expected". Reading never raises for what the file
holds: it notes the problem and gives a stand-in, so that one run finds every problem.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from yaml.nodes import Node, ScalarNode

from gateway.config.document import is_null, kind_of_node
from gateway.config.problems import KeyPath
from gateway.config.reading import Reading
from gateway.config.secret import Secret
from gateway.config.units import BadValueError

T = TypeVar("T")


class Kind(ABC, Generic[T]):
    """How a value of the configuration is read from its node."""

    expected: str

    @abstractmethod
    def read(self, node: Node, path: KeyPath, reading: Reading) -> T:
        """The value, or a stand-in after a problem was noted in `reading`."""

    @abstractmethod
    def stand_in(self) -> T:
        """A harmless value of the right type, for where there is none to read. Never reaches a running gateway."""


class ScalarKind(Kind[T]):
    """A kind written as one value."""

    secret = False  # True: problems never repeat what was written
    bare = False  # True (numbers, switches): quotes around it are a mistake

    @abstractmethod
    def parse(self, text: str) -> T:
        """The value of `text`. Raises BadValueError."""

    def read(self, node: Node, path: KeyPath, reading: Reading) -> T:
        if not isinstance(node, ScalarNode) or is_null(node):
            reading.wrong(path, f"is {kind_of_node(node)}, expected {self.expected}", node)
            return self.stand_in()
        if self.secret and reading.withheld(node, path):
            return self.stand_in()
        written = reading.written(node, path)
        if written is None:
            return self.stand_in()
        shown = "what is written (not shown)" if self.secret else written.shown
        if self.bare and written.quoted:
            reading.wrong(path, f"{shown} is text in quotes, expected {self.expected}", node)
            return self.stand_in()
        try:
            return self.parse(written.text)
        except BadValueError as error:
            reading.wrong(path, f"{shown} {error}", node)
            return self.stand_in()

    def wrong(self, what: str) -> BadValueError:
        """The error of a text that is not of this kind."""
        return BadValueError(what, self.expected)


class Text(ScalarKind[str]):
    """Any text, as written: 0123 and yes need no quotes."""

    def __init__(self, expected: str = "a text", longest: int | None = None, empty: bool = False) -> None:
        self.expected = expected
        self._longest = longest
        self._empty = empty

    def parse(self, text: str) -> str:
        if not text and not self._empty:
            raise self.wrong("is empty")
        if self._longest is not None and len(text) > self._longest:
            raise self.wrong(f"has {len(text)} characters, at most {self._longest} fit")
        return text

    def stand_in(self) -> str:
        return ""


class Name(Text):
    """A name that people type and metrics carry as a label."""

    def __init__(self, of: str, dots: bool = False) -> None:
        signs = "-, _ and ." if dots else "- and _"
        super().__init__(f"{of}: letters, digits, {signs}, at most 64", longest=64)
        self._signs = "-_." if dots else "-_"

    def parse(self, text: str) -> str:
        super().parse(text)
        if not all(sign.isascii() and (sign.isalnum() or sign in self._signs) for sign in text):
            raise self.wrong("is not a name")
        return text


class Choice(ScalarKind[str]):
    """One of a few words."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.expected = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

    def parse(self, text: str) -> str:
        if text not in self.words:
            raise self.wrong("is not one of the choices")
        return text

    def stand_in(self) -> str:
        return self.words[0]


_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Flag(ScalarKind[bool]):
    """true or false, in any of YAML 1.1's words for them."""

    expected = "true or false"
    bare = True

    def parse(self, text: str) -> bool:
        value = _SWITCHES.get(text.lower())
        if value is None:
            raise self.wrong("is neither true nor false")
        return value

    def stand_in(self) -> bool:
        return False


class Integer(ScalarKind[int]):
    """A whole number in bounds, decimal or 0x hexadecimal."""

    bare = True

    def __init__(self, least: int, most: int, of: str, example: str) -> None:
        self.least, self.most = least, most
        self.expected = f"{of}, {least} to {most}, e.g. {example}"

    def parse(self, text: str) -> int:
        number = parse_integer(text)
        if number is None:
            raise self.wrong("is not a whole number")
        if not self.least <= number <= self.most:
            raise self.wrong("is out of range")
        return number

    def stand_in(self) -> int:
        return self.least


def parse_integer(text: str) -> int | None:
    """The number of ASCII decimal or 0x digits, with a sign or without; None for anything else, 1_000 as well."""
    digits = text.removeprefix("-").removeprefix("+").lower()
    hexadecimal = digits.startswith("0x")
    if not digits.isascii() or not (digits[2:].isalnum() if hexadecimal else digits.isdigit()):
        return None
    try:
        return int(text, 16 if hexadecimal else 10)
    except ValueError:
        return None


class SecretText(ScalarKind[Secret]):
    """A text that is never shown."""

    secret = True

    def __init__(self, expected: str, empty: bool = False) -> None:
        self.expected = expected
        self._empty = empty

    def parse(self, text: str) -> Secret:
        if not text and not self._empty:
            raise self.wrong("is empty")
        return Secret(text)

    def stand_in(self) -> Secret:
        return Secret("")
