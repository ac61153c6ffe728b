"""A day's messages flat out, squeezed into minutes: what the gateway keeps of them must not grow with their number."""

import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tests.bench.children import BenchError, Children, free_ports, usage
from tests.bench.run import build_tools, start
from tests.bench.scenarios import Load, Ports, scenarios

SETTLED_AFTER = 100_000
"""Messages after which the gateway has all the memory that it needs: what it remembers within bounds is full (ids of
the last 100,000 ended segments, SQLite's page cache), and the allocator has seen the peaks."""
RSS_MAY_GROW = 1.10
MAY_COME_AND_GO = 16
"""File descriptors and tasks that are there at one sample and not at another: connections, requests under way."""
RETENTION = "1m"
LOOK_S = 0.5
# Receipts wait for a commit before they are answered: with a window of 100 they come slower than messages go, and what
# is measured is how many wait for theirs.
_SMSC = ("--deliver-window", "2000")


class Sample(NamedTuple):
    """The gateway at one moment. Sizes in MB. `queued` segments wait for the carrier, `pending` ones for their receipt,
    `untold` receipts for the app: what is under way needs memory, and is none that was forgotten."""

    at_s: float
    messages: int
    cpu_s: float
    rss_mb: float
    files: int
    tasks: int
    store_mb: float
    queued: int
    pending: int
    untold: int


@dataclass(frozen=True)
class Outcome:
    """Samples, the first of them the one that the others are measured by, and what was wrong."""

    samples: list[Sample]
    faults: list[str]


def run(messages: int, every_s: float, rate: int | None, directory: Path, say: Callable[[str], None]) -> Outcome:
    """Push so many messages through, flat out or at a rate. Raises BenchError where nothing can be measured."""
    tools = directory / "tools"
    tools.mkdir()
    build_tools(tools)
    flat = scenarios()["smpp-flat-out"]
    options = {**flat.loads[0].options, "count": messages, "receipts-s": 60} | ({"rate": rate} if rate else {})
    scenario = replace(
        flat, loads=(Load("soak", "smpp", options),), smsc=_SMSC, extra={"store": {"retention": RETENTION}}
    )
    ports, samples, began = Ports(*free_ports(5)), list[Sample](), time.monotonic()
    with Children(directory) as children:
        pid = start(children, tools, scenario, ports)
        load = children.start("soak", [tools / "load", *scenario.loads[0].arguments(ports)])
        while load.poll() is None:
            children.check()
            sample = _sample(pid, ports.admin, time.monotonic() - began)
            due = samples[-1].at_s + every_s if samples else 0.0
            if sample.messages >= SETTLED_AFTER and sample.at_s >= due:
                samples.append(sample)
                say(_line(sample))
            time.sleep(LOOK_S)
        children.finish(load, 1.0)
        samples.append(_sample(pid, ports.admin, time.monotonic() - began))
        say(_line(samples[-1]))
    return Outcome(samples, [*_grown(samples), *_lost(children.report("soak"))])


def _grown(samples: list[Sample]) -> list[str]:
    """What is more than it was at the first sample, and more than it may."""
    first, faults = samples[0], []
    if first.messages >= samples[-1].messages:
        raise BenchError(f"too few messages to measure: the first {SETTLED_AFTER:,} only warm it up")
    highest = max(sample.rss_mb for sample in samples)
    if highest > first.rss_mb * RSS_MAY_GROW:
        faults.append(f"RSS grew from {first.rss_mb:.0f} to {highest:.0f} MB")
    for what in ("files", "tasks"):
        most = max(getattr(sample, what) for sample in samples)
        if most > getattr(first, what) + MAY_COME_AND_GO:
            faults.append(f"{what} grew from {getattr(first, what)} to {most}")
    return faults


def _lost(report: dict[str, float]) -> list[str]:
    """What the load found wrong."""
    keys = ("errors", "lost", "unanswered", "message_ids_repeated", "receipts_missing", "receipts_duplicate")
    return [f"{key}: {report[key]:,.0f}" for key in keys if report[key]]


def _sample(pid: int, port: int, at_s: float) -> Sample:
    found = _metrics(port)
    used = usage(pid)
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    accepted, tasks = int(found["relevo_accepted_total"]), int(found["relevo_asyncio_tasks"])
    store_mb = found.get("relevo_store_size_bytes", 0.0) / 2**20  # not looked at in the first moments
    under_way = ("relevo_queue_depth", "relevo_receipts_pending", "relevo_deliveries_waiting")
    return Sample(
        at_s, accepted, used.cpu_s, used.rss_mb, files, tasks, store_mb,
        *(int(found[name]) for name in under_way),
    )  # fmt: skip


def _metrics(port: int) -> dict[str, float]:
    """By name, the sum of a metric's series."""
    sums: dict[str, float] = {}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        for line in answer.read().decode().splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                name = name.partition("{")[0]
                sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def _line(sample: Sample) -> str:
    return (
        f"{sample.at_s:5.0f} s  {sample.messages:>11,} messages  {sample.rss_mb:4.0f} MB RSS  "
        f"{sample.files} files  {sample.tasks} tasks  store {sample.store_mb:,.0f} MB  "
        f"queued {sample.queued:,}  pending {sample.pending:,}  untold {sample.untold:,}"
    )
