"""Programs of others that the peers need: found, or asked for in words that say how to get them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def tool(name: str, package: str) -> str:
    """The path of a program. Fails the test, naming the Debian package, where there is none."""
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") or shutil.which(
        name
    )
    if found is None:
        pytest.fail(f"{name} is missing. Debian, Ubuntu: apt-get install --no-install-recommends {package}", False)
    return found


def interpreter_with(directory: Path, *packages: str) -> Path:
    """The Python of an environment of its own, with these packages from PyPI. Fails the test where pip does."""
    python = directory / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", directory],
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.fail(f"{packages[0]} could not be installed; it needs the network once:\n{done.stderr}", False)
    return python


@contextmanager
def running(command: Sequence[str | Path], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process whose output goes to `log`; ended with the block, whatever happens in it."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
