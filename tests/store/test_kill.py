"""What was called back is on disk, whatever becomes of the process."""

import subprocess
import sys
from pathlib import Path

from gateway.message import Status
from gateway.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]


def killed_after(lines: int, path: Path) -> list[str]:
    """What a writing process said before kill -9 met it, whole lines only."""
    command = [sys.executable, "-m", "tests.store.killed", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    return [line.rstrip("\n") for line in said if line.endswith("\n")]


async def test_what_was_called_back_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    said = killed_after(600, path)
    store = SqliteStore(path)
    await store.open()
    for word in ("accepted", "updated"):
        ids = [line.split()[1] for line in said if line.startswith(word)]
        assert len(ids) > 100
        found = {message.id: message for message in await store.messages(ids)}
        assert set(found) == set(ids)
        if word == "updated":
            assert {message.status for message in found.values()} == {Status.SUBMITTED}
    await store.close()
