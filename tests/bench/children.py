"""The processes of a measurement: started together, watched through /proc, always ended."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A measurement that could not be made; the message says why, with the last words of who failed."""


class Usage(NamedTuple):
    """What a process has used: CPU seconds of all its threads so far, resident memory now and at its height in MB."""

    cpu_s: float
    rss_mb: float
    peak_mb: float


def usage(pid: int) -> Usage:
    """Read a living process's usage from /proc."""
    # After the name, which may hold blanks: state is field 3, utime 14, stime 15 (proc_pid_stat(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    kilobytes = {key: int(status[key].split()[0]) for key in ("VmRSS", "VmHWM")}
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return Usage(cpu_s, kilobytes["VmRSS"] / 1024, kilobytes["VmHWM"] / 1024)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class Children:
    """A context in which processes are started; when it is left, in whatever way, they are ended and waited for.

    A terminating signal leaves it too, as long as it reaches Python: `end_on_signals` sees to that.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "Children":
        return self

    def __exit__(self, *_: object) -> None:
        for _name, process in reversed(self._started):  # the gateway may still need the SMSC to drain
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=15)

    def start(self, name: str, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Start a process whose output goes to NAME.log."""
        with (self.directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.directory, stdout=log, stderr=subprocess.STDOUT)
        self._started.append((name, process))
        return process

    def check(self) -> None:
        """Raise BenchError when a process has ended that should not have."""
        for name, process in self._started:
            if process.poll() not in (None, 0):
                raise BenchError(f"{name} ended with {process.returncode}:\n{self.last_words(name)}")

    def finish(self, process: subprocess.Popen[bytes], timeout_s: float) -> None:
        """Wait for a process to end by itself with 0, noticing when another one fails meanwhile. Raises BenchError."""
        deadline = time.monotonic() + timeout_s
        while process.poll() is None:
            self.check()
            if time.monotonic() > deadline:
                raise BenchError(f"not done after {timeout_s:.0f} s; gateway:\n{self.last_words('gateway')}")
            time.sleep(0.05)
        self.check()

    def until_ready(self, url: str, timeout_s: float) -> None:
        """Wait until a GET of `url` is answered 200. Raises BenchError."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise BenchError(f"{url}: {error}\n{self.last_words('gateway')}") from None
            time.sleep(0.05)

    def last_words(self, name: str) -> str:
        """The end of a process's output."""
        path = self.directory / f"{name}.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def report(self, name: str) -> Any:
        """What a tool wrote as NAME.json."""
        return json.loads((self.directory / f"{name}.json").read_text())


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that contexts end their processes."""

    def unwind(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, unwind)
