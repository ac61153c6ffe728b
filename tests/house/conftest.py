"""A checkout that costs nothing: the real bin/ scripts around stand-ins for the interpreter and for pip."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Makes an "environment" whose python is the real one, except that pip only writes down what it was asked and may be
# told to fail ($PIP_FAILS) or to wait for a pipe to close ($PIP_WAITS), so that a test can hold a build half done.
BUILDER = """#!/bin/sh
case "$*" in
"-I -m venv --clear "*)
    rm -rf "$4"
    for directory; do :; done
    mkdir -p "$directory/bin"
    echo made >>"$JOURNAL"
    echo "home = stand-in" >"$directory/pyvenv.cfg"
    cp "$ENVIRONMENT_PYTHON" "$directory/bin/python" ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
"""
ENVIRONMENT_PYTHON = """#!/bin/sh
case "$*" in
"-m pip "*)
    for what; do :; done
    echo "installed $what" >>"$JOURNAL"
    if [ -n "${PIP_WAITS:-}" ]; then read -r _ <"$PIP_WAITS" || :; fi
    if [ -n "${PIP_FAILS:-}" ]; then echo "$PIP_FAILS"; exit 1; fi ;;
"-c import atheris") grep -q fuzz "$JOURNAL" && [ -z "${NO_WHEELS:-}" ] ;;
"-P -m gateway"*|"-m ruff"*|"-m mypy"*|"-m pytest"*|"-m tests.fuzz"*)
    printf 'ran'; printf ' <%s>' "$@"; printf ' in %s\\n' "$PWD" ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    """A throw-away checkout with the project's bin/, and what its stand-ins wrote down."""

    root: Path
    environment: Mapping[str, str]

    @property
    def journal(self) -> list[str]:
        """What was made and installed so far, a line each."""
        path = Path(self.environment["JOURNAL"])
        return path.read_text().splitlines() if path.exists() else []

    def run(
        self, script: str | Path, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of bin/ (or a path) to its end, its output as text."""
        return subprocess.run(
            [self.root / "bin" / script, *arguments],
            cwd=cwd or self.root,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start one of bin/ and leave it running."""
        return subprocess.Popen(
            [self.root / "bin" / script, *arguments],
            cwd=self.root,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def executable(path: Path, text: str) -> Path:
    """Write a script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout without .venv, in a directory with a blank in its name, with a home nobody may write to."""
    root = tmp_path / "a checkout"
    shutil.copytree(PROJECT / "bin", root / "bin")
    (root / "pyproject.toml").write_text('[project]\nname = "relevo"\n')
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "REAL_PYTHON": sys.executable,
        "RELEVO_PYTHON": str(executable(tmp_path / "tools" / "python-builder", BUILDER)),
        "ENVIRONMENT_PYTHON": str(executable(tmp_path / "tools" / "python-environment", ENVIRONMENT_PYTHON)),
        "JOURNAL": str(tmp_path / "journal"),
    }
    return Checkout(root, environment)


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A directory for PATH with the few tools the scripts use, and no Python at all."""
    directory = tmp_path / "bare"
    directory.mkdir()
    for tool in ("sh", "dirname", "readlink", "cksum", "cat", "mkdir", "rm", "mv", "sleep", "tail", "grep", "ls"):
        found = shutil.which(tool)
        assert found is not None
        (directory / tool).symlink_to(found)
    return directory
