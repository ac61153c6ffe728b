"""The promises of docs/lanes.md, in simulated time: a few setups by default, the whole grid among the slow tests."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.lanes import plot, table
from tests.lanes.figures import Figures, measure
from tests.lanes.play import Play, Setup, otps
from tests.lanes.promises import broken
from tests.lanes.setups import GRID, THROTTLING, TOUR, plain
from tests.lanes.smsc import Habits

DOCS = Path(__file__).parents[2] / "docs"
QUICK = [
    plain(1, 1, 10, 0.05),
    plain(10, 1, 10, 0.05),
    plain(10, 8, 1, 5.0),
    plain(100, 1, 1, 0.05),
    plain(100, 2, 50, 0.5),
    plain(1_000, 1, 10, 0.05),
    plain(1_000, 4, 50, 0.05),
    plain(5_000, 1, 1, 5.0),
    Setup(10, 1, 10, Habits(0.05, takes_per_s=6)),
    Setup(100, 4, 50, Habits(0.05, takes_per_s=60)),
    Setup(100, 1, 50, Habits(0.05, works_per_s=30)),
]


def name(setup: Setup) -> str:
    habits = setup.habits
    limits = f"-takes {habits.takes_per_s:g}" * bool(habits.takes_per_s)
    limits += f"-works {habits.works_per_s:g}" * bool(habits.works_per_s)
    return f"{setup.tps:g}/s-{setup.binds}x{setup.window}-{habits.response_s:g}s{limits}"


@pytest.mark.parametrize("setup", QUICK, ids=name)
def test_lanes_keep_their_promises_over_some_carriers(setup: Setup) -> None:
    assert broken(setup, measure(setup)) == []


@pytest.mark.slow
@pytest.mark.parametrize("setup", [*GRID, *THROTTLING, *(one for tour in TOUR.values() for one in tour)], ids=name)
def test_lanes_keep_their_promises_over_the_grid(setup: Setup) -> None:
    assert broken(setup, measure(setup)) == []


def test_simulation_plays_the_same_each_time() -> None:
    setup = plain(100, 2, 10, 0.05)
    one, other = (Play(setup, otps(5, 10, setup.habits, 3), 4, bulk=True).run(10.0) for _ in range(2))
    assert one[:4] == other[:4]
    assert one.smsc.arrivals == other.smsc.arrivals


def test_simulated_smsc_is_not_told_what_it_counts() -> None:
    """A carrier with a tenth of the contract's rate would be seen: the figures come from its own clock."""
    setup = Setup(100, 1, 50, Habits(0.05, takes_per_s=10))
    figures = measure(setup)
    assert figures.refused > 0
    assert figures.in_any_second > 10


@pytest.mark.parametrize(
    ("figures", "promise"),
    [
        ({"in_any_second": 103}, "no second at all above tps"),
        ({"in_clock_second": 103}, "no second of the SMSC's above tps"),
        ({"wait_p99_s": 0.021}, "OTPs do not wait for bulk"),
        ({"used": 0.93}, "what is allowed is used"),
        ({"refused": 0.001}, "few refusals"),
        ({"delivered": 0.99}, "every OTP goes"),
        ({"answered_p99_s": 1.1}, "a queue over there stays short"),
    ],
)
def test_promises_are_broken_by_figures_that_break_them(figures: dict[str, Any], promise: str) -> None:
    setup = Setup(100, 2, 50, Habits(0.05, works_per_s=90)) if "answered_p99_s" in figures else plain(100, 2, 50, 0.05)
    measured = measure(setup)
    assert broken(setup, measured) == []
    assert broken(setup, measured._replace(**figures)) == [promise]


def test_docs_show_the_table_of_the_tour() -> None:
    """Its setups; a slow test compares the figures."""
    shown = _shown_table()
    setups = [setup for tour in TOUR.values() for setup in tour]
    written = [line for line in shown if not line.startswith(("| tps", "| ---", "| **"))]
    assert [line.split(" | ")[:3] for line in written] == [
        next(table.rows([(setup, NOTHING)])).split(" | ")[:3] for setup in setups
    ]


@pytest.mark.slow
def test_docs_show_the_figures_as_they_are() -> None:
    """`python -m tests.lanes` prints what belongs into docs/lanes.md."""
    assert _shown_table() == "\n".join(table.lines()).splitlines()


def test_plot_names_every_window_rate_and_response_time() -> None:
    drawn = ElementTree.fromstring(plot.svg(dict.fromkeys(GRID, NOTHING)))
    words = {element.text for element in drawn.iter() if element.text}
    assert {"window 1", "window 200", "1 tps", "5,000 tps", "5 ms", "5 s"} <= words
    boxes = [element for element in drawn.iter() if element.tag.endswith("rect")]
    assert len(boxes) == 1 + 2 * len(GRID)


NOTHING = Figures(0, 1.0, 0.05, 1.0, 0.0, 0.0, 0.0, 0.0, 1, 1, 0.0, 1.0, ())


def _shown_table() -> list[str]:
    text = (DOCS / "lanes.md").read_text(encoding="utf-8").splitlines()
    begins = text.index(table.HEAD.splitlines()[0])
    return text[begins : text.index("", begins)]
