"""The processes of a measurement: started together, watched through /proc, always ended."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
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


def usage_of(pids: Iterable[int]) -> Usage:
    """What several living processes have used together, and everything they started and that still runs."""
    each = [usage(pid) for pid in family(pids)]
    return Usage(*(sum(values) for values in zip(*each, strict=True)))


def family(pids: Iterable[int]) -> list[int]:
    """These processes and their descendants."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            children.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found = list(pids)
    for pid in found:  # it grows while it is gone through
        found += children.get(pid, [])
    return found


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

    def start(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process whose output goes to NAME.log; `environment` is laid over our own."""
        with (self.directory / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        self._started.append((name, process))
        return process

    def stop(self, pid: int, timeout_s: float = 60.0) -> None:
        """End a process that was started here, and wait until it has. Raises BenchError."""
        name, process = next(started for started in self._started if started[1].pid == pid)
        process.terminate()
        self.finish(process, timeout_s)
        self._started.remove((name, process))

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

    def until_ready(self, url: str, timeout_s: float, says: str = "") -> None:
        """Wait until a GET of `url` is answered 200 with `says` in its body. Raises BenchError."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.check()
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    said = answer.read().decode(errors="replace")
                if says in said:
                    return
            except (urllib.error.URLError, OSError) as error:
                said = str(error)
            if time.monotonic() > deadline:
                raise BenchError(f"{url}: {said[-300:]}\n{self.last_words('gateway')}")
            time.sleep(0.05)

    def until_listening(self, port: int, timeout_s: float) -> None:
        """Wait until 127.0.0.1 takes connections at `port`. Raises BenchError."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.check()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError as error:
                if time.monotonic() > deadline:
                    raise BenchError(f"port {port}: {error}\n{self.last_words('gateway')}") from None
                time.sleep(0.05)
            else:
                return

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
