"""What a Prometheus says to a dashboard's queries, and how its numbers are written."""

import re
from collections.abc import Mapping
from typing import Any

from tests.monitoring.server import PrometheusServer

Panel = Mapping[str, Any]
STEP_S = 2
INTERVAL = "20s"  # for $__rate_interval


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A number as a reader wants it, in Grafana's units that the dashboards use."""
    match unit:
        case "percentunit":
            return f"{100 * value:.{1 if decimals is None else decimals}f}%"
        case "s" if value < 1:
            return f"{1000 * value:.3g} ms"
        case "s" if value < 7200:
            return f"{value:.3g} s"
        case "s":
            return f"{value / 3600:.3g} h"
        case "bytes":
            power = min(4, max(0, int(value).bit_length() - 1) // 10)
            return f"{value / 1024**power:.3g} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"
        case _:
            suffix = {"mps": " msg/s", "cps": "/s", "reqps": " req/s"}.get(unit, "")
            return f"{value:,.{decimals if decimals is not None else 0 if value == int(value) else 2}f}{suffix}"


class Answers:
    """What Prometheus says to a dashboard's queries, over the scene."""

    def __init__(self, server: PrometheusServer, start: float, end: float, carrier: str) -> None:
        self._server = server
        self.start, self.end = start, end
        self._variables = {"$__rate_interval": INTERVAL, '=~"$instance"': '=~".+"', "$carrier": carrier}

    def _asked(self, expr: str) -> str:
        for name, value in self._variables.items():
            expr = expr.replace(name, value)
        return expr

    async def lines(self, target: Panel) -> list[tuple[str, list[float], list[float]]]:
        """By series: its legend, its times (seconds since the start) and its values."""
        found = await self._server.range(self._asked(target["expr"]), self.start, self.end, STEP_S)
        return [
            (
                re.sub(r"\{\{(\w+)\}\}", lambda label, s=series: s["metric"].get(label[1], ""), target["legendFormat"]),  # type: ignore[misc]
                [at - self.start for at, value in series["values"] if value != "NaN"],
                [float(value) for _, value in series["values"] if value != "NaN"],
            )
            for series in found
        ]

    async def now(self, target: Panel) -> list[tuple[dict[str, str], float]]:
        """The vector at the end: labels and value."""
        return [
            (sample["metric"], float(sample["value"][1]))
            for sample in await self._server.query(self._asked(target["expr"]))
        ]
