"""What a restart reads from on, while the wall clock is set this way and that."""

from types import SimpleNamespace

import pytest

from gateway.carriers.feed import WATERMARK
from gateway.store.ids import first_id
from gateway.upkeep import UNCOMMITTED_S, Upkeep
from tests.support.clock import ManualClock

NOW = 1_700_000_000.0


class Desk:
    """A core as far as a watermark needs one; nothing waits in it unless `waiting` says so."""

    def __init__(self) -> None:
        self.clock = ManualClock(utc=NOW)
        self.written: dict[str, str] = {}
        self.waiting = ""
        self.upkeep = Upkeep(
            SimpleNamespace(
                clock=self.clock,
                carriers={},
                dispatch=SimpleNamespace(oldest=lambda: self.waiting),
                feed=SimpleNamespace(oldest=lambda: ""),
                commits=SimpleNamespace(setting=self.written.__setitem__),
            )
        )

    def watermark(self) -> str:
        """Written now."""
        self.upkeep.write_watermark()
        return self.written[WATERMARK]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_watermark_is_a_minute_ago_or_the_oldest_that_waits(desk: Desk) -> None:
    assert desk.watermark() == first_id(NOW - UNCOMMITTED_S)
    desk.waiting = first_id(NOW - 500)
    assert desk.watermark() == first_id(NOW - 500)


def test_watermark_covers_what_was_said_just_before_the_clock_was_set_forwards(desk: Desk) -> None:
    desk.clock.advance(5)
    said = first_id(desk.clock.utc())
    desk.clock.set_utc(3_600)
    assert desk.watermark() <= said
    desk.clock.advance(UNCOMMITTED_S - 1)
    assert desk.watermark() <= said
    desk.clock.advance(2)
    assert desk.watermark() == first_id(desk.clock.utc() - UNCOMMITTED_S)


def test_watermark_follows_a_clock_that_was_set_back(desk: Desk) -> None:
    desk.clock.set_utc(3_600)
    desk.watermark()
    desk.clock.advance(UNCOMMITTED_S + 1)
    before = desk.watermark()
    desk.clock.set_utc(-3_600)
    assert desk.watermark() == first_id(desk.clock.utc() - UNCOMMITTED_S) < before
