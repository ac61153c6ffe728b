"""A wall clock that can be set and a disk that can fail, for a gateway in a process of its own: see world.c.

Needs a C compiler; tests that use it are passed over where there is none.
"""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.gateway import GatewayProcess

SOURCE = Path(__file__).with_name("world.c")


class World:
    """The clock and the disk of one gateway, over all its lives. What is set holds from then on."""

    def __init__(self, directory: Path, gateway: GatewayProcess) -> None:
        """To be made before the gateway is started. Raises pytest's Skipped without a C compiler."""
        library, words = directory / "world.so", directory / "world"
        compile_to(library)
        words.write_bytes(bytes(24))
        with words.open("r+b") as file:
            self._words = mmap.mmap(file.fileno(), 24)
        gateway.environment |= {"LD_PRELOAD": str(library), "WORLD": str(words), "WORLD_STORE": str(gateway.store)}

    def set_clock_ahead(self, seconds: float) -> None:
        """The wall clock is so far before the true one (behind it, where negative)."""
        struct.pack_into("q", self._words, 0, round(seconds * 1e9))

    def slow_down_syncs(self, seconds: float) -> None:
        """Every fsync and fdatasync takes so much longer."""
        struct.pack_into("q", self._words, 8, round(seconds * 1e6))

    def refuse_writes(self, error: int) -> None:
        """Writes to the store meet this errno; 0: they go well again."""
        struct.pack_into("q", self._words, 16, error)


def compile_to(library: Path) -> None:
    """Make the library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler (Debian, Ubuntu: apt install gcc libc6-dev)")
    command = [compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
