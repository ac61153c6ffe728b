"""The time zones a number may be in, by its area code.

Mexico is our own table, because the public metadata puts Chihuahua's interior and parts of the northern border an hour
behind, which is an hour too late at night. Law: Ley de los Husos Horarios of 30 Oct 2022, daylight saving on the
northern border only. A mobile keeps its area code when its owner moves: what the app knows of the recipient beats this.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from portability.number import Kind, Number

_CENTRE = "America/Mexico_City"
_BORDER_EAST = "America/Matamoros"
_PACIFIC = "America/Mazatlan"

# Zone -> area codes (NIR) wholly in it; all others are in the centre.
_MX_WHOLLY: dict[str, Iterable[int]] = {
    "America/Cancun": (983, 984, 987, 998),
    "America/Chihuahua": (614, 621, 625, 627, 628, 629, 635, 639, 648, 649, 652, 659),
    "America/Ciudad_Juarez": (656,),
    "America/Ojinaga": (626,),
    _BORDER_EAST: (867, 868, 877, 878, 891, 894, 897, 899),
    _PACIFIC: (612, 613, 615, 624, 667, 668, 669, 672, 673, 687, *range(694, 699), 311, 319, 323, 324, 325, 327, 389),
    "America/Hermosillo": (622, 623, *range(631, 635), 637, 638, *range(641, 646), 647, 651, 653, 662),
    "America/Bahia_Banderas": (329,),
    "America/Tijuana": (616, 646, 658, 661, 664, 665, 686),
}
# Area codes that a zone's border cuts.
_MX_CUT: dict[str, tuple[str, ...]] = {
    "322": (_CENTRE, "America/Bahia_Banderas"),
    "636": ("America/Chihuahua", "America/Ciudad_Juarez"),
    "862": (_BORDER_EAST, _CENTRE),
    "873": (_CENTRE, _BORDER_EAST),
    "892": (_CENTRE, _BORDER_EAST),
}
_MX = {str(nir): (zone,) for zone, nirs in _MX_WHOLLY.items() for nir in nirs} | _MX_CUT

# Area codes the public metadata has wrong: Gary IN is Central, Chattanooga TN Eastern, 850 (Florida) is cut in two.
_CORRECTED: dict[str, tuple[str, ...]] = {
    "1219": ("America/Chicago",),
    "1423": ("America/New_York",),
    "1850": ("America/New_York", "America/Chicago"),
}


def timezones(number: Number) -> tuple[str, ...]:
    """IANA names of every zone the number may be in; empty when its digits do not tell.

    With several, something is allowed only where all of them allow it; with none, the caller's home zone decides.
    """
    if number.kind in (Kind.SHORT_CODE, Kind.NON_GEOGRAPHIC):
        return ()
    if number.region == "MX":
        return _MX.get(number.digits[2:5], (_CENTRE,))
    return _CORRECTED.get(number.digits[:4]) or _public(number.digits)


def outdated(zone: Callable[[str], tzinfo] = ZoneInfo) -> str | None:
    """What the machine's time zones lack of the law of 2022, None when nothing: a system's own go before the package's.

    Mexico City without summer time came with tzdata 2022f, Ciudad_Juarez with 2022g.
    """
    if zone(_CENTRE).utcoffset(datetime(2023, 7, 1)) != timedelta(hours=-6):
        return f"{_CENTRE} has summer time, which ended in 2022"
    try:
        zone("America/Ciudad_Juarez")
    except ZoneInfoNotFoundError:
        return "America/Ciudad_Juarez is missing"
    return None


def _public(digits: str) -> tuple[str, ...]:
    from phonenumbers import timezone  # noqa: PLC0415  its table is only for those who ask about numbers abroad

    zones = timezone.time_zones_for_number(phonenumbers.parse("+" + digits))
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)
