"""What Prometheus' own tools say of the rules, the configuration and a real scrape."""

import asyncio
import subprocess
from pathlib import Path

import pytest
import yaml
from aiohttp.hdrs import ACCEPT
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.monitoring.files import ALERT_TESTS, PROMETHEUS, dashboards, queries
from tests.monitoring.server import RULES, PrometheusServer
from tests.peers.tools import tool
from tests.support.gateway import GatewayProcess, until

pytestmark = pytest.mark.prometheus
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
SETTLED_S = 20.0


def promtool(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("promtool", "prometheus"), *arguments], input=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_promtool_finds_nothing_wrong_with_rules(path: Path) -> None:
    checked = promtool("check", "rules", "--lint-fatal", path)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_promtool_finds_nothing_wrong_with_the_scrape_configuration() -> None:
    checked = promtool("check", "config", "--lint-fatal", PROMETHEUS / "prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", ALERT_TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    tested = promtool("test", "rules", path)

    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("name", dashboards())
def test_promtool_reads_every_query_of_a_dashboard(name: str, tmp_path: Path) -> None:
    asked = [query.replace("$__rate_interval", "1m") for query in queries(dashboards()[name])]
    rules = [{"record": f"dashboard:query_{n}", "expr": expr} for n, expr in enumerate(asked)]
    written = tmp_path / "queries.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": name, "rules": rules}]}))

    checked = promtool("check", "rules", "--lint=none", written)

    assert checked.returncode == 0, checked.stderr


async def test_promtool_finds_nothing_wrong_with_a_scrape(gateway: GatewayProcess) -> None:
    page = await scraped(gateway, "text/plain")

    checked = await asyncio.to_thread(promtool, "check", "metrics", given=page)

    assert (checked.returncode, checked.stderr) == (0, "")


async def test_openmetrics_parser_reads_a_scrape_whole(gateway: GatewayProcess) -> None:
    families = list(text_string_to_metric_families(await scraped(gateway, OPENMETRICS)))

    assert len({family.name for family in families}) == len(families) > 40


async def test_prometheus_scrapes_a_gateway_and_evaluates_every_rule(gateway: GatewayProcess, tmp_path: Path) -> None:
    await gateway.send("hola", lane="fast")

    async with PrometheusServer(tmp_path, gateway.admin_port) as server:

        async def scraped_once() -> bool:
            found = await server.query('sum(relevo_submitted_total{carrier="one"})')
            return [sample["value"][1] for sample in found] == ["1"]

        async def evaluated() -> bool:
            return all(rule["health"] != "unknown" for rule in await server.rules())

        await until(server.ready, SETTLED_S, "an answer of Prometheus")
        await until(scraped_once, SETTLED_S, "a scrape")
        await until(evaluated, SETTLED_S, "an evaluation of every rule")
        unwell = [rule for rule in await server.rules() if rule["health"] != "ok"]
        firing = await server.query('ALERTS{alertstate="firing"}')

    assert (unwell, firing) == ([], [])


async def scraped(gateway: GatewayProcess, accept: str) -> str:
    await gateway.send("hola", lane="fast")
    url = f"http://127.0.0.1:{gateway.admin_port}/metrics"
    async with gateway.session.get(url, headers={ACCEPT: accept}) as answer:
        assert answer.content_type == accept.partition(";")[0]
        return await answer.text()
