"""The grid as a picture: small tables coloured by what they say, written as SVG."""

from collections.abc import Callable, Mapping
from math import log10
from typing import NamedTuple

from tests.lanes.figures import Figures
from tests.lanes.play import Setup
from tests.lanes.setups import BINDS, RESPONSES_S, TPS, WINDOWS, plain
from tests.lanes.table import duration

CELL_W, CELL_H = 40, 24
PANEL_W, PANEL_H = len(RESPONSES_S) * CELL_W + 24, len(WINDOWS) * CELL_H + 18
LEFT, TOP = 92, 74
BLOCK_GAP = 56
INK, QUIET = "#1f2933", "#61707f"


class Shade(NamedTuple):
    """A figure's place between nothing (0.0) and the darkest (1.0), and the words in its cell."""

    depth: float
    words: str


class Sheet(NamedTuple):
    """One figure over the grid: its title, its colour at the darkest, and how it is shown."""

    title: str
    dark: tuple[int, int, int]
    shade: Callable[[Figures], Shade]


def _wait(figures: Figures) -> Shade:
    seconds = figures.wait_p99_s
    words = f"{seconds * 1000:.0f}" if seconds < 1 else f"{seconds:.1f} s"
    return Shade((log10(max(seconds, 0.005)) - log10(0.005)) / 3, words)


def _used(figures: Figures) -> Shade:
    return Shade((figures.used - 0.7) / 0.3, f"{figures.used * 100:.0f}")


SHEETS = (
    Sheet("How much longer an OTP waits beside bulk, p99, in ms", (178, 58, 30), _wait),
    Sheet("Share of what the contract and the windows allow that is used, %", (27, 94, 150), _used),
)


def svg(measured: Mapping[Setup, Figures]) -> str:
    """A block of panels for each sheet and number of binds; in each a panel by tps of window over response time."""
    blocks = [(sheet, binds) for sheet in SHEETS for binds in BINDS]
    width = LEFT + len(TPS) * PANEL_W
    height = len(blocks) * (TOP + PANEL_H) + BLOCK_GAP - 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (sheet, binds) in enumerate(blocks):
        parts += _block(sheet, binds, number * (TOP + PANEL_H) + 6, measured)
    parts.append(_text(width / 2, height - 8, "columns: the carrier's median response time", colour=QUIET))
    return "\n".join([*parts, "</svg>\n"])


def _block(sheet: Sheet, binds: int, top: float, measured: Mapping[Setup, Figures]) -> list[str]:
    on = "one bind" if binds == 1 else f"{binds} binds"
    parts = [_text(12, top + 18, f"{sheet.title}: {on}", anchor="start", size=14, weight="bold")]
    for number, window in enumerate(WINDOWS):
        y = top + TOP + (number + 0.65) * CELL_H - 16
        parts.append(_text(LEFT - 8, y, f"window {window}", anchor="end", colour=QUIET))
    for number, tps in enumerate(TPS):
        panel = {s: measured[s] for s in (plain(tps, binds, w, r) for w in WINDOWS for r in RESPONSES_S)}
        parts += _panel(sheet, tps, panel, LEFT + number * PANEL_W, top + TOP - 16)
    return parts


def _panel(sheet: Sheet, tps: float, panel: Mapping[Setup, Figures], left: float, top: float) -> list[str]:
    middle = left + len(RESPONSES_S) * CELL_W / 2
    parts = [_text(middle, top - 20, f"{tps:,} tps", weight="bold")]
    for column, response_s in enumerate(RESPONSES_S):
        parts.append(_text(left + (column + 0.5) * CELL_W, top - 6, duration(response_s), colour=QUIET, size=10))
    for setup, figures in panel.items():
        column, row = RESPONSES_S.index(setup.habits.response_s), WINDOWS.index(setup.window)
        parts.append(_cell(sheet, sheet.shade(figures), left + column * CELL_W, top + row * CELL_H))
    return parts


def _cell(sheet: Sheet, shade: Shade, x: float, y: float) -> str:
    depth = min(1.0, max(0.0, shade.depth))
    red, green, blue = (round(247 + (dark - 247) * depth) for dark in sheet.dark)
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{CELL_W - 2}" height="{CELL_H - 2}" fill="rgb({red},{green},{blue})"/>'
    colour = "#ffffff" if depth > 0.55 else INK
    return box + _text(x + CELL_W / 2 - 1, y + CELL_H / 2 + 3, shade.words, colour=colour)


def _text(
    x: float, y: float, words: str, *, anchor: str = "middle", size: int = 11, weight: str = "normal", colour: str = INK
) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{words}</text>'
    )
