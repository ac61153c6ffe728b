"""Durations, sizes, percentages and addresses: read, refused in words, written back."""

import pytest

from gateway.config import units
from gateway.config.units import Address, BadValueError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("300ms", 0.3),
        ("0s", 0.0),
        ("30s", 30.0),
        ("1.5s", 1.5),
        ("15m", 900.0),
        ("8h", 28800.0),
        ("30d", 2592000.0),
        ("30 d", 2592000.0),
    ],
)
def test_duration_is_seconds(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is not a duration"),
        ("s", "is not a duration"),
        ("-1s", "is not a duration"),
        ("1e3s", "is not a duration"),
        ("30", "has no unit"),
        ("30S", "has an unknown unit 'S'"),
        ("5 parsecs", "has an unknown unit 'parsecs'"),
        ("٣٠s", "is not a duration"),
        ("1h30m", "is not a duration"),
    ],
)
def test_duration_says_what_is_wrong_and_what_was_expected(text: str, what: str) -> None:
    with pytest.raises(BadValueError) as caught:
        units.parse_duration(text)
    assert caught.value.what == what
    assert caught.value.expected == "a number and ms, s, m, h or d, e.g. 500ms, 30s, 15m, 8h or 30d"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0s"), (0.3, "300ms"), (30.0, "30s"), (90.0, "90s"), (300.0, "5m"), (2592000.0, "30d")]
)
def test_duration_is_written_with_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert units.format_duration(seconds) == text


@pytest.mark.parametrize(("text", "octets"), [("0B", 0), ("64KiB", 65536), ("16MiB", 1 << 24), ("1GiB", 1 << 30)])
def test_size_is_octets_and_back(text: str, octets: int) -> None:
    assert units.parse_size(text) == octets
    assert units.format_size(octets) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("64", "has no unit, expected a whole number and B, KiB, MiB or GiB"),
        ("64KB", "has an unknown unit 'KB', expected 64KiB"),
        ("1.5MiB", "is not a whole number, expected"),
        ("big", "is not a size, expected"),
        ("5XiB", "has an unknown unit 'XiB', expected a whole number"),
    ],
)
def test_size_refuses_what_could_mean_something_else(text: str, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        units.parse_size(text)


@pytest.mark.parametrize(("text", "share"), [("0%", 0.0), ("20%", 0.2), ("12.5%", 0.125), ("100%", 1.0)])
def test_percentage_is_a_share_and_back(text: str, share: float) -> None:
    assert units.parse_percent(text) == share
    assert units.format_percent(share) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20", "has no % sign"),
        ("101%", "is over 100%"),
        ("%", "is not a percentage"),
        ("a fifth", "is not a percentage"),
    ],
)
def test_percentage_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        units.parse_percent(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("smsc.example.net:2775", Address("smsc.example.net", 2775)),
        ("[2001:db8::1]:2775", Address("2001:db8::1", 2775)),
        ("[::]:0", Address("::", 0)),
    ],
)
def test_address_is_host_and_port_and_back(text: str, address: Address) -> None:
    assert units.parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8080", "has no host or no port"),
        (":8080", "has no host or no port"),
        ("host", "has no host or no port"),
        ("host:", "has no port from 0 to 65535"),
        ("host:65536", "has no port from 0 to 65535"),
        ("host:²", "has no port from 0 to 65535"),
        ("::1:8080", "has an IPv6 address without brackets"),
        ("[]:1", "has no valid host"),
        ("user@host:1", "has no valid host"),
        ("ho st:1", "has no valid host"),
    ],
)
def test_address_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        units.parse_address(text)
