"""Percentiles, lanes, and what a screen prints of them."""

import io
from random import Random

import pytest
from rich.console import Console

from gateway.cli.demo.cast import LEAST_TPS, MOST_TPS, cast
from gateway.cli.demo.figures import duration_text, lane_figures, percentile, sparkline
from gateway.cli.demo.ledger import Ledger
from gateway.cli.demo.people import read_population
from gateway.cli.demo.screen import LINE_EVERY_S, PlainScreen, screen_for
from gateway.cli.demo.views import CarrierRow, Picture, picture
from gateway.cli.demo.workspace import PLAN, PORTED
from tests.cli.demo_letters import ANA, BETO, arrival, sent, whole
from tests.support.clock import ManualClock


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(0, 0.5, None), (1, 0.99, 1), (2, 0.5, 1), (100, 0.99, 99), (101, 0.99, 100)]
)
def test_percentile_is_the_smallest_value_that_a_share_does_not_exceed(count, share, expected):
    assert percentile(list(range(1, count + 1)), share) == expected


def test_lane_figures_count_each_letter_where_it_is():
    ledger = Ledger()
    whole(ledger, ANA)
    waiting = sent(ledger, BETO)
    failing = sent(ledger, ANA, "Adiós")
    ledger.arrived(arrival(failing))
    ledger.receipt(failing.ids[1], "undelivered")
    figures = lane_figures("bulk", ledger.letters)
    assert waiting.delay_s is None
    assert figures[1:6] == (3, 3, 2, 1, 1)
    assert (figures.waiting, figures.p50_s, figures.p99_s) == (1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.00841, "8.4 ms"), (0.132, "132 ms"), (5.128, "5.13 s"), (0.0, "0.0 ms")]
)
def test_duration_text_keeps_three_digits(seconds, text):
    assert duration_text(seconds) == text


def test_sparkline_shows_nothing_and_all_and_never_more():
    assert sparkline([0, 50, 100, 200], 100) == "▁▅██"
    assert sparkline([1], 0) == ""


def test_cast_draws_nobody_twice_and_only_numbers_that_a_carrier_reaches():
    people = [flyer.person for flyer in cast(read_population(PLAN, PORTED), 2000, Random(7)).flyers]
    assert len({person.number for person in people}) == 2000
    assert {person.carrier for person in people} == {"telcel", "att", "movistar"}
    assert sum(person.ported for person in people) == 200
    assert all(person.holder != person.network for person in people if person.ported)


def test_cast_is_the_same_for_the_same_seed():
    one, other = (cast(read_population(PLAN, PORTED), 60, Random(3)).flyers for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("texts", "least", "most"), [(50, LEAST_TPS, LEAST_TPS), (3000, 50, 300)])
def test_cast_gives_carriers_a_rate_that_takes_ten_seconds(texts, least, most):
    drawn = cast(read_population(PLAN, PORTED), texts, Random(5))
    assert all(least <= rate <= most <= MOST_TPS for rate in drawn.tps.values())


SHOWN = Picture(
    "a campaign", 12.5,
    [CarrierRow("att", 2, 120, 120.0, 96, (0, 50, 100), 101, 1234, 1200, 3)],
    [lane_figures("fast", [])],
)  # fmt: skip


def test_picture_fits_80_columns():
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    console.print(picture(SHOWN))
    text = console.file.getvalue()
    assert "AT&T" in text
    assert "96/s" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_plain_screen_prints_a_line_now_and_then():
    clock, out = ManualClock(), io.StringIO()
    screen = screen_for(Console(file=out, width=200), clock.monotonic)
    assert isinstance(screen, PlainScreen)
    for _ in range(3):
        screen.draw(SHOWN)
    assert out.getvalue() == ""
    clock.advance(LINE_EVERY_S)
    screen.draw(SHOWN)
    screen.draw(SHOWN)
    assert out.getvalue().count("att 96/s") == 1
