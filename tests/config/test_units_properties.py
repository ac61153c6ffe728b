"""What units write, they read back to the same value; what they cannot read, they say in one way only."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import units
from gateway.config.units import Address, BadValueError

hosts = st.one_of(
    st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
)


@given(st.integers(0, 10**10))
def test_milliseconds_survive_writing_and_reading(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert units.parse_duration(units.format_duration(seconds)) == seconds


@given(st.integers(0, 1 << 40))
def test_sizes_survive_writing_and_reading(octets: int) -> None:
    assert units.parse_size(units.format_size(octets)) == octets


@given(st.integers(0, 10000))
def test_percentages_survive_writing_and_reading(hundredths: int) -> None:
    share = units.parse_percent(f"{hundredths / 100}%")
    assert units.parse_percent(units.format_percent(share)) == share


@given(hosts, st.integers(0, 65535))
def test_addresses_survive_writing_and_reading(host: str, port: int) -> None:
    assert units.parse_address(units.format_address(Address(host, port))) == Address(host, port)


@settings(max_examples=200)
@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (units.parse_duration, units.parse_size, units.parse_percent, units.parse_address):
        try:
            parse(text)
        except BadValueError as error:
            assert error.what
            assert error.expected
