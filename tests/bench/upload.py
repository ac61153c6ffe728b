"""Measure one long body beside OTPs: python -m tests.bench.upload [--rows N] [--octets N] [--format csv] [--bodies N]

A gateway of its own with SQLite, a commit on disk for every answer, and a carrier of --tps segments a second. The rows
go as the body of one POST /v1/batches (or of several at once), as fast as they are taken, while the C load generator
posts single messages of the fast lane. Printed: rows a second, CPU and memory of the gateway, latencies of the OTPs
alone and beside the body. Exit 1 when a row was refused, an OTP failed, memory grew by more than MOST_GROWN_MB, or
(with --most-p99) the OTPs waited too long.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.children import BenchError, Children, Usage, end_on_signals, free_ports, usage
from tests.bench.figures import Result, table
from tests.bench.run import build_tools, start
from tests.bench.scenarios import FIRST_NUMBER, KEY, NUMBERS, Load, Options, Ports, Scenario, otp_body

BLOCK_ROWS = 500
MOST_GROWN_MB = 128.0
"""What SQLite's page caches (24), lanes, look-ups and in_reply_to hold when they are full, whatever comes."""
SAMPLE_S = 0.2


class Body(NamedTuple):
    """A body that is made while it is sent: `rows` of about `octets` each."""

    format: str
    rows: int
    octets: int

    @property
    def content_type(self) -> str:
        """What it is called."""
        return "text/csv" if self.format == "csv" else "application/x-ndjson"

    def blocks(self) -> Iterator[bytes]:
        """The body in pieces of some hundred rows."""
        before, behind = ("", ",%s\n") if self.format == "csv" else ('{"to":"', '","text":"%s"}\n')
        if self.format == "csv":
            yield b"to,text\n"
        frame = len(before) + 12 + len(behind) - 2
        end = behind % ("bulk " + "x" * max(0, self.octets - frame - 5))
        for first in range(0, self.rows, BLOCK_ROWS):
            numbers = range(first, min(first + BLOCK_ROWS, self.rows))
            yield "".join(f"{before}{FIRST_NUMBER + number % NUMBERS}{end}" for number in numbers).encode()


