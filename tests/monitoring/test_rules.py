"""conf/prometheus: rules name what exists, and say what they must to whoever is woken by them."""

import re

import pytest
import yaml

from tests.monitoring.files import ALERT_TESTS, DASHBOARDS, PROMETHEUS, ROOT, named, rules, series_names

ALERTS = rules("alerts.yml")
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()


@pytest.mark.parametrize("rule", ALERTS + rules("recording.yml"), ids=lambda rule: rule.get("alert") or rule["record"])
def test_rule_asks_only_for_metrics_that_exist(rule: dict[str, str]) -> None:
    assert named(rule["expr"]) - series_names() == set()
    assert named(rule["expr"])


def test_recorded_series_are_all_asked_for() -> None:
    files = [PROMETHEUS / "rules" / "alerts.yml", *DASHBOARDS.glob("*.json")]
    asked = {name for path in files for name in re.findall(r"[a-z_]+:relevo[a-z_]+:\w+", path.read_text())}

    assert {rule["record"] for rule in rules("recording.yml")} == asked


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_alert_says_how_bad_what_where_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    said = rule["annotations"]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(said) == {"summary", "description", "runbook_url"}
    assert "$labels.instance" in said["description"] or rule["alert"] == "RelevoMissing"
    if "carrier" in said["summary"]:
        assert "$labels.carrier" in said["summary"]
    assert said["runbook_url"] == f"docs/runbooks.md#{str(rule['alert']).lower()}"


def test_runbooks_have_a_section_for_each_alert_in_the_same_order() -> None:
    assert re.findall(r"^### (.*)$", RUNBOOKS, re.MULTILINE) == [rule["alert"] for rule in ALERTS]


def test_runbooks_name_only_metrics_and_alerts_that_exist() -> None:
    alerts = {rule["alert"] for rule in ALERTS}

    assert (
        set(re.findall(r"\brelevo_[a-z_]+", RUNBOOKS)) - {name.removesuffix("_bucket") for name in series_names()}
        == set()
    )
    assert set(re.findall(r"\bRelevo[A-Z]\w+", RUNBOOKS)) - alerts == set()


def test_each_alert_is_tested_both_firing_and_silent() -> None:
    outcomes: dict[str, set[bool]] = {}
    for path in ALERT_TESTS:
        for case in yaml.safe_load(path.read_text())["tests"]:
            for test in case["alert_rule_test"]:
                outcomes.setdefault(test["alertname"], set()).add(bool(test["exp_alerts"]))

    assert {rule["alert"] for rule in ALERTS if outcomes.get(rule["alert"]) != {True, False}} == set()
    assert set(outcomes) == {rule["alert"] for rule in ALERTS}


def test_scrape_configuration_loads_the_rules_and_knows_the_job_that_alerts_ask_for() -> None:
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())

    assert [path.name for glob in configuration["rule_files"] for path in sorted(PROMETHEUS.glob(glob))] == [
        "alerts.yml",
        "recording.yml",
    ]
    assert [job["job_name"] for job in configuration["scrape_configs"]] == ["relevo"]
