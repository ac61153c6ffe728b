"""`bin/demo` as people start it: a whole run, one that is interrupted, one whose gateway dies."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEADLINE_S = 110
COMMAND = [sys.executable, "-P", "-m", "gateway.cli.demo", "--bulk", "60", "--seed", "7"]
CHILDREN = Path("/proc/self/task")


@contextmanager
def demo(directory: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run with its temporary files under `directory`; killed where the test leaves it behind."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=os.environ | {"TMPDIR": str(directory), "COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=DEADLINE_S)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What it printed up to the line with these words."""
    read = []
    assert process.stdout is not None
    for line in process.stdout:
        read.append(line)
        if words in line:
            return "".join(read)
    raise AssertionError(f"ended without {words!r}:\n{''.join(read)}")


def gateway_of(process: subprocess.Popen[str]) -> int:
    """The process id of its gateway."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    [child] = [pid for pid in children if b"gateway.cli.main\0run" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(child)


def is_alive(pid: int) -> bool:
    """Whether a process is there that is more than its parent's memory of it."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_demo_ends_with_0_when_every_message_came_out_right(tmp_path):
    with demo(tmp_path, "--once") as process:
        output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, output
    assert "Every message came out right" in output
    assert output.count("✓") == 13
    assert re.search(r"the table holds \d+ numbers", output)
    assert "opted_out over HTTP, ESME_RSUBMITFAIL over SMPP" in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not CHILDREN.exists(), reason="finds the gateway under /proc")
def test_demo_ends_its_gateway_when_it_is_interrupted(tmp_path):
    with demo(tmp_path, "--once") as process:
        read_until(process, "banco posts")
        gateway = gateway_of(process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130, output
    assert "interrupted" in output
    assert not is_alive(gateway)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not CHILDREN.exists(), reason="finds the gateway under /proc")
def test_demo_shows_the_log_and_ends_with_1_when_its_gateway_dies(tmp_path):
    with demo(tmp_path, "--once") as process:
        read_until(process, "banco posts")
        os.kill(gateway_of(process), signal.SIGKILL)
        output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1, output
    assert "The demo broke off:" in output
    assert "The gateway's log ends:" in output
    assert '"event":"started"' in output
    assert list(tmp_path.iterdir()) == []


def test_demo_stays_open_until_ctrl_c_then_drains_and_ends_with_0(tmp_path):
    with demo(tmp_path) as process:
        output = read_until(process, "until Ctrl-C")
        assert re.search(r"Console: http://127\.0\.0\.1:\d+/", output)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, output + rest
    assert "The gateway ended with exit status 0" in rest