class Sender(threading.Thread):
    """One body on its way. `answer` is the receipt once it has been joined, `sent` the octets so far."""

    def __init__(self, body: Body, port: int) -> None:
        super().__init__()
        self._body = body
        self._port = port
        self.sent = 0
        self.answer: dict[str, Any] = {}
        self.fault = ""

    def run(self) -> None:
        """Send it, and read the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": self._body.content_type}
        try:
            connection.request("POST", "/v1/batches?lane=bulk", self._counted(), headers, encode_chunked=True)
            response = connection.getresponse()
            self.answer = json.loads(response.read())
            if response.status != 202 or self.answer["rejected"]:
                self.fault = f"{response.status} {str(self.answer)[:300]}"
        except (OSError, http.client.HTTPException) as error:
            self.fault = f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def _counted(self) -> Iterator[bytes]:
        for block in self._body.blocks():
            yield block
            self.sent += len(block)


class Rig:
    """A gateway with its SMSC, OTPs and bodies."""

    def __init__(self, children: Children, tools: Path, tps: int) -> None:
        self._children = children
        self._tools = tools
        self._loads = 0
        self.ports = Ports(*free_ports(5))
        scenario = Scenario("upload", "", (), carrier={"tps": tps}, smsc=("--resp-delay-ms", "50"))
        self.pid = start(children, tools, scenario, self.ports)

    def otps(self, rate: int, duration_s: float) -> tuple[Load, "subprocess.Popen[bytes]"]:
        """Begin to post them, `rate` a second."""
        self._loads += 1
        options: Options = {"rate": rate, "duration": str(duration_s), "conns": 32, "body": otp_body()}
        load = Load(f"otp-{self._loads}", "http", options)
        return load, self._children.start(load.name, [self._tools / "load", *load.arguments(self.ports)])

    def report(self, load: Load, process: "subprocess.Popen[bytes]") -> Any:
        """Have them end, if they have not, and say how it was."""
        self._children.finish(process, 60)
        return self._children.report(load.name)


class Beside(NamedTuple):
    """What was seen while the bodies came: seconds, usage before and after, the highest memory, OTPs."""

    elapsed_s: float
    before: Usage
    after: Usage
    highest_mb: float
    senders: list[Sender]
    otps: Any


def alone(rig: Rig, rate: int, seconds: float) -> Any:
    """OTPs with nothing beside them."""
    load, process = rig.otps(rate, seconds)
    return rig.report(load, process)


def beside(rig: Rig, body: Body, bodies: int, rate: int, longest_s: float) -> Beside:
    """OTPs from before the first row to after the last."""
    load, process = rig.otps(rate, longest_s)
    senders = [Sender(body, rig.ports.http) for _ in range(bodies)]
    before, began = usage(rig.pid), time.monotonic()
    highest = before.rss_mb
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders) and time.monotonic() - began < longest_s:
        time.sleep(SAMPLE_S)
        highest = max(highest, usage(rig.pid).rss_mb)
    elapsed_s, after = time.monotonic() - began, usage(rig.pid)
    process.terminate()
    return Beside(elapsed_s, before, after, highest, senders, rig.report(load, process))


def figures(body: Body, quiet: Any, seen: Beside) -> dict[str, float]:
    """The row."""
    rows = sum(sender.answer.get("accepted", 0) for sender in seen.senders)
    quiet_ms, beside_ms = quiet["submit_latency_ms"] or {}, seen.otps["submit_latency_ms"] or {}
    return {
        "rows": rows,
        "MB sent": sum(sender.sent for sender in seen.senders) / 1e6,
        "rows/s": rows / seen.elapsed_s,
        "us CPU": (seen.after.cpu_s - seen.before.cpu_s) / max(rows, 1) * 1e6,
        "MB before": seen.before.rss_mb,
        "highest": seen.highest_mb,
        "OTPs": seen.otps["ok"],
        **{f"alone {key}": quiet_ms.get(key, float("nan")) for key in ("p50", "p99", "max")},
        **{f"beside {key}": beside_ms.get(key, float("nan")) for key in ("p50", "p99", "max")},
    }


class Plan(NamedTuple):
    """What is sent: `bodies` at once, `otps` a second beside them, to a carrier of `tps`; bounds in s and ms."""

    body: Body
    bodies: int = 1
    otps: int = 50
    tps: int = 500
    alone_s: float = 5.0
    longest_s: float = 900.0
    most_p99: float = 0.0


def measure(plan: Plan, tools: Path, directory: Path) -> Result:
    """OTPs alone, then beside the bodies. Raises BenchError."""
    with Children(directory) as children:
        rig = Rig(children, tools, plan.tps)
        alone(rig, plan.otps, 1.0)  # what is built at the first message is built now
        quiet = alone(rig, plan.otps, plan.alone_s)
        seen = beside(rig, plan.body, plan.bodies, plan.otps, plan.longest_s)
    row = figures(plan.body, quiet, seen)
    return Result(row, faults(row, seen, plan.most_p99))


def faults(row: dict[str, float], seen: Beside, most_p99: float) -> list[str]:
    """Which bounds the row breaks."""
    found = [sender.fault for sender in seen.senders if sender.fault]
    if any(sender.is_alive() for sender in seen.senders):
        found.append("a body did not end in time")
    failed = {key: seen.otps[key] for key in ("errors", "lost") if seen.otps[key]}  # some were under way at the end
    if failed:
        found.append(f"OTPs: {failed}")
    if row["highest"] - row["MB before"] > MOST_GROWN_MB:
        found.append(f"memory grew from {row['MB before']:.0f} to {row['highest']:.0f} MB")
    if most_p99 and not row["beside p99"] <= most_p99:
        found.append(f"OTPs: p99 {row['beside p99']:.1f} ms, at most {most_p99:g}")
    return found


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.upload", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000, help="of each body")
    parser.add_argument("--octets", type=int, default=80, help="of a row")
    parser.add_argument("--format", choices=("ndjson", "csv"), default="ndjson")
    parser.add_argument("--bodies", type=int, default=1, help="so many at once")
    parser.add_argument("--otps", type=int, default=50, help="a second")
    parser.add_argument("--tps", type=int, default=500, help="segments a second that the carrier takes")
    parser.add_argument("--alone", type=float, default=5.0, help="so many seconds the OTPs are measured alone")
    parser.add_argument("--longest", type=float, default=900.0, help="so many seconds a body may take")
    parser.add_argument("--most-p99", type=float, default=0.0, help="ms; beyond, the exit code is 1")
    parser.add_argument("--keep", type=Path, help="leave store, logs and reports in this directory")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure what the command line asks for, print the row, and return the exit code."""
    options = parse(argv)
    end_on_signals()
    body = Body(options.format, options.rows, options.octets)
    plan = Plan(body, options.bodies, options.otps, options.tps, options.alone, options.longest, options.most_p99)
    with tempfile.TemporaryDirectory(prefix="relevo-upload-") as name:
        directory = options.keep or Path(name) / "run"
        directory.mkdir(parents=True, exist_ok=True)
        build_tools(Path(name) / "tools")
        try:
            row, found = measure(plan, Path(name) / "tools", directory.resolve())
        except BenchError as error:
            print(error, file=sys.stderr)
            return 1
    print(table({f"{options.bodies} x {options.format}": row}))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
