"""A million messages that wait: what they take in memory, and how soon a gateway that starts with them works again."""

import time
from pathlib import Path
from typing import Any

from tests.bench.children import BenchError, Children, Usage, free_ports, usage
from tests.bench.figures import Result, faults_of
from tests.bench.run import run_loads, start_gateway, start_smsc
from tests.bench.scenarios import Ports, Scenario, rows

TPS = 10
SETTLE_S = 5.0
"""After being ready: what is done once after a start has been done by then."""
FIRST_SEND_S = 60.0


def backlog(count: int) -> Scenario:
    """`count` messages by `POST /v1/batches` to a carrier that takes TPS segments a second."""
    shows = (
        f"POST /v1/batches, 4 connections, a carrier of {TPS} tps; then the gateway is started again with what waits"
    )
    return Scenario("backlog", shows, (rows(count),), carrier={"tps": TPS}, longest_s=600)


def measure(scenario: Scenario, tools: Path, directory: Path) -> Result:
    """Fill the queue, note the memory, start anew, note how long that takes. Raises BenchError."""
    ports = Ports(*free_ports(5))
    with Children(directory) as children:
        smsc = start_smsc(children, tools, scenario, ports)
        (pid,) = start_gateway(children, scenario, ports)
        run_loads(children, tools, scenario, ports)
        full = usage(pid)
        children.stop(pid)
        children.stop(smsc)
        report = children.report(scenario.loads[0].name)
        faults = faults_of(scenario, {scenario.loads[0].name: report}, children.report("smsc"))
        (directory / "smsc.json").unlink()
        again = _start_again(children, tools, scenario, ports)
    return Result(_figures(report, full, directory) | again, faults)


def _figures(report: Any, full: Usage, directory: Path) -> dict[str, float]:
    return {
        "messages": report["ok"],
        "in/s": report["rate"],
        "us CPU": full.cpu_s / max(report["ok"], 1) * 1e6,
        "MB": full.rss_mb,
        "peak MB": full.peak_mb,
        "store MB": sum(path.stat().st_size for path in directory.glob("relevo.db*")) / 1e6,
    }


def _start_again(children: Children, tools: Path, scenario: Scenario, ports: Ports) -> dict[str, float]:
    start_smsc(children, tools, scenario, ports)  # another one, whose first message is the first after the start
    began, began_at = time.monotonic(), time.time()
    (pid,) = start_gateway(children, scenario, ports)
    ready_s = time.monotonic() - began
    first_us = _first_message_us(children)
    time.sleep(max(0.0, began + ready_s + SETTLE_S - time.monotonic()))
    used = usage(pid)
    return {
        "ready s": ready_s,
        "first send s": first_us / 1e6 - began_at,
        "MB again": used.rss_mb,
        "peak MB again": used.peak_mb,
    }


def _first_message_us(children: Children) -> int:
    """When the SMSC got its first message, in us of the wall clock; it writes its figures every second."""
    deadline = time.monotonic() + FIRST_SEND_S
    while time.monotonic() < deadline:
        children.check()
        if (children.directory / "smsc.json").exists() and (first_us := children.report("smsc")["first_us"]):
            return int(first_us)
        time.sleep(0.1)
    raise BenchError(f"nothing sent within {FIRST_SEND_S:.0f} s of the start")
