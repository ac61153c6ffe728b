"""Masking: what a log line shows of numbers, bodies, secrets and of what a peer wrote."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.masking import BODIES, NUMBERS, SECRETS, Masking, escape, mask_number, mask_text


class Colour(Enum):
    RED = 1


class Code(IntEnum):
    ESME_RSYSERR = 8


class Status(StrEnum):
    DELIVERED = "delivered"


class Pair(NamedTuple):
    to: str
    text: str


@dataclass(frozen=True)
class Pdu:
    short_message: bytes


def masked(full_content: Any = False, **fields: Any) -> dict[str, Any]:
    return dict(Masking(full_content=full_content)(None, "info", {"event": "e", **fields}))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+525512345678", "+52******5678"),
        ("525512345678", "52******5678"),
        ("+15551234567", "+1******4567"),
        ("+79161234567", "+7******4567"),
        ("+50212345678", "+502*****678"),
        ("+52 55 1234 5678", "+52 ** **** 5678"),
        ("5512345678", "******5678"),
        ("55123456", "*****456"),
        ("5512345", "*****45"),
        ("+5212345", "+52***45"),
        ("45555", "45555"),
        ("BANCO", "BANCO"),
        ("911", "911"),
        ("", ""),
        ("call 5512345678 now", "call ******5678 now"),
        ("+5255\x1b12345678", "+52**\\x1b****5678"),
    ],
)
def test_mask_number_keeps_country_and_last_digits(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@given(st.text(alphabet="0123456789", min_size=7, max_size=15), st.sampled_from(["", "+"]))
def test_mask_number_hides_at_least_three_digits_and_shows_at_most_four_at_the_end(digits: str, plus: str) -> None:
    shown = mask_number(plus + digits)

    assert shown.count("*") >= 2 + (len(digits) > 7)
    assert 2 <= len(shown) - len(shown.rstrip("0123456789")) <= 4
    assert len(shown) == len(plus + digits)


def test_mask_text_tells_length_and_whether_two_are_equal() -> None:
    assert mask_text("code 123456", b"key").startswith("11 characters, hash ")
    assert mask_text(b"\x00\x41", b"key").startswith("2 octets, hash ")
    assert mask_text("code 123456", b"key") == mask_text("code 123456", b"key")
    assert mask_text("code 123456", b"key") != mask_text("code 123457", b"key")


def test_mask_text_cannot_be_guessed_without_the_runs_key() -> None:
    assert mask_text("code 123456", b"key") != mask_text("code 123456", b"another")


def test_mask_text_takes_text_that_is_no_unicode() -> None:
    assert mask_text("\ud83d").startswith("1 characters, hash ")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain, ñ and 漢字", "plain, ñ and 漢字"),
        ("a\nlevel=error", "a\\nlevel=error"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b1m", "\\x9b1m"),
        ("\u202egpj", "\\u202egpj"),
        ("\ud800", "\\ud800"),
    ],
)
def test_escape_leaves_one_line_that_a_terminal_takes_literally(raw: str, shown: str) -> None:
    assert escape(raw) == shown


def test_escape_cuts_what_is_too_long_and_says_so() -> None:
    assert escape("x" * 70_000).endswith("x... (70000 characters)")
    assert len(escape("x" * 70_000)) < 9_000


@given(st.text())
def test_escape_is_printable_whatever_comes(text: str) -> None:
    assert escape(text).isprintable()
    escape(text).encode()


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize("value", ["525512345678", b"525512345678", 525512345678])
def test_masking_hides_the_number_in_each_field_of_numbers(name: str, value: object) -> None:
    assert masked(**{name: value})[name] == "52******5678"


@pytest.mark.parametrize("name", sorted(BODIES))
@pytest.mark.parametrize("value", ["code 123456", b"code 123456"])
def test_masking_hides_the_text_in_each_field_of_bodies(name: str, value: object) -> None:
    assert "123456" not in masked(**{name: value})[name]
    assert masked(**{name: value})[name].startswith("11 ")


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("full_content", [True, False])
def test_masking_never_shows_a_secret(name: str, full_content: bool) -> None:
    said = masked(full_content, **{name: "hunter2", name.upper(): ["hunter2"], "nested": {name: b"hunter2"}})

    assert "hunter2" not in str(said)
    assert said[name] == "***"


def test_masking_reaches_into_mappings_and_lists() -> None:
    said = masked(messages=[{"to": "+525512345678", "text": "code 123456"}], numbers=["+525512345678", "+15551234567"])

    assert said["messages"][0]["to"] == "+52******5678"
    assert "123456" not in str(said["messages"])
    assert said["numbers"] == ["+52******5678", "+1******4567"]


def test_masking_ends_where_a_structure_does_not() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    endless: list[Any] = []
    endless.append(endless)

    assert "..." in str(masked(loop=loop))
    assert "..." in str(masked(endless=endless))


@pytest.mark.parametrize("thing", [Pdu(b"code 123456"), Pair("+525512345678", "code 123456")])
def test_masking_shows_an_object_as_its_type(thing: object) -> None:
    assert masked(thing=thing)["thing"] == f"<{type(thing).__name__}>"
    assert "123456" in masked(full_content=True, thing=thing)["thing"]


def test_masking_hides_octets_of_any_name() -> None:
    assert masked(pdu=b"\x00\x01").get("pdu", "").startswith("2 octets, hash ")
    assert masked(full_content=True, pdu=b"\x00\x01")["pdu"] == "0001"


@pytest.mark.parametrize("name", ["detail", "error", "message", "reason", "exception"])
def test_masking_hides_numbers_in_what_others_have_worded(name: str) -> None:
    assert masked(**{name: "no route to +525512345678, tried 2"})[name] == "no route to +52******5678, tried 2"


def test_masking_leaves_ids_and_times_in_what_others_have_worded() -> None:
    words = "message 0190163d-8694-739b-aea5-966c26f8ad91 at 2024-06-14T04:16:32.123456+00:00, id 1f5512345678 is odd"

    assert masked(detail=words)["detail"] == words


def test_masking_shows_an_exception_as_type_and_words() -> None:
    assert masked(why=ValueError("bad +525512345678\n"))["why"] == "ValueError: bad +52******5678\\n"


def test_masking_shows_numbers_and_bodies_when_told_to() -> None:
    said = masked(full_content=True, to="+525512345678", text="code\n123456", source_addr=b"525512345678")

    assert said["to"] == "+525512345678"
    assert said["text"] == "code\\n123456"
    assert said["source_addr"] == "525512345678"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2**70, str(2**70)),
        (0.5, 0.5),
        (Colour.RED, "RED"),
        (Code.ESME_RSYSERR, "ESME_RSYSERR"),
        (Status.DELIVERED, "delivered"),
        (Path("/var/lib"), "/var/lib"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (("a", 1), ["a", 1]),
    ],
)
def test_masking_makes_values_plain(value: object, shown: object) -> None:
    assert masked(value=value)["value"] == shown


def test_masking_keeps_the_lines_of_a_traceback_but_not_what_they_could_forge() -> None:
    said = masked(exception="Traceback\n  File x\nValueError: a\x1b[31m\rb")["exception"]

    assert said == "Traceback\n  File x\nValueError: a\\x1b[31m\\rb"
