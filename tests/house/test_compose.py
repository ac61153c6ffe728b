"""compose.yaml: what it mounts is there, what it runs fits together, and nothing of it is open to a network.

No container engine is needed here, so nothing is started: the sim's command is read by its own parser, the gateway's
configuration by the gateway.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config.load import load

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TOKEN = "only-for-trying-it-out"


@pytest.mark.parametrize("name", SERVICES)
def test_service_mounts_what_is_there_and_publishes_on_loopback_alone(name: str) -> None:
    service = SERVICES[name]

    for volume in service.get("volumes", ()):
        source = volume.partition(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists(), volume
        assert source in COMPOSE["volumes"] or volume.endswith(":ro"), volume
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "build" in service or re.search(r":v?\d+\.\d+\.\d+$", service["image"]), "an image of a version"


def test_gateway_takes_its_configuration_and_knows_the_carrier_by_the_name_of_its_service() -> None:
    config = load(ROOT / "conf" / "compose" / "relevo.yaml", {"RELEVO_ADMIN_TOKEN": TOKEN}).config
    (bind,) = config.carriers["sim"].binds
    command = SERVICES[bind.host]["command"]

    assert f"--port={bind.port}" in command
    assert f"--login={bind.system_id}:{bind.password.reveal()}" in command
    assert config.apps["bank"].api_keys == ("sha256:" + hashlib.sha256(TOKEN.encode()).hexdigest(),)
    ports = {int(port.rpartition(":")[2]) for port in SERVICES["relevo"]["ports"]}
    assert ports == {listener.listen.port for listener in (config.http, config.smpp, config.admin)}


def test_prometheus_scrapes_the_gateway_with_its_token_under_the_rules_of_production() -> None:
    configuration = yaml.safe_load((ROOT / "conf" / "compose" / "prometheus.yml").read_text())
    production = yaml.safe_load((ROOT / "conf" / "prometheus" / "prometheus.yml").read_text())
    (job,) = configuration["scrape_configs"]
    (token,) = SERVICES["prometheus"]["configs"]

    assert {key: configuration[key] for key in ("global", "rule_files")} == {
        key: production[key] for key in ("global", "rule_files")
    }
    assert job["job_name"] == production["scrape_configs"][0]["job_name"]
    assert job["static_configs"] == [{"targets": ["relevo:9464"]}]
    assert job["authorization"]["credentials_file"] == token["target"]
    assert COMPOSE["configs"][token["source"]]["content"] == SERVICES["relevo"]["environment"]["RELEVO_ADMIN_TOKEN"]


def test_grafana_finds_dashboards_and_prometheus_where_its_provisioning_says() -> None:
    provisioning = ROOT / "conf" / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "relevo.yml").read_text())["providers"]
    (source,) = yaml.safe_load((provisioning / "datasources" / "relevo.yml").read_text())["datasources"]
    mounted = dict(reversed(volume.split(":")[:2]) for volume in SERVICES["grafana"]["volumes"])

    assert sorted(path.name for path in (ROOT / mounted[provider["options"]["path"]]).iterdir()) == [
        "carrier.json",
        "fleet.json",
    ]
    assert source["url"] == "$PROMETHEUS_URL"
    assert SERVICES["grafana"]["environment"]["PROMETHEUS_URL"] == "http://prometheus:9090"
