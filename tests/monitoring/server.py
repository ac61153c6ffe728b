"""A real Prometheus with this project's rules, scraping one gateway every second."""

import asyncio
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.monitoring.files import PROMETHEUS
from tests.peers.tools import running, tool
from tests.support.gateway import quiet_ports

RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))


class PrometheusServer:
    """`async with PrometheusServer(directory, admin_port) as server`; it is ended with the block.

    `interval` is between scrapes and between evaluations, as Prometheus writes durations.
    """

    def __init__(self, directory: Path, admin_port: int, *, interval: str = "1s") -> None:
        self._directory = directory
        (self._port,) = quiet_ports(1)
        self._stack = ExitStack()
        configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
        configuration["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), interval)
        configuration["rule_files"] = [str(path) for path in RULES]
        configuration["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{admin_port}"]}]
        self._written = directory / "prometheus.yml"
        self._written.write_text(yaml.safe_dump(configuration))

    async def __aenter__(self) -> "PrometheusServer":
        command: Sequence[str | Path] = [
            tool("prometheus", "prometheus"),
            f"--config.file={self._written}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            f"--storage.tsdb.path={self._directory / 'tsdb'}",
        ]
        self.process: subprocess.Popen[bytes] = self._stack.enter_context(
            running(command, self._directory / "prometheus.log")
        )
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await asyncio.to_thread(self._stack.close)

    async def ready(self) -> bool:
        """Whether it answers queries."""
        try:
            async with self._session.get(f"http://127.0.0.1:{self._port}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def query(self, expr: str) -> list[dict[str, Any]]:
        """The vector an expression has now: [{"metric": {label: value}, "value": [time, "number"]}]."""
        return list((await self._ask("query", query=expr))["result"])

    async def range(self, expr: str, start: float, end: float, step_s: float) -> list[dict[str, Any]]:
        """Its matrix over a time: [{"metric": {…}, "values": [[time, "number"], …]}]."""
        asked = {"start": str(start), "end": str(end), "step": str(step_s)}
        return list((await self._ask("query_range", query=expr, **asked))["result"])

    async def rules(self) -> list[dict[str, Any]]:
        """Every rule with its `health`: ok, err or unknown (not yet evaluated)."""
        return [rule for group in (await self._ask("rules"))["groups"] for rule in group["rules"]]

    async def _ask(self, path: str, **arguments: str) -> dict[str, Any]:
        """ValueError with Prometheus' own words when it refuses an expression."""
        async with self._session.get(f"http://127.0.0.1:{self._port}/api/v1/{path}", params=arguments) as answer:
            said = await answer.json()
        if said["status"] != "success":
            raise ValueError(f"{arguments.get('query')}: {said['error']}")
        return dict(said["data"])
