"""The files of conf/prometheus and conf/grafana, read for tests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gateway.metrics import Metrics
from gateway.series import Histogram

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "conf" / "prometheus"
DASHBOARDS = ROOT / "conf" / "grafana" / "dashboards"
ALERT_TESTS = sorted((ROOT / "tests" / "monitoring" / "alerts").glob("*.yml"))


def rules(name: str) -> list[dict[str, Any]]:
    """The rules of a file in conf/prometheus/rules, over all its groups."""
    groups = yaml.safe_load((PROMETHEUS / "rules" / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """The dashboards by file name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """What a dashboard shows, without its row titles."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard: dict[str, Any]) -> Iterator[str]:
    """Every expression a dashboard asks, its variables' included."""
    for panel in panels(dashboard):
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield re.sub(r"^label_values\((.*), \w+\)$", r"\1", variable["definition"])


def series_names() -> set[str]:
    """Every series name that a Relevo has in /metrics, those of the process and of the scrape included."""
    names = {"up", "relevo_build_info", "process_start_time_seconds", "process_open_fds", "process_max_fds"}
    names |= {"process_resident_memory_bytes", "process_cpu_seconds_total"}
    for family in Metrics("0", process=False).families.values():
        names |= (
            {family.name + end for end in ("_bucket", "_count", "_sum")} if isinstance(family, Histogram) else set()
        )
        names |= set() if isinstance(family, Histogram) else {family.name}
    return names | {rule["record"] for rule in rules("recording.yml")}


def named(expr: str) -> set[str]:
    """The metrics an expression names. A name is what is followed by neither `(` nor stands in braces or `by (…)`."""
    bare = re.sub(r'"[^"]*"', '""', expr)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    bare = re.sub(r"\b(by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    words = re.findall(r"[a-zA-Z_:][\w:]*(?!\w)(?!\s*\()", bare)
    return {word for word in words if word not in {"and", "or", "unless", "offset", "bool", "Inf"} and len(word) > 1}
