"""Which zones a number may be in, where the public metadata has it wrong most of all."""

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from portability.number import normalise
from portability.zones import outdated, timezones


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("5512345678", ("America/Mexico_City",)),
        ("9981234567", ("America/Cancun",)),
        ("6141234567", ("America/Chihuahua",)),
        ("6491234567", ("America/Chihuahua",)),
        ("6561234567", ("America/Ciudad_Juarez",)),
        ("6261234567", ("America/Ojinaga",)),
        ("8681234567", ("America/Matamoros",)),
        ("8911234567", ("America/Matamoros",)),
        ("6971234567", ("America/Mazatlan",)),
        ("6621234567", ("America/Hermosillo",)),
        ("6441234567", ("America/Hermosillo",)),
        ("3291234567", ("America/Bahia_Banderas",)),
        ("6641234567", ("America/Tijuana",)),
        ("3221234567", ("America/Mexico_City", "America/Bahia_Banderas")),
        ("6361234567", ("America/Chihuahua", "America/Ciudad_Juarez")),
        ("8621234567", ("America/Matamoros", "America/Mexico_City")),
        ("8001234567", ()),
        ("45555", ()),
        ("+12125550123", ("America/New_York",)),
        ("+12195550123", ("America/Chicago",)),
        ("+14235550123", ("America/New_York",)),
        ("+18505550123", ("America/New_York", "America/Chicago")),
        ("+18005550123", ()),
        ("+15551234567", ()),
        ("+34612345678", ("Atlantic/Canary", "Europe/Madrid")),
    ],
)
def test_number_may_be_in_these_zones(number: str, zones: tuple[str, ...]) -> None:
    found = timezones(normalise(number))

    assert set(found) >= set(zones)
    assert len(found) == len(zones) or number.startswith("+34")


def test_every_mexican_area_code_has_zones_the_system_knows() -> None:
    for nir in range(200, 1000):
        for zone in timezones(normalise(f"{nir}1234567")):
            assert ZoneInfo(zone).key == zone


def test_zones_of_before_the_law_are_told() -> None:
    def without_juarez(name: str) -> tzinfo:
        if name == "America/Ciudad_Juarez":
            raise ZoneInfoNotFoundError(name)
        return ZoneInfo(name)

    assert outdated() is None
    assert outdated(lambda _name: timezone(timedelta(hours=-5))) == (
        "America/Mexico_City has summer time, which ended in 2022"
    )
    assert outdated(without_juarez) == "America/Ciudad_Juarez is missing"
