"""kill -9 at any point of a load leaves what was or what is to be, never something between."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portability.load import info, load
from tests.portability.test_load import TABLES, held, tables
from tests.support.numbering import networks

ROWS = 4_000
PROJECT = Path(__file__).resolve().parents[2]

# A load in small chunks that says after each of its steps where it is, and waits for a line to go on.
STEPPING = """
import sys
from pathlib import Path
from portability import load as loading, writer
from tests.support.numbering import networks

def step(*args):
    print("step", flush=True)
    sys.stdin.readline()

class Stepping(writer.Writer):
    def apply(self, *args):
        super().apply(*args)
        step()
    def insert_new(self, *args):
        super().insert_new(*args)
        step()
    def record(self, *args):
        super().record(*args)
        step()
    def swap(self):
        super().swap()
        step()

loading.BLOCK = 16_000
writer.Writer = Stepping
file, table, replace = sys.argv[1:]
loading.load(Path(file), Path(table), networks(), now=0.0, replace=replace == "True", force=True)
print("done", flush=True)
"""


def kill_at(step: int, file: Path, table: Path, replace: bool) -> bool:
    """Runs a load up to its step and kills it there; True when there was no such step, so that it ended."""
    command = [sys.executable, "-c", STEPPING, str(file), str(table), str(replace)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env={**os.environ}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for at in range(step + 1):
            line = process.stdout.readline()
            if line == "done\n":
                return True
            assert line == "step\n"
            if at < step:
                process.stdin.write("\n")
                process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    return False


@pytest.mark.parametrize("replace", [False, True])
def test_killed_load_leaves_all_or_nothing(tmp_path: Path, replace: bool) -> None:
    table, old, new = tmp_path / "t.db", tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("number,network\n" + "".join(f"{525500000000 + at},188\n" for at in range(ROWS)))
    new.write_text("number,network\n" + "".join(f"{525500000000 + at},156\n" for at in range(ROWS)))
    load(old, table, networks(), now=0.0)
    before = held(table)

    step = 0
    while not kill_at(step, new, table, replace):
        assert held(table) == before
        assert info(table).rows == ROWS
        step += 1

    assert step >= ROWS // 1000
    assert set(held(table).values()) == {156_000}
    assert tables(table) == TABLES
