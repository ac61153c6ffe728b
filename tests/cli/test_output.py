"""Figures as commands print them."""

import pytest

from gateway.cli.output import duration, rate, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.0, "0 ms"),
        (0.4, "400 ms"),
        (4.21, "4.2 s"),
        (15.0, "15 s"),
        (119.0, "119 s"),
        (120.0, "2 min"),
        (5400.0, "90 min"),
        (93_000.0, "26 h"),
        (864_000.0, "10 d"),
    ],
)
def test_duration_is_in_a_unit_that_keeps_it_short(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3.4e9, "3.2 GiB"), (9e15, "8185.5 TiB")],
)
def test_size_is_in_binary_units(octets: float | None, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (0.04, "0.0"), (99.94, "99.9"), (1234.5, "1,234")])
def test_rate_has_a_tenth_below_a_hundred(value: float | None, text: str) -> None:
    assert rate(value) == text
