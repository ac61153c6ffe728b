"""What a measurement ran on, in one line: processors, memory, disk, versions, and how busy it was."""

import os
import platform
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median

from gateway.operations import COMPILED

SYNCS = 100
PAGES = b"\0" * 8192


def machine() -> str:
    """The line; takes as long as SYNCS writes of 8 kB that reach the disk."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    place = Path(tempfile.gettempdir())
    facts = [
        "compiled parts" if COMPILED else "pure Python",
        f"{os.cpu_count()} x {cpu.partition(':')[2].strip() or platform.machine()}, {memory_gb:.0f} GB",
        f"stores on {file_system(place)}, 8 kB and fdatasync {sync_ms(place):.2g} ms",
        f"{platform.platform(terse=True)}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"load {os.getloadavg()[0]:.1f} before",
    ]
    return "; ".join(facts)


def file_system(place: Path) -> str:
    """The type of the file system that holds a directory, as /proc/mounts names it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = {str(place.resolve()), *map(str, place.resolve().parents)}
    return max((mount for mount in mounts if mount[0] in above), key=lambda mount: len(mount[0]))[1]


def sync_ms(place: Path) -> float:
    """The median time of a write of 8 kB at the end of a file with its fdatasync."""
    took = []
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(PAGES)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took) * 1000
