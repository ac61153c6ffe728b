"""`times.parse`: a moment with an offset, None for nothing, ValueError for what is no time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from gateway.smpp.times import format_absolute, format_relative, parse, parse_relative
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target

_NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
_ZONES = (UTC, timezone(timedelta(hours=-6)), timezone(timedelta(hours=14)))
_SECOND = timedelta(seconds=1)


def times(data: bytes) -> None:
    choices = Octets(data)
    zone = choices.one_of(_ZONES)
    text = choices.rest().decode("latin-1")
    try:
        moment = parse(text, _NOW, zone)
    except ValueError as error:
        assert str(error)  # the sentence goes to the app that sent the time
        return
    if moment is None:
        assert not text
        return
    assert moment.utcoffset() is not None, f"{text!r} reads as a moment without an offset"
    if text.endswith("R"):
        duration = parse_relative(text)
        assert moment == _NOW + duration >= _NOW
        if duration.days < 100:
            assert parse_relative(format_relative(duration)) == duration
    elif moment.year >= 2000:
        assert moment - parse(format_absolute(moment), _NOW) < _SECOND


def _seeds() -> Iterator[bytes]:
    for zone, text in enumerate(
        (
            "",
            "000001000000000R",
            "000002000000000R",
            "261122151200+",
            "261122151200000+",
            "2611221512",
            "691231235959948-",
        )
    ):
        yield bytes((zone,)) + text.encode()
    yield b"\x00" + b"261122151200" + b"000+"


TARGET = Target("times", times, _seeds, 32, (b"000+", b"R", b"-", b"+", b"48"))
