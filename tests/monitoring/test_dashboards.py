"""conf/grafana/dashboards: panels ask for what exists, fit the grid and can be told apart."""

import re
from itertools import combinations
from typing import Any

import pytest

from tests.monitoring.files import dashboards, named, panels, queries, series_names

BOARDS = dashboards()
VARIABLES = {"$__rate_interval"}


@pytest.mark.parametrize("name", BOARDS)
def test_dashboard_asks_only_for_metrics_and_variables_that_exist(name: str) -> None:
    known = {f"${variable['name']}" for variable in BOARDS[name]["templating"]["list"]} | VARIABLES

    for expr in queries(BOARDS[name]):
        assert named(expr) - series_names() - {"ALERTS"} == set(), expr
        assert set(re.findall(r"\$\w+", expr)) <= known, expr


@pytest.mark.parametrize("name", BOARDS)
def test_dashboard_asks_through_the_chosen_prometheus_and_of_the_chosen_nodes(name: str) -> None:
    for panel in panels(BOARDS[name]):
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["expr"].count('instance=~"$instance"') >= 1, target["expr"]


@pytest.mark.parametrize("name", BOARDS)
def test_dashboard_lays_its_panels_side_by_side(name: str) -> None:
    board = BOARDS[name]

    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])
    assert [f"{a['title']} lies on {b['title']}" for a, b in combinations(board["panels"], 2) if _overlap(a, b)] == []


def test_dashboards_have_names_of_their_own_and_lead_to_one_another() -> None:
    uids = {board["uid"] for board in BOARDS.values()}
    links = {re.findall(r"^/d/([\w-]+)\?", link["url"])[0] for board in BOARDS.values() for link in board["links"]}

    assert len(uids) == len(BOARDS) == 2
    assert links == uids


@pytest.mark.parametrize("name", BOARDS)
def test_panels_say_their_unit(name: str) -> None:
    units = {"none", "short", "s", "percentunit", "bytes", "mps", "cps", "reqps"}

    for panel in panels(BOARDS[name]):
        if panel["type"] in {"stat", "timeseries"}:
            assert panel["fieldConfig"]["defaults"]["unit"] in units, panel["title"]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    a, b = one["gridPos"], other["gridPos"]
    return bool(
        a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    )
