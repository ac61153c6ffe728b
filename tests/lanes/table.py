"""The figures as the table of docs/lanes.md."""

from collections.abc import Iterable, Iterator

from tests.lanes.figures import Figures, measure
from tests.lanes.play import Setup
from tests.lanes.setups import TOUR

HEAD = (
    "| tps | binds × window | response | allowed/s | used | OTP waits longer: p50 · p99 · max | answered p99 "
    "| most in a clock second · any second | refused |\n"
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def lines() -> Iterator[str]:
    """The whole tour, a line at a time."""
    yield HEAD
    for what, setups in TOUR.items():
        yield f"| **{what}** | | | | | | | | |"
        yield from rows((setup, measure(setup)) for setup in setups)


def rows(measured: Iterable[tuple[Setup, Figures]]) -> Iterator[str]:
    """A line for each setup."""
    for setup, figures in measured:
        yield "| " + " | ".join(_cells(setup, figures)) + " |"


def duration(seconds: float) -> str:
    """As people read it: 5 ms, 0.5 s."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.1 else f"{seconds:.2g} s"


def _cells(setup: Setup, figures: Figures) -> tuple[str, ...]:
    waits = " · ".join(map(duration, (figures.wait_p50_s, figures.wait_p99_s, figures.wait_max_s)))
    return (
        f"{setup.tps:,.0f}",
        f"{setup.binds} × {setup.window}",
        duration(setup.habits.response_s),
        f"{figures.allowed_per_s:,.0f}" if figures.allowed_per_s >= 10 else f"{figures.allowed_per_s:.2g}",
        f"{figures.used:.1%}",
        waits,
        duration(figures.answered_p99_s),
        f"{figures.in_clock_second:,} · {figures.in_any_second:,}",
        f"{figures.refused:.2%}" if figures.refused else "0",
    )
