"""A dashboard drawn from its queries in its own grid, as far as this project's dashboards use Grafana's panels."""

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from tests.monitoring.answers import STEP_S, Answers, Panel, shown

UNIT_IN = 0.36  # height of one row of the grid in inches
WIDTH_IN = 15.0
COLOURS = {"green": "#3d9a50", "red": "#d1483f", "yellow": "#d19a1c", "text": "#22272b", "transparent": "#22272b"}
DIM, LINE, GONE = "#5d6a64", "#dde1de", "#93a19a"
CAPTION = (
    "{title}: the dashboard's own queries, answered by Prometheus over {minutes:.0f} minutes of simulated traffic and "
    "drawn by tests/monitoring/draw.py. Not a screenshot of Grafana, which draws them in its own style."
)


class Picture:
    """One dashboard on one canvas."""

    def __init__(self, dashboard: Panel, answers: Answers) -> None:
        self._dashboard = dashboard
        self._answers = answers
        self._rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
        self._height = self._rows * UNIT_IN + 0.9
        self._figure = Figure(figsize=(WIDTH_IN, self._height), facecolor="#f4f5f4")

    async def draw(self, path: Path) -> list[str]:
        """Write it as PNG; the titles of panels that had no data."""
        title = self._dashboard["title"]
        minutes = (self._answers.end - self._answers.start) / 60
        self._figure.text(0.012, 1 - 0.3 / self._height, title, fontsize=17, weight="bold", va="center")
        self._figure.text(
            0.012, 0.2 / self._height, CAPTION.format(title=title, minutes=minutes), fontsize=9, color="#5d6a64"
        )
        empty = [panel["title"] for panel in self._dashboard["panels"] if not await self._panel(panel)]
        self._figure.savefig(path, dpi=72)
        with Image.open(path) as drawn:  # few colours do, and half of the octets
            drawn.convert("RGB").quantize(224).save(path, optimize=True)
        return empty

    async def _panel(self, panel: Panel) -> bool:
        draw = {"row": self._row, "stat": self._stat, "timeseries": self._series, "table": self._table}
        draw["state-timeline"] = self._states
        return await draw[panel["type"]](panel)

    def _box(self, panel: Panel, inset: Sequence[float] = (0, 0, 0, 0)) -> list[float]:
        """Where a panel lies, in shares of the canvas; `inset` in inches: left, bottom, right, top."""
        at = panel["gridPos"]
        gap = 0.05
        left, right = at["x"] / 24 * WIDTH_IN + gap + inset[0], (at["x"] + at["w"]) / 24 * WIDTH_IN - gap - inset[2]
        top = self._height - 0.6 - at["y"] * UNIT_IN - gap - inset[3]
        bottom = self._height - 0.6 - (at["y"] + at["h"]) * UNIT_IN + gap + inset[1]
        return [left / WIDTH_IN, bottom / self._height, (right - left) / WIDTH_IN, (top - bottom) / self._height]

    def _card(self, panel: Panel) -> Axes:
        card = self._figure.add_axes(self._box(panel))
        card.set_xticks([])
        card.set_yticks([])
        for spine in card.spines.values():
            spine.set_color("#dde1de")
        width = panel["gridPos"]["w"] / 24 * WIDTH_IN
        height = panel["gridPos"]["h"] * UNIT_IN
        card.text(
            0.08 / width,
            1 - 0.13 / height,
            panel["title"],
            fontsize=10,
            weight="bold",
            va="center",
            transform=card.transAxes,
        )
        return card

    async def _row(self, panel: Panel) -> bool:
        left, bottom, _, height = self._box(panel)
        self._figure.text(
            left, bottom + height / 2, panel["title"], fontsize=12, weight="bold", va="center", color="#5d6a64"
        )
        return True

    async def _stat(self, panel: Panel) -> bool:
        card = self._card(panel)
        found = [line for target in panel["targets"] for line in await self._answers.lines(target)]
        defaults = panel["fieldConfig"]["defaults"]
        if not found or not found[0][1]:
            card.text(0.5, 0.4, "no data", ha="center", va="center", color="#93a19a", transform=card.transAxes)
            return False
        _, times, values = found[0]
        colour = _colour(values[-1], defaults["thresholds"]["steps"])
        if panel["options"]["graphMode"] == "area":
            spark = self._figure.add_axes([*self._box(panel)[:3], self._box(panel)[3] * 0.4])
            spark.set_axis_off()
            spark.fill_between(times, values, color=colour, alpha=0.15, linewidth=0)
            spark.set_ylim(0, max(values) * 1.05 or 1)
            spark.set_xlim(0, self._answers.end - self._answers.start)
        text = shown(values[-1], defaults["unit"], defaults.get("decimals"))
        card.text(
            0.5,
            0.42,
            text,
            fontsize=20,
            weight="bold",
            ha="center",
            va="center",
            color=colour,
            transform=card.transAxes,
        )
        return True

    async def _series(self, panel: Panel) -> bool:
        self._card(panel)
        found = [line for target in panel["targets"] for line in await self._answers.lines(target)]
        axes = self._figure.add_axes(self._box(panel, (0.8, 0.75, 0.12 + 0.5 * _has_right(panel), 0.3)))
        defaults = panel["fieldConfig"]["defaults"]
        right = axes.twinx() if _has_right(panel) else axes
        if found and defaults["custom"]["stacking"]["mode"] == "normal":
            _stack(axes, found)
        else:
            for n, (label, times, values) in enumerate(found):
                style = "--" if label.endswith(("allowed", "paused")) else "-"
                on = right if _is_right(panel, label) else axes
                on.plot(times, values, style, linewidth=1.2, label=label, color=f"C{n % 10}")
        self._finish(panel, axes, right, found)
        return bool(found)

    def _finish(
        self, panel: Panel, axes: Axes, right: Axes, found: Sequence[tuple[str, list[float], list[float]]]
    ) -> None:
        defaults = panel["fieldConfig"]["defaults"]
        axes.set_xlim(0, self._answers.end - self._answers.start)
        axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(60))
        axes.xaxis.set_major_formatter(lambda at, _: f"{at / 60:.0f} min")
        if defaults["custom"]["scaleDistribution"]["type"] == "log":
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        else:
            axes.set_ylim(0, defaults.get("max", max(axes.get_ylim()[1], 1e-9)))
            if right is not axes:
                right.set_ylim(0, max(right.get_ylim()[1], 1e-9))
        axes.yaxis.set_major_formatter(lambda value, _: shown(value, defaults["unit"]))
        for step in (
            defaults["thresholds"]["steps"][1:] if defaults["custom"]["thresholdsStyle"]["mode"] == "line" else ()
        ):
            if step["value"] <= axes.get_ylim()[1]:
                axes.axhline(step["value"], color=COLOURS[step["color"]], linewidth=1, alpha=0.7)
        for each in {axes, right}:
            each.tick_params(labelsize=8, colors="#5d6a64", length=0)
            for spine in each.spines.values():
                spine.set_visible(False)
        if right is not axes:
            unit = _right_unit(panel)
            right.yaxis.set_major_formatter(lambda value, _: shown(value, unit))
        axes.grid(color="#e6e9e7", linewidth=0.8)
        axes.set_axisbelow(True)
        if found:
            handles = {
                label: handle
                for each in (axes, right)
                for handle, label in zip(*each.get_legend_handles_labels(), strict=True)
            }
            columns = min(4, len(handles), 1 + 45 // max(map(len, handles)))
            axes.legend(
                handles.values(), handles.keys(), loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns,
                fontsize=8, frameon=False, handlelength=1.2, columnspacing=1.0,
            )  # fmt: skip
        else:
            axes.text(0.5, 0.5, "no data", ha="center", va="center", color="#93a19a", transform=axes.transAxes)

    async def _states(self, panel: Panel) -> bool:
        self._card(panel)
        found = sorted(await self._answers.lines(panel["targets"][0]), reverse=True)
        axes = self._figure.add_axes(self._box(panel, (1.6, 0.35, 0.2, 0.35)))
        for place, (_, times, values) in enumerate(found):
            for at, value in zip(times, values, strict=True):
                axes.broken_barh(
                    [(at, STEP_S)], (place - 0.35, 0.7), color=COLOURS["green" if value else "red"], linewidth=0
                )
        axes.set_yticks(range(len(found)), [label for label, _, _ in found])
        axes.set_xlim(0, self._answers.end - self._answers.start)
        axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(60))
        axes.xaxis.set_major_formatter(lambda at, _: f"{at / 60:.0f} min")
        axes.tick_params(labelsize=9, colors="#5d6a64", length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return bool(found)

    async def _table(self, panel: Panel) -> bool:
        card = self._card(panel)
        organize = panel["transformations"][1]["options"]
        names = [organize["renameByName"].get(f"Value #{target['refId']}", "Value") for target in panel["targets"]]
        units = {
            rule["matcher"]["options"]: rule["properties"][0]["value"] for rule in panel["fieldConfig"]["overrides"]
        }
        rows: dict[str, dict[str, str]] = {}
        for name, target in zip(names, panel["targets"], strict=True):
            for labels, value in await self._answers.now(target):
                rows.setdefault(" ".join(labels.values()), {})[name] = shown(value, units.get(name, "short"))
        head = [*organize["indexByName"], *names]
        cells = [[key, *(row.get(name, "") for name in names)] for key, row in sorted(rows.items())]
        for line, cell_row in enumerate([head, *cells]):
            for column, text in enumerate(cell_row):
                weight, colour = ("bold", "#5d6a64") if line == 0 else ("normal", "#22272b")
                card.text(
                    0.02 + column / len(head),
                    0.85 - 0.1 * line,
                    text,
                    fontsize=9,
                    weight=weight,
                    color=colour,
                    transform=card.transAxes,
                )
        return bool(cells)


def _stack(axes: Axes, found: Sequence[tuple[str, list[float], list[float]]]) -> None:
    times = sorted({at for _, line_times, _ in found for at in line_times})
    by_line = [dict(zip(line_times, values, strict=True)) for _, line_times, values in found]
    axes.stackplot(
        times,
        [[line.get(at, 0.0) for at in times] for line in by_line],
        labels=[label for label, _, _ in found],
        alpha=0.75,
    )


def _right_overrides(panel: Panel) -> list[Panel]:
    return [
        rule for rule in panel["fieldConfig"]["overrides"]
        if {"id": "custom.axisPlacement", "value": "right"} in rule["properties"]
    ]  # fmt: skip


def _has_right(panel: Panel) -> bool:
    return bool(_right_overrides(panel))


def _is_right(panel: Panel, label: str) -> bool:
    return any(re.fullmatch(rule["matcher"]["options"].strip("/"), label) for rule in _right_overrides(panel))


def _right_unit(panel: Panel) -> str:
    return str(next(each["value"] for each in _right_overrides(panel)[0]["properties"] if each["id"] == "unit"))


def _colour(value: float, steps: Sequence[Panel]) -> str:
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return COLOURS[reached[-1]]
